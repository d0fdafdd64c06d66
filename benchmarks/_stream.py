"""The memory's speed, as a compiled loop sees it."""

from __future__ import annotations

import numba as nb


@nb.njit(cache=True, fastmath=True)
def triad(a, b, c, times):
    """a = b + 3 c over float64 vectors, `times` times: 24 bytes an element (STREAM's triad, McCalpin 1995)."""
    for _ in range(times):
        for i in range(a.size):
            a[i] = b[i] + 3.0 * c[i]
        a, b = b, a
