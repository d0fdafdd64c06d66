"""Iterations of CFR in parts: the compiled steps that two threads may do at once."""

from __future__ import annotations

import numba as nb

from ._kernels import average_and_realise, matrix_gradient, regret_fold


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _learn(players, row, ranges, layout, policy, regret, plan, grad, scratch):
    """Leaves of all, then regrets of all: players who move at once see the same plans."""
    _, groups, _, parents, leaves = layout
    strips, _, values, rows, _, indptr, columns, cells, _, _ = leaves
    for p in range(ranges.shape[0]):
        if players >> p & 1:
            matrix_gradient(
                ranges[p, 2], ranges[p, 3], ranges[p, 4], ranges[p, 5],
                plan, grad, strips, values, rows, indptr, columns, cells,
            )  # fmt: skip
    for p in range(ranges.shape[0]):
        if players >> p & 1:
            regret_fold(
                ranges[p, 0], ranges[p, 1], groups, parents, grad, policy, regret,
                row[0], row[1], row[2], row[3], row[4], scratch[0], scratch[1], scratch[2],
            )  # fmt: skip


@nb.njit(cache=True, nogil=True, error_model="numpy")
def part_step(down, weight, up, row, ranges, places, layout, policy, regret, plan, average, grad, scratch):
    """A part's share: new plans of some players, then leaves and regrets of some players.

    down, up: bit sets of players; weight: of the last plan in the average; row: float64[6] as in `regret_iterations`;
    ranges: int64[P, 6], the part's `Layout.parts`; places: int64[P, 2], of the sequences to clear before the leaves.
    """
    _, groups, _, parents, _ = layout
    for p in range(ranges.shape[0]):
        if down >> p & 1:
            average_and_realise(ranges[p, 0], ranges[p, 1], groups, parents, policy, plan, average, weight, scratch[0])
    for p in range(ranges.shape[0]):
        if up >> p & 1:
            grad[places[p, 0] : places[p, 1]] = 0.0
    _learn(up, row, ranges, layout, policy, regret, plan, grad, scratch)


@nb.njit(cache=True, error_model="numpy")
def trunk_step(players, row, ranges, places, layout, policy, regret, plan, average, grad, scratch):
    """The trunk's share, when the parts have added theirs: leaves, regrets and new plans of a bit set of players; what
    all sequences of the trunk hold is cleared for the next time."""
    _, groups, _, parents, _ = layout
    _learn(players, row, ranges, layout, policy, regret, plan, grad, scratch)
    for p in range(ranges.shape[0]):
        if players >> p & 1:
            average_and_realise(ranges[p, 0], ranges[p, 1], groups, parents, policy, plan, average, row[5], scratch[0])
            grad[places[p, 0] : places[p, 1]] = 0.0
