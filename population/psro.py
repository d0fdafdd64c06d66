"""PSRO: populations that grow by responses to their own meta-strategy. One loop; the methods are its configurations.

A round: solve the meta-game between the members, let an oracle make new members that respond to the solution, evaluate
the new cells of the payoffs. Source: Lanctot et al. 2017, "A unified game-theoretic approach to multiagent
reinforcement learning"; the variants' sources stand in `psro_methods`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..games.agent import Agent
from ..games.policy import Policy
from ..games.registry import make
from ..games.streams import seed_word
from ..games.tabulate import tabulate
from ..progress import progress_bar
from ..solvers.tree.evaluate import evaluate
from .arena import TreeArena, VectorArena, arena_of
from .match import as_agent
from .meta_solvers import find_meta_solver, marginals, product
from .oracle import OracleState, VectorAgent, start_state
from .oracles import Exact, find_oracle
from .psro_methods import PSROMethod, find_method
from .psro_record import PSRORecord, PSROSnapshot, read_run
from .psro_rounds import Run, climb, grow, training_seed

DEFAULT_ITERATIONS = 20
CLOSED = 1e-9
"""Exact responses that gain less, as a share of the range of payoffs, end the loop."""


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
) -> Run:
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
    return Run(game, arena, row, solver, meta_options, maker, responses, int(budget), word)


def _about(run: Run, matches: int) -> dict[str, Any]:
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
    run: Run, about: Mapping[str, Any], initial: Sequence[Agent | Policy] | None, resume: str | Path | None
) -> tuple[list[list[OracleState]], tuple[PSRORecord, ...], np.ndarray, tuple[int, int, float], bool]:
    """(states, history, payoffs, ladder, whether it is exhausted); the arena holds the members afterwards."""
    groups = range(len(run.arena.members))
    if resume is not None:
        states, history, payoffs, ladder, exhausted = read_run(resume, about, len(groups))
        for p in groups:
            for i, state in enumerate(states[p]):
                run.arena.put(p, i, run.oracle.agent(run.game, state))
        return states, history, payoffs, ladder, exhausted
    states = []
    for p in groups:
        if initial is None:
            key = training_seed(run, 0, p)
            pure = run.method.meta_game == "actions"  # a mixed member would bring all its actions
            states.append([start_state(run.game, "pure", key) if pure else run.oracle.start(run.game, key)])
        else:
            states.append([_given(run.game, agent) for agent in initial])
        states[p] = [run.mirrored(state) for state in states[p]]
        if not states[p]:
            raise ValueError("initial must hold at least one agent")
        for i, state in enumerate(states[p]):
            run.arena.put(p, i, run.oracle.agent(run.game, state))
    sizes = [len(states[0 if run.arena.symmetric else p]) for p in range(run.arena.players)]
    payoffs = run.arena.block([np.arange(n) for n in sizes])
    return states, (), payoffs, (len(states[0]), 0, 0.0), False


def _given(game: Any, agent: Agent | Policy) -> OracleState:
    if isinstance(agent, VectorAgent):
        return {"vector": agent.vector.copy()}
    return {"probabilities": tabulate(game, as_agent(agent)).probabilities.copy()}


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
        resume: a file of `PSROSnapshot.save`; the same call then goes on as if it had never stopped, and
            first yields where it stood.
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
    run: Run,
    about: dict[str, Any],
    states: list[list[OracleState]],
    history: tuple[PSRORecord, ...],
    payoffs: np.ndarray,
    ladder: tuple[int, int, float],
    exhausted: bool,
) -> Iterator[PSROSnapshot]:
    started = time.perf_counter() - (history[-1].seconds if history else 0.0)
    first = history[-1].iteration if history else 0
    now = replace(_snapshot(run, about, first, started, states, payoffs, ladder, (), exhausted), history=history)
    if history:
        yield now
        if now.exhausted:
            return
    for iteration in itertools.count(first + 1):
        if run.method.active:
            states, payoffs, ladder = climb(run, now)
            found = True
        else:
            states, payoffs, found = grow(run, now)
        now = _snapshot(run, about, iteration, started, states, payoffs, ladder, now.history, not found)
        yield now
        if now.exhausted:
            return


def _snapshot(
    run: Run,
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
        assert policy is not None
        found = evaluate(policy.tree, policy.probabilities)
        nash_conv = gap = found.nash_conv
        values = found.expected
    else:
        independent = product(marginals(joint))
        nash_conv = gap = run.arena.gap(independent)
        if np.abs(joint - independent).max() > 1e-12 or run.responses == "conditional":
            gap = run.arena.gap(joint, run.responses == "conditional")
        values = (payoffs * joint).reshape(len(payoffs), -1).sum(axis=1)
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
        values=values,
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
