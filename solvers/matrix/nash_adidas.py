"""An approximate equilibrium of a big tensor from samples of it: ADIDAS (Gemp et al. 2022).

An iteration reads a few lines of the tensor, P² A² numbers, and never the whole of it.
"""

from __future__ import annotations

import numpy as np

from .nash import NashMethod
from .profile import Profile, StrategicForm


def adidas(
    form: StrategicForm,
    *,
    iterations: int = 50_000,
    samples: int = 10,
    rate: float = 0.05,
    temperature: float = 1.0,
    coldest: float = 0.01,
    memory: float = 0.01,
    seed: int | np.random.Generator = 0,
) -> list[Profile]:
    """Descends the sum of everybody's incentives to deviate to a logit response, and cools whenever that sum is small.

    Args:
        iterations, samples: mirror descent steps, and joint actions drawn for each.
        rate: of the steps, for payoffs scaled to [0, 1].
        temperature, coldest: of the logit responses, at first and at last.
        memory: weight of the newest sample in the running mean of actions' payoffs.

    Raises:
        ValueError: a number that is not positive, or coldest above temperature.
    """
    from . import _adidas

    numbers = {"iterations": iterations, "samples": samples, "rate": rate, "coldest": coldest, "memory": memory}
    for name, value in numbers.items():
        if not value > 0:
            raise ValueError(f"{name} must be positive, got {value!r}")
    if not temperature >= coldest:
        raise ValueError(f"temperature must be at least coldest = {coldest}, got {temperature!r}")
    players = form.num_players
    payoffs = np.ascontiguousarray(form.payoffs.reshape(players, -1))
    lows, ranges = payoffs.min(axis=1), np.ptp(payoffs, axis=1)
    ranges[ranges == 0.0] = 1.0
    strides = np.array([int(np.prod(form.counts[p + 1 :])) for p in range(players)])
    starts = np.cumsum([0, *form.counts])
    scores, x, worth, best, fresh, slope = np.zeros((6, int(starts[-1])))
    best[:] = np.concatenate([np.full(n, 1.0 / n) for n in form.counts])
    key = np.random.default_rng(seed).integers(1 << 63, dtype=np.uint64)
    state = (float(temperature), 1.0)
    for begin in range(0, iterations, 10_000):
        *state, _ = _adidas.anneal(
            *(
                payoffs,
                lows,
                ranges,
                strides,
                starts,
                scores,
                x,
                worth,
                best,
                fresh,
                slope,
                np.zeros(players, np.int64),
            ),
            *(begin, min(iterations, begin + 10_000), samples, state[0], float(coldest), state[1], float(rate)),
            *(float(memory), key),
        )
    return [Profile.of(form, np.split(x, starts[1:-1]), method="adidas")]


METHODS = (
    NashMethod(
        "adidas",
        "ADIDAS, sampled and annealed descent",
        "approximate",
        "a profile near the logit equilibrium of the coldest temperature, most often; nothing is proven but its regret",
        "Gemp, Savani, Lanctot et al. 2022",
        adidas,
    ),
)
