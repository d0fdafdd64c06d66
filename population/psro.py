"""PSRO: populations that grow by responses to their own meta-strategy. One loop; the methods are its configurations.

A round: solve the meta-game between the members, let an oracle make new members that respond to the solution, evaluate
the new cells of the payoffs. Source: Lanctot et al. 2017, "A unified game-theoretic approach to multiagent
reinforcement learning"; the variants' sources stand in `psro_methods`.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..games.agent import Agent
from ..games.policy import Policy
from ..games.registry import make
from ..games.streams import seed_word, stream_key
from ..games.tabulate import tabulate
from ..games.tree import read_npz, write_npz
from ..progress import progress_bar
from .arena import SampledArena, TreeArena, VectorArena, arena_of
from .match import as_agent
from .meta_solvers import MetaSolver, find_meta_solver, marginals, meta_strategy, product
from .oracles import Exact, OracleState, VectorAgent, find_oracle, start_state
from .psro_methods import RESPONSES, PSROMethod, find_method

FORMAT = 1
DEFAULT_ITERATIONS = 20
CLOSED = 1e-9
"""Exact responses that gain less, as a share of the range of payoffs, end the loop."""


class PSRORecord(NamedTuple):
    """One round of a run's history."""

    iteration: int
    seconds: float
    """Since the start (of the first call, if it was resumed), evaluation included."""
    nash_conv: float
    """NashConv in the whole game of the profile in which everybody mixes by its marginal; NaN where nobody knows."""
    gap: float
    """What a correlated meta-strategy leaves to deviators in the whole game: the CE or CCE gap; else NashConv."""
    members: int
    """Over all players."""


@dataclass(frozen=True, eq=False)
class PSROSnapshot:
    """The population after a round. P players; A_p members of player p (one population in symmetric games)."""

    game: Any
    iteration: int
    seconds: float
    nash_conv: float
    gap: float
    states: tuple[tuple[OracleState, ...], ...]
    """What the oracle keeps of each member, for each population."""
    population: tuple[tuple[Agent, ...], ...]
    """The members as agents, for each player."""
    payoffs: np.ndarray
    """float64[P, A0, …, A(P-1)]."""
    joint: np.ndarray
    """float64[A0, …, A(P-1)]: the meta-strategy as a joint distribution. In XDO it is the members' part of nothing, and
    uniform: there the meta-strategy is `policy`."""
    policy: Policy | None
    """The meta-strategy as behaviour on the tree; None in games without one."""
    ladder: tuple[int, int, float]
    """Of pipelines: finished members, rounds of the lowest unfinished, its last payoff."""
    exhausted: bool
    """Nothing new came of this round's exact responses, or nothing is left to gain: another round changes nothing."""
    history: tuple[PSRORecord, ...]
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the run was called with, as JSON takes it."""

    @property
    def meta_strategy(self) -> tuple[np.ndarray, ...]:
        """float64[A_p] for each player: how often its members are met."""
        return marginals(self.joint)

    @property
    def exploitability(self) -> float:
        """`nash_conv` divided by the number of players."""
        return self.nash_conv / self.joint.ndim

    @cached_property
    def values(self) -> np.ndarray:
        """float64[P]: the players' expected payoffs under the joint distribution."""
        return (self.payoffs * self.joint).reshape(len(self.payoffs), -1).sum(axis=1)

    def save(self, path: str | Path) -> None:
        """Writes an npz file (whole or not at all), from which `psro(..., resume=path)` goes on."""
        members = {
            f"member/{p}/{i}/{name}": array
            for p, states in enumerate(self.states)
            for i, state in enumerate(states)
            for name, array in state.items()
        }
        write_npz(
            path,
            format=np.array(FORMAT),
            about=np.array(json.dumps(dict(self.about))),
            names=np.array(list(members)),
            payoffs=self.payoffs,
            history=np.array(self.history, np.float64).reshape(-1, len(PSRORecord._fields)),
            ladder=np.array(self.ladder, np.float64),
            **members,
        )

    def __repr__(self) -> str:
        sizes = " × ".join(map(str, self.payoffs.shape[1:]))
        return f"{type(self).__name__}(round {self.iteration}, {sizes} members, NashConv {self.nash_conv:.3g})"


# -- one round ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Run:
    """What does not change between rounds."""

    game: Any
    arena: TreeArena | VectorArena | SampledArena
    method: PSROMethod
    solver: MetaSolver
    solver_options: Mapping[str, Any]
    oracle: Any
    responses: str
    budget: int
    seed: int

    def solve(self, payoffs: np.ndarray) -> np.ndarray:
        """The joint distribution over the members."""
        if self.method.meta_game == "anytime":
            from .restricted import least_exploitable

            assert isinstance(self.arena, TreeArena)
            return product([least_exploitable(self.arena, p)[0] for p in (0, 1)])
        if self.method.meta_game == "actions":
            return meta_strategy(payoffs, "uniform")
        joint = meta_strategy(payoffs, self.solver, **self.solver_options)
        if self.arena.symmetric and np.abs(joint - product(marginals(joint))).max() < 1e-12:
            joint = product([marginals(joint)[0]] * 2)  # of several equilibria both players take the same
        return joint

    def profile(self, joint: np.ndarray) -> Policy | None:
        """The meta-strategy as behaviour."""
        if not isinstance(self.arena, TreeArena):
            return None
        if self.method.meta_game == "actions":
            from .restricted import allowed_actions, restricted_equilibrium

            return Policy(self.arena.tree, restricted_equilibrium(self.arena.tree, allowed_actions(self.arena)))
        return self.arena.profile(joint)

    def train(
        self, state: OracleState, player: int, joint: np.ndarray | None, policy: Policy | None, key: int
    ) -> OracleState:
        """Trains a member against weights `joint` of the others' members, or against a profile."""
        seats = [p for p in range(self.arena.players) if p != player]
        if joint is None:
            from .facing import agent_of

            assert policy is not None
            opponents: list[Any] = [agent_of(self.game, policy.probabilities, "meta-strategy")]
            weights = np.ones(1)
        else:
            places = np.argwhere(joint > 0.0)
            weights = joint[tuple(places.T)]
            opponents = [self._seated(player, seats, place) for place in places]
        made = self.oracle.train(self.game, state, player, opponents, weights, key, self.budget)
        if self.arena.symmetric and "probabilities" in made:  # the same in both seats
            first, _ = np.split(made["probabilities"], 2)
            made = {**made, "probabilities": np.concatenate([first, first])}
        return made

    def _seated(self, player: int, seats: Sequence[int], place: np.ndarray) -> Any:
        held = self.arena.members
        agents = [held[0 if self.arena.symmetric else p][i] for p, i in zip(seats, place)]
        if len(agents) == 1:
            return agents[0]
        return [*agents[:player], agents[0], *agents[player:]]  # somebody for the learner's own seat

    def add(self, payoffs: np.ndarray, player: int, place: int, agent: Agent) -> np.ndarray:
        """The payoffs after a member was put in its place, new or again."""
        self.arena.put(player, place, agent)
        players = range(self.arena.players) if self.arena.symmetric else [player]
        sizes = [len(self.arena.members[0 if self.arena.symmetric else p]) for p in range(self.arena.players)]
        grown = np.full((self.arena.players, *sizes), np.nan)
        grown[(slice(None), *map(slice, payoffs.shape[1:]))] = payoffs
        for p in players:
            rows = [np.arange(n) for n in sizes]
            rows[p] = np.array([place])
            grown[(slice(None), *np.ix_(*rows))] = self.arena.block(rows)
        return grown


def _key(run: _Run, *numbers: int) -> int:
    """The seed of one training: it depends on the run's seed, the round, the player and which response it is."""
    key = run.seed
    for number in numbers:
        key = stream_key(key, number)
    return key


def _grow(run: _Run, now: PSROSnapshot) -> tuple[list[list[OracleState]], np.ndarray, bool]:
    """New members that respond to the meta-strategy. -> (states, payoffs, whether any came)."""
    states, payoffs = [list(group) for group in now.states], now.payoffs
    new: list[tuple[int, OracleState]] = []
    for p in range(len(states)):
        if run.method.meta_game == "actions":
            targets: list[np.ndarray | None] = [None]
        else:
            targets = list(RESPONSES[run.responses](now.payoffs, now.joint, p))
        for j, target in enumerate(targets):
            key = _key(run, now.iteration, p, j)
            state = run.train(run.oracle.start(run.game, key), p, target, now.policy, key)
            if run.method.diversity and target is not None:
                state = _most_diverse(run, now.payoffs, p, target, state, key)
            new.append((p, state))
    if run.method.inner:
        from .restricted import self_play

        assert isinstance(run.arena, TreeArena)
        new += [(p, {"probabilities": part}) for p, part in enumerate(self_play(run.arena, run.method.inner))]
    payoffs, found = _join(run, states, payoffs, new)
    if not found and run.method.meta_game == "anytime":
        # Of several best responses the oracle may take known ones; then the optimal mixture of all joins.
        from .restricted import least_exploitable

        assert isinstance(run.arena, TreeArena)
        optimal = [least_exploitable(run.arena, 1 - p)[1] for p in (0, 1)]
        payoffs, found = _join(run, states, payoffs, [(p, {"probabilities": part}) for p, part in enumerate(optimal)])
    return states, payoffs, found


def _join(
    run: _Run, states: list[list[OracleState]], payoffs: np.ndarray, new: list[tuple[int, OracleState]]
) -> tuple[np.ndarray, bool]:
    """Adds those of the new members that play like none before. -> (payoffs, whether there was one)."""
    found = False
    for p, state in new:
        agent = run.oracle.agent(run.game, state)
        if run.solver.repeats or not run.arena.known(p, agent):
            payoffs, found = run.add(payoffs, p, len(states[p]), agent), True
            states[p].append(state)
    return payoffs, found


def _most_diverse(
    run: _Run, payoffs: np.ndarray, player: int, target: np.ndarray, response: OracleState, key: int
) -> OracleState:
    """Of the response and responses to reweighted opponents the one of greatest payoff + diversity · cardinality."""
    rng = np.random.default_rng(key)
    options = [response]
    for c in range(run.method.candidates):
        tilted = 0.5 * target + 0.5 * rng.dirichlet(np.ones(target.size)).reshape(target.shape)
        options.append(run.train(run.oracle.start(run.game, key), player, tilted, None, _key(run, key % 2**32, c)))
    place = payoffs.shape[1 + player]
    held = run.arena.members[player]
    table = np.moveaxis(payoffs[player], player, 0).reshape(place, -1) / run.arena.unit
    best, most = response, -np.inf
    for state in options:
        run.arena.put(player, place, run.oracle.agent(run.game, state))
        rows = [np.arange(n) for n in payoffs.shape[1:]]
        rows[player] = np.array([place])
        row = run.arena.block(rows)[player].ravel() / run.arena.unit
        worth = row @ target.ravel() + run.method.diversity * expected_cardinality(np.vstack([table, row]))
        if worth > most + 1e-12:
            best, most = state, worth
    del held[place:]
    if isinstance(run.arena, TreeArena):
        del run.arena.plans[player][place:]
    return best


def expected_cardinality(table: np.ndarray) -> float:
    """tr(I - (L + I)⁻¹) with L = M Mᵀ: how many different members a determinantal point process draws from rows M."""
    size = len(table)
    return float(size - np.trace(np.linalg.inv(table @ table.T + np.eye(size))))


def _climb(run: _Run, now: PSROSnapshot) -> tuple[list[list[OracleState]], np.ndarray, tuple[int, int, float]]:
    """One round of a pipeline: every unfinished member trains against the finished ones and those below it."""
    states, payoffs = [list(group) for group in now.states], now.payoffs
    finished, rounds, before = now.ladder
    worth = 0.0
    for level in range(run.method.active):
        place = finished + level
        below = payoffs[(slice(None), *(slice(0, place),) * run.arena.players)]
        joint = run.solve(below)
        for p in range(len(states)):
            key = _key(run, now.iteration, p, level)
            target = joint.sum(axis=p)
            if place == len(states[p]):
                states[p].append(run.oracle.start(run.game, key))
            states[p][place] = run.train(states[p][place], p, target, None, key)
            payoffs = run.add(payoffs, p, place, run.oracle.agent(run.game, states[p][place]))
            if level == 0:
                row = np.moveaxis(payoffs[p], p, 0)[place][(slice(0, place),) * (run.arena.players - 1)]
                worth += float((row * target).sum())
    rounds += 1
    if rounds >= run.method.longest or (rounds > 1 and worth - before <= run.method.plateau * run.arena.unit):
        return states, payoffs, (finished + 1, 0, 0.0)
    return states, payoffs, (finished, rounds, worth)


# -- beginning ---------------------------------------------------------------------------------------------------------


def _prepare(
    game: Any,
    method: str | PSROMethod,
    oracle: Any,
    meta_solver: Any,
    budget: int | None,
    matches: int,
    symmetric: bool | None,
    seed: int | np.random.Generator,
    meta_options: Mapping[str, Any],
    options: Mapping[str, Any],
) -> _Run:
    row = find_method(method, **options)
    solver = find_meta_solver(row.meta_solver if meta_solver is None else meta_solver)
    maker = find_oracle(oracle)
    budget = getattr(maker, "default_budget", 1) if budget is None else budget
    for name, value in (("budget", budget), ("matches", matches)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be an integer of at least 1, got {value!r}")
    word = seed_word(seed)
    arena = arena_of(game, symmetric, matches, word)
    responses = row.responses or solver.responses
    if row.meta_game != "payoffs" or row.inner:
        tree = arena.tree if isinstance(arena, TreeArena) and not arena.symmetric else None
        if tree is None or tree.num_players != 2 or not tree.zero_sum:
            raise ValueError(
                f"{row.name} is for two-player zero-sum games with a tree, each player with its own members"
            )
        if row.meta_game != "payoffs" and meta_solver is not None:
            raise ValueError(f"{row.name} has a meta-strategy of its own and takes no meta_solver, got {meta_solver!r}")
    if row.active and (responses != "mixture" or row.diversity or row.inner):
        raise ValueError(
            "a pipeline (active above 0) has one response a level: responses must be 'mixture', and "
            "diversity and inner must be 0"
        )
    if arena.symmetric and responses == "conditional":
        raise ValueError(
            f"meta-solver {solver.name!r} responds to recommendations: give both players their own members"
        )
    return _Run(game, arena, row, solver, meta_options, maker, responses, int(budget), word)


def _about(run: _Run, matches: int) -> dict[str, Any]:
    """The call, as JSON takes it; functions by their names."""
    made = run.oracle
    plain = {f.name: _plain(getattr(made, f.name)) for f in fields(made)} if is_dataclass(made) else {}
    return {
        "game": run.game.name if isinstance(run.arena, VectorArena) else run.game.id,
        "fingerprint": run.arena.tree.fingerprint if isinstance(run.arena, TreeArena) else "",
        "method": asdict(run.method),
        "meta_solver": [run.solver.name, {name: _plain(value) for name, value in run.solver_options.items()}],
        "oracle": [type(made).__name__, plain],
        "budget": run.budget,
        "matches": int(matches),
        "symmetric": run.arena.symmetric,
        "seed": run.seed,
    }


def _plain(value: Any) -> Any:
    return (
        value if isinstance(value, (int, float, str, type(None))) else getattr(value, "__name__", type(value).__name__)
    )


def _begin(
    run: _Run, about: Mapping[str, Any], initial: Sequence[Agent | Policy] | None, resume: str | Path | None
) -> tuple[list[list[OracleState]], tuple[PSRORecord, ...], np.ndarray, tuple[int, int, float]]:
    """(states, history, payoffs, ladder); the arena holds the members afterwards."""
    groups = range(len(run.arena.members))
    if resume is not None:
        states, history, payoffs, ladder = _read(resume, about, len(groups))
        for p in groups:
            for i, state in enumerate(states[p]):
                run.arena.put(p, i, run.oracle.agent(run.game, state))
        return states, history, payoffs, ladder
    states = []
    payoffs = np.zeros((run.arena.players, *(0,) * run.arena.players))
    for p in groups:
        if initial is None:
            key = _key(run, 0, p)
            pure = run.method.meta_game == "actions"  # a mixed member would bring all its actions
            states.append([start_state(run.game, "pure", key) if pure else run.oracle.start(run.game, key)])
        else:
            states.append([_given(run.game, agent) for agent in initial])
        if not states[p]:
            raise ValueError("initial must hold at least one agent")
        for i, state in enumerate(states[p]):
            run.arena.put(p, i, run.oracle.agent(run.game, state))
    sizes = [len(states[0 if run.arena.symmetric else p]) for p in range(run.arena.players)]
    payoffs = run.arena.block([np.arange(n) for n in sizes])
    return states, (), payoffs, (len(states[0]), 0, 0.0)


def _given(game: Any, agent: Agent | Policy) -> OracleState:
    if isinstance(agent, VectorAgent):
        return {"vector": agent.vector.copy()}
    return {"probabilities": tabulate(game, as_agent(agent)).probabilities.copy()}


def _read(
    path: str | Path, about: Mapping[str, Any], groups: int
) -> tuple[list[list[OracleState]], tuple[PSRORecord, ...], np.ndarray, tuple[int, int, float]]:
    head = read_npz(path, ("format", "about", "names", "payoffs", "history", "ladder"), "PSRO")
    if int(head["format"]) != FORMAT:
        raise ValueError(f"{path}: PSRO format {int(head['format'])} is not supported; this version reads {FORMAT}")
    kept = json.loads(str(head["about"]))
    for name, value in json.loads(json.dumps(dict(about))).items():
        if kept.get(name) != value:
            raise ValueError(f"{path} is of another run: its {name} is {kept.get(name)!r}, here it is {value!r}")
    names = head["names"].tolist()
    arrays = read_npz(path, names, "PSRO")
    states: list[list[OracleState]] = [[] for _ in range(groups)]
    for name in names:
        _, p, i, key = name.split("/", 3)
        while len(states[int(p)]) <= int(i):
            states[int(p)].append({})
        states[int(p)][int(i)][key] = arrays[name]
    history = tuple(PSRORecord(int(r[0]), *map(float, r[1:4]), int(r[4])) for r in head["history"])
    finished, rounds, worth = head["ladder"].tolist()
    return states, history, head["payoffs"], (int(finished), int(rounds), worth)


# -- the loop ----------------------------------------------------------------------------------------------------------


def iterate_psro(
    game: Any,
    method: str | PSROMethod = "psro",
    *,
    oracle: Any = "exact",
    meta_solver: Any = None,
    budget: int | None = None,
    matches: int = 1000,
    initial: Sequence[Agent | Policy] | None = None,
    symmetric: bool | None = None,
    seed: int | np.random.Generator = 0,
    resume: str | Path | None = None,
    meta_options: Mapping[str, Any] | None = None,
    **options: Any,
) -> Iterator[PSROSnapshot]:
    """Runs a method and yields a snapshot after every round; ends by itself where exact responses bring nothing new.

    Args:
        game: a game or its id, or a game over parameter vectors. Games without a tree are evaluated by matches.
        method: a name of `psro_methods.METHODS`, or a row.
        oracle: a name of `oracles.ORACLES`, an oracle, or a function (see `CallableOracle`).
        meta_solver: a name of `meta_solvers.META_SOLVERS` or a function of payoffs; None: the method's own.
        budget: how long the oracle trains a new member, in its own units; None: its `default_budget`.
        matches: matches of each cell, where payoffs are sampled.
        initial: the first members, for every player; by default one that the oracle starts.
        symmetric: one population for both players of a symmetric matrix game; games over vectors are always so.
        resume: a file of `PSROSnapshot.save`; the same call then goes on as if it had never stopped.
        meta_options: options of the meta-solver.
        options: fields of the method, such as ``active=2`` or ``diversity=0.3``.

    Raises:
        ValueError: an unknown method, oracle, meta-solver or option; a game that the method is not for; a file of
            another game or call.
    """
    game = make(game) if isinstance(game, str) else game
    run = _prepare(game, method, oracle, meta_solver, budget, matches, symmetric, seed, meta_options or {}, options)
    about = _about(run, matches)
    return _rounds(run, about, *_begin(run, about, initial, resume))


def _rounds(
    run: _Run,
    about: dict[str, Any],
    states: list[list[OracleState]],
    history: tuple[PSRORecord, ...],
    payoffs: np.ndarray,
    ladder: tuple[int, int, float],
) -> Iterator[PSROSnapshot]:
    started = time.perf_counter() - (history[-1].seconds if history else 0.0)
    first = history[-1].iteration if history else 0
    now = replace(_snapshot(run, about, first, started, states, payoffs, ladder, (), False), history=history)
    for iteration in itertools.count(first + 1):
        if run.method.active:
            states, payoffs, ladder = _climb(run, now)
            found = True
        else:
            states, payoffs, found = _grow(run, now)
        now = _snapshot(run, about, iteration, started, states, payoffs, ladder, now.history, not found)
        yield now
        if now.exhausted:
            return


def _snapshot(
    run: _Run,
    about: Mapping[str, Any],
    iteration: int,
    started: float,
    states: list[list[OracleState]],
    payoffs: np.ndarray,
    ladder: tuple[int, int, float],
    history: tuple[PSRORecord, ...],
    stuck: bool,
) -> PSROSnapshot:
    joint = run.solve(payoffs)
    policy = run.profile(joint)
    if run.method.meta_game == "actions":
        from ..solvers import nash_conv as evaluate

        assert isinstance(run.arena, TreeArena)
        assert policy is not None
        nash_conv = gap = evaluate(run.arena.tree, policy)
    else:
        independent = product(marginals(joint))
        nash_conv = gap = run.arena.gap(independent)
        if np.abs(joint - independent).max() > 1e-12 or run.responses == "conditional":
            gap = run.arena.gap(joint, run.responses == "conditional")
    seconds = time.perf_counter() - started
    members = [tuple(group) for group in run.arena.members]
    record = PSRORecord(iteration, seconds, nash_conv, gap, sum(map(len, members)))
    payoffs = payoffs.copy()
    payoffs.setflags(write=False)
    return PSROSnapshot(
        game=run.game,
        iteration=iteration,
        seconds=seconds,
        nash_conv=nash_conv,
        gap=gap,
        states=tuple(tuple(group) for group in states),
        population=tuple(members * 2 if run.arena.symmetric else members),
        payoffs=payoffs,
        joint=joint,
        policy=policy,
        ladder=ladder,
        exhausted=isinstance(run.oracle, Exact) and (stuck or gap <= CLOSED * run.arena.unit),
        history=(*history, record),
        about=about,
    )


def psro(
    game: Any,
    method: str | PSROMethod = "psro",
    *,
    iterations: int | None = None,
    target: float | None = None,
    seconds: float | None = None,
    progress: bool = False,
    **options: Any,
) -> PSROSnapshot:
    """Runs a method of the PSRO family and returns its last snapshot, which carries the history.

    Stops at the first of: `iterations` rounds done (20 if no limit is given), exploitability at or below `target`,
    `seconds` passed, nothing new to respond with. A resumed run counts the rounds and seconds before.

    Args:
        target: the exploitability to reach (`nash_conv` divided by the number of players), in utility units.
        progress: show a progress line on the terminal (standard error).
        options: as in `iterate_psro`: ``oracle="exact"``, ``meta_solver="nash"``, ``seed=0``, ``resume=path``, …

    Raises:
        ValueError: a limit that is not positive, or as `iterate_psro`.
    """
    for name, limit in (("iterations", iterations), ("target", target), ("seconds", seconds)):
        if limit is not None and not limit > 0:
            raise ValueError(f"{name} must be positive, got {limit!r}")
    if iterations is None and target is None and seconds is None:
        iterations = DEFAULT_ITERATIONS
    rounds = iterate_psro(game, method, **options)
    title = f"{method if isinstance(method, str) else method.name} on {game if isinstance(game, str) else _name(game)}"
    snapshot = None
    with progress_bar(progress, title, iterations if target is None else None, "rounds") as report:
        for snapshot in rounds:
            report(snapshot.iteration, f"gap {snapshot.exploitability:.2g}")
            if iterations is not None and snapshot.iteration >= iterations:
                break
            if target is not None and snapshot.exploitability <= target:
                break
            if seconds is not None and snapshot.seconds >= seconds:
                break
    assert snapshot is not None  # the loop yields at least once
    return snapshot


def _name(game: Any) -> str:
    return getattr(game, "id", "") or getattr(game, "name", "a game")
