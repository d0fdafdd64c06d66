"""Learners as oracles: a member of a population trains in one seat against a mixture of opponents.

The protocol is that of `ludus.population` (start, train, agent over a dict of arrays); nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from ..games.agent import Agent
from ..games.game import Game
from . import checkpoint
from .config import configure
from .facing import SeatGame
from .networks import initial_weights
from .run import learner_module


@dataclass(frozen=True)
class LearnerOracle:
    """Trains a learner of `ludus.marl.algorithms`; budgets are counted in `steps` environment steps.

    Attributes:
        algorithm: the learner's name.
        steps: environment steps of one unit of budget.
        settings: the learner's own, by name.
    """

    algorithm: str = "ippo"
    steps: int = 20_000
    settings: dict[str, Any] = field(default_factory=dict)

    def start(self, game: Game, seed: int | np.random.Generator = 0) -> dict[str, np.ndarray]:
        """New networks, as arrays."""
        with initial_weights(int(np.random.default_rng(seed).integers(2**31))):
            return checkpoint.to_arrays(self._module.build(game, self._config))

    def train(
        self,
        game: Game,
        state: dict[str, np.ndarray],
        player: int,
        opponents: Sequence[Any],
        weights: Any,
        seed: int | np.random.Generator = 0,
        budget: int = 1,
    ) -> dict[str, np.ndarray]:
        """The member after ``budget · steps`` environment steps; `state` stays as it is.

        Raises:
            ValueError: a state of another learner or game.
            FloatingPointError: a loss that is not a finite number.
        """
        seat, steps = SeatGame(game, player, opponents, weights), budget * self.steps
        word = int(np.random.default_rng(seed).integers(2**63))
        run = self._module.train(
            seat, self._config, steps, word, self.algorithm, {"nets": checkpoint.from_arrays(state)}
        )
        last = next(snapshot for snapshot in run if snapshot.step >= steps)
        return checkpoint.to_arrays(last.parts["nets"])

    def agent(self, game: Game, state: dict[str, np.ndarray]) -> Agent:
        """The member as an agent for all seats."""
        nets = self._module.build(game, self._config)
        checkpoint.restore({"nets": nets}, {"nets": checkpoint.from_arrays(state)})
        return self._module.agent(nets, self.algorithm)

    @property
    def _module(self) -> ModuleType:
        return learner_module(self.algorithm)

    @property
    def _config(self) -> Any:
        return configure(self._module.Config, self.settings, self.algorithm)
