"""Compiled rating periods of Glicko (Glickman 1999) and Glicko-2 (Glickman 2012)."""

from __future__ import annotations

import math

from numba import njit

_Q = math.log(10.0) / 400.0
_SCALE = 400.0 / math.log(10.0)  # 173.7178, Glicko-2's unit in points


@njit(cache=True, error_model="numpy")
def _g(deviation):
    """How much an opponent's uncertainty damps a result; ``deviation`` in points."""
    x = _Q * deviation / math.pi
    return 1.0 / math.sqrt(1.0 + 3.0 * x * x)


@njit(cache=True, error_model="numpy")
def volatility(phi, v, delta, old, change):
    """New volatility, step 5 of Glicko-2: the root of f(x), x = ln sigma², by Newton, with bisection when it strays."""
    a = math.log(old * old)
    x = a
    lo, hi = a - 60.0, a + 60.0
    tau2 = change * change
    base = phi * phi + v
    gap = delta * delta - base
    for _ in range(60):
        ex = math.exp(x)
        s = base + ex
        f = ex * (gap - ex) / (2.0 * s * s) - (x - a) / tau2
        if f > 0.0:
            lo = x
        else:
            hi = x
        slope = ex * (gap * (base - ex) - 2.0 * ex * base) / (2.0 * s * s * s) - 1.0 / tau2
        new = x - f / slope
        step = abs(new - x)
        if step < 1e-7:  # Newton squares the error: what is left is below 1e-13
            x = new
            break
        x = new if lo < new < hi else 0.5 * (lo + hi)
    return math.exp(0.5 * x)


@njit(cache=True, error_model="numpy")
def _onset(p, elapsed, mu, rd, vol, two, c, most):
    """Let uncertainty grow for ``elapsed`` periods."""
    if two:
        grown = math.sqrt(rd[p] * rd[p] + elapsed * (_SCALE * vol[p]) ** 2)
    else:
        grown = math.sqrt(rd[p] * rd[p] + c * c * elapsed)
    rd[p] = min(grown, most)


@njit(cache=True, error_model="numpy")
def _close(touched, count, mu, rd, vol, info, gain, two, change, least, most):
    """End of a period: move everyone who played; ``info`` = 1/v (Glicko: 1/d²) and ``gain`` were summed over games."""
    for k in range(count):
        p = touched[k]
        if info[p] > 0.0:
            if two:
                phi = rd[p] / _SCALE
                v = 1.0 / info[p]
                vol[p] = volatility(phi, v, v * gain[p], vol[p], change)
                grown = phi * phi + vol[p] * vol[p]
                new = 1.0 / (1.0 / grown + info[p])
                mu[p] += _SCALE * new * gain[p]
                rd[p] = min(max(_SCALE * math.sqrt(new), least), most)
            else:
                new = 1.0 / (1.0 / (rd[p] * rd[p]) + info[p])
                mu[p] += _Q * new * gain[p]
                rd[p] = min(max(math.sqrt(new), least), most)
        info[p] = 0.0
        gain[p] = 0.0


@njit(cache=True, error_model="numpy")
def glicko_log(
    match_starts,
    team_starts,
    players,
    ranks,
    weights,
    period,
    clock,
    timed,
    mu,
    rd,
    vol,
    since,
    info,
    gain,
    touched,
    mark,
    team_mu,
    team_rd,
    win,
    predict,
    two,
    c,
    change,
    least,
    most,
):
    """Fold a log. ``period int64[M]`` numbers the rating periods (-1: every match is one).

    ``since float64[n]`` holds the clock of each player's last match, NaN before it; ``clock float64[M]`` is read where
    ``timed``, else one period passes with a match.

    A team is the mean of its players, several teams are pairs. ``mark int64[n]`` starts as -1, ``info, gain`` as 0.
    """
    count = 0
    for m in range(match_starts.shape[0] - 1):
        lo, hi = match_starts[m], match_starts[m + 1]
        here = period[m] if period[m] >= 0 else m
        if m == 0 or period[m] < 0 or period[m] != period[m - 1]:
            _close(touched, count, mu, rd, vol, info, gain, two, change, least, most)
            count = 0
        for t in range(lo, hi):
            total = 0.0
            var = 0.0
            mass = 0.0
            for s in range(team_starts[t], team_starts[t + 1]):
                p = players[s]
                if mark[p] != here:
                    mark[p] = here
                    touched[count] = p
                    count += 1
                    if since[p] == since[p]:
                        # Glicko-2 adds its volatility at the end of the period played in, so one period less here.
                        idle = clock[m] - since[p] if timed else 1.0
                        if two:
                            idle = max(idle - 1.0, 0.0)
                        _onset(p, idle, mu, rd, vol, two, c, most)
                    since[p] = clock[m] if timed else 0.0
                w = weights[s] if weights.shape[0] > 0 else 1.0
                total += w * mu[p]
                var += w * w * rd[p] * rd[p]
                mass += w
            team_mu[t - lo] = total / mass if mass > 0.0 else 0.0
            team_rd[t - lo] = math.sqrt(var) / mass if mass > 0.0 else 0.0
            win[t] = 0.0
        pairs = 0.5 * (hi - lo) * (hi - lo - 1)
        for i in range(lo, hi):
            for j in range(lo, hi):
                if j == i:
                    continue
                lead = team_mu[i - lo] - team_mu[j - lo]
                if predict and j > i:
                    both = _g(math.sqrt(team_rd[i - lo] ** 2 + team_rd[j - lo] ** 2))
                    expected = 1.0 / (1.0 + math.exp(min(-_Q * both * lead, 700.0)))
                    win[i] += expected / pairs
                    win[j] += (1.0 - expected) / pairs
                g = _g(team_rd[j - lo])
                score = 0.5
                if ranks[i] != ranks[j]:
                    score = 1.0 if ranks[i] < ranks[j] else 0.0
                e = 1.0 / (1.0 + math.exp(min(-_Q * g * lead, 700.0)))
                unit = 1.0 if two else _Q
                for s in range(team_starts[i], team_starts[i + 1]):
                    w = weights[s] if weights.shape[0] > 0 else 1.0
                    info[players[s]] += w * unit * unit * g * g * max(e * (1.0 - e), 1e-12)
                    gain[players[s]] += w * g * (score - e)
    _close(touched, count, mu, rd, vol, info, gain, two, change, least, most)


@njit(cache=True, error_model="numpy")
def glicko_duels(players, ranks, mu, rd, vol, played, win, predict, two, c, change, least, most):
    """The same over duels without times, every match a period. ``played int64[n]`` counts matches."""
    c2 = c * c
    for m in range(players.shape[0] // 2):
        a, b = players[2 * m], players[2 * m + 1]
        va, vb = rd[a] * rd[a], rd[b] * rd[b]
        if not two:
            if played[a] > 0:
                va = min(va + c2, most * most)
            if played[b] > 0:
                vb = min(vb + c2, most * most)
        played[a] += 1
        played[b] += 1
        lead = mu[a] - mu[b]
        k = 3.0 * _Q * _Q / (math.pi * math.pi)
        if predict:
            both = 1.0 / math.sqrt(1.0 + k * (va + vb))
            win[2 * m] = 1.0 / (1.0 + math.exp(min(-_Q * both * lead, 700.0)))
            win[2 * m + 1] = 1.0 - win[2 * m]
        score = 0.5
        if ranks[2 * m] < ranks[2 * m + 1]:
            score = 1.0
        elif ranks[2 * m] > ranks[2 * m + 1]:
            score = 0.0
        ga = 1.0 / math.sqrt(1.0 + k * va)
        gb = 1.0 / math.sqrt(1.0 + k * vb)
        ea = 1.0 / (1.0 + math.exp(min(-_Q * gb * lead, 700.0)))
        eb = 1.0 / (1.0 + math.exp(min(_Q * ga * lead, 700.0)))
        info_a, info_b = gb * gb * max(ea * (1.0 - ea), 1e-12), ga * ga * max(eb * (1.0 - eb), 1e-12)
        gain_a, gain_b = gb * (score - ea), ga * (1.0 - score - eb)
        if two:
            phi_a, phi_b = va / (_SCALE * _SCALE), vb / (_SCALE * _SCALE)
            vol[a] = volatility(math.sqrt(phi_a), 1.0 / info_a, gain_a / info_a, vol[a], change)
            vol[b] = volatility(math.sqrt(phi_b), 1.0 / info_b, gain_b / info_b, vol[b], change)
            new_a = 1.0 / (1.0 / (phi_a + vol[a] * vol[a]) + info_a)
            new_b = 1.0 / (1.0 / (phi_b + vol[b] * vol[b]) + info_b)
            mu[a] += _SCALE * new_a * gain_a
            mu[b] += _SCALE * new_b * gain_b
            rd[a] = min(max(_SCALE * math.sqrt(new_a), least), most)
            rd[b] = min(max(_SCALE * math.sqrt(new_b), least), most)
        else:
            new_a = 1.0 / (1.0 / va + _Q * _Q * info_a)
            new_b = 1.0 / (1.0 / vb + _Q * _Q * info_b)
            mu[a] += _Q * new_a * gain_a
            mu[b] += _Q * new_b * gain_b
            rd[a] = min(max(math.sqrt(new_a), least), most)
            rd[b] = min(max(math.sqrt(new_b), least), most)
