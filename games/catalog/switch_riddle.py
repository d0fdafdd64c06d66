"""The switch riddle (Foerster et al. 2016, section 5): n prisoners, one room, one switch, no other communication.

Each day one prisoner, drawn uniformly, is in the room, sees the switch, and may flip it or tell the warden that
everybody has been there. Telling ends the game: +1 if it is true, -1 if not; after 4 n - 6 days it ends with 0. All are
paid the same. Rules, rewards and observations as JaxMARL's ``switch_riddle``. With three prisoners the best joint
policy is worth 540/729; it needs memory.
"""

from __future__ import annotations

import numpy as np

from ..dynamics import RUNNING, TERMINATED, TRUNCATED, Dynamics, EnvSetup, Feature, draw_below, rule
from ..spec import GameSpec, Parameter

# params: [players, days]; state: [day, switch, who is in the room, bit set of who has been there]
DAY, SWITCH, ROOM, BEEN = 0, 1, 2, 3
NOTHING, FLIP, TELL = 0, 1, 2


@rule
def reset(params, state, rng):
    state[ROOM] = draw_below(rng, params[0])
    state[BEEN] = 1 << state[ROOM]


@rule
def advance(params, state, actions, rng, reward):
    action = actions[state[ROOM]]
    state[DAY] += 1
    if action == TELL:
        paid = 1.0 if state[BEEN] == (1 << params[0]) - 1 else -1.0
        for p in range(params[0]):
            reward[p] = paid
    state[SWITCH] ^= action == FLIP
    state[ROOM] = draw_below(rng, params[0])
    if action == TELL:
        return TERMINATED
    state[BEEN] |= 1 << state[ROOM]
    return TRUNCATED if state[DAY] == params[1] else RUNNING


@rule
def view(params, state, fresh, obs, legal):
    """In the room or not, and the switch, for who is in the room. Outside, actions are legal and do nothing."""
    for p in range(obs.shape[0]):
        seen, may, inside = obs[p], legal[p], state[ROOM] == p
        seen[0], seen[1] = inside, inside * state[SWITCH]
        may[NOTHING], may[FLIP], may[TELL] = True, True, True


DYNAMICS = Dynamics.of(globals())


def switch_riddle(players: int) -> EnvSetup:
    def render(state: np.ndarray) -> str:
        been = ", ".join(str(p) for p in range(players) if int(state[BEEN]) >> p & 1)
        switch = "on" if state[SWITCH] else "off"
        return (
            f"day {int(state[DAY]) + 1}: prisoner {int(state[ROOM])} in the room, switch {switch}, been there: {been}"
        )

    return EnvSetup(
        dynamics=DYNAMICS,
        params=np.array([players, 4 * players - 6], np.int64),
        state_size=4,
        num_players=players,
        num_actions=3,
        observation_size=2,
        min_utility=-1.0,
        max_utility=1.0,
        common_payoff=True,
        observation_bounds=(0.0, 1.0),
        action_names=("nothing", "flip the switch", "tell"),
        features=(
            Feature("inside", 1, "1 for who is in the room"),
            Feature("switch", 1, "1 if on; 0 outside the room"),
        ),
        render=render,
    )


GAMES = (
    GameSpec(
        id="switch_riddle",
        title="Switch riddle",
        build=switch_riddle,
        players="3-20",
        parameters=(Parameter("players", 3, "prisoners", low=3, high=20),),
        tags=("common-payoff", "cooperative", "environment", "simultaneous"),
        scores={"random": -0.610, "optimal": 540 / 729},
    ),
)
