"""Compiled pieces of the normal distribution: truncated moments, and who is best of several."""

from __future__ import annotations

import math

from numba import njit

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
