"""Matrix games against Gambit, Nashpy, QuantEcon.py and OpenSpiel: ``python -m benchmarks.matrix``.

``--check N`` instead solves N random games of each family with every exact method, and compares the equilibria with
Gambit's.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from ludus import solvers

from .harness import Case, Measure, run, timed


def games(shape: tuple[int, ...], count: int) -> list[np.ndarray]:
    """Uniform random payoffs float64[P, A0, …]; the same for every side of a comparison."""
    rng = np.random.default_rng(0)
    return [rng.random((len(shape), *shape)) for _ in range(count)]


def ours(method: str, shape: tuple[int, ...], count: int, **options: object) -> Measure:
    """Games/s, certificates included."""
    chosen = games(shape, count)
    return lambda: timed(lambda: [solvers.nash(g, method, **options) for g in chosen], count)


def gambit(solve: Callable, shape: tuple[int, ...], count: int) -> Measure:
    import pygambit

    chosen = [pygambit.Game.from_arrays(*g) for g in games(shape, count)]
    return lambda: timed(lambda: [solve(pygambit, g) for g in chosen], count)


def nashpy(solve: Callable, shape: tuple[int, ...], count: int) -> Measure:
    import nashpy as peer

    chosen = [peer.Game(*g) for g in games(shape, count)]

    def work() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for g in chosen:
                solve(g)

    return lambda: timed(work, count)


def short_paths(size: int, count: int) -> list[tuple[np.ndarray, int]]:
    """Random games and labels whose Lemke-Howson paths have at most some thousand pivots: others take peers minutes."""
    import quantecon.game_theory as peer

    rng = np.random.default_rng(0)
    found: list[tuple[np.ndarray, int]] = []
    while len(found) < count:
        g = rng.random((2, size, size))
        game = peer.NormalFormGame((peer.Player(g[0]), peer.Player(g[1].T.copy())))
        for label in range(3):
            _, facts = peer.lemke_howson(game, init_pivot=label, max_iter=4000, full_output=True)
            if facts.converged and facts.num_iter > 200:
                found.append((g, label))
                break
    return found


def lemke_howson(size: int, count: int) -> Measure:
    chosen = short_paths(size, count)
    return lambda: timed(lambda: [solvers.nash(g, "lemke_howson", labels=k) for g, k in chosen], count)


def quantecon_lemke_howson(size: int, count: int) -> Measure:
    import quantecon.game_theory as peer

    chosen = [
        (peer.NormalFormGame((peer.Player(g[0]), peer.Player(g[1].T.copy()))), k) for g, k in short_paths(size, count)
    ]
    return lambda: timed(lambda: [peer.lemke_howson(g, init_pivot=k) for g, k in chosen], count)


def nashpy_lemke_howson(size: int, limit: int = 10) -> Measure:
    """Nashpy divides by zero here and goes on for minutes, so it is stopped: its speed is at most 1 / limit."""
    import nashpy as peer

    g, label = short_paths(size, 1)[0]

    def stop(*_: object) -> None:
        raise TimeoutError

    def work() -> None:
        before = signal.signal(signal.SIGALRM, stop)
        signal.alarm(limit)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                peer.Game(*g).lemke_howson(label)
        except TimeoutError:
            pass
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)

    return lambda: timed(work, 1)


def zero_sum_seconds(size: int) -> Measure:
    payoffs = np.random.default_rng(0).random((size, size))

    def measure() -> float:
        start = time.process_time()  # of one core, whatever else the machine does
        solvers.nash(payoffs, "lp")
        return time.process_time() - start

    return measure


def branches(shape: tuple[int, ...], count: int) -> Measure:
    chosen = games(shape, count)
    return lambda: timed(lambda: [solvers.trace_branch(g, lam=1e4) for g in chosen], count)


def rounds(method: str, count: int, **options: object) -> Measure:
    payoffs = games((10, 10), 1)[0]
    return lambda: timed(lambda: solvers.nash(payoffs, method, rounds=count, **options), count)


def openspiel_rounds(count: int) -> Measure:
    """OpenSpiel's regret matching on the same game."""
    from open_spiel.python.algorithms import regret_matching

    table = list(games((10, 10), 1)[0])
    return lambda: timed(lambda: regret_matching.regret_matching(table, iterations=count), count)


def openspiel_fictitious(count: int) -> Measure:
    """OpenSpiel's fictitious play, which works on trees."""
    import pyspiel
    from open_spiel.python.algorithms import fictitious_play

    game = pyspiel.convert_to_turn_based(pyspiel.create_matrix_game(*games((10, 10), 1)[0].tolist()))

    def work() -> None:
        solver = fictitious_play.XFPSolver(game)
        for _ in range(count):
            solver.iteration()

    return lambda: timed(work, count)


def nashpy_fictitious(count: int) -> Measure:
    import nashpy as peer

    game = peer.Game(*games((10, 10), 1)[0])

    def work() -> None:
        for _ in game.fictitious_play(iterations=count):
            pass

    return lambda: timed(work, count)


def cases() -> list[Case]:
    """The suite, with the cases of the modules `_matrix_…` beside this one."""
    found = []
    for n, count, few in ((7, 20, 1), (8, 10, 1)):
        shape, name = (n, n), f"support enumeration {n}x{n}"

        def own(shape: tuple[int, ...] = shape, count: int = count) -> Measure:
            return ours("support_enumeration", shape, count)

        found += [
            Case(
                f"{name}, Nashpy",
                "games/s",
                own,
                lambda s=shape, c=few: nashpy(lambda g: list(g.support_enumeration()), s, c),
                50,
                "nashpy",
                repeats=3,
            ),
            Case(
                f"{name}, Gambit in floats",
                "games/s",
                own,
                lambda s=shape, c=count: gambit(lambda p, g: p.nash.enummixed_solve(g, rational=False), s, c),
                10,
                "pygambit",
            ),
        ]
    found += [
        Case(
            "Lemke-Howson 200x200, QuantEcon",
            "games/s",
            lambda: lemke_howson(200, 5),
            lambda: quantecon_lemke_howson(200, 5),
            1,
            "quantecon",
        ),
        Case(
            "Lemke-Howson 200x200, Nashpy (stopped after 10 s)",
            "games/s",
            lambda: lemke_howson(200, 1),
            lambda: nashpy_lemke_howson(200),
            50,
            "nashpy",
            repeats=1,
        ),
        Case("zero-sum program 500x500", "s", lambda: zero_sum_seconds(500), target=1.0, repeats=3, at_most=True),
    ]
    for shape, count in (((3, 3, 3), 20), ((10, 10), 20)):
        text = "x".join(map(str, shape))
        found.append(
            Case(
                f"logit branch to 1e4, {text}",
                "branches/s",
                lambda s=shape, c=count: branches(s, c),
                lambda s=shape, c=count: gambit(lambda p, g: p.qre.logit_solve_lambda(g, 1e4), s, c),
                3,
                "pygambit",
            )
        )
    for method, name, peer, by, count in (
        ("fictitious_play", "fictitious play", openspiel_fictitious, "open_spiel", 20),
        ("fictitious_play", "fictitious play", nashpy_fictitious, "nashpy", 2_000),
        ("regret_matching", "regret matching", openspiel_rounds, "open_spiel", 1_000),
    ):
        found.append(
            Case(
                f"{name} 10x10, {by}",
                "rounds/s",
                lambda m=method: rounds(m, 2_000_000),
                lambda p=peer, c=count: p(c),
                100,
                by,
                repeats=3,
            )
        )
    for method, options in (("fictitious_play", {}), ("regret_matching", {}), ("regret_matching", {"plus": True})):
        found.append(
            Case(
                f"{method}{'+' if options else ''} 10x10",
                "rounds/s",
                lambda m=method, o=options: rounds(m, 2_000_000, **o),
                target=1e6,
            )
        )
    here = importlib.import_module(__package__)
    for module in sorted(m.name for m in pkgutil.iter_modules(here.__path__) if m.name.startswith("_matrix_")):
        found += importlib.import_module(f".{module}", __package__).CASES
    return found


FAMILIES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "uniform": lambda rng, s: rng.random((len(s), *s)),
    "normal": lambda rng, s: rng.normal(size=(len(s), *s)),
    "zero sum": lambda rng, s: _zero_sum(rng.normal(size=(len(s), *s))),
    "common interest with noise": lambda rng, s: rng.random(s) + 0.1 * rng.random((len(s), *s)),
    "heavy tails": lambda rng, s: rng.standard_cauchy((len(s), *s)),
    "small integers": lambda rng, s: rng.integers(0, 4, (len(s), *s)).astype(float),
    "1e12": lambda rng, s: 1e12 * rng.random((len(s), *s)),
    "1e-12": lambda rng, s: 1e-12 * rng.random((len(s), *s)),
}
"""Families of random games; the small integers are degenerate more often than not."""

ONE = ("lemke_howson", "logit", "global_newton", "iterated_polymatrix", "simplicial", "liapunov", "mip")


def _zero_sum(payoffs: np.ndarray) -> np.ndarray:
    payoffs[-1] = -payoffs[:-1].sum(axis=0)
    return payoffs


def check(count: int, players: tuple[int, ...] = (2, 3)) -> Iterator[str]:
    """Lines of a table: for each family and number of players the largest regret (in ranges of payoffs) and what
    disagreed."""
    import pygambit

    for family, draw in FAMILIES.items():
        for p in players:
            rng = np.random.default_rng(1)
            worst, more, fewer, even, refused, failed = 0.0, 0, 0, 0, 0, {}
            for _ in range(count):
                shape = tuple(rng.integers(2, 5 if p == 2 else 3, p).tolist())
                payoffs = draw(rng, shape)
                scale = float(np.ptp(payoffs.reshape(p, -1), axis=1).max()) or 1.0
                try:
                    found = solvers.nash(payoffs, "support_enumeration")
                except ArithmeticError:
                    refused += 1
                    continue
                worst = max(worst, *(q.regret / scale for q in found))
                for method in ONE:
                    if method in ("lemke_howson", "mip") and p > 2:
                        continue
                    try:
                        worst = max(worst, *(q.regret / scale for q in solvers.nash(payoffs, method)))
                    except ArithmeticError:
                        failed[method] = failed.get(method, 0) + 1
                game = pygambit.Game.from_arrays(*(payoffs / scale))
                if p == 2:
                    theirs = len(pygambit.nash.enummixed_solve(game, rational=False).equilibria)
                    if len(solvers.nash(payoffs, "vertex_enumeration")) != len(found):
                        failed["vertex_enumeration"] = failed.get("vertex_enumeration", 0) + 1
                else:
                    with contextlib.redirect_stdout(io.StringIO()):
                        theirs = len(pygambit.nash.enumpoly_solve(game).equilibria)
                more, fewer = more + (len(found) > theirs), fewer + (len(found) < theirs)
                even += len(found) % 2 == 0
            yield (
                f"{family:<28} {p} players  worst regret {worst:.1e}  more than Gambit {more}  fewer {fewer}  "
                f"even {even}  refused {refused}  failed {failed or 0}"
            )


if __name__ == "__main__":
    if "--check" in sys.argv:
        for text in check(int(sys.argv[sys.argv.index("--check") + 1])):
            print(text, flush=True)
    else:
        run("matrix", cases())
