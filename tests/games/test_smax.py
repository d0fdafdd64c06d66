"""SMAX: against battles recorded from JaxMARL 0.2, against the rules as plain NumPy, and by its invariants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reference.slow_smax import TABLE, Battle

import ludus
from ludus.games.catalog import smax
from ludus.games.streams import Stream

TRACE = np.load(Path(__file__).parent / "data" / "smax.npz")
"""Made by benchmarks/peers/jaxmarl_smax_trace.py."""
RECORDED = ["2s3z", "5m_vs_6m", "smacv2_5_units"]


class Field:
    """One battle of ours, both teams played from outside."""

    def __init__(self, scenario, jitter=True, **parameters):
        self.game = ludus.make(f"smax/{scenario}", **{"opponent": "self_play", **parameters})
        self.setup, self.functions = self.game.setup, self.game.setup.dynamics.compiled()
        self.allies, self.n = self.setup.extra["allies"], int(self.setup.params[smax.COUNT])
        self.params = self.setup.params.copy()
        if not jitter:
            self.params.view(np.float64)[smax.JITTER : smax.TABLE] = 0.0
        self.words, self.stream = np.zeros(self.setup.state_size, np.int64), np.zeros(2, np.uint64)

    def columns(self):
        """The state's columns as integers and as floats, without copies."""
        whole = self.words[smax.HEAD :].reshape(smax.COLUMNS, self.n)
        return whole, whole.view(np.float64)

    def reset(self, seed=0):
        self.words[:], self.stream[:] = 0, (seed, 0)
        self.functions.reset(self.params, self.words, self.stream)

    def load(self, place, health, cooldown, kind):
        """Sets a state in the middle of a battle; the dead go where ours stand."""
        self.reset()
        whole, floats = self.columns()
        dead = health <= 0
        whole[smax.KIND] = kind
        floats[smax.X], floats[smax.Y] = np.where(dead, smax.FAR, place[:, 0]), np.where(dead, smax.FAR, place[:, 1])
        floats[smax.POINTS], floats[smax.WEAPON] = health, cooldown
        floats[smax.SHARE] = health / TABLE[kind, 5]
        floats[smax.BODY] = TABLE[kind, 4]
        self.words[smax.LEFT : smax.LEFT + 2] = (~dead[: self.allies]).sum(), (~dead[self.allies :]).sum()

    def step(self, actions):
        reward = np.zeros(self.game.num_players)
        end = self.functions.advance(self.params, self.words, np.array(actions, np.int64), self.stream, reward)
        return reward, end

    def look(self):
        obs = np.zeros((self.game.num_players, self.setup.observation_size), np.float32)
        legal = np.zeros((self.game.num_players, self.game.num_actions), bool)
        self.functions.view(self.params, self.words, 1, obs, legal)
        return obs, legal

    def world(self):
        out = np.zeros(self.setup.overview_size, np.float32)
        self.functions.overview(self.params, self.words, out)
        return out

    def scripted(self):
        """Actions of the compiled script for all units; draws from the stream and keeps who is attacked."""
        smax.script(self.params, self.words, self.stream, 0, self.allies)
        smax.script(self.params, self.words, self.stream, self.allies, self.n)
        return self.columns()[0][smax.ACTION].copy()


def listed(field, i, unit):
    """The unit behind a place in unit i's list of enemies, and back (the same map)."""
    return unit if unit < 0 else unit + field.allies if i < field.allies else field.allies - 1 - unit


@pytest.mark.parametrize("scenario", RECORDED)
def test_steps_equal_jaxmarls(scenario):
    """Each recorded step from JaxMARL's own state: places, health, cooldowns, rewards, ends, and what is shown."""
    trace = {name.partition("/")[2]: array for name, array in TRACE.items() if name.startswith(f"{scenario}/")}
    field, every = Field(scenario, jitter=False), len(trace["done"]) // len(trace["obs"])
    steps, shown, battles = len(trace["done"]), 0, 0
    for t in range(steps):
        field.load(*(trace[name][t] for name in ("place", "health", "cooldown", "kind")))
        reward, end = field.step(trace["actions"][t])
        _, floats = field.columns()
        alive = trace["health_after"][t] > 0
        assert ((floats[smax.X] != smax.FAR) == alive).all(), t
        ours = np.stack([floats[smax.X], floats[smax.Y], floats[smax.WEAPON]])[:, alive]
        theirs = np.stack([*trace["place_after"][t].T, trace["cooldown_after"][t]])[:, alive]
        np.testing.assert_allclose(ours, theirs, atol=2e-4)
        np.testing.assert_allclose(floats[smax.POINTS], trace["health_after"][t], atol=1e-4)
        np.testing.assert_allclose(reward[[0, -1]], trace["reward"][t], atol=1e-5)
        over = not alive[: field.allies].any() or not alive[field.allies :].any()
        assert (end == 1) == over
        battles += over
        if (t + 1) % every == 0:
            obs, legal = field.look()
            np.testing.assert_allclose(obs, trace["obs"][shown], atol=1e-4)
            np.testing.assert_allclose(field.world(), trace["world"][shown], atol=2e-4)
            for team, rows in enumerate((legal[: field.allies], legal[field.allies :])):
                mask = trace[f"legal_{team}"][shown]
                assert (rows[:, : mask.shape[1]] == mask).all()
                assert not rows[:, mask.shape[1] :].any()
            shown += 1
    assert steps >= 200
    assert shown == len(trace["obs"])
    assert battles >= 1


@pytest.mark.parametrize("scenario", ["2s3z", "smacv2_5_units"])
def test_battles_begin_as_jaxmarls(scenario):
    """Means and spreads of where units begin, over many resets."""
    field, ours = Field(scenario), []
    for seed in range(3000):
        field.reset(seed)
        ours.append(field.columns()[1][[smax.X, smax.Y]].T.copy())

    def facts(places):
        allies, enemies = places[:, : field.allies], places[:, field.allies :]
        centres = np.concatenate([allies.mean(axis=1), enemies.mean(axis=1)], axis=1)
        spreads = np.concatenate([allies.std(axis=1), enemies.std(axis=1)], axis=1)
        apart = np.linalg.norm(allies - enemies, axis=2)
        square = (places[:, 0] - 16) ** 2
        outside = ((places <= 0) | (places >= 32)).any(axis=(1, 2))[:, None]
        return np.concatenate(
            [centres, spreads, apart.min(axis=1)[:, None], apart.mean(axis=1)[:, None], square, outside], axis=1
        )

    a, b = facts(np.array(ours)), facts(TRACE[f"{scenario}/starts"].astype(float))
    error = np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b))
    assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) <= 4.5 * error + 1e-9).all()


@pytest.mark.parametrize("scenario", RECORDED)
def test_the_script_chooses_as_jaxmarls(scenario):
    """The same target or way; among several enemies in sight one of the ways that JaxMARL may draw."""
    trace = {name.partition("/")[2]: array for name, array in TRACE.items() if name.startswith(f"{scenario}/")}
    field, attacks = Field(scenario), 0
    for t in range(len(trace["done"])):
        field.load(*(trace[name][t] for name in ("place", "health", "cooldown", "kind")))
        whole, floats = field.columns()
        held = np.array([listed(field, i, int(k)) for i, k in enumerate(trace["held"][t])])
        start = (
            trace["place"][t] if trace["first"][t] else 32 - trace["goal"][t]
        )  # JaxMARL sets goals in the first step
        floats[smax.GOAL_X], floats[smax.GOAL_Y] = (32 - start).T
        possible = []
        for _ in range(60):
            whole[smax.HELD] = held
            possible.append(field.scripted())
        for i in np.flatnonzero(trace["health"][t] > 0):
            expected, ours = trace["scripted"][t][i], {int(actions[i]) for actions in possible}
            assert expected in ours, (t, i)
            attacks += expected > 4
            assert expected < 5 or ours == {expected}
    assert attacks > 100


@pytest.mark.parametrize("scenario", [*smax.SCENARIOS, "1M1h_vs_2l1z"])
def test_battles_equal_the_rules_written_slowly(scenario):
    """A whole battle from our own start, jitter and all: two scripts that sometimes act at random."""
    field, rng = Field(scenario), np.random.default_rng(len(scenario))
    field.reset(seed=7)
    whole, floats = field.columns()
    draws = Stream(0)
    slow = Battle(field.allies, whole[smax.KIND], np.stack([floats[smax.X], floats[smax.Y]], axis=1), draws.uniform)
    watched = range(0, field.n, 1 + field.n // 8)
    for _ in range(20 if field.n > 15 else 100):
        obs, legal = field.look()
        np.testing.assert_allclose(obs[watched], [slow.observe(i) for i in watched], atol=1e-6)
        assert (legal[watched] == [slow.legal(i, legal.shape[1]) for i in watched]).all()
        np.testing.assert_allclose(field.world(), slow.world(), rtol=1e-6, atol=1e-6)
        wild = np.array([rng.choice(np.flatnonzero(row)) for row in legal])
        scripted = field.scripted()
        actions = np.where(rng.random(field.n) < 0.8, scripted, wild)
        draws.key, draws.counter = int(field.stream[0]), int(field.stream[1])
        reward, end = field.step(actions)
        *paid, over = slow.step(actions)
        np.testing.assert_allclose(reward, np.repeat(paid, [field.allies, field.n - field.allies]), atol=1e-9)
        assert (end == 1) == over
        assert draws.counter == field.stream[1]  # a shot draws once
        if over:
            break


def winners(scenario, battles, **parameters):
    """+1 for each battle that allies win, -1 for enemies, both scripted."""
    field, found = Field(scenario, **parameters), []
    for seed in range(battles):
        field.reset(seed)
        end = 0
        while end == 0:
            _, end = field.step(field.scripted())
        alive = field.words[smax.LEFT : smax.LEFT + 2] > 0
        found.append(int(alive[0]) - int(alive[1]))
    return np.array(found)


@pytest.mark.parametrize(("scenario", "battles"), [("3m", 2000), ("2s3z", 2000), ("smacv2_5_units", 2000)])
def test_the_script_against_itself_wins_half(scenario, battles):
    share = (1 + winners(scenario, battles).mean()) / 2
    assert abs(share - 0.5) < 0.03


def test_more_units_win():
    assert winners("5m_vs_6m", 100).mean() < -0.8 < 0.8 < winners("6m_vs_5m", 100).mean()


@pytest.mark.parametrize("kind", range(6))
def test_damage_per_second_follows_from_attack_and_cooldown(kind):
    """Shots are ceil(cooldown / tick) + 1 ticks apart, the cooldown uniform around the table's (marine: 0.74 s)."""
    letter = smax.UNITS[kind].letter
    field = Field(f"1{letter}_vs_1M", steps=5000)
    field.reset(seed=kind)
    shots, ticks, steps = 0, 8 * 4000, 4000
    _whole, floats = field.columns()
    for _ in range(steps):
        floats[smax.X], floats[smax.Y], floats[smax.POINTS, 1] = (10.0, 11.5), (16.0, 16.0), 1e5
        field.step([5, 4])
        shots += round((1e5 - floats[smax.POINTS, 1]) / TABLE[kind, 1])
    cooldown = TABLE[kind, 6] + np.linspace(-1 / 16, 2 / 16, 10_001)
    expected = ticks / (np.ceil(cooldown * 16) + 1).mean()
    assert abs(shots / expected - 1) < 0.01


def test_the_agent_plays_as_the_compiled_script():
    """From observations alone the agent takes the same targets; its ways are those that the script draws among."""
    field = Field("3s5z_vs_3s6z")
    field.reset(3)
    agents = [field.game.heuristic().at(p) for p in range(field.n)]
    memory, end, attacks = [agent.start(1) for agent in agents], 0, 0
    while end == 0:
        obs, legal = field.look()
        actions = field.scripted()
        for p, agent in enumerate(agents):
            share, memory[p] = agent.probabilities(obs[p : p + 1], legal[p : p + 1], memory[p])
            assert share[0, actions[p]] > (0.999 if actions[p] > 4 else 0)
            assert abs(share.sum() - 1) < 1e-9
            attacks += actions[p] > 4
        _, end = field.step(actions)
    assert attacks > 50


def test_scripted_enemies_are_the_script():
    """The default opponent plays what the compiled script plays in the enemies' place."""
    theirs, ours = Field("2s3z", opponent="script"), Field("2s3z")
    theirs.reset(5)
    ours.reset(5)
    rng, end = np.random.default_rng(0), 0
    while end == 0:
        _, legal = theirs.look()
        actions = np.array([rng.choice(np.flatnonzero(row)) for row in legal])
        reward, end = theirs.step(actions)
        smax.script(ours.params, ours.words, ours.stream, 5, 10)
        both, same = ours.step([*actions, *ours.columns()[0][smax.ACTION, 5:]])
        assert end == same
        assert (reward == both[:5]).all()
    assert (theirs.columns()[1][smax.X] == ours.columns()[1][smax.X]).all()


def test_rewards_of_the_battle_alone():
    game = ludus.make("smax/3m", opponent="self_play", rewards="battle")
    assert game.zero_sum
    assert not ludus.make("smax/5m_vs_6m", opponent="self_play", rewards="battle").zero_sum
    log = ludus.play(game, [game.heuristic() for _ in range(6)], matches=60, seed=0)
    scores = np.asarray(log.scores).reshape(60, 6)
    assert set(np.unique(scores)) <= {-1.0, 0.0, 1.0}
    assert (scores[:, :3] == -scores[:, 3:]).all()


def test_scenarios_are_read():
    game = ludus.make("smax/5m_vs_6m")
    assert (game.id, game.num_players, game.num_actions) == ("smax/5m_vs_6m", 5, 11)
    assert game.observation_size == 13 * 10 + 10
    assert ludus.make("smax/27m_vs_30m", opponent="self_play").num_players == 57
    assert ludus.make("smax/smacv2_20_units").num_players == 20
    with pytest.raises(ValueError, match="there is no game 'smax/2x'; did you mean"):
        ludus.make("smax/2x")
    with pytest.raises(ValueError, match="smax: there is no scenario '3q'; there are 3m, 2s3z, .* with m marine"):
        ludus.make("smax", scenario="3q")
    with pytest.raises(ValueError, match="smax: scenario '40m' has 80 units; at most 62 are allowed"):
        ludus.make("smax", scenario="40m")
