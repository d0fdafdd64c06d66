"""The rules of Hanabi over a packed state: one word a hand, one word a hand's knowledge, 32 bits a turn of history.

A card is color · ranks + rank. Actions: discard a slot, play a slot, tell a player a color, tell a player a rank, each
block in the order of slots, or of players from the next one on and then of values. A chance outcome is a card, dealt
to the first player who lacks one. All as the Hanabi Learning Environment and OpenSpiel have it.
"""

from __future__ import annotations

from ..rules import CHANCE, TERMINAL, Rules, rule

# params: players, colors, ranks, slots of a hand, most information tokens, lives, whether a lost game keeps its score,
# cards in the deck after the deal, then where board, discards, last move and knowledge begin in an observation
PLAYERS, COLORS, RANKS, SLOTS, TOKENS, LIVES, KEPT, REST, BOARD, PILE, RECENT, KNOWN = range(12)

# state: what to_move returns, the player whose turn it is or comes after the deal, turns taken, cards in the deck,
# information tokens, lives, turns left once the deck is empty, the next rank of each color (4 bits each), the score,
# copies of each card in the deck and in the discards (2 bits each)
MOVERS, NEXT, TURN, DECK, INFO, LIFE, LEFT, FIREWORKS, SCORE, STOCK, DISCARDED, HANDS = range(12)
# from HANDS on for each player: the hand (5 bits a slot: card + 1), what is known of it (12 bits a slot: colors and
# ranks that it may have, whether its color and its rank were told), the hand at the start; then the history
KNOWN_RANKS, TOLD_COLOR, TOLD_RANK = 5, 10, 11
# a turn: action, card played or discarded + 1, slots a hint touched, whether a play scored, whether it won a token
# back, card drawn + 1
CARD, TOUCHED, SCORED, REGAINED, DRAWN = 6, 11, 16, 17, 18


@rule
def copies(ranks, rank):
    """Cards of one color and rank."""
    return 3 if rank == 0 else 1 if rank == ranks - 1 else 2


@rule
def init(params, state):
    state[MOVERS] = CHANCE
    state[INFO], state[LIFE], state[LEFT] = params[TOKENS], params[LIVES], params[PLAYERS]
    state[DECK] = params[REST] + params[PLAYERS] * params[SLOTS]
    for color in range(params[COLORS]):
        for rank in range(params[RANKS]):
            state[STOCK] |= copies(params[RANKS], rank) << 2 * (color * params[RANKS] + rank)


@rule
def to_move(params, state):
    return state[MOVERS]


@rule
def slots_with(params, hand, value, by_rank):
    """Bit set of the slots of a hand whose card has that color, or that rank."""
    found, ranks = 0, params[RANKS]
    for slot in range(params[SLOTS]):
        card = (hand >> 5 * slot & 31) - 1
        if card >= 0:
            color = card // ranks
            if (card - color * ranks if by_rank else color) == value:
                found |= 1 << slot
    return found


@rule
def values_of(params, hand):
    """Bit sets of the colors and of the ranks in a hand."""
    colors, held, ranks = 0, 0, params[RANKS]
    for slot in range(params[SLOTS]):
        card = (hand >> 5 * slot & 31) - 1
        if card >= 0:
            color = card // ranks
            colors |= 1 << color
            held |= 1 << card - color * ranks
    return colors, held


@rule
def legal(params, state, player, out):
    n, slots = params[PLAYERS], params[SLOTS]
    count, hand, spare = 0, state[HANDS + player], state[INFO] < params[TOKENS]
    for kind in range(2):
        if kind == 1 or spare:
            for slot in range(slots):
                if hand >> 5 * slot & 31:
                    out[count] = kind * slots + slot
                    count += 1
    if state[INFO] > 0:
        for by_rank in range(2):
            width = params[RANKS] if by_rank else params[COLORS]
            for away in range(1, n):
                other = player + away if player + away < n else player + away - n
                held = values_of(params, state[HANDS + other])[by_rank]
                first = 2 * slots + by_rank * (n - 1) * params[COLORS] + (away - 1) * width
                for value in range(width):
                    if held >> value & 1:
                        out[count] = first + value
                        count += 1
    return count


@rule
def chance(params, state, outcomes, probabilities):
    count, stock, each = 0, state[STOCK], 1.0 / state[DECK]
    for card in range(params[COLORS] * params[RANKS]):
        left = stock >> 2 * card & 3
        if left:
            outcomes[count] = card
            probabilities[count] = left * each
            count += 1
    return count


@rule
def deal(params, state, card):
    """The first player who lacks a card gets this one."""
    n, slots = params[PLAYERS], params[SLOTS]
    start = HANDS + 2 * n
    player, turn = 0, state[TURN] - 1
    while state[HANDS + player] >> 5 * (slots - 1):
        player += 1
    slot = slots - 1
    while slot > 0 and state[HANDS + player] >> 5 * (slot - 1) == 0:
        slot -= 1
    state[HANDS + player] |= card + 1 << 5 * slot
    blank = (1 << params[COLORS]) - 1 | (1 << params[RANKS]) - 1 << KNOWN_RANKS
    state[HANDS + n + player] |= blank << 12 * slot
    state[STOCK] -= 1 << 2 * card
    state[DECK] -= 1
    if turn < 0:
        state[start + player] = state[HANDS + player]
    else:
        state[start + n + (turn >> 1)] |= card + 1 << DRAWN + 32 * (turn & 1)
    if state[DECK] <= params[REST]:
        state[MOVERS] = 1 << state[NEXT]


@rule
def without(word, width, slot):
    """A row of slots with one taken out: those above move down."""
    return word & (1 << width * slot) - 1 | word >> width * (slot + 1) << width * slot


@rule
def put_down(params, state, player, action):
    """A card is discarded or played. -> the turn's entry of the history."""
    slots, ranks = params[SLOTS], params[RANKS]
    slot = action if action < slots else action - slots
    at = HANDS + player
    card = (state[at] >> 5 * slot & 31) - 1
    state[at] = without(state[at], 5, slot)
    state[at + params[PLAYERS]] = without(state[at + params[PLAYERS]], 12, slot)
    entry = action | card + 1 << CARD
    if action < slots:
        state[INFO] += 1
    else:
        color = card // ranks
        rank = card - color * ranks
        if state[FIREWORKS] >> 4 * color & 15 == rank:
            state[FIREWORKS] += 1 << 4 * color
            state[SCORE] += 1
            if rank == ranks - 1 and state[INFO] < params[TOKENS]:
                state[INFO] += 1
                entry |= 1 << REGAINED
            return entry | 1 << SCORED
        state[LIFE] -= 1
    state[DISCARDED] += 1 << 2 * card
    return entry


@rule
def told(params, player, action):
    """Who is told what by a hint. -> (player, value, 1 for a rank and 0 for a color)"""
    n = params[PLAYERS]
    code, by_rank, width = action - 2 * params[SLOTS], 0, params[COLORS]
    if code >= (n - 1) * width:
        code, by_rank, width = code - (n - 1) * width, 1, params[RANKS]
    away = code // width
    other = player + 1 + away
    return (other if other < n else other - n), code - away * width, by_rank


@rule
def tell(params, state, player, action):
    """A hint is given. -> the turn's entry of the history."""
    other, value, by_rank = told(params, player, action)
    touched = slots_with(params, state[HANDS + other], value, by_rank)
    known, shift = state[HANDS + params[PLAYERS] + other], KNOWN_RANKS * by_rank
    for slot in range(params[SLOTS]):
        if touched >> slot & 1:
            known &= ~((31 << shift) << 12 * slot) | 1 << shift + value + 12 * slot
            known |= 1 << TOLD_COLOR + by_rank + 12 * slot
        else:
            known &= ~(1 << shift + value + 12 * slot)
    state[HANDS + params[PLAYERS] + other] = known
    state[INFO] -= 1
    return action | touched << TOUCHED


@rule
def apply(params, state, actions):
    if state[MOVERS] == CHANCE:
        deal(params, state, actions[0])
        return
    n, player, turn = params[PLAYERS], state[NEXT], state[TURN]
    action = actions[player]
    if state[DECK] == 0:
        state[LEFT] -= 1
    hint = action >= 2 * params[SLOTS]
    entry = tell(params, state, player, action) if hint else put_down(params, state, player, action)
    state[HANDS + 3 * n + (turn >> 1)] |= entry << 32 * (turn & 1)
    state[TURN] = turn + 1
    state[NEXT] = player + 1 if player + 1 < n else 0
    if state[LIFE] == 0 or state[LEFT] == 0 or state[SCORE] == params[COLORS] * params[RANKS]:
        state[MOVERS] = TERMINAL
    elif state[DECK] > 0 and not hint:
        state[MOVERS] = CHANCE
    else:
        state[MOVERS] = 1 << state[NEXT]


@rule
def returns(params, state, out):
    if state[LIFE] > 0 or params[KEPT]:
        for p in range(params[PLAYERS]):
            out[p] = state[SCORE]


@rule
def info(params, state, player, out):
    """The others' first hands and all turns, without the cards that the player drew."""
    n, turns = params[PLAYERS], state[TURN]
    for p in range(n):
        out[p] = state[HANDS + 2 * n + p] if p != player else 0
    count = n + (turns + 1) // 2
    for i in range(n, count):
        out[i] = state[HANDS + 2 * n + i]
    for turn in range(player, turns, n):
        out[n + (turn >> 1)] &= ~(31 << DRAWN + 32 * (turn & 1))
    return count


# -- observations: hands of the others and who lacks a card, board, discards, last move, knowledge of all hands --------


@rule
def see_hand(params, hand, first, seen):
    """Cards from slot `first` on, one-hot."""
    kinds = params[COLORS] * params[RANKS]
    for i in range(first * kinds, params[SLOTS] * kinds):
        seen[i] = 0.0
    for slot in range(first, params[SLOTS]):
        card = (hand >> 5 * slot & 31) - 1
        if card >= 0:
            seen[slot * kinds + card] = 1.0


@rule
def see_known(params, known, first, seen):
    """From slot `first` on: cards that it may be, the color that was told, the rank that was told."""
    colors, ranks, kinds = params[COLORS], params[RANKS], params[COLORS] * params[RANKS]
    width = kinds + colors + ranks
    for slot in range(first, params[SLOTS]):
        bits = known >> 12 * slot & 4095
        may, held = 0, bits >> KNOWN_RANKS & 31
        for color in range(colors):
            may |= (held if bits >> color & 1 else 0) << color * ranks
        if bits >> TOLD_COLOR & 1:
            may |= (bits & 31) << kinds
        if bits >> TOLD_RANK & 1:
            may |= held << kinds + colors
        row = seen[slot * width : (slot + 1) * width]
        for i in range(row.size):
            row[i] = 1.0 if may >> i & 1 else 0.0


@rule
def see_board(params, state, seen):
    """Deck, fireworks, information tokens and lives."""
    colors, ranks = params[COLORS], params[RANKS]
    for i in range(params[REST]):
        seen[i] = 1.0 if i < state[DECK] else 0.0
    at = params[REST]
    for color in range(colors):
        height = state[FIREWORKS] >> 4 * color & 15
        for rank in range(ranks):
            seen[at + rank] = 1.0 if rank + 1 == height else 0.0
        at += ranks
    for i in range(params[TOKENS]):
        seen[at + i] = 1.0 if i < state[INFO] else 0.0
    at += params[TOKENS]
    for i in range(params[LIVES]):
        seen[at + i] = 1.0 if i < state[LIFE] else 0.0


@rule
def see_discards(params, state, card, seen):
    """How many copies of a card were discarded, as so many ones."""
    ranks = params[RANKS]
    color = card // ranks
    rank = card - color * ranks
    at = color * (2 * ranks if ranks > 1 else 3) + (2 * rank + 1 if rank > 0 else 0)
    for i in range(state[DISCARDED] >> 2 * card & 3):
        seen[at + i] = 1.0


@rule
def last_turn(params, state):
    """(the last turn's entry of the history, its player)"""
    n, turn = params[PLAYERS], state[TURN] - 1
    mover = state[NEXT] - 1
    return state[HANDS + 3 * n + (turn >> 1)] >> 32 * (turn & 1), (mover if mover >= 0 else n - 1)


@rule
def see_last(params, entry, away, seen):
    """The last turn: who, kind, who was told what, slots touched, slot, card, whether it scored and won a token."""
    n, colors, ranks, slots = params[PLAYERS], params[COLORS], params[RANKS], params[SLOTS]
    for i in range(params[KNOWN] - params[RECENT]):
        seen[i] = 0.0
    action = entry & 63
    seen[away] = 1.0
    outcome = 2 * n + 4 + colors + ranks
    if action >= 2 * slots:
        other, value, by_rank = told(params, away, action)
        seen[n + 2 + by_rank] = 1.0
        seen[n + 4 + other] = 1.0
        seen[2 * n + 4 + (colors if by_rank else 0) + value] = 1.0
        for slot in range(slots):
            seen[outcome + slot] = entry >> TOUCHED + slot & 1
        return
    played = action >= slots
    seen[n if played else n + 1] = 1.0
    seen[outcome + (action if played else action + slots)] = 1.0  # the slot stands behind the slots touched
    seen[outcome + 2 * slots + (entry >> CARD & 31) - 1] = 1.0
    at = outcome + 2 * slots + colors * ranks
    seen[at], seen[at + 1] = entry >> SCORED & 1, entry >> REGAINED & 1


@rule
def observe(params, state, player, out):
    """The encoding of the Hanabi Learning Environment; players are counted from the observer on."""
    n, kinds, slots = params[PLAYERS], params[COLORS] * params[RANKS], params[SLOTS]
    lacks, hand_size = out[(n - 1) * slots * kinds :], slots * (kinds + params[COLORS] + params[RANKS])
    for away in range(n):
        p = player + away if player + away < n else player + away - n
        hand = state[HANDS + p]
        if away > 0:
            see_hand(params, hand, 0, out[(away - 1) * slots * kinds :])
        if hand >> 5 * (slots - 1) == 0:
            lacks[away] = 1.0
        see_known(params, state[HANDS + n + p], 0, out[params[KNOWN] + away * hand_size :])
    see_board(params, state, out[params[BOARD] :])
    pile = out[params[PILE] :]
    for card in range(kinds):
        see_discards(params, state, card, pile)
    if state[TURN] > 0:
        entry, mover = last_turn(params, state)
        see_last(params, entry, mover - player if mover >= player else mover - player + n, out[params[RECENT] :])


@rule
def view(params, state, fresh, obs, legal):
    """As `observe`; after a step only what the last turn changed."""
    n, kinds, slots = params[PLAYERS], params[COLORS] * params[RANKS], params[SLOTS]
    if fresh:
        for p in range(n):
            observe(params, state, p, obs[p])
    else:
        entry, mover = last_turn(params, state)
        action = entry & 63
        hint = action >= 2 * slots
        of, first, hand_size = mover, 0, slots * (kinds + params[COLORS] + params[RANKS])
        if hint:
            of = told(params, mover, action)[0]
        else:
            first = action if action < slots else action - slots
        hand, known = state[HANDS + of], state[HANDS + n + of]
        for p in range(n):
            seen = obs[p]
            away = of - p if of >= p else of - p + n
            see_last(params, entry, mover - p if mover >= p else mover - p + n, seen[params[RECENT] :])
            see_known(params, known, first, seen[params[KNOWN] + away * hand_size :])
            see_board(params, state, seen[params[BOARD] :])
            if not hint:
                if away > 0:
                    see_hand(params, hand, first, seen[(away - 1) * slots * kinds :])
                seen[(n - 1) * slots * kinds + away] = 1.0 if hand >> 5 * (slots - 1) == 0 else 0.0
                see_discards(params, state, (entry >> CARD & 31) - 1, seen[params[PILE] :])
        old = legal[mover]
        for a in range(old.size):
            old[a] = False
    if state[MOVERS] > 0:
        mark_legal(params, state, legal[state[NEXT]])


@rule
def mark_legal(params, state, mask):
    """`legal` of the player to move, as a mask that comes cleared."""
    n, slots, player = params[PLAYERS], params[SLOTS], state[NEXT]
    hand, spare = state[HANDS + player], state[INFO] < params[TOKENS]
    for slot in range(slots):
        has = (hand >> 5 * slot & 31) != 0
        mask[slot] = has and spare
        mask[slots + slot] = has
    if state[INFO] > 0:
        for away in range(n - 1):
            other = player + 1 + away
            colors, held = values_of(params, state[HANDS + (other if other < n else other - n)])
            at = 2 * slots + away * params[COLORS]
            for color in range(params[COLORS]):
                mask[at + color] = colors >> color & 1 != 0
            at = 2 * slots + (n - 1) * params[COLORS] + away * params[RANKS]
            for rank in range(params[RANKS]):
                mask[at + rank] = held >> rank & 1 != 0


RULES = Rules.of(globals())
