"""How close CFR+ is to the memory's speed: ``python -m benchmarks.bandwidth``.

For each game: the bytes that one iteration touches (every array of the layout, counted once for each pass over it), the
time it takes, and the speed that follows, beside a STREAM triad over vectors as large as the game's own working set.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
from rich.console import Console
from rich.table import Table

import ludus
from ludus import solvers
from ludus.solvers.tree.layout import Layout, layout_of

from ._stream import triad

GAMES = (
    "kuhn_poker",
    "leduc_poker",
    "liars_dice",
    "goofspiel(cards=5,imp_info=True,points_order=descending)",
    "goofspiel(cards=6,imp_info=True,points_order=descending)",
    "tic_tac_toe",
)


def bytes_of(layout: Layout) -> tuple[int, int]:
    """-> (bytes touched by one iteration, bytes of the arrays that it works on).

    Leaves: a strip reads `STRIP` values and one plan entry a column, and reads and writes `STRIP` gradients; a sparse
    cell reads a value, a column number and a plan entry. Sweeps: 6 reads and 4 writes of 8 bytes for each sequence, and
    4 for each information set's parent.
    """
    columns = int(layout.strips[:, 2].sum())
    leaves = columns * (64 + 8) + len(layout.strips) * (32 + 128) + len(layout.cells) * 24 + len(layout.rows) * 24
    leaves += layout.leaf_places.size * 8 * (layout.num_players + 1)
    sweeps = layout.size * 80 + len(layout.parents) * 32
    arrays = (layout.strips, layout.values, layout.rows, layout.indptr, layout.columns, layout.cells, layout.parents)
    kept = sum(a.nbytes for a in (*arrays, layout.leaf_places, layout.leaf_values)) + 5 * 8 * layout.size
    return leaves + sweeps, kept


def stream(size: int) -> float:
    """Bytes/s of a triad whose three vectors fill `size` bytes."""
    n = max(size // 24, 256)
    a, b, c = np.zeros(n), np.ones(n), np.ones(n)
    times = max(1, 20_000_000 // n)
    triad(a, b, c, 1)
    speeds = []
    for _ in range(5):
        start = time.perf_counter()
        triad(a, b, c, times)
        speeds.append(24 * n * times / (time.perf_counter() - start))
    return statistics.median(speeds)


def seconds(id: str) -> float:
    """Of one CFR+ iteration."""
    tree = ludus.make(id).tree()
    rounds = max(2, 40_000_000 // (tree.num_leaves + 50 * tree.num_sequences))
    snapshots = solvers.iterate(tree, "cfr+", every=[1, *(1 + rounds * k for k in range(1, 6))])
    next(snapshots)
    found = []
    for _ in range(5):
        start = time.perf_counter()
        next(snapshots)
        found.append((time.perf_counter() - start) / rounds)
    return statistics.median(found)


def main() -> None:
    table = Table(box=None, title="CFR+ iterations and the memory, one core", title_justify="left")
    for heading in ("game", "works on", "touches", "time", "GB/s", "triad of that size", "share"):
        table.add_column(heading, justify="left" if heading == "game" else "right", no_wrap=True)
    for id in GAMES:
        touched, kept = bytes_of(layout_of(ludus.make(id).tree()))
        speed, possible = touched / seconds(id), stream(kept)
        cells = (f"{kept / 1e6:.3f} MB", f"{touched / 1e6:.3f} MB", f"{touched / speed * 1e6:.1f} µs")
        table.add_row(id, *cells, f"{speed / 1e9:.1f}", f"{possible / 1e9:.1f}", f"{speed / possible:.0%}")
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
