"""The gate that promotes a snapshot: it plays the champion until a sequential test says whether it is better."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from ..games.game import Game
from ..games.streams import seed_word
from ..ratings.sequential import SPRT, sprt
from .match import Engine, as_agent, as_game, seat_orders

PAIRS = 32
"""Pairs of matches between two looks at the test."""


class Promotion(NamedTuple):
    """What the gate decided."""

    promoted: bool
    test: SPRT
    pairs: np.ndarray
    """int64[5]: pairs of matches in which the candidate got 0, ½, 1, 1½, 2 points."""


def promote(
    game: Game | str,
    candidate: Any,
    champion: Any,
    elo0: float = 0.0,
    elo1: float = 10.0,
    alpha: float = 0.05,
    beta: float = 0.05,
    most: int = 100_000,
    seed: int | np.random.Generator = 0,
) -> Promotion:
    """Plays pairs of matches, one luck and seats exchanged, until the test decides or `most` matches are played.

    A match is a win, a draw or a loss by its returns. Undecided is not promoted.

    Args:
        candidate, champion: agents, policies or functions, see `play`.
        elo0, elo1: the candidate is promoted if elo1 is accepted against elo0, in Elo points.
        alpha, beta: chances to promote one of strength elo0, and to refuse one of elo1.

    Raises:
        ValueError: a game that is not for two players, or numbers that `sprt` refuses.
        AgentError: an agent failed.
    """
    last = Promotion(False, sprt(np.zeros(5), elo0, elo1, alpha, beta), np.zeros(5, np.int64))
    for pairs in islice(duel_pairs(game, candidate, champion, seed), max(1, most // (2 * PAIRS))):
        test = sprt(pairs, elo0, elo1, alpha, beta)
        last = Promotion(test.decision == "elo1", test, pairs)
        if test.decision != "continue":
            break
    return last


def duel_pairs(
    game: Game | str, candidate: Any, champion: Any, seed: int | np.random.Generator = 0
) -> Iterator[np.ndarray]:
    """Plays on for ever, `PAIRS` pairs of matches at a time. -> int64[5] so far, as `Promotion.pairs`."""
    game = as_game(game)
    if game.num_players != 2:
        raise ValueError(f"a gate is for games of two players, {game.id} has {game.num_players}")
    engine = Engine(game, [as_agent(candidate), as_agent(champion)], ("candidate", "champion"))
    word, orders, counts, start = seed_word(seed), seat_orders(2), np.zeros(5, np.int64), 0
    mine = np.tile(np.argmin(orders, axis=1), PAIRS)  # the candidate's seat
    while True:
        outcomes, codes = engine.play(orders, word, start, start + 2 * PAIRS, share=2)
        returns = outcomes[codes]
        own = returns[np.arange(2 * PAIRS), mine]
        points = 1 + np.sign(own - returns[np.arange(2 * PAIRS), 1 - mine]).astype(np.int64)
        counts = counts + np.bincount(points.reshape(-1, 2).sum(axis=1), minlength=5)
        start += 2 * PAIRS
        yield counts
