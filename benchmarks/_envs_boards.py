"""Board games and pursuit against OpenSpiel's and PettingZoo's, with random legal actions."""

from __future__ import annotations

from .envs import batch_case, first_step, growth, openspiel, parallel
from .harness import Case

PEERS = {
    "hex": ("hex", 5_000),
    "othello": ("othello", 5_000),
    "go": ("go(board_size=9)", 5_000),
    "backgammon": ("backgammon", 500),
    "dark_hex": ("dark_hex", 5_000),
    "phantom_tic_tac_toe": ("phantom_ttt", 5_000),
}
"""Our id: (OpenSpiel's, moves of one measurement)."""


def pursuit():
    from pettingzoo.sisl import pursuit_v5

    return pursuit_v5.parallel_env()


def cases() -> list[Case]:
    """Batches of 1024 against one state or environment in a Python loop."""
    return [
        *(
            batch_case(id, None, "open_spiel", lambda name=name, moves=moves: openspiel(name, moves))
            for id, (name, moves) in PEERS.items()
        ),
        batch_case("pursuit", None, "pettingzoo", lambda: parallel(pursuit, 500)),
        growth("othello"),
        growth("pursuit"),
        first_step("go"),
        first_step("pursuit"),
    ]
