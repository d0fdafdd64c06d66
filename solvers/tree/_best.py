"""Compiled loops around best responses: fictitious play, and play against opponents that respond best to it."""

from __future__ import annotations

import numba as nb

from ._kernels import best_response, gradient, realise, regret_sweep
from ._mirror import euclidean_sweep


@nb.njit(cache=True, error_model="numpy")
def respond(player, layout, plan, grad, policy, out, choice, scratch):
    """Writes the player's best response to the others' `plan` into policy and into the plan `out`."""
    player_start, groups, group_start, parents, leaves = layout
    start, end = player_start[player], player_start[player + 1]
    first, last = group_start[player], group_start[player + 1]
    grad[start:end] = 0.0
    gradient(player, plan, grad, *leaves)
    best_response(first, last, groups, parents, grad, scratch, choice)
    policy[start + 1 : end] = 0.0
    for q in range(first, last):
        o, width, at = groups[q, 0], groups[q, 1], groups[q, 3]
        for k in range(width):
            policy[o + choice[at + k] * width + k] = 1.0
    out[start] = 1.0
    realise(first, last, groups, parents, policy, out, scratch)


@nb.njit(cache=True, error_model="numpy")
def fictitious_play(done, count, layout, average, reply, grad, policy, choice, scratch):
    """All players respond best to the average plans, which then move 1 / (t + 1) of the way; t from done + 1."""
    player_start = layout[0]
    players = len(player_start) - 1
    for t in range(done + 1, done + count + 1):
        for p in range(players):
            respond(p, layout, average, grad, policy, reply, choice, scratch)
        for i in range(player_start[0], player_start[players]):
            average[i] += (reply[i] - average[i]) / (t + 1)


@nb.njit(cache=True, error_model="numpy")
def against_best_responses(
    schedule, descent, layout, policy, plan, regret, average, grad, spare, reply, scale, choice, scratch
):
    """Two players: each learns against the best response to its own current plan, neither seeing the other learn.

    schedule: float64[T, 2]: step size and weight in the average. descent: learn by projected gradient steps, `regret`
    being the centre; else by regret matching. spare, reply: scratch of the responding players, float64[size].
    """
    player_start, groups, group_start, parents, leaves = layout
    values, sums, bias = scratch[0], scratch[1], scratch[2]
    for t in range(schedule.shape[0]):
        eta, weight = schedule[t, 0], schedule[t, 1]
        for p in range(2):
            start, end = player_start[p], player_start[p + 1]
            first, last = group_start[p], group_start[p + 1]
            respond(1 - p, layout, plan, grad, spare, reply, choice, values)
            grad[start:end] = 0.0
            gradient(p, reply, grad, *leaves)
            if descent:
                euclidean_sweep(
                    first, last, groups, parents, grad, policy, regret, regret, policy, scale, eta, 0.0,
                    False, False, True,
                )  # fmt: skip
                for i in range(start, end):
                    average[i] += weight * plan[i]
                realise(first, last, groups, parents, policy, plan, values)
            else:
                regret_sweep(
                    first, last, groups, parents, grad, policy, regret, plan, average,
                    1.0, 1.0, eta, 1.0, 0.0, weight, values, sums, bias,
                )  # fmt: skip
