"""`Agent`: whatever can choose actions. Bots, tabular policies, learners and people are all agents."""

from __future__ import annotations

from typing import Any

import numpy as np


class Agent:
    """A player of any game, batch first. B decisions at once, O numbers an observation, A actions.

    An agent that only acts can play and be rated. One that also tells its `probabilities` can be tabulated, and so be
    solved against, evaluated exactly and played at the speed of the compiled tree.
    """

    name: str = ""

    def start(self, batch: int) -> Any:
        """The memory before the first decision of `batch` episodes; None for agents without memory."""
        return None

    def act(self, obs: np.ndarray, legal: np.ndarray, memory: Any, rng: np.random.Generator) -> tuple[np.ndarray, Any]:
        """Chooses. obs: float32[B, O]; legal: bool[B, A]. -> (actions int64[B], memory).

        By default samples from `probabilities`.
        """
        p, memory = self.probabilities(obs, legal, memory)
        return sample_rows(p, rng), memory

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        """What `act` samples from: (float64[B, A], rows sum to one over legal actions; memory after the decision).

        Raises:
            NotImplementedError: this agent does not tell (it can play, but cannot be tabulated).
        """
        raise NotImplementedError(f"{type(self).__name__} does not tell its probabilities")


class UniformAgent(Agent):
    """Chooses every legal action with the same probability."""

    name = "uniform"

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        return legal / legal.sum(axis=1, keepdims=True), memory


def sample_rows(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One index for each row of probabilities float64[B, A] -> int64[B]; never an index of probability zero."""
    ends = np.cumsum(p, axis=1)
    draws = rng.random((len(p), 1)) * ends[:, -1:]
    return np.minimum((draws >= ends).sum(axis=1), p.shape[1] - 1)
