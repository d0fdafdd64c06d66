"""Writes ``docs/benchmarks.md`` from the kept results: ``python -m benchmarks.page``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .harness import RESULTS, quantity

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

HEAD = """# Benchmarks

Every figure here is made by the command above its table, which runs ludus and the peer in turns on the same work within
one run and takes medians. The machines are small and shared, so absolute speeds say little and ratios are what to read.
`make peers` installs peers that do not fit beside ludus; `python -m benchmarks.SUITE --keep` renews a table's data in
`benchmarks/results/`, and `python -m benchmarks.page` this page.
"""


def table(record: dict[str, Any]) -> str:
    """One suite's section."""
    machine = record["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    lines = [
        f"## `python -m benchmarks.{record['suite']}`",
        "",
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; {versions}.",
        "",
        "| case | ludus | peer | ratio | target |",
        "|---|---|---|---|---|",
    ]
    for row in record["rows"]:
        if "absent" in row:
            lines.append(f"| {row['case']} | – | {row['absent']} | – | – |")
            continue
        peer = f"{row['peer']}: {quantity(row['peer_speed'])}" if "peer" in row else "–"
        ratio = f"**{row['ratio']:,.3g}×**" if "ratio" in row else "–"
        target = "–"
        if row["target"] is not None:
            times = "×" if "ratio" in row else f" {row['unit']}"
            sign = "≤" if row.get("at_most") else "≥"
            target = f"{sign} {quantity(row['target'])}{times}, {'met' if row['met'] else '**missed**'}"
        lines.append(f"| {row['case']} | {quantity(row['ours'])} {row['unit']} | {peer} | {ratio} | {target} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    records = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    PAGE.write_text("\n".join([HEAD, *(table(record) for record in records if "rows" in record)]))
    print(f"{PAGE}: {len(records)} suites")


if __name__ == "__main__":
    main()
