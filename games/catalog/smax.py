"""SMAX (Rutherford et al. 2024): battles in the manner of StarCraft, with the rules of JaxMARL 0.2.

Two teams of units fight on a square map. A step is eight ticks of 1/16 s; all units act at once in each of them: who
attacks shoots when its weapon is ready and its target in range, who moves walks, then walls kill, and overlapping units
push each other apart. Ids are the published scenarios: ``smax/3m``, ``smax/5m_vs_6m``, ``smax/smacv2_5_units``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..dynamics import RUNNING, TERMINATED, TRUNCATED, Dynamics, EnvSetup, Feature, draw, draw_below, rule
from ..spec import GameSpec, Parameter
from ._smax import FEATURES, MOVES, OWN, SCENARIOS, SIZE, UNITS, Force, ScriptAgent, armies, as_picture, as_text

TICKS, TICK, TYPES = 8, 1 / 16, len(UNITS)
FAR = 1e6
"""Where the dead stand: there nobody sees, shoots or pushes them."""

# params: [units, allies, scripted enemies, battle rewards, time limit, drawn types and places, jitter of cooldowns
#         (least, span), then 7 figures of each unit type, then the type of each unit]; jitter and figures are floats
COUNT, ALLIES, SCRIPTED, BATTLE, STEPS, DRAWN, JITTER, TABLE = 0, 1, 2, 3, 4, 5, 6, 8
SPEED, ATTACK, RANGE, SIGHT, RADIUS, HEALTH, COOLDOWN, FIGURES = range(8)
KINDS = TABLE + FIGURES * TYPES

# state: [step, allies and enemies alive, then one column of each kind below with an entry for each unit]
STEP, LEFT, HEAD = 0, 1, 3
X, Y, DX, DY, WALK_X, WALK_Y, POINTS, WEAPON, BODY, PUSH_X, PUSH_Y, SHARE, READY, AIMED, GOAL_X, GOAL_Y = range(16)
KIND, ACTION, TARGET, HELD, COLUMNS = range(16, 21)


@rule
def column(words, n, number):
    """One column of the state."""
    return words[HEAD + number * n : HEAD + number * n + n]


@rule
def place(params, x, y, rng):
    """First positions: two camps, or for SMACv2 either mirrored places or one team around the other."""
    n, allies, half = params[COUNT], params[ALLIES], SIZE / 2
    if params[DRAWN] == 0:
        for i in range(n):
            x[i] = (SIZE / 4 if i < allies else 3 * SIZE / 4) + 4.0 * draw(rng) - 2.0
            y[i] = half + 4.0 * draw(rng) - 2.0
        return
    if draw(rng) >= 0.5:
        for i in range(allies):
            x[i], y[i] = half * draw(rng), SIZE * draw(rng)
            x[allies + i], y[allies + i] = SIZE - x[i], y[i]
        return
    allies_inside = draw(rng) < 0.5
    t0, t1, t2, t3 = draw(rng), draw(rng), draw(rng), draw(rng)  # how far each outer group stands from its corner
    for i in range(n):
        x[i], y[i] = half, half
        if (i < allies) != allies_inside:
            group = draw_below(rng, 4)
            t = t0 if group == 0 else t1 if group == 1 else t2 if group == 2 else t3
            x[i] = t * half + (1.0 - t) * (SIZE if group >= 2 else 0.0)
            y[i] = t * half + (1.0 - t) * (SIZE if group == 1 or group == 3 else 0.0)
        x[i] += 4.0 * draw(rng) - 2.0
        y[i] += 4.0 * draw(rng) - 2.0


@rule
def push(x, y, body, push_x, push_y):
    """Moves overlapping units apart, all at once; `push_x` and `push_y` are zero before and after."""
    n, crowded = x.size, False
    for i in range(n):
        xi, yi, ri = x[i], y[i], body[i]
        if xi == FAR:
            continue
        for j in range(i + 1, n):
            dx, dy, reach = xi - x[j], yi - y[j], ri + body[j]
            square = dx * dx + dy * dy
            if square < reach * reach:
                overlap = 0.5 * (reach / (np.sqrt(square) + 1e-6) - 1.0)
                if overlap > 0.0:
                    push_x[i] += dx * overlap
                    push_y[i] += dy * overlap
                    push_x[j] -= dx * overlap
                    push_y[j] -= dy * overlap
                    crowded = True
    if crowded:
        for i in range(n):
            x[i] += push_x[i]
            y[i] += push_y[i]
            push_x[i], push_y[i] = 0.0, 0.0


@rule
def reset(params, state, rng):
    n, allies = params[COUNT], params[ALLIES]
    table, numbers = params.view(np.float64)[TABLE:KINDS], state.view(np.float64)
    x, y, body, kind = column(numbers, n, X), column(numbers, n, Y), column(numbers, n, BODY), column(state, n, KIND)
    place(params, x, y, rng)
    for i in range(n):
        if params[DRAWN] == 0:
            kind[i] = params[KINDS + i]
        else:
            kind[i] = draw_below(rng, TYPES) if i < allies else kind[i - allies]
        figures = FIGURES * kind[i]
        body[i] = table[figures + RADIUS]
        numbers[HEAD + POINTS * n + i] = table[figures + HEALTH]
        numbers[HEAD + SHARE * n + i] = 1.0
        state[HEAD + TARGET * n + i], state[HEAD + HELD * n + i] = -1, -1
    push(x, y, body, column(numbers, n, PUSH_X), column(numbers, n, PUSH_Y))
    for i in range(n):
        numbers[HEAD + GOAL_X * n + i], numbers[HEAD + GOAL_Y * n + i] = SIZE - x[i], SIZE - y[i]
    state[LEFT], state[LEFT + 1] = allies, n - allies


@rule
def script(params, state, rng, first, last):
    """Writes the scripted actions of units first … last - 1, who are of one team.

    A unit keeps attacking the enemy that it attacked while that one is in range, else attacks the nearest in range,
    else walks along the longer axis towards one in sight, drawn uniformly, or towards the point opposite of its start.
    """
    n, allies, table, numbers = (
        params[COUNT],
        params[ALLIES],
        params.view(np.float64)[TABLE:KINDS],
        state.view(np.float64),
    )
    x, y, kind, held = column(numbers, n, X), column(numbers, n, Y), column(state, n, KIND), column(state, n, HELD)
    action = column(state, n, ACTION)
    low, high = (allies, n) if first < allies else (0, allies)
    for i in range(first, last):
        action[i] = MOVES - 1
        if x[i] == FAR:
            continue
        reach, sight = table[FIGURES * kind[i] + RANGE] ** 2, table[FIGURES * kind[i] + SIGHT] ** 2
        nearest, best, seen = -1, reach, 0
        for j in range(low, high):
            distance = (x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2
            seen += int(distance < sight)
            if j == held[i] and distance < reach:
                nearest, best = j, -1.0
            elif distance < best:
                nearest, best = j, distance
        held[i] = nearest
        if nearest >= 0:
            action[i] = MOVES + (nearest - allies if i < allies else allies - 1 - nearest)
            continue
        dx, dy = numbers[HEAD + GOAL_X * n + i] - x[i], numbers[HEAD + GOAL_Y * n + i] - y[i]
        if seen > 0:
            pick = draw_below(rng, seen)
            for j in range(low, high):
                if (x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2 < sight:
                    if pick == 0:
                        dx, dy = x[j] - x[i], y[j] - y[i]
                    pick -= 1
        if abs(dy) >= abs(dx):
            action[i] = 0 if dy >= 0 else 2
        else:
            action[i] = 1 if dx > 0 else 3


@rule
def decode(params, state):
    """Directions and targets of all units from their actions."""
    n, allies, numbers = params[COUNT], params[ALLIES], state.view(np.float64)
    table = params.view(np.float64)[TABLE:KINDS]
    for i in range(n):
        action = state[HEAD + ACTION * n + i]
        target, foes, aimed = -1, n - allies if i < allies else allies, 0.0
        if action >= MOVES:
            target = action - MOVES + allies if i < allies else allies - 1 - (action - MOVES)
            aimed = action / (MOVES - 1.0 + foes)
        state[HEAD + TARGET * n + i] = target
        numbers[HEAD + AIMED * n + i] = aimed
        dx, dy = float(int(action == 1) - int(action == 3)), float(int(action == 0) - int(action == 2))
        stride = table[FIGURES * state[HEAD + KIND * n + i] + SPEED] * TICK
        numbers[HEAD + DX * n + i], numbers[HEAD + WALK_X * n + i] = dx, dx * stride
        numbers[HEAD + DY * n + i], numbers[HEAD + WALK_Y * n + i] = dy, dy * stride


@rule
def fight(params, state, rng):
    """The ticks of a step, in each: shots, steps, walls and deaths, pushes."""
    n, allies, numbers = params[COUNT], params[ALLIES], state.view(np.float64)
    least, span = params.view(np.float64)[JITTER], params.view(np.float64)[JITTER + 1]
    table, x, y = params.view(np.float64)[TABLE:KINDS], column(numbers, n, X), column(numbers, n, Y)
    health, weapon, target = column(numbers, n, POINTS), column(numbers, n, WEAPON), column(state, n, TARGET)
    walk_x, walk_y, body = column(numbers, n, WALK_X), column(numbers, n, WALK_Y), column(numbers, n, BODY)
    push_x, push_y, kind = column(numbers, n, PUSH_X), column(numbers, n, PUSH_Y), column(state, n, KIND)
    for _ in range(TICKS):
        for i in range(n):
            ready, j = weapon[i] <= 0.0, target[i]
            weapon[i] -= TICK
            if j >= 0 and ready and x[i] != FAR:
                figures = FIGURES * kind[i]
                reach = table[figures + RANGE]
                if (x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2 < reach * reach:
                    health[j] -= table[figures + ATTACK]
                    weapon[i] = table[figures + COOLDOWN] + least + span * draw(rng)
        for i in range(n):
            if x[i] == FAR:
                continue
            across, up = x[i] + walk_x[i], y[i] + walk_y[i]
            x[i], y[i] = across, up
            if across <= 0.0 or up <= 0.0 or across >= SIZE or up >= SIZE or health[i] <= 0.0:
                health[i], x[i], y[i] = 0.0, FAR, FAR
                state[LEFT + int(i >= allies)] -= 1
        push(x, y, body, push_x, push_y)


@rule
def advance(params, state, actions, rng, reward):
    n, allies, numbers = params[COUNT], params[ALLIES], state.view(np.float64)
    table, share, kind = params.view(np.float64)[TABLE:KINDS], column(numbers, n, SHARE), column(state, n, KIND)
    for i in range(reward.size):
        state[HEAD + ACTION * n + i] = actions[i]
    if params[SCRIPTED]:
        script(params, state, rng, allies, n)
    decode(params, state)
    fight(params, state, rng)
    state[STEP] += 1
    ally_loss, enemy_loss = 0.0, 0.0
    for i in range(n):
        whole, before = table[FIGURES * kind[i] + HEALTH], share[i]
        share[i] = numbers[HEAD + POINTS * n + i] / whole
        ally_loss += before - share[i] if i < allies else 0.0
        enemy_loss += before - share[i] if i >= allies else 0.0
        ready = numbers[HEAD + WEAPON * n + i] / table[FIGURES * kind[i] + COOLDOWN]
        numbers[HEAD + READY * n + i] = min(max(ready, 0.0), 1.0)
    won, lost = state[LEFT + 1] == 0, state[LEFT] == 0
    for p in range(reward.size):
        victory, defeat = (won, lost) if p < allies else (lost, won)
        if params[BATTLE]:
            reward[p] = float(int(victory) - int(defeat))
        else:
            dealt = enemy_loss / (n - allies) if p < allies else ally_loss / allies
            reward[p] = dealt + float(int(victory and not defeat))
    if won or lost:
        return TERMINATED
    return TRUNCATED if state[STEP] == params[STEPS] else RUNNING


@rule
def view(params, state, fresh, obs, legal):
    """The own team's others, then the enemies (both backwards for enemies), then oneself; the unseen are all zero."""
    n, allies, numbers = params[COUNT], params[ALLIES], state.view(np.float64)
    table, kind = params.view(np.float64)[TABLE:KINDS], column(state, n, KIND)
    x, y, dx, dy = column(numbers, n, X), column(numbers, n, Y), column(numbers, n, DX), column(numbers, n, DY)
    share, ready, aimed = column(numbers, n, SHARE), column(numbers, n, READY), column(numbers, n, AIMED)
    for p in range(obs.shape[0]):
        seen, may, alive = obs[p], legal[p], x[p] != FAR
        for a in range(MOVES - 1):
            may[a] = alive
        may[MOVES - 1] = True
        sight, reach = table[FIGURES * kind[p] + SIGHT], table[FIGURES * kind[p] + RANGE]
        xp, yp, scale, sight2, reach2 = x[p], y[p], 1.0 / sight, sight * sight, reach * reach
        team = allies if p < allies else n - allies
        at = 0
        for place in range(n):  # the units in the observer's order
            j = place if p < allies else n - 1 - place
            if j == p:
                continue
            across, up = x[j] - xp, y[j] - yp
            distance = across * across + up * up
            if place >= team:
                may[MOVES + place - team] = alive and distance < reach2
            if alive and distance < sight2:
                seen[at + 6] = ready[j]
                seen[at + 5] = aimed[j]
                seen[at + 4] = dy[j]
                seen[at + 3] = dx[j]
                seen[at + 2] = up * scale
                seen[at + 1] = across * scale
                seen[at] = share[j]
                seen[at + 7 + kind[j]] = 1.0
            elif seen[at] != 0.0:
                for k in range(at, at + FEATURES):
                    seen[k] = 0.0
            at += FEATURES
        if alive:
            seen[at], seen[at + 1], seen[at + 2], seen[at + 3] = share[p], xp / SIZE, yp / SIZE, ready[p]
            seen[at + 4 + kind[p]] = 1.0
        elif seen[at] != 0.0:
            for k in range(at, at + OWN):
                seen[k] = 0.0


@rule
def overview(params, state, out):
    """Health, place, cooldown and type of every unit (zeros for the dead), then all teams, then all types."""
    n, allies, numbers = params[COUNT], params[ALLIES], state.view(np.float64)
    for i in range(n):
        kind, at = state[HEAD + KIND * n + i], OWN * i
        if numbers[HEAD + X * n + i] != FAR:
            out[at] = numbers[HEAD + SHARE * n + i]
            out[at + 1], out[at + 2] = numbers[HEAD + X * n + i], numbers[HEAD + Y * n + i]
            out[at + 3] = numbers[HEAD + WEAPON * n + i]
            out[at + 4 + kind] = 1.0
        out[OWN * n + i], out[(OWN + 1) * n + i] = float(int(i >= allies)), kind


DYNAMICS = Dynamics.of(globals())


def smax(scenario: str, opponent: str, rewards: str, steps: int) -> EnvSetup:
    allied, hostile, drawn = armies(scenario)
    allies, enemies, scripted, battle = len(allied), len(hostile), opponent == "script", rewards == "battle"
    n = allies + enemies
    others = n - 1
    figures = [figure for unit in UNITS for figure in unit[2:]]
    floats = np.array([-TICK, 3 * TICK, *figures]).view(np.int64)
    facts = [n, allies, scripted, battle, steps, drawn, *floats, *allied, *hostile]
    outside = others * max(unit.radius for unit in UNITS)  # how far others can push a unit in one tick

    def force(state: np.ndarray) -> Force:
        columns = state[HEAD:].reshape(COLUMNS, n)
        places = columns.view(np.float64)
        return Force(allies, int(state[STEP]), columns[KIND], places[X], places[Y], places[POINTS], columns[TARGET])

    return EnvSetup(
        dynamics=DYNAMICS,
        params=np.array(facts, np.int64),
        state_size=HEAD + COLUMNS * n,
        num_players=allies if scripted else n,
        num_actions=MOVES + (enemies if scripted else max(allies, enemies)),
        observation_size=FEATURES * others + OWN,
        min_utility=-1.0 if battle else 0.0,
        max_utility=1.0 if battle else 2.0,
        zero_sum=not scripted and battle and allies == enemies,
        common_payoff=scripted,
        observation_bounds=(-max(1.0, outside / SIZE), 1.0 + outside / SIZE),
        overview_size=(OWN + 2) * n,
        overview_bounds=(-max(TICKS * TICK * steps, outside), SIZE + outside),
        action_names=(
            *("north", "east", "south", "west", "stop"),
            *(f"attack {k}" for k in range(enemies if scripted else max(allies, enemies))),
        ),
        features=(
            *(_other(f"ally {k}") for k in range(allies - 1)),
            *(_other(f"enemy {k}") for k in range(enemies)),
            Feature("self", OWN, "health, x, y (shares of the map), cooldown, unit type one of 6; zeros when dead"),
        ),
        render=lambda state: as_text(force(state)),
        picture=lambda state: as_picture(force(state)),
        heuristic=lambda: ScriptAgent(allies, enemies),
        extra={"allies": allies, "enemies": enemies},
    )


def _other(name: str) -> Feature:
    meaning = "health, relative x and y over sight, last move x and y, last attack, cooldown, unit type one of 6"
    return Feature(name, FEATURES, f"{meaning}; zeros when out of sight or dead")


def read(name: str) -> Mapping[str, Any] | None:
    """Parameters of ``smax/SCENARIO``."""
    family, _, scenario = name.partition("/")
    if family != "smax":
        return None
    try:
        armies(scenario)
    except ValueError:
        return None
    return {"scenario": scenario}


GAMES = (
    GameSpec(
        id="smax",
        title="SMAX battles",
        build=smax,
        players="1-62",
        parameters=(
            Parameter("scenario", "3m", "the two armies"),
            Parameter("opponent", "script", "who plays the enemies", choices=("script", "self_play")),
            Parameter(
                "rewards",
                "damage",
                "damage dealt and 1 for winning, or the battle's end alone",
                choices=("damage", "battle"),
            ),
            Parameter("steps", 100, "time limit", low=1, high=100_000),
        ),
        tags=("cooperative", "environment", "general-sum", "simultaneous"),
        read=read,
        names=tuple(f"smax/{scenario}" for scenario in SCENARIOS),
        scores={"random": 0.178, "heuristic": 1.409},
    ),
)
