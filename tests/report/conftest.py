"""A small league and a solution to report on, and a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from ludus.games.agent import Agent, UniformAgent
from ludus.games.policy import Policy
from ludus.games.registry import make
from ludus.population import League
from ludus.solvers import solve

ODD = 'a <b> & "c"'


class Silent(Agent):
    """Tells no probabilities: its exact numbers are unknown."""

    name = "silent"

    def act(self, obs, legal, memory, rng):
        return legal.argmax(axis=1), memory


@pytest.fixture(scope="session")
def reported(tmp_path_factory):
    """.path: a store with a league of five; .solution: of the same game."""
    path, game = tmp_path_factory.mktemp("league") / "league.db", make("kuhn_poker")
    solution = solve(game, "cfr+", iterations=200)
    with League(game, path) as league:
        league.add("CFR+", solution.policy)
        league.add("uniform", UniformAgent())
        league.add(ODD, Policy.random(game, 1))
        league.add("random 2", Policy.random(game, 2), parent="uniform")
        league.add("silent", Silent())
        league.run(4000)
    return SimpleNamespace(path=path, solution=solution, game=game, odd=ODD)


@pytest.fixture(scope="session")
def browse(tmp_path_factory):
    """browse(file, *options) -> (the DOM after scripts ran, what the console and the browser said)."""
    names = (os.environ.get("LUDUS_BROWSER", ""), "chromium", "chromium-browser", "google-chrome", "chrome")
    browser = next(filter(None, (shutil.which(name) for name in names if name)), None)
    if browser is None:
        pytest.fail("the report's page is tested in a real browser: install chromium, or set LUDUS_BROWSER to its path")
    profile = tmp_path_factory.mktemp("profile")
    quiet = ("quic", "background-networking", "component-update", "sync", "default-apps", "extensions", "dev-shm-usage")

    def run(file, *options):
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr"]
        command += [f"--disable-{name}" for name in quiet] + [f"--user-data-dir={profile}", *options, "--dump-dom"]
        done = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout, done.stderr

    return run
