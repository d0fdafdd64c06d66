"""World with communication (Lowe et al. 2017): tag with food, forests that hide, and a leader who sees all and talks;
as in mpe2 1.1."""

from __future__ import annotations

import numpy as np

from ..dynamics import RUNNING, TRUNCATED, Dynamics, EnvSetup, Feature, rule
from ..spec import GameSpec, Parameter
from . import _mpe_faces as faces
from ._mpe import (
    BODIES,
    CYCLES,
    LANDMARKS,
    MOVES,
    OWN,
    PLAYERS,
    STEP,
    VX,
    VY,
    WIDTH,
    WORDS,
    X,
    Y,
    allow,
    bounce,
    collide,
    drift,
    floats,
    hear,
    limit,
    outside,
    say_moving,
    scatter,
    show_landmarks,
    show_motion,
    square,
    thrust,
)
from .mpe_simple_tag import BAD_DRIVE, BAD_RADIUS, BAD_TOP, GOOD_DRIVE, GOOD_TOP, OBSTACLE

# Landmarks are obstacles, then food, then forests. After them stand the leader's word and each player's set of forests.
BAD, OBSTACLES, FOOD, FORESTS = range(OWN, OWN + 4)
GOOD_RADIUS, CRUMB, FOREST = 0.045, 0.03, 0.3
LETTERS = 4


@rule
def hide(params, state):
    """Writes in which forests each player is: bit f for forest f."""
    values, count = floats(state), params[PLAYERS]
    first = BODIES + WORDS * count
    sets, forests = first + 2 * params[LANDMARKS] + LETTERS, first + 2 * (params[OBSTACLES] + params[FOOD])
    for p in range(count):
        reach = FOREST + (BAD_RADIUS if p < params[BAD] else GOOD_RADIUS)
        state[sets + p] = 0
        for f in range(params[FORESTS]):
            if square(values, BODIES + WORDS * p, forests + 2 * f) < reach * reach:
                state[sets + p] |= 1 << f


@rule
def reset(params, state, rng):
    scatter(params, floats(state), 0.9, rng)
    hide(params, state)


@rule
def advance(params, state, actions, rng, reward):
    values, count, bad = floats(state), params[PLAYERS], params[BAD]
    first = BODIES + WORDS * count
    for p in range(count):
        thrust(params, actions, values, p, BAD_DRIVE if p < bad else GOOD_DRIVE)
    for p in range(count):
        at, radius = BODIES + WORDS * p, BAD_RADIUS if p < bad else GOOD_RADIUS
        for q in range(p + 1, count):
            collide(values, at, BODIES + WORDS * q, radius + (BAD_RADIUS if q < bad else GOOD_RADIUS))
        for l in range(params[OBSTACLES]):
            bounce(values, at, first + 2 * l, radius + OBSTACLE)
    for p in range(count):
        drift(values, BODIES + WORDS * p)
        limit(values, BODIES + WORDS * p, BAD_TOP if p < bad else GOOD_TOP)
        if p < bad:
            reward[p] = np.inf  # the squared distance to the nearest good player, until all are known
    say_moving(params, actions, values, np.int64(0), first + 2 * params[LANDMARKS], np.int64(LETTERS))
    hide(params, state)
    tags, reach, eats = 0, BAD_RADIUS + GOOD_RADIUS, GOOD_RADIUS + CRUMB
    for p in range(bad, count):
        at, nearest = BODIES + WORDS * p, np.inf
        paid = -2.0 * outside(values[at + X]) - 2.0 * outside(values[at + Y])
        for q in range(bad):
            apart = square(values, at, BODIES + WORDS * q)
            reward[q] = min(reward[q], apart)
            if apart < reach * reach:
                paid -= 5.0
                tags += 1
        for f in range(params[OBSTACLES], params[OBSTACLES] + params[FOOD]):
            apart = square(values, at, first + 2 * f)
            nearest = min(nearest, apart)
            if apart < eats * eats:
                paid += 2.0
        reward[p] = paid - 0.05 * np.sqrt(nearest)
    for p in range(bad):
        reward[p] = 5.0 * tags - 0.1 * np.sqrt(reward[p])
    state[STEP] += 1
    return TRUNCATED if state[STEP] >= params[CYCLES] else RUNNING


@rule
def show_seen(params, state, values, seen, k, player, velocities):
    """Where the others are, or how fast the good ones among them; zeros for those whom forests hide."""
    count, at = params[PLAYERS], BODIES + WORDS * player
    sets = BODIES + WORDS * count + 2 * params[LANDMARKS] + LETTERS
    here = state[sets + player]
    for q in range(params[BAD] if velocities else 0, count):
        if q == player:
            continue
        there, other = state[sets + q], BODIES + WORDS * q
        visible = (here & there) != 0 or (here | there) == 0 or player == 0
        if velocities:
            seen[k] = values[other + VX] if visible else 0.0
            seen[k + 1] = values[other + VY] if visible else 0.0
        else:
            seen[k] = values[other + X] - values[at + X] if visible else 0.0
            seen[k + 1] = values[other + Y] - values[at + Y] if visible else 0.0
        k += 2
    return k


@rule
def show_forests(params, state, seen, k, player):
    """1 for each forest in which the player is, -1 for the others."""
    here = state[BODIES + WORDS * params[PLAYERS] + 2 * params[LANDMARKS] + LETTERS + player]
    for f in range(params[FORESTS]):
        seen[k + f] = 1.0 if here >> f & 1 else -1.0
    return k + params[FORESTS]


@rule
def view(params, state, fresh, obs, legal):
    """Own velocity and place, landmarks, others. Adversaries: velocities of the good players, own forests, the leader's
    word. Good players: own forests, velocities of the other good ones."""
    values, count, bad = floats(state), params[PLAYERS], params[BAD]
    first = BODIES + WORDS * count
    for p in range(count):
        seen, at = obs[p], BODIES + WORDS * p
        k = show_motion(values, seen, at)
        k = show_landmarks(values, seen, k, at, first, params[LANDMARKS])
        k = show_seen(params, state, values, seen, k, p, False)
        if p < bad:
            k = show_seen(params, state, values, seen, k, p, True)
            k = show_forests(params, state, seen, k, p)
            hear(values, seen, k, first + 2 * params[LANDMARKS], np.int64(LETTERS))
        else:
            k = show_forests(params, state, seen, k, p)
            show_seen(params, state, values, seen, k, p, True)
        if fresh:
            allow(params, legal[p], params[WIDTH] if p == 0 else np.int64(MOVES))


DYNAMICS = Dynamics.of(globals())


def simple_world_comm(
    num_good: int,
    num_adversaries: int,
    num_obstacles: int,
    num_food: int,
    num_forests: int,
    max_cycles: int,
    continuous_actions: bool,
) -> EnvSetup:
    players, landmarks = num_adversaries + num_good, num_obstacles + num_food + num_forests
    looks = [faces.Body(BAD_RADIUS, faces.RED, str(p)) for p in range(num_adversaries)]
    looks += [faces.Body(GOOD_RADIUS, faces.GREEN, str(num_adversaries + p)) for p in range(num_good)]
    looks += [faces.Body(OBSTACLE, faces.GREY, "#")] * num_obstacles + [faces.Body(CRUMB, faces.BLUE, "*")] * num_food
    looks += [faces.Body(FOREST, (190, 225, 190), "+")] * num_forests
    said = BODIES + WORDS * players + 2 * landmarks
    sizes = (landmarks, num_adversaries, num_good)
    roles = [lambda obs, legal: hunt(obs, legal, *sizes)] * num_adversaries
    roles += [lambda obs, legal: dodge(obs, legal, num_obstacles, num_food, *sizes)] * num_good
    return faces.setup(
        DYNAMICS,
        faces.Crew(players, landmarks, LETTERS + players),
        max_cycles=max_cycles,
        continuous=continuous_actions,
        width=5 + LETTERS if continuous_actions else 5 * LETTERS,
        own=(num_adversaries, num_obstacles, num_food, num_forests),
        bodies=lambda state: looks,
        told=lambda values: [faces.words(values[said : said + LETTERS], "leader")],
        observation_size=4 + 2 * landmarks + 2 * (players - 1) + 2 * num_good + num_forests + LETTERS,
        action_names=faces.numbers(LETTERS) if continuous_actions else faces.spoken(LETTERS),
        features=(
            Feature("velocity", 2, "the observer's"),
            Feature("place", 2, "the observer's"),
            Feature("landmarks", 2 * landmarks, "x, y relative to the observer: obstacles, food, forests"),
            Feature("others", 2 * (players - 1), "x, y relative to the observer, adversaries first; 0, 0 if hidden"),
            Feature("velocities", 2 * num_good, "of the good players; 0, 0 if hidden (for good players after forests)"),
            Feature("forests", num_forests, "1 for each forest in which the observer is, else -1"),
            Feature("heard", LETTERS, "what the leader said in the last step; adversaries alone hear it"),
        ),
        heuristic=None if continuous_actions else lambda: faces.SeatedAgent(roles, "chase and dodge"),
    )


def hunt(obs: np.ndarray, legal: np.ndarray, landmarks: int, bad: int, good: int) -> np.ndarray:
    """Preferences float64[B, 20] of an adversary who runs to the nearest good player seen; the leader says 0."""
    first = 4 + 2 * landmarks + 2 * (bad - 1)
    prey = obs[:, first : first + 2 * good].reshape(-1, good, 2).astype(float)
    away = np.where((prey != 0).any(axis=2), np.linalg.norm(prey, axis=2), np.inf)
    aim = prey[np.arange(len(obs)), away.argmin(axis=1)]  # 0, 0 where all are hidden: stay
    return said_nothing(faces.towards(aim, obs[:, :2], BAD_DRIVE), legal)


def dodge(
    obs: np.ndarray, legal: np.ndarray, obstacles: int, food: int, landmarks: int, bad: int, good: int
) -> np.ndarray:
    """Preferences float64[B, 20] of a good player who goes for food unless an adversary is near, within bounds."""
    after = faces.coasting(obs[:, :2], GOOD_DRIVE)
    first = 4 + 2 * landmarks
    hunters = obs[:, first : first + 2 * bad].reshape(len(obs), 1, bad, 2).astype(float)
    apart = np.linalg.norm(after[:, :, None] - hunters, axis=3)
    apart = np.where((hunters != 0).any(axis=3), apart, np.inf).min(axis=2)
    crumbs = obs[:, 4 + 2 * obstacles : 4 + 2 * (obstacles + food)].reshape(len(obs), 1, food, 2)
    away = np.linalg.norm(after[:, :, None] - crumbs, axis=3).min(axis=2)
    beyond = np.maximum(np.abs(obs[:, None, 2:4] + after) - 0.8, 0.0).sum(axis=2)
    return said_nothing(3.0 * np.minimum(apart, 0.5) - 0.5 * away - 5.0 * beyond, legal)


def said_nothing(moves: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences over moves float64[B, 5] as such over actions float64[B, A]: of those with one move the first."""
    return np.tile(moves, (1, legal.shape[1] // MOVES))


GAMES = (
    GameSpec(
        id="mpe/simple_world_comm",
        title="Particles: world with communication",
        build=simple_world_comm,
        players="2-40",
        parameters=(
            Parameter("num_good", 2, "players who are chased", low=1, high=20),
            Parameter("num_adversaries", 4, "players who chase, the leader among them", low=1, high=20),
            Parameter("num_obstacles", 1, "obstacles", low=0, high=20),
            Parameter("num_food", 2, "places with food", low=1, high=20),
            Parameter("num_forests", 2, "forests", low=0, high=20),
            faces.MAX_CYCLES,
            faces.CONTINUOUS,
        ),
        tags=("competitive", "environment", "general-sum", "simultaneous"),
        scores={"random": -6.4, "heuristic": 9.14},
    ),
)
