"""Writes docs/environment_tables.md and its pictures from the code: ``python -m benchmarks.environment_page``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import ludus
from ludus.games.drawing import paint
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


def described() -> list[GameInfo]:
    """All environments, and the games of rules that say what their observations are made of."""
    return [info for info in ludus.available() if getattr(getattr(ludus.make(info.id), "setup", None), "features", ())]


def action_names(setup: Any) -> list[str]:
    """What each action is called; empty where actions have no names."""
    names = getattr(setup, "action_names", ())
    text = getattr(setup, "action_text", None)
    return list(names) if text is None else [text(action) for action in range(setup.num_actions)]


def section(info: GameInfo) -> str:
    """One environment's part of the page."""
    game = ludus.make(info.id)
    setup: Any = game.setup  # type: ignore[attr-defined]
    continuous = getattr(setup, "continuous", False)
    common = "common-payoff" in info.tags or getattr(setup, "common_payoff", False)
    lines = [f"## {info.title}: `{info.id}`", ""]
    facts = [f"version {game.version}", f"{info.players} players", f"observation {setup.observation_size}"]
    low, high = setup.observation_bounds
    facts.append(f"each number from {number(low)} to {number(high)}")
    facts.append("one reward for all" if common else "zero-sum" if setup.zero_sum else "own rewards")
    if isinstance(game, EnvironmentGame) and setup.overview_size:
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
    if continuous:
        low, high = setup.action_bounds
        lines += [f"An action is {setup.num_actions} numbers from {number(low)} to {number(high)}.", ""]
    if action_names(setup):
        named = ", ".join(f"{a} {name}" for a, name in enumerate(action_names(setup)))
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
    for info in described():
        game = ludus.make(info.id)
        picture = game.setup.picture  # type: ignore[attr-defined]
        if picture is None:
            continue
        env, rng = game.vector_env(1, seed=1), np.random.default_rng(1)
        env.reset()
        for _ in range(steps):
            env.step(env.random_actions(rng))
        image = Image.fromarray(paint(picture(env.save().states[0]), longest))
        image.quantize(64).save(folder / file_name(info.id), optimize=True)


def page() -> str:
    """The page's text."""
    return HEAD + "\n" + "\n".join(section(info) for info in described()).rstrip() + "\n"


if __name__ == "__main__":
    write_pictures()
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
