"""Ratings against their peers: ``python -m benchmarks.ratings``.

openskill and trueskill come with ``pip install 'ludus[bench]'``; riix 0.0.6 is measured where it can be imported. A
peer's own loop is timed on a part of the log, ours on the whole, both in units per second.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ludus import ratings

from .harness import Case, Measure, run, timed

PLAYERS = 1000


def _peer(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def teams_of(matches: int, teams: int, size: int, seed: int = 0) -> np.ndarray:
    """int64[matches, teams * size]: different random players."""
    rng = np.random.default_rng(seed)
    out = rng.integers(0, PLAYERS, (matches, teams * size))
    while True:
        ordered = np.sort(out, axis=1)
        bad = (ordered[:, 1:] == ordered[:, :-1]).any(1)
        if not bad.any():
            return out
        out[bad] = rng.integers(0, PLAYERS, (int(bad.sum()), teams * size))


def log_of(matches: int, teams: int, size: int) -> ratings.MatchLog:
    """Random matches; the team listed first wins, and so on."""
    players = teams_of(matches, teams, size)
    if teams == 2 and size == 1:
        return ratings.MatchLog.from_arrays(winners=players[:, 0], losers=players[:, 1])
    labels = np.tile(np.repeat(np.arange(teams), size), (matches, 1))
    return ratings.MatchLog.from_arrays(players, labels, ranks=np.tile(np.arange(teams), (matches, 1)))


def fold(model: str, matches: int, teams: int, size: int) -> Measure:
    """Ours: matches rated per second over a log."""
    log = log_of(matches, teams, size)
    rater = ratings.make(model)
    return lambda: timed(lambda: rater.fit(log), matches)


def openskill_loop(name: str, matches: int, teams: int, size: int) -> Measure | None:
    """openskill's compiled wheel, one ``rate`` call a match."""
    module = _peer("openskill.models")
    if module is None:
        return None
    model = getattr(module, name)()
    players = teams_of(matches, teams, size).reshape(matches, teams, size).tolist()

    def work() -> None:
        state = [model.rating() for _ in range(PLAYERS)]
        rate = model.rate
        for match in players:
            new = rate([[state[p] for p in team] for team in match])
            for team, moved in zip(match, new):
                for p, r in zip(team, moved):
                    state[p] = r

    return lambda: timed(work, matches)


def trueskill_loop(matches: int, teams: int, size: int) -> Measure | None:
    module = _peer("trueskill")
    if module is None:
        return None
    env = module.TrueSkill()
    players = teams_of(matches, teams, size).reshape(matches, teams, size).tolist()

    def work() -> None:
        state = [env.create_rating() for _ in range(PLAYERS)]
        for match in players:
            new = env.rate([tuple(state[p] for p in team) for team in match])
            for team, moved in zip(match, new):
                for p, r in zip(team, moved):
                    state[p] = r

    return lambda: timed(work, matches)


def riix_fit(module: str, name: str, matches: int) -> Measure | None:
    """riix's own iterative fit of a data set it has already read."""
    if _peer("riix") is None:
        return None
    models, data = _peer(f"riix.models.{module}"), _peer("riix.utils.data_utils")
    if models is None or data is None:
        return None
    # Its own reader does not work with current polars; the arrays are what it would make of the log.
    dataset = data.MatchupDataset.init_from_arrays(
        np.arange(matches, dtype=np.int32) // 1000,
        teams_of(matches, 2, 1),
        np.ones(matches),
        list(map(str, range(PLAYERS))),
    )
    system = getattr(models, name)
    return lambda: timed(lambda: system(competitors=dataset.competitors).fit_dataset(dataset), matches)


def one_call(ours: bool) -> Measure | None:
    """One ``rate`` call of a duel through objects; the peer is openskill's source without its compilation."""
    if ours:
        model: Any = ratings.PlackettLuce()
        a, b = model.rating(), model.rating()

        def work() -> None:
            for _ in range(5000):
                model.rate([[a], [b]])

        return lambda: timed(work, 5000)
    if _peer("openskill") is None:
        return None
    return _uncompiled_openskill()


def _uncompiled_openskill() -> Measure:
    """A process that imports a copy of openskill's sources from which the compiled modules were left out."""
    import openskill

    folder = Path(tempfile.mkdtemp(prefix="openskill-source-"))
    source = Path(openskill.__file__).parent
    for path in source.rglob("*.py"):
        target = folder / "openskill" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text())
    code = (
        "import time\nfrom openskill.models import PlackettLuce\nm = PlackettLuce()\na, b = m.rating(), m.rating()\n"
        "for _ in range(2000): m.rate([[a], [b]])\nt = time.perf_counter()\n"
        "for _ in range(5000): m.rate([[a], [b]])\nprint(5000 / (time.perf_counter() - t))"
    )
    environment = {**os.environ, "PYTHONPATH": str(folder)}

    def measure() -> float:
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        return float(done.stdout)

    return measure


def bradley_terry(bootstrap: int) -> Measure:
    """Seconds for 1.7 million matches of 100 players."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, 100, 1_700_000)
    b = (a + rng.integers(1, 100, len(a))) % 100
    skill = rng.normal(0, 1, 100)
    first = rng.random(len(a)) < 1 / (1 + np.exp(skill[b] - skill[a]))
    log = ratings.MatchLog.from_arrays(winners=np.where(first, a, b), losers=np.where(first, b, a))
    return lambda: 1.0 / timed(lambda: ratings.fit_bradley_terry(log, bootstrap=bootstrap), 1)


def alpha_rank(n: int) -> Measure:
    table = np.random.default_rng(0).normal(size=(n, n))
    return lambda: timed(lambda: ratings.alpha_rank(table, population_size=50, alpha=1.0), 1)


def openspiel_alpha_rank(n: int) -> Measure | None:
    module = _peer("open_spiel.python.egt.alpharank")
    if module is None:
        return None
    table = np.random.default_rng(0).normal(size=(n, n))
    return lambda: timed(lambda: module.compute([table], m=50, alpha=1.0), 1)


def parquet(matches: int) -> Measure:
    """Seconds to read and rate a Parquet file of duels, in a process of its own that also reports its memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(tempfile.mkdtemp(prefix="ludus-bench-")) / "matches.parquet"
    players = teams_of(matches, 2, 1).astype(np.int32)
    names = pa.array([f"player-{i}" for i in range(PLAYERS)])
    columns = {
        key: pa.DictionaryArray.from_arrays(pa.array(players[:, i]), names) for i, key in enumerate(("winner", "loser"))
    }
    pq.write_table(pa.table(columns), path)
    code = (
        "import resource, sys, time\nt = time.perf_counter()\nimport ludus\n"
        "b = ludus.rate(ludus.MatchLog.read(sys.argv[1]))\nprint(time.perf_counter() - t, "
        "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)"
    )

    def measure() -> float:
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        seconds, gib = map(float, done.stdout.split())
        print(f"    {matches:,} matches: {seconds:.2f} s, {gib:.2f} GiB at most", flush=True)
        return seconds

    return measure


def csv_command(rows: int) -> Measure:
    """Seconds of ``ludus rate`` on a CSV of duels, start-up included."""
    folder = Path(tempfile.mkdtemp(prefix="ludus-bench-"))
    players = teams_of(rows, 2, 1).tolist()
    lines = "\n".join(f"player-{a},player-{b}" for a, b in players)
    (folder / "matches.csv").write_text(f"winner,loser\n{lines}\n")
    command = [sys.executable, "-m", "ludus", "rate", str(folder / "matches.csv")]
    command += ["--out", str(folder / "board.csv"), "--top", "5"]

    def measure() -> float:
        return 1.0 / timed(lambda: subprocess.run(command, capture_output=True, check=True), 1)

    return measure


def cases() -> list[Case]:
    """The suite."""
    out = [
        Case(
            "Plackett–Luce over a log, 1v1", "matches/s", lambda: fold("plackett_luce", 2_000_000, 2, 1),
            lambda: openskill_loop("PlackettLuce", 20_000, 2, 1), 300, "openskill 6.2.0",
        )
    ]  # fmt: skip
    five = (
        ("plackett_luce", "PlackettLuce", 100),
        ("bradley_terry_full", "BradleyTerryFull", 100),
        ("bradley_terry_part", "BradleyTerryPart", 100),
        ("thurstone_mosteller_full", "ThurstoneMostellerFull", 50),
        ("thurstone_mosteller_part", "ThurstoneMostellerPart", 50),
    )
    for label, teams, size in (("5v5", 2, 5), ("8 free-for-all", 8, 1)):
        for ours, theirs, target in five:
            out.append(
                Case(
                    f"{theirs} over a log, {label}",
                    "matches/s",
                    lambda o=ours, t=teams, s=size: fold(o, 200_000, t, s),
                    lambda p=theirs, t=teams, s=size: openskill_loop(p, 4_000, t, s),
                    target,
                    "openskill 6.2.0",
                )
            )
    out.append(
        Case(
            "PlackettLuce().rate, one duel", "calls/s", lambda: one_call(True), lambda: one_call(False), 1,
            "openskill 6.2.0 not compiled",
        )
    )  # fmt: skip
    for ours, module, name in (
        ("elo", "elo", "Elo"),
        ("glicko2", "glicko2", "Glicko2"),
        ("trueskill", "trueskill", "TrueSkill"),
    ):
        out.append(
            Case(
                f"{name} over a log, 1v1",
                "matches/s",
                lambda o=ours: fold(o, 1_000_000, 2, 1),
                lambda m=module, n=name: riix_fit(m, n, 50_000),
                50,
                "riix 0.0.6",
            )
        )
    for label, teams, size in (("5v5", 2, 5), ("8 free-for-all", 8, 1)):
        out.append(
            Case(
                f"TrueSkill over a log, {label}",
                "matches/s",
                lambda t=teams, s=size: fold("trueskill", 50_000, t, s),
                lambda t=teams, s=size: trueskill_loop(400, t, s),
                100,
                "trueskill 0.4.5",
            )
        )
    out += [
        Case("Bradley–Terry fit, 1.7 M matches, 100 players", "s", lambda: bradley_terry(0), target=1, at_most=True),
        Case("the same and 100 bootstraps", "s", lambda: bradley_terry(100), target=20, at_most=True, repeats=3),
        Case(
            "alpha-Rank, 400 strategies", "runs/s", lambda: alpha_rank(400), lambda: openspiel_alpha_rank(400), 20,
            "open_spiel", 3,
        ),
        Case("reading and rating 10 M matches of Parquet", "s", lambda: parquet(10_000_000), None, 10, "", 3, True),
        Case("ludus rate, CSV of 1 M rows, with start-up", "s", lambda: csv_command(1_000_000), None, 5, "", 3, True),
    ]  # fmt: skip
    return out


if __name__ == "__main__":
    run("ratings", cases())
