"""Connected components of a bipartite graph by union and find."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True, error_model="numpy")
def components(left, right, size):
    """left, right: int32[M], the ends of each edge, numbers below `size`. -> int64[size]: the least member of each
    number's component."""
    root = np.arange(size)
    for k in range(len(left)):
        a, b = np.int64(left[k]), np.int64(right[k])
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a < b:
            root[b] = a
        else:
            root[a] = b
    for k in range(size):
        root[k] = root[root[k]]
    return root
