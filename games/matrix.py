"""`MatrixGame`: everybody chooses once, at the same time; and the rules that it shares with its repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from .game import RulesGame
from .rules import CHANCE, TERMINAL, Rules, Setup, rule

# params: [players, rounds at most, continuation probability (float), action count of each player, payoffs (floats)]
# state: [rounds played, what to_move returns, total of each player (floats), joint action of each round]
# A joint action is its index in the payoff tensor's trailing axes, in C order.
PLAYERS, ROUNDS, CONTINUE, COUNTS = 0, 1, 2, 3
PLAYED, TURN, TOTALS = 0, 1, 2
STOP, GO_ON = 0, 1


@rule
def init(params, state):
    state[TURN] = (1 << params[PLAYERS]) - 1


@rule
def to_move(params, state):
    return state[TURN]


@rule
def legal(params, state, player, out):
    count = params[COUNTS + player]
    for action in range(count):
        out[action] = action
    return count


@rule
def chance(params, state, outcomes, probabilities):
    go_on = params[CONTINUE : CONTINUE + 1].view(np.float64)[0]
    outcomes[0], outcomes[1] = STOP, GO_ON
    probabilities[0], probabilities[1] = 1.0 - go_on, go_on
    return 2


@rule
def apply(params, state, actions):
    n = params[PLAYERS]
    everybody = (1 << n) - 1
    if state[TURN] == CHANCE:
        state[TURN] = everybody if actions[0] == GO_ON else TERMINAL
        return
    joint, size = 0, 1
    for p in range(n):
        joint = joint * params[COUNTS + p] + actions[p]
        size *= params[COUNTS + p]
    payoffs = params[COUNTS + n :].view(np.float64)
    totals = state[TOTALS : TOTALS + n].view(np.float64)
    for p in range(n):
        totals[p] += payoffs[p * size + joint]
    state[TOTALS + n + state[PLAYED]] = joint
    state[PLAYED] += 1
    if state[PLAYED] == params[ROUNDS]:
        state[TURN] = TERMINAL
    elif params[CONTINUE : CONTINUE + 1].view(np.float64)[0] < 1.0:
        state[TURN] = CHANCE


@rule
def returns(params, state, out):
    n = params[PLAYERS]
    totals = state[TOTALS : TOTALS + n].view(np.float64)
    for p in range(n):
        out[p] = totals[p]


@rule
def info(params, state, player, out):
    first = TOTALS + params[PLAYERS]
    for i in range(state[PLAYED]):
        out[i] = state[first + i]
    return state[PLAYED]


@rule
def observe(params, state, player, out):
    """One-hot player, then for each round and each player, the observer first, the action taken as one-hot."""
    n = params[PLAYERS]
    most = 0
    for p in range(n):
        most = max(most, params[COUNTS + p])
    out[player] = 1.0
    for i in range(state[PLAYED]):
        joint = state[TOTALS + n + i]
        for p in range(n - 1, -1, -1):
            seat = (p - player) % n
            out[n + (i * n + seat) * most + joint % params[COUNTS + p]] = 1.0
            joint //= params[COUNTS + p]


RULES = Rules.of(globals())


def matrix_setup(
    payoffs: np.ndarray,
    rounds: int = 1,
    continuation: float = 1.0,
    action_names: Sequence[str] | None = None,
) -> Setup:
    """The setup of a matrix game, or of its repetition with everybody's past actions observed.

    Args:
        payoffs: float64[P, A0, A1, …], each round's payoffs; a player's return is the sum over the rounds played.
        rounds: the number of rounds, at most.
        continuation: the probability, after each round but the last possible one, that another round follows.
        action_names: one text for each action, the same for all players.
    """
    players, counts = payoffs.shape[0], payoffs.shape[1:]
    floats = np.concatenate([[continuation], payoffs.ravel()]).astype(np.float64).view(np.int64)
    params = np.concatenate([[players, rounds], floats[:1], counts, floats[1:]]).astype(np.int64)
    low, high = float(payoffs.min()), float(payoffs.max())

    def info_text(player: int, key: tuple[int, ...]) -> str:
        """For instance ``1:01 11``: the player, then the joint actions so far."""
        past = (np.unravel_index(joint, counts) for joint in key)
        digits = "" if max(counts) <= 10 else "-"
        return f"{player}:" + " ".join(digits.join(str(int(a)) for a in joint) for joint in past)

    def render(state: np.ndarray) -> str:
        first = TOTALS + players
        past = info_text(0, tuple(int(j) for j in state[first : first + int(state[PLAYED])]))[2:]
        return f"played {past or '-'}  totals {state[TOTALS:first].view(np.float64).tolist()}"

    return Setup(
        rules=RULES,
        params=params,
        state_size=TOTALS + players + rounds,
        num_players=players,
        num_actions=max(counts),
        max_outcomes=2 if continuation < 1.0 and rounds > 1 else 0,
        info_size=rounds,
        observation_size=players + rounds * players * max(counts),
        min_utility=min(low, rounds * low),
        max_utility=max(high, rounds * high),
        zero_sum=bool(np.abs(payoffs.sum(axis=0)).max() <= 1e-12 * max(1.0, abs(low), abs(high))),
        simultaneous=players > 1,
        action_text=action_names.__getitem__ if action_names else None,
        info_text=info_text,
        render=render,
    )


class MatrixGame(RulesGame):
    """A game in strategic form: a payoff tensor for any number of players, who may have different numbers of actions.

    ``MatrixGame(A, B, …)`` takes one array for each of P players, each of shape [A0, …, A(P-1)], and
    ``MatrixGame(T)`` the whole tensor [P, A0, …, A(P-1)]. Two short forms: a single two-dimensional array is the row
    player's payoff in a zero-sum game of two, a single one-dimensional array the payoffs of one player alone.
    """

    payoffs: np.ndarray
    """float64[P, A0, …, A(P-1)], read-only: ``payoffs[p][a0, a1, …]`` is player p's payoff."""
    given: tuple[Any, ...]
    """The arguments where they are more than floats (integers, `fractions.Fraction`), for exact solvers; or ()."""

    def __init__(self, *payoffs: Any, id: str = "matrix_game", title: str = "", action_names: Sequence[str] = ()):
        """
        Args:
            payoffs: as above; anything that NumPy reads as numbers.
            action_names: one text for each action, the same for all players.

        Raises:
            ValueError: the shapes do not fit together, a player has no action, or a payoff is not finite.
        """
        tensor = payoff_tensor(*payoffs)
        if action_names and len(action_names) < max(tensor.shape[1:]):
            raise ValueError(f"{max(tensor.shape[1:])} action names are needed, got {len(action_names)}")
        setup = matrix_setup(tensor, action_names=tuple(action_names) or None)
        super().__init__(
            setup=setup,
            id=id,
            title=title,
            num_players=setup.num_players,
            num_actions=setup.num_actions,
            min_utility=setup.min_utility,
            max_utility=setup.max_utility,
            zero_sum=setup.zero_sum,
            simultaneous=setup.simultaneous,
        )
        tensor.setflags(write=False)
        object.__setattr__(self, "payoffs", tensor)
        exact = any(np.asarray(given).dtype.kind not in "fb" for given in payoffs)
        object.__setattr__(self, "given", tuple(np.array(given, object) for given in payoffs) if exact else ())

    def num_actions_of(self, player: int) -> int:
        """How many actions a player has."""
        return int(self.payoffs.shape[1 + player])


def payoff_tensor(*payoffs: Any) -> np.ndarray:
    """The tensor float64[P, A0, …, A(P-1)] that the arguments of `MatrixGame` stand for; a fresh array."""
    if not payoffs:
        raise ValueError("a matrix game needs payoffs: one array per player, or one tensor [P, A0, A1, …]")
    arrays = []
    for i, given in enumerate(payoffs):
        try:
            arrays.append(np.array(given, np.float64))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"payoff array {i} is not a rectangular array of numbers within float64's range") from None
    tensor = _stacked(arrays)
    if 0 in tensor.shape:
        raise ValueError(f"every player needs at least one action; got a payoff tensor of shape {tensor.shape}")
    if not np.isfinite(tensor).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(tensor))[0])
        raise ValueError(f"payoffs must be finite; player {where[0]}'s payoff at {where[1:]} is {tensor[where]}")
    return tensor


def exact_tensor(*payoffs: Any) -> np.ndarray:
    """`payoff_tensor` in exact numbers, object[P, A0, …, A(P-1)] of `Fraction`: floats are binary fractions."""
    payoff_tensor(*payoffs)
    exact = np.frompyfunc(lambda x: Fraction(x.item() if isinstance(x, np.generic) else x), 1, 1)
    return _stacked([exact(np.array(given, object)) for given in payoffs])


def _stacked(arrays: list[np.ndarray]) -> np.ndarray:
    """The tensor of a game's arrays, whatever the numbers in them are."""
    if len(arrays) > 1:
        shapes = [a.shape for a in arrays]
        if any(shape != shapes[0] for shape in shapes) or len(shapes[0]) != len(arrays):
            raise ValueError(
                f"{len(arrays)} payoff arrays (one per player) must all have the same {len(arrays)} dimensions, one "
                f"per player; got shapes {', '.join(map(str, shapes))}"
            )
        tensor = np.stack(arrays)
    elif arrays[0].ndim == 1:
        tensor = arrays[0][None]
    elif arrays[0].ndim == 2:
        tensor = np.stack([arrays[0], 0 - arrays[0]])  # no negative zeros
    else:
        tensor = arrays[0]
    if tensor.ndim == 0 or tensor.ndim != tensor.shape[0] + 1:
        raise ValueError(
            f"a payoff tensor has shape [P, A0, …, A(P-1)]: one axis for the players and one for each player's "
            f"actions; got shape {tensor.shape}"
        )
    return tensor
