"""Colonel Blotto (Borel 1921): everybody divides coins among fields; who wins the most fields wins.

A field is won by the single largest bid. Those who win the most fields share 1, the others share -1; where everybody
wins as many, all get 0. Actions are the divisions in lexicographic order. Payoffs as OpenSpiel's ``blotto``.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from ..generators import compositions
from ..matrix import MatrixGame
from ..spec import GameSpec, Parameter

MOST_PAYOFFS = 20_000_000


def blotto(players: int, coins: int, fields: int) -> MatrixGame:
    actions = math.comb(coins + fields - 1, fields - 1)
    if players * actions**players > MOST_PAYOFFS:
        raise ValueError(
            f"blotto: {players} players with {actions:,} divisions each have more than {MOST_PAYOFFS:,} payoffs; "
            f"use fewer players, coins or fields (got coins={coins}, fields={fields})"
        )
    bids = np.array(list(compositions(coins, fields)))
    shape = (actions,) * players
    won = np.zeros((players, *shape), np.int64)
    for bid in bids.T:
        offers = [bid.reshape([-1 if q == p else 1 for q in range(players)]) for p in range(players)]
        for p, mine in enumerate(offers):
            beats: np.ndarray = np.ones(shape, bool)
            for other in itertools.chain(offers[:p], offers[p + 1 :]):
                beats &= mine > other
            won[p] += beats
    best = won == won.max(axis=0)
    winners = best.sum(axis=0)
    losers = np.maximum(players - winners, 1)
    payoffs = np.where(best, 1.0 / winners, -1.0 / losers) * (winners < players)
    return MatrixGame(payoffs + 0.0, action_names=["-".join(map(str, row)) for row in bids.tolist()])


GAMES = (
    GameSpec(
        id="blotto",
        title="Colonel Blotto",
        build=blotto,
        players="2-10",
        parameters=(
            Parameter("players", 2, "number of players", 2, 10),
            Parameter("coins", 10, "coins of each player", 1, 1000),
            Parameter("fields", 3, "number of fields", 1, 100),
        ),
        tags=("matrix", "simultaneous", "zero-sum"),
    ),
)
