"""A person plays at the terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..games.agent import Agent, PersonAgent, TabularAgent, UniformAgent
from ..games.game import Game
from .match import play_batch, seat_orders


def opponent(game: Game, against: str) -> Agent:
    """The agent that a text names: "uniform", or a file of a solution.

    Raises:
        FileNotFoundError, ValueError: no such file, no solution, or one of another game.
    """
    if against == "uniform":
        return UniformAgent()
    from ..solvers import Solution

    return TabularAgent(Solution.load(against, game).policy, Path(against).stem)


def play_at_terminal(
    game: Game,
    against: str = "uniform",
    seat: int | None = None,
    seed: int | None = None,
    ask: Callable[[str], str] = input,
    tell: Callable[[str], Any] = print,
) -> list[float]:
    """Plays matches until the person has had enough; -> the person's returns.

    Args:
        against: who takes the other seats, see `opponent`.
        seat: the person's seat; by default it changes from match to match.

    Raises:
        ValueError: there is no such seat.
    """
    if seat is not None and not 0 <= seat < game.num_players:
        raise ValueError(f"seat must be from 0 to {game.num_players - 1}, got {seat}")
    other, person = opponent(game, against), PersonAgent(ask=ask, tell=tell)
    rng, orders = np.random.default_rng(seed), seat_orders(game.num_players)
    returns: list[float] = []
    while True:
        mine = int(np.flatnonzero(orders[len(returns) % len(orders)] == 0)[0]) if seat is None else seat
        seats = np.array([[0 if p == mine else 1 for p in range(game.num_players)]])
        try:
            result = play_batch(game, [person, other], seats, int(rng.integers(2**63)), rng)[0]
            returns.append(float(result[mine]))
            tell(f"\nThe match is over: you get {result[mine]:g}. So far {sum(returns):g} in {len(returns)} matches.")
            if ask("Another one? [Y/n] ").strip().lower() in ("n", "no", "q", "quit"):
                return returns
        except EOFError:
            tell("")
            return returns
