"""Gambit's strategic form files (``.nfg``), in the layout with payoffs and in the one with outcomes."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from pathlib import Path

import numpy as np

from .gambit import Reader, plain, quoted, write
from .game import Game
from .matrix import MatrixGame, exact_tensor

LAYOUTS = ("payoffs", "outcomes")


def save(game: Game, path: Path, layout: str = "payoffs") -> None:
    """Writes a matrix game. Payoffs that were given as integers or fractions are written exactly.

    Args:
        layout: ``"payoffs"``: everybody's payoffs for each profile; ``"outcomes"``: a list of the different outcomes,
            and the number of one for each profile.

    Raises:
        ValueError: the game is no matrix game, or there is no such layout.
    """
    if not isinstance(game, MatrixGame):
        raise ValueError(f"{path}: an .nfg file holds a matrix game, but {game.id} has a tree; save it as .efg")
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be 'payoffs' or 'outcomes', got {layout!r}")
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
    tensor, text = (exact_tensor(*game.given), str) if game.given else (game.payoffs, plain)
    profiles = tensor.reshape(players, -1, order="F").T  # the first player's strategy runs fastest
    rows = [" ".join(map(text, row)) for row in profiles.tolist()]
    if layout == "payoffs":
        lines += rows
    else:
        number = {row: k for k, row in enumerate(dict.fromkeys(rows), 1)}
        lines += ["{", *(f'{{ "" {row.replace(" ", ", ")} }}' for row in number), "}"]
        lines.append(" ".join(str(number[row]) for row in rows))
    write(path, lines)


def load(path: Path) -> MatrixGame:
    """Reads a matrix game, in either layout. Payoffs such as 1/3, which no float is written as, are kept as
    fractions in `MatrixGame.given`.

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
        numbers = [reader.fraction("a payoff") for _ in range(players * prod(counts))]
        profiles = np.array(numbers, object).reshape(-1, players)
    reader.end()
    tensor = profiles.T.reshape(players, *counts, order="F")
    if all(Fraction(repr(float(x))) == x for x in profiles.ravel()):
        tensor = tensor.astype(np.float64)
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
    """object[outcomes + 1, P] of `Fraction`; number 0 pays nothing to anybody."""
    reader.expect("{", "the opening brace of the outcomes")
    rows = [[Fraction(0)] * players]
    while reader.peek != "}":
        reader.expect("{", "the opening brace of an outcome")
        reader.text("the outcome's name")
        rows.append([reader.fraction("a payoff") for _ in range(players)])
        reader.expect("}", f"the closing brace after {players} payoffs")
    reader.next += 1
    return np.array(rows, object)
