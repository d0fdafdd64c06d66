"""Hanabi (Bauza 2010; Bard et al. 2020): the players see each other's cards but not their own, and build one stack a
color, from 1 up.

In turn, one tells another player all slots of one color or of one rank (this costs an information token), discards a
card (this wins one back), or plays a card: it goes on its color's stack if it is the next, else a life is lost. A
finished stack wins a token back, too. The game ends when the lives or all cards of the stacks are out, or after one
last turn each once the deck is empty. Everybody is paid the number of cards on the stacks; 0 if the lives are out.

Actions, chance and observations are those of the Hanabi Learning Environment and of OpenSpiel's ``hanabi``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..agent import ScriptedAgent
from ..drawing import GRID, INK, Colour, Scene, Shape, box, disc, label
from ..dynamics import Feature
from ..rules import CHANCE, Setup
from ..spec import GameSpec, Parameter
from . import _hanabi as h

LETTERS = "RYGWB"
PAINTS: tuple[Colour, ...] = ((205, 60, 55), (225, 180, 40), (70, 155, 80), (240, 240, 240), (60, 110, 200))
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "small": {"colors": 2, "hand_size": 2, "information_tokens": 3, "life_tokens": 1},
    "very_small": {"colors": 1, "hand_size": 2, "information_tokens": 3, "life_tokens": 1},
}
"""The small games of the Hanabi Learning Environment."""


def read(name: str) -> Mapping[str, Any] | None:
    """The parameters that ``hanabi/small`` and the like stand for."""
    return VARIANTS.get(name.removeprefix("hanabi/"))


def hanabi(
    players: int, colors: int, ranks: int, hand_size: int, information_tokens: int, life_tokens: int, score: str
) -> Setup:
    slots = hand_size or (5 if players < 4 else 4)
    kinds, in_color = colors * ranks, 2 * ranks if ranks > 1 else 3
    rest = colors * in_color - players * slots
    if rest < 0:
        raise ValueError(
            f"hanabi: hand_size {slots} for {players} players needs {players * slots} cards, but {colors} colors of "
            f"{ranks} ranks are {colors * in_color}"
        )
    turns = 2 * rest + information_tokens + players  # a card for each token won back, and a last turn each
    hands = (players - 1) * slots * kinds + players
    board = rest + kinds + information_tokens + life_tokens
    last = 2 * players + 4 + colors + ranks + 2 * slots + kinds + 2
    known = slots * (kinds + colors + ranks)
    size = hands + board + colors * in_color + last + players * known
    starts = (hands, hands + board, hands + board + colors * in_color, size - players * known)
    params = (players, colors, ranks, slots, information_tokens, life_tokens, score == "kept", rest, *starts)
    names = action_names(players, colors, ranks, slots)
    return Setup(
        rules=h.RULES,
        params=np.array(params, np.int64),
        state_size=h.HANDS + 3 * players + (turns + 1) // 2,
        num_players=players,
        num_actions=len(names),
        max_outcomes=kinds,
        info_size=players + (turns + 1) // 2,
        observation_size=size,
        min_utility=0.0,
        max_utility=float(kinds),
        action_text=lambda action: names[action],
        info_text=lambda player, key: info_text(np.array(params), names, player, key),
        render=lambda state: render(np.array(params), names, state),
        picture=lambda state: picture(np.array(params), state),
        features=(
            Feature("hands", (players - 1) * slots * kinds, "one-hot card of each slot of the others' hands"),
            Feature("lacking", players, "1 if the player has a card less than a full hand"),
            Feature("deck", rest, "as many ones as cards are in the deck"),
            Feature("stacks", kinds, "per color one-hot height of its stack; zeros where it is empty"),
            Feature("information tokens", information_tokens, "as many ones as there are"),
            Feature("lives", life_tokens, "as many ones as there are"),
            Feature("discards", colors * in_color, "per card as many ones as copies are discarded"),
            Feature("last turn: who", players, "one-hot player"),
            Feature("last turn: kind", 4, "played, discarded, told a color, told a rank"),
            Feature("last turn: told", players + colors + ranks, "one-hot player, color and rank"),
            Feature("last turn: slots", 2 * slots, "slots touched by the hint; one-hot slot of the card"),
            Feature("last turn: card", kinds + 2, "one-hot card played or discarded; did it score, win a token back"),
            Feature("knowledge", players * known, "per slot of every hand: cards not ruled out, color told, rank told"),
        ),
        heuristic=lambda: ScriptedAgent(lambda obs, legal: safe_play(np.array(params), obs, legal), name="safe play"),
    )


def action_names(players: int, colors: int, ranks: int, slots: int) -> list[str]:
    """What each action is called."""
    names = [f"{kind} {slot}" for kind in ("discard", "play") for slot in range(slots)]
    for values in (LETTERS[:colors], "12345"[:ranks]):
        names += [f"tell +{away} {value}" for away in range(1, players) for value in values]
    return names


# -- for people --------------------------------------------------------------------------------------------------------


def card_text(params: np.ndarray, digit: int) -> str:
    """A card from the digit that stands for it (card + 1), for instance R1."""
    color, rank = divmod(digit - 1, int(params[h.RANKS]))
    return f"{LETTERS[color]}{rank + 1}" if digit else "--"


def hand_cards(params: np.ndarray, hand: int) -> list[str]:
    """A hand's cards, the oldest first."""
    return [card_text(params, hand >> 5 * slot & 31) for slot in range(int(params[h.SLOTS]))]


def knowledge(params: np.ndarray, known: int, slot: int) -> tuple[str, str]:
    """(the colors, the ranks) that a card may have as far as hints tell, such as ("RY", "1")."""
    bits = known >> 12 * slot
    colors = "".join(LETTERS[c] for c in range(int(params[h.COLORS])) if bits >> c & 1)
    return colors, "".join(str(r + 1) for r in range(int(params[h.RANKS])) if bits >> h.KNOWN_RANKS + r & 1)


def turn_text(params: np.ndarray, names: list[str], entry: int, own: bool) -> str:
    """One turn of the history: the action, the card or the slots touched, and the card drawn."""
    text = names[entry & 63]
    card, touched, drawn = entry >> h.CARD & 31, entry >> h.TOUCHED & 31, entry >> h.DRAWN & 31
    if card:
        text += f" {card_text(params, card)}{'+' if entry >> h.SCORED & 1 else ''}"
    else:
        text += ":" + "".join(str(slot) for slot in range(int(params[h.SLOTS])) if touched >> slot & 1)
    return f"{text} > {card_text(params, drawn)}" if drawn and not own else text


def info_text(params: np.ndarray, names: list[str], player: int, key: tuple[int, ...]) -> str:
    """The others' first hands, then the turns: ``?? | R1Y2 | tell +1 R:0 | play 0 R1+``."""
    n = int(params[h.PLAYERS])
    parts = ["??" if p == player else "".join(hand_cards(params, key[p])).replace("--", "") for p in range(n)]
    entries = [entry for word in key[n:] for entry in (word & 0xFFFFFFFF, word >> 32)]
    if entries and not entries[-1]:
        entries.pop()
    parts += [turn_text(params, names, entry, turn % n == player) for turn, entry in enumerate(entries)]
    return " | ".join(parts)


def stack_heights(params: np.ndarray, state: np.ndarray) -> list[int]:
    """Cards on each color's stack."""
    return [int(state[h.FIREWORKS]) >> 4 * c & 15 for c in range(int(params[h.COLORS]))]


def last_entry(params: np.ndarray, state: np.ndarray) -> int:
    """The history's entry of the last turn; there must have been one."""
    turn = int(state[h.TURN]) - 1
    return int(state[h.HANDS + 3 * int(params[h.PLAYERS]) + turn // 2]) >> 32 * (turn % 2) & 0xFFFFFFFF


def render(params: np.ndarray, names: list[str], state: np.ndarray) -> str:
    n = int(params[h.PLAYERS])
    stacks = " ".join(f"{LETTERS[c]}{height}" for c, height in enumerate(stack_heights(params, state)))
    lines = [f"stacks {stacks}  tokens {state[h.INFO]}  lives {state[h.LIFE]}  deck {state[h.DECK]}"]
    for p in range(n):
        cards = hand_cards(params, int(state[h.HANDS + p]))
        known = [" ".join(knowledge(params, int(state[h.HANDS + n + p]), slot)) for slot in range(len(cards))]
        mark = ">" if state[h.MOVERS] == 1 << p else " "
        hand = "  ".join(f"{c} ({k})" for c, k in zip(cards, known) if c != "--")
        lines.append(f"{mark} player {p}: {hand}")
    pile = [card_text(params, card + 1) for card in discards(params, state)]
    lines.append("discards " + (" ".join(pile) or "none"))
    if state[h.TURN] > 0:
        lines.append("last turn: " + turn_text(params, names, last_entry(params, state), False))
    return "\n".join(lines)


def discards(params: np.ndarray, state: np.ndarray) -> list[int]:
    """The discarded cards, ascending."""
    kinds, packed = int(params[h.COLORS] * params[h.RANKS]), int(state[h.DISCARDED])
    return [card for card in range(kinds) for _ in range(packed >> 2 * card & 3)]


def card_shapes(x: float, y: float, color: int, rank: int, size: float = 1.0) -> list[Shape]:
    """A card with its lower left corner at (x, y); a rank of 0 is an empty place."""
    frame = box(x, y, 0.8 * size, 1.1 * size, INK if rank else PAINTS[color])
    inner = box(x + 0.03, y + 0.03, 0.8 * size - 0.06, 1.1 * size - 0.06, PAINTS[color] if rank else GRID)
    return [frame, inner, label(x + 0.4 * size, y + 0.55 * size, str(rank) if rank else LETTERS[color], 0.6 * size)]


def picture(params: np.ndarray, state: np.ndarray) -> Scene:
    """Stacks above; tokens, lives and discards; every hand with what its owner may still think of each card."""
    n, ranks, slots = (int(x) for x in params[[h.PLAYERS, h.RANKS, h.SLOTS]])
    width, top = max(6.6, 1.2 * slots + 1.6), 1.75 * n
    shapes: list[Shape] = []
    for c, height in enumerate(stack_heights(params, state)):
        shapes += card_shapes(1.5 + c, top + 1.6, c, height)
    shapes.append(label(0.7, top + 2.3, f"deck {state[h.DECK]}", 0.26))
    shapes.append(label(0.7, top + 1.9, f"score {state[h.SCORE]}", 0.26))
    for row, (name, left, most, colour) in enumerate(
        (("tokens", state[h.INFO], params[h.TOKENS], PAINTS[4]), ("lives", state[h.LIFE], params[h.LIVES], PAINTS[0]))
    ):
        y = top + 1.2 - 0.36 * row
        shapes.append(label(0.7, y, name, 0.26))
        shapes += [disc(1.6 + 0.34 * i, y, 0.13, colour if i < left else (214, 214, 208)) for i in range(int(most))]
    shapes.append(label(0.7, top + 0.4, "discards", 0.26))
    pile = discards(params, state)
    step = min(0.32, (width - 1.6) / max(len(pile), 1))
    for i, card in enumerate(pile):
        shapes += card_shapes(1.5 + step * i, top + 0.22, card // ranks, card % ranks + 1, 0.34)
    for p in range(n):
        y = top - 1.75 * (p + 1) + 0.35
        to_move = state[h.MOVERS] == 1 << p or (state[h.MOVERS] == CHANCE and state[h.NEXT] == p)
        shapes.append(label(0.7, y + 0.7, f"player {p}", 0.26, PAINTS[4] if to_move else INK))
        for slot in range(slots):
            digit = int(state[h.HANDS + p]) >> 5 * slot & 31
            if digit:
                shapes += card_shapes(1.5 + 1.2 * slot, y + 0.15, (digit - 1) // ranks, (digit - 1) % ranks + 1)
                told = " ".join(knowledge(params, int(state[h.HANDS + n + p]), slot))
                shapes.append(label(1.9 + 1.2 * slot, y, told, 0.16))
    return Scene(0.0, -0.1, width, top + 2.9, shapes)


# -- a scripted player -------------------------------------------------------------------------------------------------


def safe_play(params: np.ndarray, obs: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Preferences float64[B, A] of a careful player: plays what must be playable, tells the others of what they can
    play, discards what is useless, else the oldest card; the order of rules as in Walton-Rivers et al. (2017)."""
    n, colors, ranks, slots = (int(x) for x in params[[h.PLAYERS, h.COLORS, h.RANKS, h.SLOTS]])
    tokens, kinds, batch = int(params[h.TOKENS]), colors * ranks, len(obs)
    seen = obs > 0.5
    hands = seen[:, : (n - 1) * slots * kinds].reshape(batch, n - 1, slots, kinds)
    at = int(params[h.BOARD] + params[h.REST])
    stacks = seen[:, at : at + kinds].reshape(batch, colors, ranks)
    spare = ~seen[:, at + kinds : at + kinds + tokens].all(axis=1)
    copies = np.array([h.copies(ranks, rank) for rank in range(ranks)])
    pile = seen[:, int(params[h.PILE]) : int(params[h.RECENT])].reshape(batch, colors, -1)
    gone = np.add.reduceat(pile, np.r_[0, np.cumsum(copies)[:-1]], axis=2, dtype=int)
    per_slot = seen[:, int(params[h.KNOWN]) :].reshape(batch, n, slots, kinds + colors + ranks)
    may = per_slot[..., :kinds]

    height = stacks.argmax(axis=2) + stacks.any(axis=2)
    played = np.arange(ranks) < height[..., None]
    playable = (np.arange(ranks) == height[..., None]).reshape(batch, kinds)
    above = np.cumsum((gone == copies) & ~played, axis=2) > 0  # cards on a lost card can never be played
    useless = (played | above).reshape(batch, kinds)
    in_sight = (gone + played).reshape(batch, kinds) + hands.sum(axis=(1, 2))
    own = may[:, 0] & (in_sight < np.tile(copies, colors))[:, None]

    wants = np.zeros(legal.shape)
    wants[:, :slots] = np.where(surely(own, useless), 40.0, 10.0) - np.arange(slots)
    wants[:, slots : 2 * slots] = np.where(surely(own, playable), 100.0 - np.arange(slots), -10.0)
    wants[~spare, :slots] = -20.0
    for away in range(n - 1):
        cards, guess = hands[:, away], may[:, away + 1]
        good = (cards & playable[:, None]).any(axis=2)
        unsure = good & ~surely(guess, playable)
        faces = cards.reshape(batch, slots, colors, ranks)
        for by_color, start in ((True, away * colors), (False, (n - 1) * colors + away * ranks)):
            values = np.asarray(faces.any(axis=3 if by_color else 2))
            for value in range(values.shape[2]):
                touched = values[..., value]
                same = (np.arange(kinds) // ranks if by_color else np.arange(kinds) % ranks) == value
                after = guess & (touched[..., None] == same)
                learned = after.sum(axis=2) < guess.sum(axis=2)
                sure = (unsure & surely(after, playable)).sum(axis=1)
                some = (unsure & touched & learned).sum(axis=1)
                worth = np.where(sure > 0, 70.0 + sure, np.where(some > 0, 50.0 + some, 0.0))
                wants[:, 2 * slots + start + value] = worth + 0.1 * learned.sum(axis=1)
    return wants


def surely(may: np.ndarray, good: np.ndarray) -> np.ndarray:
    """bool[B, S]: slots all of whose possible cards [B, S, K] are good [B, K]."""
    return may.any(axis=2) & ~(may & ~good[:, None]).any(axis=2)


GAMES = (
    GameSpec(
        id="hanabi",
        title="Hanabi",
        build=hanabi,
        players="2-5",
        parameters=(
            Parameter("players", 2, "number of players", 2, 5),
            Parameter("colors", 5, "number of colors", 1, 5),
            Parameter("ranks", 5, "number of ranks", 1, 5),
            Parameter("hand_size", 0, "cards of a hand; 0: five, with four or five players four", 0, 5),
            Parameter("information_tokens", 8, "most information tokens", 1, 8, also=("max_information_tokens",)),
            Parameter("life_tokens", 3, "lives", 1, 3, also=("max_life_tokens",)),
            Parameter("score", "lost", "what a game whose lives are out pays", choices=("lost", "kept")),
        ),
        tags=("card", "chance", "common-payoff", "cooperative", "imperfect-information"),
        read=read,
        names=("hanabi/small", "hanabi/very_small"),
        scores={"random": 0.0, "heuristic": 17.68},
    ),
)
