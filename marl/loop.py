"""What the loops of all learners share: how a run begins or goes on, how an update is made, what a pass hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..games.agent import Agent
from ..games.game import Game
from . import checkpoint
from .networks import initial_weights
from .rollout import Clock, Envs, Snapshot


class Loop:
    """A run under way: environments, networks, a generator of random numbers and the clock, by the names of its parts.

    Attributes:
        rng: decides everything that the environments and the first weights do not.
        parts: all that changes in place and decides how the run goes on; a loop adds its own by `keep`.
    """

    def __init__(
        self,
        game: Game,
        config: Any,
        steps: int,
        seed: int,
        build: Callable[[Game, Any], Any],
        state: Mapping[str, Any] | None = None,
    ):
        """state: what the run will `keep`; where it holds ``nets`` alone, a new run begins with these."""
        env_seed, weight_seed, choice_seed = (int(w) for w in np.random.SeedSequence(seed).generate_state(3))
        self.config, self.steps = config, steps
        self.rng = np.random.default_rng(choice_seed)
        self.envs, self.clock = Envs(game, config.num_envs, env_seed), Clock()
        with initial_weights(weight_seed):
            self.nets = build(game, config)
        if state is not None and set(state) == {"nets"}:
            checkpoint.restore({"nets": self.nets}, state)
        self.parts = {"nets": self.nets, "envs": self.envs, "rng": self.rng, "clock": self.clock}

    def keep(self, state: Mapping[str, Any] | None, **parts: Any) -> None:
        """Adds the loop's own parts; then brings all of them to the state of a checkpoint, where one is given."""
        self.parts |= parts
        if state is not None and set(state) != {"nets"}:
            checkpoint.restore(self.parts, state)

    @property
    def left(self) -> float:
        """The part of the run that is still ahead, from 1 to 0; what schedules follow."""
        return max(0.0, 1 - self.clock.step / self.steps)

    def update(self, optimiser: torch.optim.Optimizer, loss: Tensor, rate: float | None = None) -> float:
        """One step of gradient descent, clipped to ``max_grad_norm``; -> the loss.

        Args:
            rate: the step size; ``config.lr`` by default, in either case falling with ``anneal_lr``.

        Raises:
            FloatingPointError: the loss is not a finite number.
        """
        value = loss.item()
        if not np.isfinite(value):
            raise FloatingPointError(f"the loss is {value} at update {self.clock.updates + 1} (step {self.clock.step})")
        for group in optimiser.param_groups:
            group["lr"] = (self.config.lr if rate is None else rate) * (self.left if self.config.anneal_lr else 1.0)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(
            [p for group in optimiser.param_groups for p in group["params"]], self.config.max_grad_norm
        )
        optimiser.step()
        self.clock.updates += 1
        return value

    def snapshot(self, agent: Callable[[], Agent], losses: list[float], **metrics: float) -> Snapshot:
        """What the pass hands over; `losses`: of its updates."""
        if losses:
            self.clock.loss = float(np.mean(losses))
        return Snapshot(self.clock.step, self.envs.mean_return, {"loss": self.clock.loss, **metrics}, self.parts, agent)
