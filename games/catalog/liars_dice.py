"""Liar's dice: everybody rolls in secret, bids on all dice rise, until somebody calls the last bidder a liar.

Bid b (an action) claims at least q dice of face f. With ``bidding_rule="reset-face"`` bids are ordered by quantity,
then face: q = 1 + b // faces, f = 1 + b % faces; with ``"reset-quantity"`` by face, then quantity: q = 1 + b % N,
f = 1 + b // N for N dice in all. The highest face is wild and counts for every face. The last action, N·faces, calls
the last bid a lie: if it was true the bidder wins 1 from the caller, else the caller wins 1 from the bidder.

Information state: own dice (their order forgotten) and all bids. Rules as OpenSpiel's ``liars_dice``.
"""

from __future__ import annotations

import numpy as np

from ..rules import CHANCE, TERMINAL, Rules, Setup, rule
from ..spec import GameSpec, Parameter

# params: [players, dice of each, faces, 1 if a higher face beats a higher quantity]
# state: [dice rolled, bids made, last bid + 1, bit set of bids, whether a lie was called, dice of each player]
# A player's dice are packed as counts: four bits for each face. Bids rise, so that their set tells their order.
ROLLED, BIDS, LAST, SET, CALLED, DICE = 0, 1, 2, 3, 4, 5


@rule
def init(params, state):
    pass


@rule
def to_move(params, state):
    if state[ROLLED] < params[0] * params[1]:
        return CHANCE
    return TERMINAL if state[CALLED] else 1 << (state[BIDS] % params[0])


@rule
def legal(params, state, player, out):
    liar, last = params[0] * params[1] * params[2], state[LAST]
    for bid in range(last, liar):
        out[bid - last] = bid
    if last == 0:
        return liar
    out[liar - last] = liar
    return liar - last + 1


@rule
def chance(params, state, outcomes, probabilities):
    faces = params[2]
    for face in range(faces):
        outcomes[face] = face
        probabilities[face] = 1.0 / faces
    return faces


@rule
def apply(params, state, actions):
    n, dice = params[0], params[1]
    if state[ROLLED] < n * dice:
        state[DICE + state[ROLLED] // dice] += 1 << 4 * actions[0]
        state[ROLLED] += 1
        return
    action = actions[state[BIDS] % n]
    state[SET] |= 1 << action
    if action == n * dice * params[2]:
        state[CALLED] = 1
    else:
        state[LAST] = action + 1
        state[BIDS] += 1


@rule
def returns(params, state, out):
    if state[CALLED] == 0:
        return
    n, faces, bid = params[0], params[2], state[LAST] - 1
    if params[3]:
        face, quantity = bid // (n * params[1]), 1 + bid % (n * params[1])
    else:
        face, quantity = bid % faces, 1 + bid // faces
    for p in range(n):
        quantity -= state[DICE + p] >> 4 * face & 15
        if face != faces - 1:
            quantity -= state[DICE + p] >> 4 * (faces - 1) & 15
    caller, bidder = state[BIDS] % n, (state[BIDS] - 1) % n
    out[bidder] = 1.0 if quantity <= 0 else -1.0
    out[caller] = -out[bidder]


@rule
def info(params, state, player, out):
    out[0] = state[DICE + player]
    out[1] = state[SET]
    return 2


@rule
def observe(params, state, player, out):
    """One-hot player, share of the own dice that shows each face, then one bit for each bid made, and for the call."""
    n, dice, faces = params[0], params[1], params[2]
    out[player] = 1.0
    for face in range(faces):
        out[n + face] = (state[DICE + player] >> 4 * face & 15) / dice
    for action in range(n * dice * faces + 1):
        out[n + faces + action] = state[SET] >> action & 1


RULES = Rules.of(globals())


def liars_dice(players: int, dice: int, faces: int, bidding_rule: str) -> Setup:
    bids = players * dice * faces
    if bids > 61:
        raise ValueError(f"liars_dice: players × dice × faces must be at most 61, got {players} × {dice} × {faces}")

    def bid_text(action: int) -> str:
        if action == bids:
            return "liar"
        if bidding_rule == "reset-face":
            return f"{1 + action // faces}-{1 + action % faces}"
        return f"{1 + action % (players * dice)}-{1 + action // (players * dice)}"

    def info_text(player: int, key: tuple[int, ...]) -> str:
        """For instance ``26 1-3 2-3``: own dice, then bids as quantity-face."""
        own = "".join(str(1 + face) * (key[0] >> 4 * face & 15) for face in range(faces))
        return " ".join([own, *(bid_text(a) for a in range(bids + 1) if key[1] >> a & 1)])

    def render(state: np.ndarray) -> str:
        hands = (info_text(p, (int(state[DICE + p]), 0)) for p in range(players))
        return f"dice {' | '.join(hands)}  bids {info_text(0, (0, int(state[SET]))).strip() or '-'}"

    return Setup(
        rules=RULES,
        params=np.array([players, dice, faces, bidding_rule == "reset-quantity"], np.int64),
        state_size=DICE + players,
        num_players=players,
        num_actions=bids + 1,
        max_outcomes=faces,
        info_size=2,
        observation_size=players + faces + bids + 1,
        min_utility=-1.0,
        max_utility=1.0,
        zero_sum=True,
        action_text=bid_text,
        info_text=info_text,
        render=render,
    )


GAMES = (
    GameSpec(
        id="liars_dice",
        title="Liar's dice",
        build=liars_dice,
        players="2-10",
        parameters=(
            Parameter("players", 2, "number of players", 2, 10),
            Parameter("dice", 1, "dice of each player", 1, 15, also=("numdice",)),
            Parameter("faces", 6, "faces of a die; the highest is wild", 1, 9, also=("dice_sides",)),
            Parameter(
                "bidding_rule",
                "reset-face",
                "what a higher quantity (reset-face) or a higher face (reset-quantity) starts anew",
                choices=("reset-face", "reset-quantity"),
            ),
        ),
        tags=("chance", "dice", "imperfect-information", "zero-sum"),
    ),
)
