"""Compiled Elo-MMR (Ebtekar & Liu 2021) over matches of single players."""

from __future__ import annotations

import math

from numba import njit

from ._kernels_gauss import best_of_all

_LOGISTIC = math.sqrt(3.0) / math.pi  # a logistic distribution of deviation d has scale d * _LOGISTIC


@njit(cache=True, error_model="numpy")
def performance(i, lo, hi, ranks, mean, spread):
    """The performance that explains the place of seat ``i`` best, given beliefs ``mean``, ``spread`` [seats - lo].

    The root of an increasing function: Newton within a bracket.
    """
    low = mean[0]
    high = mean[0]
    wide = 0.0
    for j in range(hi - lo):
        low = min(low, mean[j])
        high = max(high, mean[j])
        wide = max(wide, spread[j])
    low -= 40.0 * wide
    high += 40.0 * wide
    x = mean[i - lo]
    for _ in range(100):
        f = 0.0
        slope = 0.0
        for j in range(lo, hi):
            scale = 2.0 * _LOGISTIC * spread[j - lo]
            t = math.tanh((x - mean[j - lo]) / scale)
            side = 0.0
            if ranks[j] > ranks[i]:
                side = -1.0
            elif ranks[j] < ranks[i]:
                side = 1.0
            f += (t + side) / spread[j - lo]
            slope += (1.0 - t * t) / (spread[j - lo] * scale)
        if f > 0.0:
            high = x
        else:
            low = x
        new = x - f / slope
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - x) < 1e-10 * (1.0 + abs(x)):
            return new
        x = new
    return x


@njit(cache=True, error_model="numpy")
def combine(memory, kept, prior, weight, beta, x):
    """Skill that balances the Gaussian part (``prior``, ``weight``) and ``kept`` logistic ones in ``memory``."""
    scale = 2.0 * _LOGISTIC * beta
    low = prior
    high = prior
    for k in range(kept):
        low = min(low, memory[2 * k])
        high = max(high, memory[2 * k])
    low -= 1e-9
    high += 1e-9
    x = min(max(x, low), high)
    for _ in range(100):
        f = weight * (x - prior)
        slope = weight
        for k in range(kept):
            t = math.tanh((x - memory[2 * k]) / scale)
            w = memory[2 * k + 1] * beta * beta * 2.0 / scale
            f += w * t
            slope += w * (1.0 - t * t) / scale
        if f > 0.0:
            high = x
        else:
            low = x
        new = x - f / slope
        if not low <= new <= high:
            new = 0.5 * (low + high)
        if abs(new - x) < 1e-10 * (1.0 + abs(x)):
            return new
        x = new
    return x


@njit(cache=True, error_model="numpy")
def elo_mmr_log(match_starts, players, ranks, mu, sigma, played, extra, beta, gamma, rho, mean, spread, win, predict):
    """Fold a log into ``mu``, ``sigma``, ``played``, ``extra`` [n, 3 + 2 K].

    A row of ``extra``: number of performances kept, Gaussian part and its weight, then performance and weight of each,
    latest last. ``mean``, ``spread`` are scratch of the most seats in a match.
    """
    room = (extra.shape[1] - 3) // 2
    for m in range(match_starts.shape[0] - 1):
        lo, hi = match_starts[m], match_starts[m + 1]
        if predict:
            for s in range(lo, hi):
                mean[s - lo] = mu[players[s]]
                spread[s - lo] = math.sqrt(sigma[players[s]] ** 2 + beta * beta)
            best_of_all(hi - lo, mean, spread, win[lo:hi])
        for s in range(lo, hi):
            p = players[s]
            memory = extra[p, 3:]
            kept = int(extra[p, 0])
            if played[p] > 0:
                # Drift: old performances fade, and part of their weight moves into the Gaussian part.
                kappa = 1.0 / (1.0 + gamma * gamma / (sigma[p] * sigma[p]))
                keep = kappa**rho
                total = extra[p, 2]
                for k in range(kept):
                    total += memory[2 * k + 1]
                from_prior = keep * extra[p, 2]
                from_all = (1.0 - keep) * total
                if from_prior + from_all > 0.0:
                    extra[p, 1] = (from_prior * extra[p, 1] + from_all * mu[p]) / (from_prior + from_all)
                extra[p, 2] = kappa * (from_prior + from_all)
                for k in range(kept):
                    memory[2 * k + 1] *= kappa * keep
                sigma[p] = math.sqrt(sigma[p] * sigma[p] + gamma * gamma)
            mean[s - lo] = mu[p]
            spread[s - lo] = math.sqrt(sigma[p] * sigma[p] + beta * beta)
        for s in range(lo, hi):
            p = players[s]
            memory = extra[p, 3:]
            kept = int(extra[p, 0])
            shown = performance(s, lo, hi, ranks, mean, spread)
            if room == 0:
                weight = extra[p, 2] + 1.0 / (beta * beta)
                extra[p, 1] = (extra[p, 1] * extra[p, 2] + shown / (beta * beta)) / weight
                extra[p, 2] = weight
            else:
                if kept == room:
                    # The oldest performance joins the Gaussian part, so that memory stays bounded.
                    weight = extra[p, 2] + memory[1]
                    extra[p, 1] = (extra[p, 1] * extra[p, 2] + memory[0] * memory[1]) / weight
                    extra[p, 2] = weight
                    for k in range(2 * (room - 1)):
                        memory[k] = memory[k + 2]
                    kept -= 1
                memory[2 * kept] = shown
                memory[2 * kept + 1] = 1.0 / (beta * beta)
                kept += 1
            extra[p, 0] = kept
            total = extra[p, 2]
            for k in range(kept):
                total += memory[2 * k + 1]
            mu[p] = combine(memory, kept, extra[p, 1], extra[p, 2], beta, mu[p])
            sigma[p] = 1.0 / math.sqrt(total)
            played[p] += 1
