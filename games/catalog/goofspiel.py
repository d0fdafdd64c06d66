"""Goofspiel, the game of pure strategy: everybody bids a hand of cards 1 … `cards` on prizes of the same values.

In each turn a prize is shown and everybody bids a card at once; the highest bid, if it is alone, wins the prize, else
the prize is lost. The last turn, where nobody has a choice, is played at once. With `imp_info` players learn who won a
turn, but not the others' bids.

Action and prize number c is the card of value c + 1. Information state: the prizes, the winners, and all bids (own bids
only with `imp_info`). Rules as OpenSpiel's ``goofspiel``.
"""

from __future__ import annotations

import numpy as np

from ..rules import CHANCE, TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter

ORDERS = ("random", "descending", "ascending")
RETURNS = ("win_loss", "point_difference", "total_points")

# params: [players, cards, turns, order of the prizes, kind of returns, whether bids are hidden]
# state: [turns played, what to_move returns, prize shown + 1, bit set of prizes not yet shown, then for each player the
#         hand as a bit set, then each player's points, then a record of each turn]
# A record holds four bits each: prize + 1, winner + 1, and every player's bid + 1.
PLAYED, TURN, PRIZE, DECK, HANDS = 0, 1, 2, 3, 4
RANDOM, DESCENDING, ASCENDING = 0, 1, 2


@rule
def show(params, state):
    """Shows the next prize, or leaves it to chance."""
    if params[3] == RANDOM:
        state[TURN], state[PRIZE] = CHANCE, 0
        return
    card = state[PLAYED] if params[3] == ASCENDING else params[1] - 1 - state[PLAYED]
    state[PRIZE] = card + 1
    state[DECK] &= ~(1 << card)


@rule
def lowest(cards):
    card = 0
    while not cards >> card & 1:
        card += 1
    return card


@rule
def bid(params, state, actions, last):
    """Everybody bids on the prize shown; in the last turn the one card left, whatever `actions` say."""
    n, best, winner = params[0], -1, -1
    record = state[PRIZE]
    for p in range(n):
        card = lowest(state[HANDS + p]) if last else actions[p]
        if card > best:
            best, winner = card, p
        elif card == best:
            winner = -1
        state[HANDS + p] &= ~(1 << card)
        record |= (card + 1) << (8 + 4 * p)
    if winner >= 0:
        state[HANDS + n + winner] += state[PRIZE]
    state[HANDS + 2 * n + state[PLAYED]] = record | (winner + 1) << 4
    state[PLAYED] += 1


@rule
def init(params, state):
    n, every = params[0], (1 << params[1]) - 1
    state[DECK] = every
    for p in range(n):
        state[HANDS + p] = every
    state[TURN] = (1 << n) - 1
    show(params, state)


@rule
def to_move(params, state):
    return state[TURN]


@rule
def legal(params, state, player, out):
    count, hand = 0, state[HANDS + player]
    for card in range(params[1]):
        if hand >> card & 1:
            out[count] = card
            count += 1
    return count


@rule
def chance(params, state, outcomes, probabilities):
    count = 0
    for card in range(params[1]):
        if state[DECK] >> card & 1:
            outcomes[count] = card
            count += 1
    probabilities[:count] = 1.0 / count
    return count


@rule
def apply(params, state, actions):
    if state[TURN] == CHANCE:
        state[PRIZE] = actions[0] + 1
        state[DECK] &= ~(1 << actions[0])
        state[TURN] = (1 << params[0]) - 1
        return
    bid(params, state, actions, False)
    if state[PLAYED] < params[2]:
        if state[PLAYED] < params[1] - 1:
            show(params, state)
            return
        state[PRIZE] = lowest(state[DECK]) + 1
        state[DECK] = 0
        bid(params, state, actions, True)
    state[TURN], state[PRIZE] = TERMINAL, 0


@rule
def returns(params, state, out):
    if state[TURN] != TERMINAL:
        return
    n, best, winners, total = params[0], 0, 0, 0.0
    points = state[HANDS + n : HANDS + 2 * n]
    for p in range(n):
        total += points[p]
        if p == 0 or points[p] > best:
            best, winners = points[p], 1
        elif points[p] == best:
            winners += 1
    for p in range(n):
        if params[4] == 2:
            out[p] = points[p]
        elif params[4] == 1:
            out[p] = points[p] - total / n
        elif winners < n:
            out[p] = 1.0 / winners if points[p] == best else -1.0 / (n - winners)


@rule
def info(params, state, player, out):
    n, played = params[0], state[PLAYED]
    records = state[HANDS + 2 * n :]
    out[0] = state[PRIZE]
    for i in range(played):
        own = records[i] >> (8 + 4 * player) & 15
        out[1 + i] = records[i] & 255 | own << 8 if params[5] else records[i]
    return 1 + played


@rule
def observe(params, state, player, out):
    """One-hot player and prize; then for each turn one-hot prize, winner (the observer first), and every bid known."""
    n, cards = params[0], params[1]
    known = 1 if params[5] else n
    out[player] = 1.0
    if state[PRIZE] > 0:
        out[n + state[PRIZE] - 1] = 1.0
    start = n + cards
    for i in range(state[PLAYED]):
        record = state[HANDS + 2 * n + i]
        out[start + (record & 15) - 1] = 1.0
        winner = (record >> 4 & 15) - 1
        if winner >= 0:
            out[start + cards + (winner - player) % n] = 1.0
        for seat in range(known):
            card = (record >> (8 + 4 * ((player + seat) % n)) & 15) - 1
            out[start + cards + n + seat * cards + card] = 1.0
        start += cards + n + known * cards


RULES = Rules.of(globals())


def goofspiel(players: int, cards: int, turns: int, points_order: str, returns_type: str, imp_info: bool) -> Setup:
    if turns > cards:
        raise ValueError(f"goofspiel: there are at most as many turns as cards; got {turns} turns and {cards} cards")
    turns = turns or cards
    known = 1 if imp_info else players
    largest = range(1, turns + 1) if points_order == "ascending" else range(cards - turns + 1, cards + 1)
    total = float(sum(largest))
    low, high = {
        "win_loss": (-1.0, 1.0),
        "point_difference": (-total / players, total - total / players),
        "total_points": (0.0, total),
    }[returns_type]

    def info_text(player: int, key: tuple[int, ...]) -> str:
        """For instance ``3>1:2 1``: prize 3 went to player 1, for the own bid 2 (or ``1,2``: all bids); now prize 1."""
        parts = []
        for record in key[1:]:
            winner = (record >> 4 & 15) - 1
            bids = [record >> (8 + 4 * p) & 15 for p in range(known)]
            parts.append(f"{record & 15}>{winner if winner >= 0 else '-'}:{','.join(map(str, bids))}")
        return " ".join([*parts, str(key[0] or "")]).strip()

    def render(state: np.ndarray) -> str:
        hands = (" ".join(str(c + 1) for c in range(cards) if hand >> c & 1) for hand in state[HANDS : HANDS + players])
        points = state[HANDS + players : HANDS + 2 * players].tolist()
        return f"prize {state[PRIZE] or '-'}  hands {' | '.join(hands)}  points {points}"

    return Setup(
        rules=RULES,
        params=np.array(
            [players, cards, turns, ORDERS.index(points_order), RETURNS.index(returns_type), imp_info], np.int64
        ),
        state_size=HANDS + 2 * players + turns,
        num_players=players,
        num_actions=cards,
        max_outcomes=cards if points_order == "random" else 0,
        info_size=1 + turns,
        observation_size=players + cards + turns * (cards + players + known * cards),
        min_utility=low,
        max_utility=high,
        zero_sum=returns_type != "total_points",
        simultaneous=True,
        action_text=lambda action: str(action + 1),
        info_text=info_text,
        render=render,
    )


GAMES = (
    GameSpec(
        id="goofspiel",
        title="Goofspiel",
        build=goofspiel,
        players="2-10",
        parameters=(
            Parameter("players", 2, "number of players", 2, 10),
            Parameter("cards", 4, "cards of each hand, and prizes", 2, 15, also=("num_cards",)),
            Parameter("turns", 0, "number of turns; 0: as many as cards", 0, 15),
            Parameter("points_order", "random", "order of the prizes", choices=ORDERS),
            Parameter(
                "returns_type",
                "win_loss",
                "1 shared by those with most points and -1 by the others; points less their mean; or points",
                choices=RETURNS,
            ),
            Parameter("imp_info", False, "whether the others' bids stay hidden"),
        ),
        tags=("card", "chance", "imperfect-information", "simultaneous", "zero-sum"),
    ),
)
