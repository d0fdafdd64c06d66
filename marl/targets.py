"""What learners regress on: λ-returns, advantages and greedy actions, as pure functions of tensors.

Time comes first: T steps, then any further axes. A player need not act at every step: where ``active`` is false it made
no decision, and the rewards of such steps belong to its last decision before them. A decision is *complete* once the
player's next decision, or the end of the episode, is among the T steps; only complete decisions have a target.
"""

from __future__ import annotations

import torch
from torch import Tensor


def lambda_returns(
    reward: Tensor, done: Tensor, active: Tensor, value: Tensor, gamma: float, lam: float
) -> tuple[Tensor, Tensor]:
    """TD(λ) targets over a player's own decisions.

    ``G_k = R_k + γ ((1 - λ) V_{k+1} + λ G_{k+1})`` for a player's k-th decision, where R_k sums the rewards until its
    decision k+1; V and G are 0 after the end of the episode. λ = 0: one-step TD; λ = 1: discounted sum of rewards.
    γ discounts once a decision. (Sutton & Barto 2018, section 12.1; in turn-based games as in self-play PPO.)

    Args:
        reward: float[T, ...], what followed step t.
        done: bool, broadcasts to [T, ...]: the episode ended with step t.
        active: bool[T, ...], the player decided at step t.
        value: float[T, ...], the value of the decision point at step t (read only where active).

    Returns:
        (float[T, ...], zero where not complete; bool[T, ...], the complete decisions).
    """
    returns, complete = torch.zeros_like(value), torch.zeros_like(active)
    closed = torch.zeros_like(active[0])
    since, next_value, next_return = (torch.zeros_like(value[0]) for _ in range(3))
    for t in range(len(reward) - 1, -1, -1):
        going = ~done[t]
        closed = closed | done[t]
        since, next_value, next_return = since * going, next_value * going, next_return * going
        since = since + reward[t]
        now = since + gamma * torch.lerp(next_value, next_return, lam)
        complete[t] = active[t] & closed
        returns[t] = now * complete[t]
        next_value = torch.where(active[t], value[t], next_value)
        # a decision that is not complete hands on its value in place of its return
        next_return = torch.where(active[t], torch.where(closed, now, value[t]), next_return)
        since = since * ~active[t]
        closed = closed | active[t]
    return returns, complete


def gae(
    reward: Tensor, done: Tensor, active: Tensor, value: Tensor, gamma: float, lam: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Generalised advantage estimates over a player's own decisions (Schulman et al. 2016, equation 16).

    Arguments as in `lambda_returns`, of which this is the difference to `value`.

    Returns:
        (advantages, λ-returns, complete), each [T, ...]; the first two are zero where not complete.
    """
    returns, complete = lambda_returns(reward, done, active, value, gamma, lam)
    return (returns - value) * complete, returns, complete


def greedy(values: Tensor, legal: Tensor) -> Tensor:
    """The best legal action, int64[...] (0 where none is legal). values: float[..., A]; legal: bool[..., A].

    Taken from the online network and valued by the target network it makes double Q-learning (van Hasselt et al. 2016).
    """
    return values.detach().masked_fill(~legal, -torch.inf).argmax(dim=-1)
