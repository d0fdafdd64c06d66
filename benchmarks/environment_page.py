"""Writes docs/environment_tables.md and its pictures from the code: ``python -m benchmarks.environment_page``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import ludus
from ludus.games.drawing import paint
from ludus.games.dynamics import EnvSetup
from ludus.games.environment import EnvironmentGame
from ludus.games.spec import GameInfo

PAGE = Path(__file__).parent.parent / "docs" / "environment_tables.md"

HEAD = """# Environments: observations and actions

Made from the code by `python -m benchmarks.environment_page`. Observations are float32, the stretches in the order of
the table; shorter ones are padded with zeros. *Scores* are what an episode with default parameters pays a player on
average.
"""


def number(x: float) -> str:
    """A bound for people."""
    return f"{x:g}" if abs(x) != float("inf") else ("∞" if x > 0 else "−∞")


def section(info: GameInfo) -> str:
    """One environment's part of the page."""
    game = ludus.make(info.id)
    assert isinstance(game, EnvironmentGame)
    setup: EnvSetup = game.setup
    lines = [f"## {info.title}: `{info.id}`", ""]
    facts = [f"version {game.version}", f"{info.players} players", f"observation {setup.observation_size}"]
    low, high = setup.observation_bounds
    facts.append(f"each number from {number(low)} to {number(high)}")
    facts.append("one reward for all" if setup.common_payoff else "zero-sum" if setup.zero_sum else "own rewards")
    if setup.overview_size:
        facts.append(f"global state {setup.overview_size}")
    if game.scores:
        facts.append("scores: " + ", ".join(f"{name} {value:g}" for name, value in game.scores.items()))
    lines += ["; ".join(facts) + ".", ""]
    if setup.picture is not None:
        lines += [f"![{info.title}](images/environments/{file_name(info.id)})", ""]
    if info.parameters:
        lines += ["| parameter | default | what |", "|---|---|---|"]
        lines += [f"| `{p.name}` | `{p.default}` | {p.help}; {p.allowed} |" for p in info.parameters] + [""]
    lines += ["| observation | numbers | what |", "|---|---|---|"]
    lines += [f"| {f.name} | {f.size} | {f.meaning} |" for f in setup.features] + [""]
    if setup.continuous:
        low, high = setup.action_bounds
        lines += [f"An action is {setup.num_actions} numbers from {number(low)} to {number(high)}.", ""]
    if setup.action_names:
        named = ", ".join(f"{a} {name}" for a, name in enumerate(setup.action_names))
        lines += [f"Actions: {named}.", ""]
    return "\n".join(lines)


def file_name(id: str) -> str:
    """The picture's file."""
    return id.replace("/", "_") + ".png"


def write_pictures(steps: int = 6, longest: int = 320) -> None:
    """A picture of every environment that draws itself, after some random steps, into docs/images/environments."""
    from PIL import Image

    folder = PAGE.parent / "images" / "environments"
    folder.mkdir(parents=True, exist_ok=True)
    for info in ludus.available(tag="environment"):
        game = ludus.make(info.id)
        assert isinstance(game, EnvironmentGame)
        if game.setup.picture is None:
            continue
        env, rng = game.vector_env(1, seed=1), np.random.default_rng(1)
        env.reset()
        for _ in range(steps):
            env.step(env.random_actions(rng))
        image = Image.fromarray(paint(game.setup.picture(env.flat_state()), longest))
        image.quantize(64).save(folder / file_name(info.id), optimize=True)


def page() -> str:
    """The page's text."""
    return HEAD + "\n" + "\n".join(section(info) for info in ludus.available(tag="environment")).rstrip() + "\n"


if __name__ == "__main__":
    write_pictures()
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
