"""The branch of logit equilibria from the uniform profile, by prediction and correction along its arc.

Unknown are the log-probabilities l, float64[N], N = ΣA, and λ; w = (l, λ). For player i with reference action r:
Σ_a exp(l_ia) = 1, and l_ia - l_ir = λ (u_ia - u_ir) for the others (Turocy 2005, 2010). Steps follow Allgower & Georg
1990, "Numerical continuation methods", chapter 6: an Euler step along the tangent, Newton steps across it, and a step
length that keeps the correction's contraction and length near nominal values.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from ._learning import deviations

REACHED, ROOM, STUCK = 0, 1, 2
"""How a trace ended: at λ or the regret asked for; no room for more points; steps became too short."""
TOLERANCE = 1e-11
SHORTEST = 1e-10

_I, _F, _B = nb.types.int64, nb.types.float64, nb.types.boolean
_I1, _F1, _F2 = nb.types.int64[::1], nb.types.float64[::1], nb.types.float64[:, ::1]


@nb.njit(_B(_F2, _I1), cache=True, error_model="numpy")
def factor(matrix, order):
    """LU with row exchanges, in place. -> whether the matrix is regular."""
    n = order.size
    for c in range(n):
        best, size = c, abs(matrix[c, c])
        for r in range(c + 1, n):
            if abs(matrix[r, c]) > size:
                best, size = r, abs(matrix[r, c])
        if not size > 1e-300:
            return False
        order[c] = best
        if best != c:
            top, other = matrix[c], matrix[best]
            for k in range(n):
                top[k], other[k] = other[k], top[k]
        source = matrix[c, c + 1 : n]
        inverse = 1.0 / matrix[c, c]
        for r in range(c + 1, n):
            multiplier = matrix[r, c] * inverse
            matrix[r, c] = multiplier
            if multiplier != 0.0:
                target = matrix[r, c + 1 : n]
                for k in range(source.size):
                    target[k] -= multiplier * source[k]
    return True


@nb.njit(nb.types.void(_F2, _I1, _F1), cache=True, error_model="numpy")
def substitute(matrix, order, side):
    """Solves with the factors, in place."""
    n = order.size
    for c in range(n):
        side[c], side[order[c]] = side[order[c]], side[c]
    for r in range(n):
        total = side[r]
        for k in range(r):
            total -= matrix[r, k] * side[k]
        side[r] = total
    for r in range(n - 1, -1, -1):
        total = side[r]
        for k in range(r + 1, n):
            total -= matrix[r, k] * side[k]
        side[r] = total / matrix[r, r]


@nb.njit(nb.types.void(_F2, _I1, _F1, _F2, _I1), cache=True, error_model="numpy")
def slopes(payoffs, starts, mixed, slope, digits):
    """slope: float64[N, N], ∂u_ia/∂p_jb: i's payoff for a where j plays b, against the others' strategies."""
    players = payoffs.shape[0]
    slope[:] = 0.0
    digits[:] = 0
    for cell in range(payoffs.shape[1]):
        for i in range(players):
            for j in range(i):
                product = 1.0
                for k in range(players):
                    if k != i and k != j:
                        product *= mixed[starts[k] + digits[k]]
                a, b = starts[i] + digits[i], starts[j] + digits[j]
                slope[a, b] += product * payoffs[i, cell]
                slope[b, a] += product * payoffs[j, cell]
        p = players - 1
        while p >= 0:
            digits[p] += 1
            if starts[p] + digits[p] < starts[p + 1]:
                break
            digits[p] = 0
            p -= 1


@nb.njit(nb.types.void(_I1, _F1, _F1, _F1), cache=True, error_model="numpy")
def residuals(starts, point, worth, out):
    """The equations at w; the action of largest probability is the reference."""
    lam = point[point.size - 1]
    for p in range(starts.size - 1):
        first, end = starts[p], starts[p + 1]
        r, total = first, 0.0
        for a in range(first, end):
            if point[a] > point[r]:
                r = a
        for a in range(first, end):
            total += np.exp(point[a])
            out[a] = point[a] - point[r] - lam * (worth[a] - worth[r])
        out[r] = total - 1.0


@nb.njit(nb.types.void(_I1, _F1, _F1, _F1, _F2, _F2), cache=True, error_model="numpy")
def jacobian(starts, point, mixed, worth, slope, out):
    """The equations' derivatives, rows 0 … N - 1 of out, float64[N + 1, N + 1]."""
    n = point.size - 1
    lam = point[n]
    for p in range(starts.size - 1):
        first, end = starts[p], starts[p + 1]
        r = first
        for a in range(first, end):
            if point[a] > point[r]:
                r = a
        for a in range(first, end):
            line = out[a]
            if a == r:
                line[:] = 0.0
                for b in range(first, end):
                    line[b] = mixed[b]
            else:
                mine, other = slope[a], slope[r]
                for b in range(n):
                    line[b] = -lam * (mine[b] - other[b]) * mixed[b]
                line[a] += 1.0
                line[r] -= 1.0
                line[n] = worth[r] - worth[a]


@nb.njit(nb.types.void(_F2, _I1, _F1, _F1, _F1, _F2, _I1), cache=True, error_model="numpy")
def look(payoffs, starts, point, mixed, worth, slope, digits):
    """Probabilities, payoffs and their derivatives at w; two players' derivatives are constant and are kept."""
    for a in range(mixed.size):
        mixed[a] = np.exp(min(point[a], 1.0))
    deviations(payoffs, starts, mixed, worth, digits)
    if payoffs.shape[0] > 2:
        slopes(payoffs, starts, mixed, slope, digits)


@nb.njit(_F(_I1, _F1, _F1), cache=True, error_model="numpy")
def regret(starts, mixed, worth):
    """The most that anybody gains by deviating."""
    most = 0.0
    for p in range(starts.size - 1):
        best, own = -np.inf, 0.0
        for a in range(starts[p], starts[p + 1]):
            best = max(best, worth[a])
            own += mixed[a] * worth[a]
        most = max(most, best - own)
    return most


@nb.njit(
    nb.types.Tuple((_I, _I))(_F2, _I1, _F, _F, _F, _F, _F1, _F1, _F2, _F2, _F2, _F2, _I1, _I1),
    cache=True,
    error_model="numpy",
)
def trace(
    payoffs, starts, lam_end, regret_end, step, longest, point, tangent, points, slope, matrix, vectors, order, digits
):
    """Follows the branch from w = point until λ or the regret is reached. -> (status, points written).

    tangent: the direction of travel, float64[N + 1]; points: float64[room, N + 1]; vectors: scratch float64[5, N + 1].
    """
    n = point.size - 1
    mixed, worth = vectors[0, :n], vectors[1, :n]
    trial, delta, direction = vectors[2], vectors[3], vectors[4]
    if payoffs.shape[0] == 2:
        slopes(payoffs, starts, mixed, slope, digits)
    look(payoffs, starts, point, mixed, worth, slope, digits)
    count = 0
    while True:
        jacobian(starts, point, mixed, worth, slope, matrix)
        matrix[n] = tangent
        direction[:] = 0.0
        direction[n] = 1.0
        if not factor(matrix, order):
            return STUCK, count
        substitute(matrix, order, direction)
        length = 0.0
        for k in range(n + 1):
            length += direction[k] * direction[k]
        length = np.sqrt(length)
        for k in range(n + 1):
            tangent[k] = direction[k] / length
        accepted = False
        while not accepted:
            if step < SHORTEST * (1.0 + point[n]):
                return STUCK, count
            ends = tangent[n] > 0.0 and point[n] + step * tangent[n] >= lam_end
            used = (lam_end - point[n]) / tangent[n] if ends else step
            for k in range(n + 1):
                trial[k] = point[k] + used * tangent[k]
            if ends:
                trial[n] = lam_end
            look(payoffs, starts, trial, mixed, worth, slope, digits)
            jacobian(starts, trial, mixed, worth, slope, matrix)
            if ends:
                matrix[n, :] = 0.0
                matrix[n, n] = 1.0
            else:
                matrix[n] = tangent
            slow = 2.0
            lam = abs(trial[n])
            floor = max(1e-9, min(1e-6, 1e-15 * lam * lam))  # what rounding leaves of a correction
            if factor(matrix, order):
                first = last = 0.0
                for newton in range(8):
                    residuals(starts, trial, worth, delta)
                    delta[n] = 0.0
                    substitute(matrix, order, delta)
                    move = 0.0
                    for k in range(n + 1):
                        trial[k] -= delta[k]
                        move = max(move, abs(delta[k]) / (1.0 + 1e-3 * abs(trial[k])))
                    if not move < 1e3:
                        break
                    look(payoffs, starts, trial, mixed, worth, slope, digits)
                    if newton == 0:
                        first = move
                        slow = np.sqrt(first / 0.4)
                    elif newton == 1 and first > 1e-9:
                        slow = max(slow, np.sqrt((move / first) / 0.3))
                    if newton > 0 and move > 0.7 * last and move > floor:
                        break
                    last = move
                    if move < TOLERANCE or (newton > 2 and move < floor):
                        accepted = slow < 2.0
                        break
            if not accepted:
                step = 0.5 * used
        point[:] = trial
        points[count] = point
        count += 1
        if ends or regret(starts, mixed, worth) <= regret_end:
            return REACHED, count
        if count == points.shape[0]:
            return ROOM, count
        step = min(used / max(slow, 0.3), longest)
