"""Trained networks as agents: batch first over NumPy arrays, like every other `Agent`."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch

from ..games.agent import Agent
from ..games.game import Game
from .networks import PlayerNet


class NetAgent(Agent):
    """Plays by a `PlayerNet`: samples its policy, or takes the action it values most.

    Attributes:
        net: a copy of the network; it no longer learns.
        greedy: whether the outputs are action values (the best is taken, the first of equals) or logits (sampled).
        seat: which player it is; None where the network does not need to know (the observation tells).
    """

    def __init__(self, net: PlayerNet, greedy: bool, name: str = "", seat: int | None = None):
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.greedy, self.name, self.seat = greedy, name, seat

    def at(self, seat: int) -> NetAgent:
        """The same agent, told which player it is."""
        bound = copy.copy(self)
        bound.seat = seat
        return bound

    def start(self, batch: int) -> np.ndarray | None:
        """float32[B, M] of zeros; None where the network has no memory."""
        return np.zeros((batch, self.net.memory_size), np.float32) if self.net.memory_size else None

    def outputs(self, obs: np.ndarray, memory: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        """The network's outputs, float32[B, A]: action values or logits; and the memory after the decision.

        Raises:
            ValueError: the network needs to know the player's number, and nobody said it.
        """
        if self.net.needs_seat and self.seat is None:
            raise ValueError(f"{self.name or 'this agent'} plays each seat differently: use agent.at(player)")
        x = torch.as_tensor(np.ascontiguousarray(obs, np.float32))
        player = torch.full((len(x),), self.seat or 0)
        before = torch.zeros(len(x), self.net.memory_size) if memory is None else torch.as_tensor(memory)
        with torch.no_grad():
            out, after = self.net.step(x, player, before)
        return out.numpy(), after.numpy() if self.net.memory_size else None

    def remember(self, memory: Any, actions: np.ndarray) -> Any:
        return memory if memory is None else self.net.remember(memory, actions)

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        out, memory = self.outputs(obs, memory)
        z = np.where(legal, out.astype(np.float64), -np.inf)
        if self.greedy:
            p = np.eye(z.shape[1])[z.argmax(axis=1)]
        else:
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
        return p, memory


class ContinuousAgent(NetAgent):
    """Takes a network's outputs, through tanh, as numbers within the bounds; of wider outputs the first half."""

    def __init__(self, net: PlayerNet, bounds: tuple[float, float], name: str = "", seat: int | None = None):
        super().__init__(net, greedy=True, name=name, seat=seat)
        self.bounds = bounds

    def act(self, obs: np.ndarray, legal: np.ndarray, memory: Any, rng: np.random.Generator) -> tuple[np.ndarray, Any]:
        """-> (actions float64[B, A], memory)."""
        out, memory = self.outputs(obs, memory)
        low, high = self.bounds
        return low + (np.tanh(out[:, : legal.shape[1]].astype(np.float64)) + 1) / 2 * (high - low), memory

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        """Raises NotImplementedError: a continuous action has no probability."""
        raise NotImplementedError(f"{self.name or 'this agent'} plays numbers, which have no probabilities")


def action_bounds(game: Game) -> tuple[float, float] | None:
    """The range of each number of a continuous action; None where actions are discrete."""
    setup: Any = getattr(game, "setup", None)
    return setup.action_bounds if getattr(setup, "continuous", False) else None
