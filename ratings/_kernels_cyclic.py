"""Compiled parts of cyclic ratings: pair counts, a quick scalar fit, mElo and disc updates, triangles."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def pair_wins(match_starts, players, ranks, out):
    """Add every pair of a match to ``out[n, n]``: 1 for the better, half each for a draw. One seat a team."""
    for m in range(match_starts.shape[0] - 1):
        for s in range(match_starts[m], match_starts[m + 1]):
            for t in range(match_starts[m], match_starts[m + 1]):
                if ranks[s] < ranks[t]:
                    out[players[s], players[t]] += 1.0
                elif ranks[s] == ranks[t] and s != t:
                    out[players[s], players[t]] += 0.5


@njit(cache=True, error_model="numpy")
def scalar_fit(i, j, games, won, strength):
    """Bradley–Terry strengths by diagonal Newton steps, prior of deviation 10; ``strength[n]`` starts anywhere."""
    n = strength.shape[0]
    g = np.empty(n)
    h = np.empty(n)
    for _ in range(500):
        g[:] = -0.01 * strength
        h[:] = 0.01
        for k in range(i.shape[0]):
            p = 1.0 / (1.0 + math.exp(min(strength[j[k]] - strength[i[k]], 700.0)))
            e = won[k] - games[k] * p
            g[i[k]] += e
            g[j[k]] -= e
            # Twice the diagonal majorises the whole Hessian of differences, so that joint steps never overshoot.
            c = 2.0 * games[k] * max(p * (1.0 - p), 1e-6)
            h[i[k]] += c
            h[j[k]] += c
        moved = 0.0
        for k in range(n):
            step = min(max(g[k] / h[k], -1.0), 1.0)
            strength[k] += step
            moved = max(moved, abs(step))
        if moved < 1e-8:
            break


@njit(cache=True, error_model="numpy")
def strongest_triangle(z):
    """(a, b, c, value): the round a > b > c > a whose smallest z is largest; value 0 where there is none."""
    n = z.shape[0]
    best = 0.0
    found = (0, 0, 0)
    for a in range(n):
        for b in range(n):
            if z[a, b] > best:
                for c in range(n):
                    value = min(z[a, b], z[b, c], z[c, a])
                    if value > best:
                        best = value
                        found = (a, b, c)
    return found[0], found[1], found[2], best


@njit(cache=True, error_model="numpy")
def vector_log(match_starts, players, ranks, mu, vectors, played, win, k, rate_c, unit, disc):
    """Fold a log of single players: a gradient step of the logistic loss for every pair of every match.

    ``vectors[n, 2r]`` holds planes side by side; in ``disc`` mode ``mu`` is left alone.
    """
    planes = vectors.shape[1] // 2
    for m in range(match_starts.shape[0] - 1):
        lo, hi = match_starts[m], match_starts[m + 1]
        pairs = 0.5 * (hi - lo) * (hi - lo - 1)
        for s in range(lo, hi):
            win[s] = 0.0
        for s in range(lo, hi):
            a = players[s]
            for t in range(s + 1, hi):
                b = players[t]
                odds = 0.0 if disc else unit * (mu[a] - mu[b])
                for q in range(planes):
                    odds += vectors[a, 2 * q] * vectors[b, 2 * q + 1] - vectors[a, 2 * q + 1] * vectors[b, 2 * q]
                p = 1.0 / (1.0 + math.exp(min(-odds, 700.0)))
                win[s] += p / pairs
                win[t] += (1.0 - p) / pairs
        if hi - lo == 2:
            pair_step(players[lo], players[lo + 1], ranks[lo], ranks[lo + 1], win[lo], mu, vectors, planes, k, rate_c)
        else:
            for s in range(lo, hi):
                for t in range(s + 1, hi):
                    a, b = players[s], players[t]
                    odds = 0.0 if disc else unit * (mu[a] - mu[b])
                    for q in range(planes):
                        odds += vectors[a, 2 * q] * vectors[b, 2 * q + 1] - vectors[a, 2 * q + 1] * vectors[b, 2 * q]
                    p = 1.0 / (1.0 + math.exp(min(-odds, 700.0)))
                    share = 1.0 / (hi - lo - 1)
                    pair_step(a, b, ranks[s], ranks[t], p, mu, vectors, planes, k * share, rate_c * share)
        for s in range(lo, hi):
            played[players[s]] += 1


@njit(cache=True, error_model="numpy")
def pair_step(a, b, rank_a, rank_b, p, mu, vectors, planes, k, rate_c):
    """One gradient step; every vector is kept within length 10, so that no log-odds runs away."""
    score = 0.5 if rank_a == rank_b else (1.0 if rank_a < rank_b else 0.0)
    e = score - p
    mu[a] += k * e
    mu[b] -= k * e
    for q in range(planes):
        ua, va, ub, vb = vectors[a, 2 * q], vectors[a, 2 * q + 1], vectors[b, 2 * q], vectors[b, 2 * q + 1]
        vectors[a, 2 * q] = min(max(ua + rate_c * e * vb, -10.0), 10.0)
        vectors[a, 2 * q + 1] = min(max(va - rate_c * e * ub, -10.0), 10.0)
        vectors[b, 2 * q] = min(max(ub - rate_c * e * va, -10.0), 10.0)
        vectors[b, 2 * q + 1] = min(max(vb + rate_c * e * ua, -10.0), 10.0)


@njit(cache=True, error_model="numpy")
def disc_fit(wins, u, v, iterations, ridge):
    """Gradient descent with halving and growing steps from ``u``, ``v`` [n]; returns the mean log-loss of a game."""
    n = u.shape[0]
    total = wins.sum()
    gu, gv = np.empty(n), np.empty(n)
    new_u, new_v = u.copy(), v.copy()
    rate = 1.0
    value = np.inf
    for _ in range(iterations):
        loss = 0.0
        for i in range(n):
            for j in range(n):
                if wins[i, j] > 0.0:
                    odds = new_u[i] * new_v[j] - new_v[i] * new_u[j]
                    loss += wins[i, j] * (math.log1p(math.exp(-odds)) if odds > -30.0 else -odds)
        loss /= total
        for i in range(n):
            loss += 0.5 * ridge / n * (new_u[i] ** 2 + (new_v[i] - 1.0) ** 2) / max(total / n, 1.0)
        if loss <= value:
            gain = value - loss
            value = loss
            u[:] = new_u
            v[:] = new_v
            rate *= 1.3
            if gain < 1e-12:
                break
            gu[:] = 0.0
            gv[:] = 0.0
            for i in range(n):
                for j in range(n):
                    if wins[i, j] > 0.0:
                        odds = u[i] * v[j] - v[i] * u[j]
                        e = wins[i, j] / total / (1.0 + math.exp(min(odds, 700.0)))
                        gu[i] += e * v[j]
                        gv[j] += e * u[i]
                        gv[i] -= e * u[j]
                        gu[j] -= e * v[i]
        else:
            rate *= 0.4
        for i in range(n):
            shrink = ridge / n / max(total / n, 1.0)
            new_u[i] = u[i] + rate * n * (gu[i] - shrink * u[i])
            new_v[i] = v[i] + rate * n * (gv[i] - shrink * (v[i] - 1.0))
    loss = 0.0
    for i in range(n):
        for j in range(n):
            if wins[i, j] > 0.0:
                odds = u[i] * v[j] - v[i] * u[j]
                loss += wins[i, j] * (math.log1p(math.exp(-odds)) if odds > -30.0 else -odds)
    return loss / total
