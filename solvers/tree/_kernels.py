"""Compiled passes over a `Layout`: gradients from leaves, folds over information sets, and whole iterations of CFR.

All vectors over sequences are float64[size] in the layout's places. `fast` allows re-ordered sums and fused
multiply-add, never assumptions about NaN or infinity.
"""

from __future__ import annotations

import numba as nb

from ._simd import add_strip

fast = {"reassoc", "contract", "arcp", "nsz"}
CHUNK = 128
"""Information sets that a sweep works on at once, so that their numbers stay in the first-level cache."""


@nb.njit(cache=True, fastmath=fast, error_model="numpy")
def matrix_gradient(
    first_strip, last_strip, first_row, last_row, plan, out, strips, values, rows, indptr, columns, cells
):
    """out += utilities times plan, for some strips and some sparse rows of a two-player layout."""
    for b in range(first_strip, last_strip):
        add_strip(values, strips[b, 3], plan, strips[b, 1], strips[b, 2], out, strips[b, 0])
    for i in range(first_row, last_row):
        start, end = indptr[i], indptr[i + 1]
        c, v = columns[start:end], cells[start:end]
        total = 0.0
        for k in range(end - start):
            total += v[k] * plan[c[k]]
        out[rows[i]] += total


@nb.njit(cache=True, fastmath=fast, error_model="numpy")
def gradient(player, plan, out, strips, strip_start, values, rows, row_start, indptr, columns, cells, places, utility):
    """Writes the player's leaf utilities against the others' realisation plans into out[place of own last sequence].

    plan: in, float64[size]; out: out, float64[size], the player's places zeroed before. The remaining arguments are the
    layout's leaves. Two players: matrix times vector; more: a product of plans at each leaf.
    """
    matrix_gradient(
        strip_start[player], strip_start[player + 1], row_start[player], row_start[player + 1],
        plan, out, strips, values, rows, indptr, columns, cells,
    )  # fmt: skip
    players = places.shape[1]
    for leaf in range(places.shape[0]):
        reach = utility[leaf, player]
        for q in range(players):
            if q != player:
                reach *= plan[places[leaf, q]]
        out[places[leaf, player]] += reach


@nb.njit(cache=True, fastmath=fast, error_model="numpy")
def realise(first_group, last_group, groups, parents, policy, plan, scratch):
    """Top-down: plan[sequence] = plan[parent] * policy[sequence]; the empty sequence's plan is given."""
    for q in range(first_group, last_group):
        first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
        reach, parent = scratch[:width], parents[at : at + width]
        for k in range(width):
            reach[k] = plan[parent[k]]
        for a in range(n):
            o = first + a * width
            p, x = policy[o : o + width], plan[o : o + width]
            for k in range(width):
                x[k] = reach[k] * p[k]


@nb.njit(cache=True, error_model="numpy")
def best_response(first_group, last_group, groups, parents, grad, scratch, choice):
    """Bottom-up: adds each information set's best action value to its parent's `grad`; choice int64[I] gets the action.

    grad: in and out, the player's gradient; at the empty sequence it ends as the best response's value.
    """
    for q in range(last_group - 1, first_group - 1, -1):
        first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
        value, parent, best = scratch[:width], parents[at : at + width], choice[at : at + width]
        g = grad[first : first + width]
        for k in range(width):
            value[k] = g[k]
            best[k] = 0
        for a in range(1, n):
            g = grad[first + a * width : first + (a + 1) * width]
            for k in range(width):
                if g[k] > value[k]:
                    value[k] = g[k]
                    best[k] = a
        for k in range(width):
            grad[parent[k]] += value[k]


@nb.njit(cache=True, fastmath=fast, error_model="numpy")
def regret_fold(
    first_group,
    last_group,
    groups,
    parents,
    grad,
    policy,
    regret,
    positive,
    negative,
    floor,
    ahead,
    predict,
    values,
    sums,
    bias,
):
    """Bottom-up: R <- max(R * (positive if R > 0 else negative) + r, floor) with r = grad - value under `policy`, then
    policy ∝ max(ahead * R + predict * r, 0), uniform where all are zero. values, sums, bias: scratch,
    float64[largest width]."""
    plain = positive == 1.0 and negative == 1.0 and ahead == 1.0 and predict == 0.0
    for q in range(last_group - 1, first_group - 1, -1):
        first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
        if n == 1:
            g, parent = grad[first : first + width], parents[at : at + width]
            for k in range(width):
                grad[parent[k]] += g[k]
            continue
        for start in range(0, width, CHUNK):
            size = min(CHUNK, width - start)
            value, total, parent = values[:size], sums[:size], parents[at + start : at + start + size]
            uniform = bias[:size]
            value[:] = 0.0
            total[:] = 0.0
            for a in range(n):
                o = first + a * width + start
                p, g = policy[o : o + size], grad[o : o + size]
                for k in range(size):
                    value[k] += p[k] * g[k]
            if plain:
                for a in range(n):
                    o = first + a * width + start
                    r, g, p = regret[o : o + size], grad[o : o + size], policy[o : o + size]
                    for k in range(size):
                        x = max(r[k] + (g[k] - value[k]), floor)
                        r[k] = x
                        y = max(x, 0.0)
                        p[k] = y
                        total[k] += y
            else:
                for a in range(n):
                    o = first + a * width + start
                    r, g, p = regret[o : o + size], grad[o : o + size], policy[o : o + size]
                    for k in range(size):
                        now = g[k] - value[k]
                        x = max(r[k] * (positive if r[k] > 0.0 else negative) + now, floor)
                        r[k] = x
                        y = max(ahead * x + predict * now, 0.0)
                        p[k] = y
                        total[k] += y
            for k in range(size):
                uniform[k] = 0.0 if total[k] > 0.0 else 1.0 / n
                total[k] = 1.0 / total[k] if total[k] > 0.0 else 0.0
            for a in range(n):
                o = first + a * width + start
                p = policy[o : o + size]
                for k in range(size):
                    p[k] = p[k] * total[k] + uniform[k]
            for k in range(size):
                grad[parent[k]] += value[k]


@nb.njit(cache=True, fastmath=fast, error_model="numpy")
def average_and_realise(first_group, last_group, groups, parents, policy, plan, average, weight, values):
    """Top-down: average += weight * plan, then plan of the new policy. values: scratch, float64[largest width]."""
    for q in range(first_group, last_group):
        first, width, n, at = groups[q, 0], groups[q, 1], groups[q, 2], groups[q, 3]
        reach, parent = values[:width], parents[at : at + width]
        for k in range(width):
            reach[k] = plan[parent[k]]
        for a in range(n):
            o = first + a * width
            p, x, m = policy[o : o + width], plan[o : o + width], average[o : o + width]
            for k in range(width):
                m[k] += weight * x[k]
                x[k] = reach[k] * p[k]


@nb.njit(cache=True, error_model="numpy")
def regret_sweep(
    first_group, last_group, groups, parents, grad, policy, regret, plan, average,
    positive, negative, floor, ahead, predict, weight, values, sums, bias,
):  # fmt: skip
    """One player's update of counterfactual regret minimisation: `regret_fold`, then `average_and_realise`."""
    regret_fold(
        first_group, last_group, groups, parents, grad, policy, regret,
        positive, negative, floor, ahead, predict, values, sums, bias,
    )  # fmt: skip
    average_and_realise(first_group, last_group, groups, parents, policy, plan, average, weight, values)


@nb.njit(cache=True, error_model="numpy")
def regret_iterations(schedule, alternating, layout, policy, regret, plan, average, grad, scratch):
    """Many iterations in one call.

    schedule: float64[T, 6], a row for each iteration: positive, negative, floor, ahead, predict, weight (as in
    `regret_sweep`); layout: `Layout.arrays`; policy, regret, plan, average: in and out; scratch: float64[3, widest].
    """
    player_start, groups, group_start, parents, leaves = layout
    values, sums, bias = scratch[0], scratch[1], scratch[2]
    players = len(player_start) - 1
    for t in range(schedule.shape[0]):
        s = schedule[t]
        if not alternating:
            for p in range(players):
                grad[player_start[p] : player_start[p + 1]] = 0.0
                gradient(p, plan, grad, *leaves)
        for p in range(players):
            if alternating:
                grad[player_start[p] : player_start[p + 1]] = 0.0
                gradient(p, plan, grad, *leaves)
            regret_sweep(
                group_start[p], group_start[p + 1], groups, parents, grad, policy, regret, plan, average,
                s[0], s[1], s[2], s[3], s[4], s[5], values, sums, bias,
            )  # fmt: skip


@nb.njit(cache=True, error_model="numpy")
def plans(layout, policy, plan, scratch):
    """Writes every player's realisation plan of a behaviour profile; all float64[size]."""
    player_start, groups, group_start, parents, _ = layout
    for p in range(len(player_start) - 1):
        plan[player_start[p]] = 1.0
        realise(group_start[p], group_start[p + 1], groups, parents, policy, plan, scratch[0])


@nb.njit(cache=True, error_model="numpy")
def evaluate(layout, plan, grad, scratch, choice, expected, best):
    """Expected and best-response values against realisation plans.

    plan: in, float64[size]; grad: scratch, float64[size]; choice: out, int64[I], best responses' actions; expected,
    best: out, float64[P].
    """
    player_start, groups, group_start, parents, leaves = layout
    for p in range(len(player_start) - 1):
        start, end = player_start[p], player_start[p + 1]
        grad[start:end] = 0.0
        gradient(p, plan, grad, *leaves)
        total = 0.0
        for i in range(start, end):
            total += grad[i] * plan[i]
        expected[p] = total
        best_response(group_start[p], group_start[p + 1], groups, parents, grad, scratch[0], choice)
        best[p] = grad[start]
