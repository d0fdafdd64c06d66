"""The networks: a perceptron or a recurrent net for each decision, shared by all players or one for each.

Everything is time-major: x[T, N, I] are T steps of N independent rows. A net has a memory float[N, M], of width M = 0
where it has none, so that loops need not tell the two apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn


class MLP(nn.Module):
    """Linear layers with ReLU between; orthogonal weights, the last layer's scaled by `gain`."""

    memory_size = 0

    def __init__(self, inputs: int, hidden: Sequence[int], outputs: int, gain: float = 1.0):
        super().__init__()
        sizes = [inputs, *hidden, outputs]
        layers: list[nn.Module] = []
        for k, (a, b) in enumerate(pairwise(sizes)):
            last = k == len(sizes) - 2
            layers += [_orthogonal(nn.Linear(a, b), gain if last else 2**0.5)] + ([] if last else [nn.ReLU()])
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """x: [T, N, I] -> (out [T, N, outputs], memory as it was)."""
        return self.layers(x), memory


class LayerNormMLP(nn.Module):
    """Linear layers with layer normalisation and ReLU between, which keep Q-learning steady without target networks."""

    memory_size = 0

    def __init__(self, inputs: int, hidden: Sequence[int], outputs: int, gain: float = 1.0):
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in pairwise([inputs, *hidden]):
            layers += [_orthogonal(nn.Linear(a, b), 2**0.5), nn.LayerNorm(b), nn.ReLU()]
        self.layers = nn.Sequential(*layers, _orthogonal(nn.Linear(hidden[-1], outputs), gain))

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """As `MLP.forward`."""
        return self.layers(x), memory


class GRU(nn.Module):
    """Linear - ReLU - GRU - linear, the recurrent net of QMIX and recurrent MAPPO; all layers of one width."""

    def __init__(self, inputs: int, hidden: Sequence[int], outputs: int, gain: float = 1.0):
        super().__init__()
        self.memory_size = hidden[-1]
        self.encode = _orthogonal(nn.Linear(inputs, self.memory_size), 2**0.5)
        self.cell = nn.GRU(self.memory_size, self.memory_size)
        self.head = _orthogonal(nn.Linear(self.memory_size, outputs), gain)

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """x: [T, N, I], memory: [N, M] before the first step -> (out [T, N, outputs], memory after the last)."""
        if not x.shape[1]:  # torch's GRU takes no empty batch
            return x.new_zeros(len(x), 0, self.head.out_features), memory
        hidden, last = self.cell(self.encode(x).relu(), memory.unsqueeze(0))
        return self.head(hidden), last.squeeze(0)


NETWORKS: dict[str, Callable[..., nn.Module]] = {"mlp": MLP, "gru": GRU}


class PlayerNet(nn.Module):
    """One net for all players, or one each.

    Attributes:
        num_players: P.
        memory_size: M; the net's own memory, then a one-hot of the player's last action where the net sees that.
        needs_seat: whether the output depends on the player's number beside its input.
    """

    def __init__(
        self,
        make: Callable[[int], nn.Module],
        inputs: int,
        num_players: int,
        share: bool,
        ids: bool,
        last_actions: int = 0,
    ):
        """make: number of inputs -> net; share: one net for all; ids: a one-hot player number joins a shared input;
        last_actions: A where the player's last action joins the input, as a one-hot of so many numbers."""
        super().__init__()
        self.num_players, self.ids, self.last_actions = num_players, share and ids, last_actions
        width = inputs + last_actions + num_players * self.ids
        self.nets = nn.ModuleList(make(width) for _ in range(1 if share else num_players))
        self.core_size = int(self.nets[0].memory_size)  # type: ignore[arg-type]
        self.memory_size = self.core_size + last_actions
        self.needs_seat = self.ids or not share

    def forward(self, x: Tensor, player: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """x: [T, N, I (+ A)]; player: int64[N], whose row it is; memory: [N, core] -> (out [T, N, outputs], memory)."""
        if self.ids:
            ids = nn.functional.one_hot(player, self.num_players).to(x.dtype)
            x = torch.cat([x, ids.expand(len(x), -1, -1)], dim=-1)
        if len(self.nets) == 1:
            return self.nets[0](x, memory)
        parts = [(player == p).nonzero().squeeze(-1) for p in range(self.num_players)]
        found = [net(x[:, rows], memory[rows]) for net, rows in zip(self.nets, parts)]
        back = torch.cat(parts).argsort()
        return torch.cat([out for out, _ in found], dim=1)[:, back], torch.cat([m for _, m in found])[back]

    def step(self, x: Tensor, player: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """One decision of N rows. x: [N, I]; memory: [N, M] -> (out [N, outputs], memory; see `remember`)."""
        core, last = memory.split([self.core_size, self.last_actions], dim=1)
        out, core = self(torch.cat([x, last], dim=1).unsqueeze(0), player, core)
        return out.squeeze(0), torch.cat([core, last], dim=1)

    def remember(self, memory: np.ndarray, action: np.ndarray) -> np.ndarray:
        """The memory float32[N, M] after actions int64[N] were chosen."""
        if self.last_actions:
            memory = memory.copy()
            memory[:, self.core_size :] = np.eye(self.last_actions, dtype=np.float32)[action]
        return memory

    def at_once(self, x: Tensor, player: Tensor) -> Tensor:
        """Outputs of N separate decisions without memory. x: [N, I]; player: int64[N] -> [N, outputs]."""
        return self.step(x, player, x.new_zeros(len(x), self.memory_size))[0]

    def unroll(
        self, x: Tensor, player: Tensor, active: Tensor, action: Tensor | None = None, memory: Tensor | None = None
    ) -> Tensor:
        """Outputs over T steps, the memory advancing at a row's own decisions alone.

        x: [T, N, I]; player: int64[N]; active: bool[T, N]; action: int64[T, N], read where the net sees last actions;
        memory: [N, M] before the first step, by default zeros -> [T, N, outputs], arbitrary where not active.
        """
        memory = x.new_zeros(x.shape[1], self.memory_size) if memory is None else memory
        core, last = memory.split([self.core_size, self.last_actions], dim=1)
        order = None
        if self.memory_size and not bool(active.all()):
            order = (~active).int().argsort(dim=0, stable=True)  # a row's decisions first, in their order
            x = x.gather(0, order.unsqueeze(-1).expand_as(x))
        if self.last_actions:
            if action is None:
                raise ValueError("this net sees last actions: unroll needs them")
            action = action if order is None else action.gather(0, order)
            before = nn.functional.one_hot(action[:-1], self.last_actions).to(x.dtype)
            x = torch.cat([x, torch.cat([last.unsqueeze(0), before])], dim=-1)
        out = self(x, player, core)[0]
        if order is None:
            return out
        return torch.empty_like(out).scatter(0, order.unsqueeze(-1).expand_as(out), out)


ILLEGAL = -1e9  # finite, so that gradients and entropies stay numbers; its probability underflows to exactly 0


def masked_log_softmax(logits: Tensor, legal: Tensor) -> Tensor:
    """Log-probabilities over legal actions: float[..., A], about `ILLEGAL` at the others."""
    return logits.masked_fill(~legal, ILLEGAL).log_softmax(dim=-1)


@contextmanager
def initial_weights(seed: int) -> Iterator[None]:
    """Networks made within draw their weights from `seed`; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _orthogonal(layer: nn.Linear, gain: float) -> nn.Linear:
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer
