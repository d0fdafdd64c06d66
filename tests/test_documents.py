"""Every code block of the README and the docs is run, in the order of its page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]


def blocks(page):
    return re.findall(r"^```(\w*)[^\n]*\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def test_every_fence_says_what_it_holds():
    for page in PAGES:
        kinds = {kind for kind, _ in blocks(page)}
        assert kinds <= {"python", "bash", "text", "toml", "csv"}, f"{page} has blocks of kinds {kinds}"


@pytest.mark.parametrize("page", [page for page in PAGES if any(k in ("python", "bash") for k, _ in blocks(page))])
def test_the_code_of_the_page_runs(page, tmp_path):
    script = []
    for kind, code in blocks(page):
        if kind == "python":
            script.append(code)
        elif kind == "bash":
            script.append(f"import subprocess; subprocess.run(['bash', '-euc', {code!r}], check=True)\n")
    path = tmp_path / "page.py"
    path.write_text("\n".join(script))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "100"}
    done = subprocess.run([sys.executable, path], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
