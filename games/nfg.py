"""Gambit's strategic form files (``.nfg``), with payoffs or with outcomes."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from .gambit import Reader, plain, quoted, write
from .game import Game
from .matrix import MatrixGame


def save(game: Game, path: Path) -> None:
    """Writes a matrix game in the layout with payoffs.

    Raises:
        ValueError: the game is no matrix game.
    """
    if not isinstance(game, MatrixGame):
        raise ValueError(f"{path}: an .nfg file holds a matrix game, but {game.id} has a tree; save it as .efg")
    players, counts = game.num_players, game.payoffs.shape[1:]
    name = game.setup.action_text or str
    strategies = ["{ " + " ".join(quoted(name(a)) for a in range(n)) + " }" for n in counts]
    quoted_players = " ".join(quoted(f"Player {p + 1}") for p in range(players))
    lines = [
        f"NFG 1 R {quoted(game.title or game.id)} {{ {quoted_players} }}",
        "{ " + " ".join(strategies) + " }",
        quoted(game.id),
        "",
    ]
    profiles = game.payoffs.reshape(players, -1, order="F").T  # the first player's strategy runs fastest
    lines += [" ".join(map(plain, row)) for row in profiles.tolist()]
    write(path, lines)


def load(path: Path) -> MatrixGame:
    """Reads a matrix game, in either layout.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged; the message names line and column.
    """
    reader = Reader(path)
    title, players = reader.header("NFG", "1")
    counts, names = _strategies(reader, players)
    reader.comment()
    if reader.peek == "{":
        outcomes = _outcomes(reader, players)
        chosen = [reader.whole("an outcome's number", 0, len(outcomes) - 1) for _ in range(prod(counts))]
        profiles = outcomes[chosen]
    else:
        numbers = [reader.number("a payoff") for _ in range(players * prod(counts))]
        profiles = np.array(numbers).reshape(-1, players)
    reader.end()
    tensor = profiles.T.reshape(players, *counts, order="F")
    same = names and all(row == names[0] for row in names)
    return MatrixGame(*tensor, id=path.name, title=title, action_names=names[0] if same else ())


def _strategies(reader: Reader, players: int) -> tuple[list[int], list[list[str]]]:
    """Each player's number of strategies, given as a number or as names; and the names, if all have them."""
    reader.expect("{", "the opening brace of the strategies")
    counts, names = [], []
    for p in range(players):
        if reader.peek == "{":
            names.append(reader.texts(f"the strategies of player {p + 1}"))
            counts.append(len(names[-1]))
            if not names[-1]:
                reader.fail(f"player {p + 1} needs at least one strategy", 1)
        else:
            counts.append(reader.whole(f"player {p + 1}'s number of strategies", 1))
    reader.expect("}", f"the closing brace after the strategies of {players} players")
    return counts, names if len(names) == players else []


def _outcomes(reader: Reader, players: int) -> np.ndarray:
    """float64[outcomes + 1, P]; number 0 pays nothing to anybody."""
    reader.expect("{", "the opening brace of the outcomes")
    rows = [[0.0] * players]
    while reader.peek != "}":
        reader.expect("{", "the opening brace of an outcome")
        reader.text("the outcome's name")
        rows.append([reader.number("a payoff") for _ in range(players)])
        reader.expect("}", f"the closing brace after {players} payoffs")
    reader.next += 1
    return np.array(rows)
