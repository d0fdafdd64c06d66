"""Compiled Weng–Lin updates (Weng & Lin, JMLR 12, 2011): one match with any teams, a whole log, and a log of duels.

Settings travel in two short arrays, so that every model is one specialisation:

- ``options int64[8]``: KIND (0 Plackett–Luce, 1 Bradley–Terry, 2 Thurstone–Mosteller), COMPAT (1 = as openskill 6.2.0),
  ERFC (how the running Python writes the normal distribution function, for COMPAT), WINDOW (-1 = full), BALANCE,
  WEIGHTS (0 none, 1 partial play, 2 contribution), LIMIT (sigma never grows), DOUBLED (the c of
  Thurstone–Mosteller part in COMPAT).
- ``values float64[6]``: BETA, KAPPA, EPSILON, TAU, MARGIN, DRIFT (variance per unit of time).

Teams of one match are 0..T-1; arrays ``team_*`` are indexed by team, ``order`` lists the teams from the best rank down.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

KIND, COMPAT, ERFC, WINDOW, BALANCE, WEIGHTS, LIMIT, DOUBLED = range(8)
BETA, KAPPA, EPSILON, TAU, MARGIN, DRIFT = range(6)
_SQRT2 = math.sqrt(2.0)
_SQRT_TAU = math.sqrt(2.0 * math.pi)
_MACHINE = 2.220446049250313e-16


@njit(cache=True, error_model="numpy")
def normal_pdf(x):
    """Density of the standard normal distribution."""
    return math.exp(x * x / -2.0) / _SQRT_TAU


@njit(cache=True, error_model="numpy")
def normal_cdf(x, erfc_form):
    """Distribution function; ``erfc_form`` 0 is the form of Python < 3.12, which loses digits in the lower tail."""
    if erfc_form:
        return 0.5 * math.erfc(-x / _SQRT2)
    return 0.5 * (1.0 + math.erf(x / _SQRT2))


@njit(cache=True, error_model="numpy")
def inverse_mills(z):
    """(phi(z) / Phi(z), phi(z) / Phi(z) + z), without cancellation in the lower tail."""
    if z > -5.0:
        ratio = normal_pdf(z) / normal_cdf(z, 1)
        return ratio, ratio + z
    # Continued fraction of Laplace: Phi(z)/phi(z) = 1/(x + 1/(x + 2/(x + ...))) with x = -z.
    x = -z
    tail = x
    for k in range(40, 1, -1):
        tail = x + k / tail
    return x + 1.0 / tail, 1.0 / tail


@njit(cache=True, error_model="numpy")
def win_factors(x, t, compat, erfc_form):
    """V(x, t) and W(x, t) of Weng & Lin: mean and variance corrections of a normal truncated to x > t."""
    z = x - t
    if compat:
        mass = normal_cdf(z, erfc_form)
        if mass < _MACHINE:
            return -z, (1.0 if x < 0.0 else 0.0)
        v = normal_pdf(z) / mass
        return v, v * (v + z)
    v, shifted = inverse_mills(z)
    return v, v * shifted


@njit(cache=True, error_model="numpy")
def draw_factors(x, t, compat, erfc_form):
    """The same for a draw: a normal truncated to |x| <= t."""
    far = abs(x)
    if compat:
        mass = normal_cdf(t - far, erfc_form) - normal_cdf(-t - far, erfc_form)
        if mass < 1e-5:
            v = -x - t if x < 0.0 else -x + t
        else:
            a = normal_pdf(-t - far) - normal_pdf(t - far)
            v = (-a if x < 0.0 else a) / mass
        if mass < _MACHINE:
            return v, 1.0
        return v, ((t - far) * normal_pdf(t - far) + (t + far) * normal_pdf(-t - far)) / mass + v * v
    near, away = far - t, far + t
    if near < 0.0 and t > 1e-3:
        mass = normal_cdf(t - far, 1) - normal_cdf(-away, 1)
        v = (normal_pdf(near) - normal_pdf(away)) / mass
        w = v * v + (-near * normal_pdf(near) + away * normal_pdf(away)) / mass
    elif t * max(far, 1.0) < 1e-5:
        # A sliver at far: the mean sits on it, and the spread within it is uniform.
        v = far - t * t * far / 3.0
        w = 1.0 - t * t / 3.0
    else:
        # Scaled by the density at the near end, so that nothing underflows.
        drop = math.exp(-2.0 * far * t)
        upper = 1.0 / inverse_mills(-near)[0]
        mass = upper - drop / inverse_mills(-away)[0]
        v = (1.0 - drop) / mass
        w = v * v - (near - away * drop) / mass
    w = min(max(w, 0.0), 1.0)
    return (v if x < 0.0 else -v), w


@njit(cache=True, error_model="numpy")
def margin_factor(difference, options, values):
    """How much more a win by ``difference`` counts than a bare one: 1 at the margin, never less, growing with it."""
    if values[MARGIN] <= 0.0 or difference <= values[MARGIN]:
        return 1.0
    if options[COMPAT]:
        return math.log1p(difference / values[MARGIN])
    return math.log1p(difference / values[MARGIN]) / math.log(2.0)


@njit(cache=True, error_model="numpy")
def sum_teams(starts, first, count, players, weights, mu, sigma, options, values, seat_order, team_mu, team_var):
    """Mean and variance of every team's summed skill into ``team_mu``, ``team_var`` (``seat_order`` is scratch)."""
    for t in range(count):
        lo, hi = starts[first + t], starts[first + t + 1]
        mean = 0.0
        var = 0.0
        if not options[COMPAT] and not options[BALANCE]:
            for s in range(lo, hi):
                p = players[s]
                w = weights[s] if options[WEIGHTS] == 1 else 1.0
                mean += w * mu[p]
                var += w * w * sigma[p] * sigma[p]
        else:
            # openskill sums from the highest ordinal down; a stable insertion sort reproduces its rounding.
            for s in range(lo, hi):
                k = s - lo
                own = mu[players[s]] - 3.0 * sigma[players[s]]
                while k > 0 and mu[players[seat_order[k - 1]]] - 3.0 * sigma[players[seat_order[k - 1]]] < own:
                    seat_order[k] = seat_order[k - 1]
                    k -= 1
                seat_order[k] = s
            best = mu[players[seat_order[0]]] - 3.0 * sigma[players[seat_order[0]]]
            base = best + values[KAPPA] if options[COMPAT] else abs(best) + values[BETA]
            for k in range(hi - lo):
                p = players[seat_order[k]]
                scale = 1.0
                if options[BALANCE]:
                    scale = 1.0 + (best - (mu[p] - 3.0 * sigma[p])) / base
                if options[WEIGHTS] == 1:
                    scale *= weights[seat_order[k]]
                mean += mu[p] * scale
                var += (sigma[p] * scale) * (sigma[p] * scale)
        team_mu[t] = mean
        team_var[t] = var


@njit(cache=True, error_model="numpy")
def sort_teams(rank, first, count, team_mu, team_var, compat, order):
    """Teams from the best rank down; ties stay in order (COMPAT) or go by skill, whatever their order of entry."""
    for t in range(count):
        k = t
        while k > 0:
            u = order[k - 1]
            ahead = rank[first + u] < rank[first + t]
            if rank[first + u] == rank[first + t]:
                ahead = (
                    compat == 1 or team_mu[u] > team_mu[t] or (team_mu[u] == team_mu[t] and team_var[u] <= team_var[t])
                )
            if ahead:
                break
            order[k] = u
            k -= 1
        order[k] = t


@njit(cache=True, error_model="numpy")
def plackett_luce(first, count, rank, score, team_mu, team_var, order, options, values, gamma, e, omega, delta):
    """Algorithm 4 of Weng & Lin into ``omega``, ``delta`` [count]; ``e`` is scratch.

    Outside COMPAT a tie is the average over the orders of the tied teams: exact for two, for more the strengths of the
    others at a stage are replaced by their mean. Two teams then are Bradley–Terry, draws included.
    """
    beta2 = values[BETA] * values[BETA]
    c2 = 0.0
    top = -np.inf
    for t in range(count):
        c2 += team_var[t] + beta2
        top = max(top, team_mu[t])
    c = math.sqrt(c2)
    compat = options[COMPAT] == 1
    use_score = score.shape[0] > 0
    for i in range(count):
        x = team_mu[i]
        if compat:
            shift = 0.0
            compared = 0
            if use_score:
                for j in range(count):
                    gap = score[first + i] - score[first + j]
                    if j != i and gap != 0.0:
                        f = margin_factor(abs(gap), options, values) - 1.0
                        # Both branches of openskill move a team by the same signed amount.
                        shift += (team_mu[j] - x) * f
                        compared += 1
            e[i] = math.exp((x + (shift / compared if compared else shift)) / c)
        else:
            # Beyond 300 the weaker side is a certain loser to every digit; the clip keeps its own stages finite.
            e[i] = math.exp(max((x - top) / c, -300.0))
    # Strength of everyone ranked worse than a tied group, kept in omega at the group's first member.
    worse = 0.0
    stop = count
    while stop > 0:
        start = stop - 1
        while start > 0 and rank[first + order[start - 1]] == rank[first + order[start]]:
            start -= 1
        omega[order[start]] = worse
        for k in range(start, stop):
            worse += e[order[k]]
        stop = start
    sum1 = 0.0  # over stages already passed: weight / strength
    sum2 = 0.0  # and weight / strength²
    start = 0
    while start < count:
        stop = start + 1
        while stop < count and rank[first + order[stop]] == rank[first + order[start]]:
            stop += 1
        m = stop - start
        rest = omega[order[start]]
        group = 0.0
        for k in range(start, stop):
            group += e[order[k]]
        if compat or m == 1:
            f = 1.0
            if not compat and use_score and values[MARGIN] > 0.0 and stop < count:
                f = 0.0
                for k in range(stop, count):
                    f += margin_factor(score[first + order[start]] - score[first + order[k]], options, values)
                f /= count - stop
            z = rest + group
            # Every member of the group adds its stage, divided by the size of the group: m / m = 1.
            sum1 += f / z
            sum2 += f / (z * z)
            for k in range(start, stop):
                i = order[k]
                omega[i] = f / m - e[i] * sum1
                delta[i] = max(e[i] * sum1 - e[i] * e[i] * sum2, 0.0)
        else:
            f = 1.0
            if use_score and values[MARGIN] > 0.0 and stop < count:
                f = 0.0
                for k in range(stop, count):
                    f += margin_factor(score[first + order[start]] - score[first + order[k]], options, values)
                f /= count - stop
            for k in range(start, stop):
                i = order[k]
                omega[i] = f - e[i] * sum1
                delta[i] = e[i] * sum1 - e[i] * e[i] * sum2
            for stage in range(1, m + 1):
                others = (stage - 1.0) / (m - 1.0)
                taken = 0.0
                for k in range(start, stop):
                    i = order[k]
                    p = e[i] / (rest + e[i] + others * (group - e[i]))
                    omega[i] -= f * stage / m * p
                    delta[i] += f * stage / m * p * (1.0 - p)
                    taken += stage / m * p
                if rest > 0.0:
                    share = min(max(1.0 - taken, 0.0), 1.0) / rest
                    sum1 += f * share
                    sum2 += f * share * share
            for k in range(start, stop):
                delta[order[k]] = max(delta[order[k]], 0.0)
        start = stop
    for i in range(count):
        g = gamma[i, 0] if gamma.shape[0] > 0 else math.sqrt(team_var[i]) / c
        omega[i] *= team_var[i] / c
        delta[i] *= team_var[i] / c2 * g


@njit(cache=True, error_model="numpy")
def pairwise(first, count, rank, score, team_mu, team_var, order, options, values, gamma, omega, delta):
    """Algorithms 1–3 of Weng & Lin (Bradley–Terry, Thurstone–Mosteller; all pairs or a window) into ``omega, delta``.

    Part averages over the neighbours. Full adds up all opponents in COMPAT; otherwise each pair counts 2/count, for
    count teams hold count-1 independent comparisons, not count(count-1)/2.
    """
    beta2 = values[BETA] * values[BETA]
    compat = options[COMPAT] == 1
    window = options[WINDOW]
    for a in range(count):
        i = order[a]
        lo, hi = 0, count
        if window >= 0:
            lo, hi = max(0, a - window), min(count, a + window + 1)
        sum_o = 0.0
        sum_d = 0.0
        for b in range(lo, hi):
            if b == a:
                continue
            q = order[b]
            c = math.sqrt(team_var[i] + team_var[q] + 2.0 * beta2)
            if options[DOUBLED]:
                c = 2.0 * c
            to_c = team_var[i] / c
            g = gamma[i, q] if gamma.shape[0] > 0 else math.sqrt(team_var[i]) / c
            f = 1.0
            if score.shape[0] > 0:
                f = margin_factor(abs(score[first + i] - score[first + q]), options, values)
            divisor = f if compat else 1.0
            factor = 1.0 if compat else f
            won = rank[first + q] > rank[first + i]
            tied = rank[first + q] == rank[first + i]
            if options[KIND] == 1:
                p = 1.0 / (1.0 + math.exp(((team_mu[q] - team_mu[i]) / divisor) / c))
                s = 1.0 if won else (0.5 if tied else 0.0)
                sum_o += factor * (to_c * (s - p))
                sum_d += factor * ((g * to_c / c) * p * (1.0 - p))
            else:
                x = ((team_mu[i] - team_mu[q]) / c) / divisor
                t = values[EPSILON] / c
                if won:
                    v, w = win_factors(x, t, compat, options[ERFC])
                elif tied:
                    v, w = draw_factors(x, t, compat, options[ERFC])
                else:
                    v, w = win_factors(-x, t, compat, options[ERFC])
                    v = -v
                sum_o += factor * (to_c * v)
                sum_d += factor * ((g * to_c / c) * w)
        if window >= 0:
            pairs = hi - lo - 1
            sum_o = sum_o / pairs if pairs > 0 else 0.0
            sum_d = sum_d / pairs if pairs > 0 else 0.0
        elif not compat:
            sum_o *= 2.0 / count
            sum_d *= 2.0 / count
        omega[i] = sum_o
        delta[i] = sum_d


@njit(cache=True, error_model="numpy")
def move_players(starts, first, count, players, weights, mu, sigma, before, team_var, options, values, omega, delta):
    """Share every team's step among its players; ``before float64[S]`` holds sigma before drift, for LIMIT."""
    strict = options[KIND] == 2 and options[WINDOW] >= 0 and options[COMPAT] == 1
    for t in range(count):
        if team_var[t] <= 0.0:
            continue
        gains = omega[t] > 0.0 or (omega[t] == 0.0 and not strict)
        base = starts[first]
        for s in range(starts[first + t], starts[first + t + 1]):
            p = players[s]
            share = sigma[p] * sigma[p] / team_var[t]
            # In openskill's order of operations, whose rounding COMPAT keeps.
            o, d = share * omega[t], share * delta[t]
            if options[WEIGHTS] == 1:
                o *= weights[s]
                d *= weights[s] * weights[s]
            elif options[WEIGHTS] == 2:
                o = o * weights[s] if gains else o / weights[s]
                d = d * weights[s] if gains else d / weights[s]
            mu[p] += o
            sigma[p] *= math.sqrt(max(1.0 - d, values[KAPPA]))
            if options[LIMIT]:
                sigma[p] = min(sigma[p], before[s - base])


@njit(cache=True, error_model="numpy")
def rate_match(
    starts,
    first,
    count,
    players,
    rank,
    score,
    weights,
    mu,
    sigma,
    dt,
    options,
    values,
    gamma,
    order,
    teams,
    seats,
    seat_order,
):
    """Update ``mu``, ``sigma`` [n] by the match whose teams are ``first .. first+count-1`` of ``starts``.

    ``dt[seats]`` is time since the player's last match; ``teams float64[5, >=count]``, ``seats float64[>=seats]``,
    ``order`` and ``seat_order`` int64 are scratch. ``gamma`` is empty for the default sqrt(S)/c.
    """
    tau2 = values[TAU] * values[TAU]
    base = starts[first]
    for s in range(base, starts[first + count]):
        p = players[s]
        seats[s - base] = sigma[p]
        grown = tau2 + values[DRIFT] * dt[s - base] if values[DRIFT] > 0.0 else tau2
        sigma[p] = math.sqrt(sigma[p] * sigma[p] + grown)
    sum_teams(starts, first, count, players, weights, mu, sigma, options, values, seat_order, teams[0], teams[1])
    sort_teams(rank, first, count, teams[0], teams[1], options[COMPAT], order)
    if options[KIND] == 0:
        plackett_luce(
            first, count, rank, score, teams[0], teams[1], order, options, values, gamma, teams[2], teams[3], teams[4]
        )
    else:
        pairwise(first, count, rank, score, teams[0], teams[1], order, options, values, gamma, teams[3], teams[4])
    move_players(
        starts, first, count, players, weights, mu, sigma, seats, teams[1], options, values, teams[3], teams[4]
    )


@njit(cache=True, error_model="numpy")
def best_of_all(count, team_mu, team_sd, out):
    """``out[i]``: P(team i performs best) among independent normals, by the trapezoid rule over its own performance."""
    if count == 2:
        z = (team_mu[0] - team_mu[1]) / math.sqrt(team_sd[0] ** 2 + team_sd[1] ** 2)
        out[0] = normal_cdf(z, 1)
        out[1] = normal_cdf(-z, 1)
        return
    total = 0.0
    for i in range(count):
        small = team_sd[i]
        for j in range(count):
            small = min(small, team_sd[j])
        # The trapezoid rule is spectrally accurate once the step resolves the narrowest factor.
        points = int(min(max(48.0, 24.0 * team_sd[i] / small), 2000.0))
        step = 16.0 / points
        area = 0.0
        for k in range(points + 1):
            z = -8.0 + k * step
            x = team_mu[i] + team_sd[i] * z
            product = normal_pdf(z)
            for j in range(count):
                if j != i:
                    product *= normal_cdf((x - team_mu[j]) / team_sd[j], 1)
                    if product < 1e-18:
                        break
            area += product
        out[i] = area * step
        total += out[i]
    for i in range(count):
        out[i] /= total


@njit(cache=True, error_model="numpy")
def rate_log(
    match_starts,
    team_starts,
    players,
    rank,
    score,
    weights,
    times,
    mu,
    sigma,
    last,
    options,
    values,
    win,
    predict,
    order,
    teams,
    seats,
    seat_order,
    dt,
):
    """Fold a log into ``mu``, ``sigma``, ``last`` [n]; with ``predict`` also ``win[T]``, forecasts made before."""
    no_gamma = np.empty((0, 0))
    timed = times.shape[0] > 0
    beta2 = values[BETA] * values[BETA]
    for m in range(match_starts.shape[0] - 1):
        first = match_starts[m]
        count = match_starts[m + 1] - first
        base = team_starts[first]
        if timed:
            for s in range(base, team_starts[first + count]):
                p = players[s]
                dt[s - base] = times[m] - last[p] if last[p] == last[p] else 0.0
                last[p] = times[m]
        if predict:
            sum_teams(
                team_starts, first, count, players, weights, mu, sigma, options, values, seat_order, teams[0], teams[1]
            )
            for t in range(count):
                teams[1, t] = math.sqrt(teams[1, t] + beta2)
            best_of_all(count, teams[0], teams[1], win[first : first + count])
        rate_match(
            team_starts,
            first,
            count,
            players,
            rank,
            score,
            weights,
            mu,
            sigma,
            dt,
            options,
            values,
            no_gamma,
            order,
            teams,
            seats,
            seat_order,
        )


@njit(cache=True, error_model="numpy")
def logistic_duels(players, rank, mu, var, values, win, predict):
    """Plackett–Luce and Bradley–Terry over duels, where all three are one: ``mu``, ``var`` (sigma²) [n] change."""
    beta2 = 2.0 * values[BETA] * values[BETA]
    tau2 = values[TAU] * values[TAU]
    kappa = values[KAPPA]
    for m in range(players.shape[0] // 2):
        a, b = players[2 * m], players[2 * m + 1]
        if predict:
            win[2 * m] = normal_cdf((mu[a] - mu[b]) / math.sqrt(beta2 + var[a] + var[b]), 1)
            win[2 * m + 1] = 1.0 - win[2 * m]
        va, vb = var[a] + tau2, var[b] + tau2
        inv_c2 = 1.0 / (va + vb + beta2)
        inv_c = math.sqrt(inv_c2)
        p = 1.0 / (1.0 + math.exp((mu[b] - mu[a]) * inv_c))
        score = 0.5
        if rank[2 * m] < rank[2 * m + 1]:
            score = 1.0
        elif rank[2 * m] > rank[2 * m + 1]:
            score = 0.0
        step = (score - p) * inv_c
        shrink = p * (1.0 - p) * inv_c2 * inv_c
        mu[a] += va * step
        mu[b] -= vb * step
        var[a] = va * max(1.0 - shrink * va * math.sqrt(va), kappa)
        var[b] = vb * max(1.0 - shrink * vb * math.sqrt(vb), kappa)
