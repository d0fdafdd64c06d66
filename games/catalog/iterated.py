"""Iterated matrix games as environments: the same matrix game for many steps, of which players see the last one.

The state is what everybody did last, so that memory-one strategies (Press & Dyson 2012) are all there is to learn. For
short games with full memory there is `repeated`, which has a tree.
"""

from __future__ import annotations

import numpy as np

from ..dynamics import RUNNING, TRUNCATED, Dynamics, EnvSetup, Feature, rule
from ..spec import GameSpec, Parameter
from .matrix_games import CLASSICS, classic

# params: [steps, actions, payoffs of player 0, of player 1, as floats [actions · actions]]
# state: [step, last joint action + 1]
STEP, LAST = 0, 1


@rule
def reset(params, state, rng):
    pass


@rule
def advance(params, state, actions, rng, reward):
    n = params[1]
    payoffs = params.view(np.float64)
    joint = actions[0] * n + actions[1]
    reward[0], reward[1] = payoffs[2 + joint], payoffs[2 + n * n + joint]
    state[STEP] += 1
    state[LAST] = joint + 1
    return TRUNCATED if state[STEP] == params[0] else RUNNING


@rule
def view(params, state, fresh, obs, legal):
    """One-hot: the beginning, or the own and the other's last action."""
    n = params[1]
    for p in range(2):
        seen, may = obs[p], legal[p]
        for i in range(1 + 2 * n):
            seen[i] = 0.0
        for a in range(n):
            may[a] = True
        if state[LAST] == 0:
            seen[0] = 1.0
        else:
            first, second = (state[LAST] - 1) // n, (state[LAST] - 1) % n
            own, other = (first, second) if p == 0 else (second, first)
            seen[1 + own] = 1.0
            seen[1 + n + other] = 1.0


DYNAMICS = Dynamics.of(globals())


def iterated(stage: str, steps: int) -> EnvSetup:
    game = classic(stage)
    n, names = game.num_actions, CLASSICS[stage][1]
    low, high = float(game.payoffs.min()), float(game.payoffs.max())

    def render(state: np.ndarray) -> str:
        if state[LAST] == 0:
            return f"{stage}: the beginning"
        first, second = divmod(int(state[LAST]) - 1, n)
        return f"{stage}, step {int(state[STEP])} of {steps}: {names[first]}, {names[second]}"

    return EnvSetup(
        dynamics=DYNAMICS,
        params=np.concatenate([[steps, n], game.payoffs.reshape(-1).view(np.int64)]).astype(np.int64),
        state_size=2,
        num_players=2,
        num_actions=n,
        observation_size=1 + 2 * n,
        min_utility=steps * low,
        max_utility=steps * high,
        zero_sum=game.zero_sum,
        observation_bounds=(0.0, 1.0),
        action_names=names,
        features=(
            Feature("beginning", 1, "1 before the first step"),
            Feature("own", n, "the own last action"),
            Feature("other", n, "the other's last action"),
        ),
        render=render,
    )


GAMES = (
    GameSpec(
        id="iterated",
        title="Iterated matrix game",
        build=iterated,
        parameters=(
            Parameter("stage", "prisoners_dilemma", "the matrix game of each step", choices=tuple(CLASSICS)),
            Parameter("steps", 100, "steps of an episode", low=1, high=100_000),
        ),
        tags=("competitive", "environment", "general-sum", "repeated", "simultaneous"),
    ),
)
