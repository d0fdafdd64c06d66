"""Building game trees, from compiled rules and from Python states: ``python -m benchmarks.trees``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import ludus
from ludus.games.build import compile_tree, walk_tree

from .harness import Case, Measure, run, timed


def native(id: str) -> Measure:
    """Histories/s of the compiled walk."""
    setup = ludus.make(id).setup
    size = compile_tree(setup).num_histories
    return lambda: timed(lambda: compile_tree(setup), size)


def openspiel(name: str) -> Measure:
    """Histories/s of OpenSpiel's own enumeration of all states (C++)."""
    import pyspiel
    from open_spiel.python.algorithms import get_all_states

    game = pyspiel.load_game(name)

    def count() -> int:
        return len(get_all_states.get_all_states(game, include_terminals=True, include_chance_states=True))

    size = count()
    return lambda: timed(count, size)


def python_state(file: str, name: str) -> Measure:
    """Histories/s of a tree built from a Python `State`."""
    path = Path(__file__).parent.parent / "examples" / file
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    start, players = getattr(module, name), 2
    size = walk_tree(start(), players).num_histories
    return lambda: timed(lambda: [walk_tree(start(), players) for _ in range(20)], 20 * size)


def cases() -> list[Case]:
    """The suite."""
    million = 1e6
    found = [
        Case(f"tree of {id}", "histories/s", lambda id=id: native(id), target=3 * million)
        for id in ("leduc_poker", "liars_dice", "kuhn_poker(players=5)", "goofspiel(cards=5)", "tic_tac_toe")
    ]
    found.append(
        Case(
            "tree of leduc_poker, against all states by pyspiel",
            "histories/s",
            lambda: native("leduc_poker"),
            lambda: openspiel("leduc_poker"),
            by="open_spiel",
        )
    )
    found.append(
        Case(
            "tree of examples/my_game.py, a Python State",
            "histories/s",
            lambda: python_state("my_game.py", "OneCardPoker"),
            target=0.1 * million,
        )
    )
    return found


if __name__ == "__main__":
    run("trees", cases())
