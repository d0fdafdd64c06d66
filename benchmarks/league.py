"""Leagues: matches, store, scheduler and executors; tournaments and PSRO: ``python -m benchmarks.league``."""

from __future__ import annotations

import atexit
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

import ludus

from . import _axelrod, _psro
from .harness import Case, Measure, run, timed


def population(game: ludus.Game, league: ludus.League, members: int = 7) -> None:
    """Random tables and a uniform member."""
    for seed in range(members - 1):
        league.add(f"table {seed}", ludus.Policy.random(game, seed))
    league.add("uniform", ludus.UniformAgent())


def stored_league(matches: int = 1_000_000) -> Measure:
    """Matches/s of a whole run: schedule, kernel, commits to the file."""
    game = ludus.make("leduc_poker")

    def once() -> float:
        with tempfile.TemporaryDirectory() as folder, ludus.League(game, Path(folder) / "league.db") as league:
            population(game, league)
            return timed(lambda: league.run(matches), matches)

    return once


def played(matches: int = 1_000_000) -> Measure:
    """Matches/s of `ludus.play`, the match log included."""
    game = ludus.make("leduc_poker")
    agents = [ludus.Policy.random(game, seed) for seed in range(2)]
    return lambda: timed(lambda: ludus.play(game, agents, matches), matches)


def commits(matches: int = 2_000_000) -> Measure:
    """Matches/s that the store takes, in batches of ten thousand."""
    from ludus.population.store import Batch, StageRow, Store

    outcomes, codes = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.arange(10_000, dtype=np.int32) % 2
    rota = np.array([[0, 1], [1, 0]])

    def once() -> float:
        with tempfile.TemporaryDirectory() as folder:
            store = Store.create(Path(folder) / "league.db", {"players": "2"})
            for name in ("a", "b"):
                store.add_player(name, "none", None, None)
            stage = store.add_stage(StageRow(-1, 0, 0, 10_000, (0, 1), "round_robin", False), "benchmark")
            batches = [Batch(stage.id, at, rota, 0, at, outcomes, codes) for at in range(0, matches, 10_000)]
            try:
                return timed(lambda: [store.commit(batches[i : i + 10]) for i in range(0, len(batches), 10)], matches)
            finally:
                store.close()

    return once


def ten_million(what: str) -> Measure:
    """Seconds to open a store of ten million matches, or to derive its payoff matrix."""
    game, folder = ludus.make("leduc_poker"), tempfile.TemporaryDirectory()
    path = Path(folder.name) / "league.db"
    with ludus.League(game, path) as league:
        population(game, league)
        league.run(10_000_000)

    def once() -> float:
        assert folder.name  # the folder lives as long as its measurement
        start = time.perf_counter()
        with ludus.League.open(path, read_only=True) as league:
            if what == "payoffs":
                assert league.payoffs().count.sum() == 20_000_000
        return time.perf_counter() - start

    return once


def overhead(matches: int = 20_000) -> Measure:
    """Microseconds a match that a league adds to agents which only act (their own time is taken off)."""
    game, spent = ludus.make("connect_four"), [0.0]

    class First(ludus.Agent):
        def act(self, obs, legal, memory, rng):
            start = time.perf_counter()
            actions = legal.argmax(axis=1)
            spent[0] += time.perf_counter() - start
            return actions, memory

    def once() -> float:
        spent[0] = 0.0
        with ludus.League(game) as league:
            for name in "abcd":
                league.add(name, First())
            start = time.perf_counter()
            league.run(matches)
            return (time.perf_counter() - start - spent[0]) / matches * 1e6

    return once


class Works(ludus.Agent):
    """Takes so many seconds of processor time for each of its decisions, and then the first legal action."""

    def __init__(self, seconds: float):
        self.seconds = seconds

    def act(self, obs, legal, memory, rng):
        end = time.thread_time() + self.seconds * len(legal)
        while time.thread_time() < end:
            pass
        return legal.argmax(axis=1), memory


def working(executor: str, workers: int, seconds: float, matches: int) -> Measure:
    """Matches/s of two agents that take `seconds` a match together (two decisions); Ray runs already."""
    from ludus.population.executors import hold

    game, stack = ludus.make("kuhn_poker"), ExitStack()
    stack.enter_context(hold(executor, workers))
    atexit.register(stack.close)  # the cluster lives as long as its measurement

    def once() -> float:
        with ludus.League(game) as league:
            for name in "ab":
                league.add(name, Works(seconds / 2))
            return timed(lambda: league.run(matches, executor, workers=workers, batch=64), matches)

    return once


def executor_cases() -> list[Case]:
    """Two workers against none, and what one costs that gains nothing."""
    found = []
    for executor, title in (("processes", "process pool"), ("ray", "Ray")):
        for workers, seconds, matches, target in ((2, 1e-3, 6_000, 1.8), (1, 1e-4, 15_000, 0.95)):
            name = f"{title}, {workers} worker{'s' * (workers > 1)}, agents of {1e3 * seconds:g} ms a match"
            sides = [partial(working, e, workers, seconds, matches) for e in (executor, "serial")]
            found.append(Case(name, "matches/s", *sides, target, "serial", repeats=3))
    return found


def cases() -> list[Case]:
    """The suite."""
    return [
        Case("league of tables on leduc_poker, stored", "matches/s", stored_league, target=1.5e6),
        Case("play two tables on leduc_poker, with log", "matches/s", played, target=5e5),
        Case("store, batched writes", "matches/s", commits, target=2e5),
        Case("open 10 million matches", "s", lambda: ten_million("open"), target=2.0, at_most=True, repeats=3),
        Case("payoffs of 10 million matches", "s", lambda: ten_million("payoffs"), target=5.0, at_most=True, repeats=3),
        Case("environment and scheduler, connect_four", "µs/match", overhead, target=50.0, at_most=True),
        *executor_cases(),
        *_axelrod.cases(),
        *_psro.cases(),
    ]


if __name__ == "__main__":
    run("league", cases())
