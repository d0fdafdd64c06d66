"""Leduc poker (Southey et al. 2005), for two and more players.

A deck of `ranks` ranks in `suits` suits, an ante of 1, one private card each, a round of bets, one public card, a
second round of bets. In a round players act in turn: fold (only when there is something to pay), call (or check), or
raise, twice at most for the table, by 2 in the first round and by 4 in the second. A round ends when everybody who is
in has matched the last raise. Who pairs the public card wins, else the highest rank; equal hands share the pot.

With `suit_isomorphism` chance deals ranks, weighted by how many cards of the rank are left. Action 0 is fold, 1 call,
2 raise. Information state: own card, public card and all moves. Rules as OpenSpiel's ``leduc_poker``.
"""

from __future__ import annotations

import numpy as np

from ..rules import CHANCE, TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter

FOLD, CALL, RAISE = 0, 1, 2

# params: [players, suits, ranks, suit isomorphism]
# state: [what to_move returns, cards dealt, public card + 1, round, raises and calls of the round, players in, bit set
#         of those who folded, stakes, moves of round 1, moves of round 2, card of each player, chips paid by each]
# A round's moves are packed in base 4, a move m as the digit m + 1, the latest lowest.
TURN, DEALT, PUBLIC, ROUND, RAISES, CALLS, IN, FOLDED, STAKES, MOVES, CARDS = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11


@rule
def init(params, state):
    n = params[0]
    state[TURN] = CHANCE
    state[IN] = n
    state[STAKES] = 1
    for p in range(n):
        state[CARDS + n + p] = 1


@rule
def to_move(params, state):
    return state[TURN]


@rule
def legal(params, state, player, out):
    count = 0
    if state[STAKES] > state[CARDS + params[0] + player]:
        out[0] = FOLD
        count = 1
    out[count] = CALL
    count += 1
    if state[RAISES] < 2:
        out[count] = RAISE
        count += 1
    return count


@rule
def chance(params, state, outcomes, probabilities):
    suits, ranks, isomorphic = params[1], params[2], params[3] != 0
    kinds, copies = (ranks, suits) if isomorphic else (ranks * suits, 1)
    left, count = ranks * suits - state[DEALT], 0
    for card in range(kinds):
        free = copies
        for p in range(state[DEALT]):
            if state[CARDS + p] == card:
                free -= 1
        if free > 0:
            outcomes[count] = card
            probabilities[count] = free / left
            count += 1
    return count


@rule
def next_player(params, state, player):
    player = player % params[0]
    while state[FOLDED] >> player & 1:
        player = (player + 1) % params[0]
    return 1 << player


@rule
def apply(params, state, actions):
    n = params[0]
    if state[TURN] == CHANCE:
        if state[DEALT] < n:
            state[CARDS + state[DEALT]] = actions[0]
            state[DEALT] += 1
        else:
            state[PUBLIC] = actions[0] + 1
        if state[DEALT] == n and (state[ROUND] == 0 or state[PUBLIC] > 0):
            state[TURN] = next_player(params, state, 0)
        return
    player = 0
    while not state[TURN] >> player & 1:
        player += 1
    move = actions[player]
    state[MOVES + state[ROUND]] = 4 * state[MOVES + state[ROUND]] + move + 1
    if move == FOLD:
        state[FOLDED] |= 1 << player
        state[IN] -= 1
    elif move == CALL:
        state[CARDS + n + player] = state[STAKES]
        state[CALLS] += 1
    else:
        state[STAKES] += 2 + 2 * state[ROUND]
        state[CARDS + n + player] = state[STAKES]
        state[RAISES] += 1
        state[CALLS] = 0
    if state[IN] == 1:
        state[TURN] = TERMINAL
    elif state[CALLS] < state[IN] - (1 if state[RAISES] > 0 else 0):
        state[TURN] = next_player(params, state, player + 1)
    elif state[ROUND] == 1:
        state[TURN] = TERMINAL
    else:
        state[ROUND], state[RAISES], state[CALLS], state[TURN] = 1, 0, 0, CHANCE


@rule
def returns(params, state, out):
    n = params[0]
    if state[TURN] != TERMINAL:
        return
    suits = 1 if params[3] != 0 else params[1]
    pot, best, winners = 0.0, -1, 0
    for p in range(n):
        paid = state[CARDS + n + p]
        out[p] = -paid
        pot += paid
        if not state[FOLDED] >> p & 1:
            strength = hand(params, state, p, suits)
            if strength > best:
                best, winners = strength, 1
            elif strength == best:
                winners += 1
    for p in range(n):
        if not state[FOLDED] >> p & 1 and hand(params, state, p, suits) == best:
            out[p] += pot / winners


@rule
def hand(params, state, player, suits):
    """The rank of the private card; above all ranks if it pairs the public card."""
    rank = state[CARDS + player] // suits
    return params[2] if state[PUBLIC] > 0 and rank == (state[PUBLIC] - 1) // suits else rank


@rule
def info(params, state, player, out):
    out[0] = state[CARDS + player] if state[DEALT] > player else -1
    out[1] = state[PUBLIC] - 1
    out[2] = state[MOVES]
    out[3] = state[MOVES + 1]
    return 4


@rule
def observe(params, state, player, out):
    """One-hot player, private card and public card, then for both rounds three numbers a move: fold, call, raise."""
    n = params[0]
    kinds = params[2] * (1 if params[3] != 0 else params[1])
    out[player] = 1.0
    if state[DEALT] > player:
        out[n + state[CARDS + player]] = 1.0
    if state[PUBLIC] > 0:
        out[n + kinds + state[PUBLIC] - 1] = 1.0
    start = n + 2 * kinds
    for i in range(2):
        moves, count = state[MOVES + i], 0
        while moves >> 2 * count:
            count += 1
        for k in range(count):
            out[start + 3 * k + (moves >> 2 * (count - 1 - k) & 3) - 1] = 1.0
        start += 3 * (3 * n - 2)


RULES = Rules.of(globals())


def moves_text(packed: int) -> str:
    """The moves of one round, first to last, as letters f, c, r."""
    text = ""
    while packed:
        text = "?fcr"[packed & 3] + text
        packed >>= 2
    return text


def leduc_poker(players: int, suits: int, ranks: int, suit_isomorphism: bool) -> Setup:
    ranks = ranks or players + 1
    if suits * ranks < players + 1:
        raise ValueError(
            f"leduc_poker: {suits} suits of {ranks} ranks are {suits * ranks} cards, but {players} players and the "
            f"table need {players + 1}"
        )
    kinds = ranks if suit_isomorphism else ranks * suits
    return Setup(
        rules=RULES,
        params=np.array([players, suits, ranks, suit_isomorphism], np.int64),
        state_size=CARDS + 2 * players,
        num_players=players,
        num_actions=3,
        max_outcomes=kinds,
        info_size=4,
        observation_size=players + 2 * kinds + 6 * (3 * players - 2),
        min_utility=-13.0,
        max_utility=13.0 * (players - 1),
        zero_sum=True,
        action_text=lambda action: ("fold", "call", "raise")[action],
        info_text=info_text,
        render=lambda state: render(state, players),
    )


def info_text(player: int, key: tuple[int, ...]) -> str:
    """For instance ``4:cr``, and ``4:crc/1:r`` once card 1 lies on the table."""
    text = f"{key[0] if key[0] >= 0 else ''}:{moves_text(key[2])}"
    return text if key[1] < 0 else f"{text}/{key[1]}:{moves_text(key[3])}"


def render(state: np.ndarray, players: int) -> str:
    cards = " ".join(str(c) for c in state[CARDS : CARDS + int(state[DEALT])])
    paid = " ".join(str(c) for c in state[CARDS + players : CARDS + 2 * players])
    public = str(state[PUBLIC] - 1) if state[PUBLIC] else "-"
    moves = f"{moves_text(int(state[MOVES]))}/{moves_text(int(state[MOVES + 1]))}"
    return f"cards {cards or '-'}  table {public}  moves {moves}  paid {paid}"


GAMES = (
    GameSpec(
        id="leduc_poker",
        title="Leduc poker",
        build=leduc_poker,
        players="2-10",
        parameters=(
            Parameter("players", 2, "number of players", 2, 10),
            Parameter("suits", 2, "number of suits", 1, 8),
            Parameter("ranks", 0, "number of ranks; 0: one more than players", 0, 32),
            Parameter("suit_isomorphism", False, "whether chance deals ranks, so that suits are not told apart"),
        ),
        tags=("card", "chance", "imperfect-information", "zero-sum"),
    ),
)
