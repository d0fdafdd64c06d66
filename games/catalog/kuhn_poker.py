"""Kuhn poker (Kuhn 1950; three and more players: Abou Risk & Szafron 2010).

A deck of players + 1 cards, one card each, an ante of 1, one bet of 1. In turn a player passes or bets; once somebody
has bet, each of the others, in turn, folds (passes) or calls (bets) once. Everybody passing, or the last answer to the
bet, ends the hand; the highest card of those who are in for the bet (of all, if nobody bet) takes the pot.

Action 0 is pass, 1 is bet. Information state: own card and all moves. Rules as OpenSpiel's ``kuhn_poker``.
"""

from __future__ import annotations

import numpy as np

from ..rules import CHANCE, TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter

# params: [players]. state: [cards dealt, moves made, first bettor + 1, card of each player, move of each turn]
DEALT, MOVES, BETTOR, CARDS = 0, 1, 2, 3


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    n, moves, bettor = params[0], state[MOVES], state[BETTOR]
    if state[DEALT] < n:
        return CHANCE
    if bettor == 0:
        return TERMINAL if moves == n else 1 << moves
    return TERMINAL if moves == bettor - 1 + n else 1 << (moves % n)


@rule
def legal(params, state, player, out):
    out[0], out[1] = 0, 1
    return 2


@rule
def chance(params, state, outcomes, probabilities):
    n, count = params[0], 0
    for card in range(n + 1):
        free = True
        for p in range(state[DEALT]):
            if state[CARDS + p] == card:
                free = False
        if free:
            outcomes[count] = card
            count += 1
    probabilities[:count] = 1.0 / count
    return count


@rule
def apply(params, state, actions):
    n = params[0]
    if state[DEALT] < n:
        state[CARDS + state[DEALT]] = actions[0]
        state[DEALT] += 1
        return
    moves = state[MOVES]
    move = actions[moves % n]
    state[CARDS + n + moves] = move
    if move == 1 and state[BETTOR] == 0:
        state[BETTOR] = moves + 1
    state[MOVES] = moves + 1


@rule
def returns(params, state, out):
    n = params[0]
    if to_move(params, state) != TERMINAL:
        return
    bettor, best, winner, pot = state[BETTOR], -1, 0, 0.0
    for p in range(n):
        paid = 1.0
        stays = bettor == 0
        if bettor > 0:
            turn = p if p >= bettor - 1 else p + n  # a player's move after (or as) the first bet
            stays = state[CARDS + n + turn] == 1
            if stays:
                paid = 2.0
        out[p] = -paid
        pot += paid
        if stays and state[CARDS + p] > best:
            best, winner = state[CARDS + p], p
    out[winner] += pot


@rule
def info(params, state, player, out):
    n, moves = params[0], state[MOVES]
    dealt = state[DEALT] > player
    out[0] = state[CARDS + player] if dealt else -1
    for i in range(moves):
        out[1 + i] = state[CARDS + n + i]
    return 1 + moves


@rule
def observe(params, state, player, out):
    """One-hot player, one-hot card, then two numbers for each turn: passed, bet."""
    n = params[0]
    out[player] = 1.0
    if state[DEALT] > player:
        out[n + state[CARDS + player]] = 1.0
    for i in range(state[MOVES]):
        out[2 * n + 1 + 2 * i + state[CARDS + n + i]] = 1.0


RULES = Rules.of(globals())


def kuhn_poker(players: int) -> Setup:
    turns = 2 * players - 1
    return Setup(
        rules=RULES,
        params=np.array([players], np.int64),
        state_size=CARDS + players + turns,
        num_players=players,
        num_actions=2,
        max_outcomes=players + 1,
        info_size=1 + turns,
        observation_size=2 * players + 1 + 2 * turns,
        min_utility=-2.0,
        max_utility=2.0 * (players - 1),
        zero_sum=True,
        action_text=lambda action: ("pass", "bet")[action],
        info_text=lambda player, key: (str(key[0]) if key[0] >= 0 else "") + "".join("pb"[move] for move in key[1:]),
        render=lambda state: render(state, players),
    )


def render(state: np.ndarray, players: int) -> str:
    cards = " ".join(str(c) for c in state[CARDS : CARDS + min(int(state[DEALT]), players)])
    moves = "".join("pb"[m] for m in state[CARDS + players : CARDS + players + int(state[MOVES])])
    return f"cards {cards or '-'}  moves {moves or '-'}"


GAMES = (
    GameSpec(
        id="kuhn_poker",
        title="Kuhn poker",
        build=kuhn_poker,
        players="2-5",
        parameters=(Parameter("players", 2, "number of players; the deck has one card more", 2, 5),),
        tags=("card", "chance", "imperfect-information", "zero-sum"),
    ),
)
