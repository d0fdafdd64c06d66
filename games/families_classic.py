"""Families of games with a story: dilemmas, coordination, markets, auctions and votes, with random numbers in them."""

from __future__ import annotations

from itertools import combinations_with_replacement, permutations

import numpy as np

from .families import at_least, by_profile, family, symmetric

GAMUT = "Nudelman, Wortman, Shoham & Leyton-Brown 2004 (GAMUT)"


def rising(rng, count):
    """So many random numbers in [0, 10], well apart, in rising order."""
    return np.cumsum(rng.uniform(0.2, 1.0, count)) * 10.0 / count


@family("Rapoport & Chammah 1965", "symmetric", "pure")
def prisoners_dilemma(rng):
    """Temptation > reward > punishment > sucker's payoff; defecting dominates"""
    sucker, punishment, reward, temptation = rising(rng, 4)
    return symmetric([[reward, sucker], [temptation, punishment]])


@family("Rapoport & Chammah 1966", "symmetric", "pure")
def chicken(rng):
    """To dare against one who yields is best, to dare against one who dares worst"""
    crash, yielding, both, daring = rising(rng, 4)
    return symmetric([[both, yielding], [daring, crash]])


@family("Rousseau 1755; Skyrms 2004", "symmetric", "pure")
def stag_hunt(rng):
    """The stag together is best, the hare is safe"""
    alone, other, hare, stag = rising(rng, 4)
    return symmetric([[stag, alone], [hare, other]])


@family("Maynard Smith & Price 1973", "symmetric", "pure")
def hawk_dove(rng):
    """A prize, and a fight that costs more than it is worth"""
    prize = rng.uniform(1.0, 5.0)
    cost = prize * rng.uniform(1.1, 3.0)
    return symmetric([[(prize - cost) / 2.0, prize], [0.0, prize / 2.0]])


@family("Luce & Raiffa 1957", "pure")
def battle_of_the_sexes(rng):
    """Two ways to be together, each the favourite of one"""
    less, more = np.sort(rng.uniform(1.0, 5.0, (2, 2)), axis=0)
    return np.stack([np.diag([more[0], less[0]]), np.diag([less[1], more[1]])])


@family("von Neumann 1928", "zero-sum")
def matching_pennies(rng):
    """One wins if both show the same, with prizes that differ"""
    won, lost = rng.uniform(0.5, 2.0, 2), rng.uniform(0.5, 2.0, 2)
    table = np.array([[won[0], -lost[0]], [-lost[1], won[1]]])
    return np.stack([table, -table])


@family("Rapoport & Guyer 1966")
def ordinal_two_by_two(rng):
    """Two actions each, the payoffs 1 to 4 in random order for each player"""
    return np.stack([rng.permutation(4).reshape(2, 2) + 1.0 for _ in range(2)])


@family("Shapley 1964")
def shapley(rng):
    """Fictitious play cycles for ever: three actions, prizes of random sizes on two cycles"""
    first, second = rng.uniform(0.5, 2.0, (2, 3))
    return np.stack([np.diag(first), np.diag(second)[:, [1, 2, 0]]])


@family("generalised rock, paper, scissors", "zero-sum", "symmetric")
def rock_paper_scissors(rng, actions=3):
    """An odd number of actions, each beating the half that follows it, with random stakes"""
    if actions % 2 == 0 or actions < 3:
        raise ValueError(f"actions must be odd and at least 3, got {actions}")
    table = np.zeros((actions, actions))
    for i in range(actions):
        for k in range(1, actions // 2 + 1):
            j = (i + k) % actions
            table[j, i] = rng.uniform(0.5, 2.0)
            table[i, j] = -table[j, i]
    return symmetric(table)


@family(GAMUT, "pure")
def coordination(rng, players=2, actions=3):
    """Those who all do the same get more than in any other case"""
    at_least(2, players=players)
    at_least(1, actions=actions)
    tensor = rng.uniform(-1.0, 0.0, (players, *[actions] * players))
    for a in range(actions):
        tensor[(slice(None), *[a] * players)] = rng.uniform(0.1, 1.0, players)
    return tensor


@family(GAMUT, "pure")
def collaboration(rng, players=2, actions=3):
    """All who do the same get 1, the most there is; other payoffs are random and lower"""
    at_least(2, players=players)
    at_least(1, actions=actions)
    tensor = rng.uniform(-1.0, 0.99, (players, *[actions] * players))
    for a in range(actions):
        tensor[(slice(None), *[a] * players)] = 1.0
    return tensor


@family(GAMUT, "symmetric", "pure")
def dispersion(rng, players=3, actions=3):
    """Everybody gets the prize of the place, unless somebody else is there (Alpern 2001; Grenager et al. 2002)"""
    at_least(1, players=players, actions=actions)
    prizes = rng.uniform(0.5, 1.0, actions)
    return by_profile(lambda a: [prizes[x] * (a.count(x) == 1) for x in a], *[actions] * players)


@family(GAMUT)
def grab_the_dollar(rng, times=4):
    """Who grabs first gets the prize; both lose if they grab at once"""
    at_least(1, times=times)
    low, middle, high = rising(rng, 3)
    return by_profile(lambda a: [middle if a[0] > a[1] else high, middle if a[1] > a[0] else high]
                      if a[0] != a[1] else [low, low], times, times)  # fmt: skip


@family("Van Huyck, Battalio & Beil 1990", "symmetric", "pure")
def minimum_effort(rng, players=3, efforts=3):
    """Everybody is paid for the least effort, and pays for the own one"""
    at_least(1, players=players, efforts=efforts)
    cost = rng.uniform(0.1, 0.9)
    return by_profile(lambda a: [min(a) - cost * x for x in a], *[efforts] * players)


@family("Basu 1994", "symmetric", "pure")
def travellers_dilemma(rng, claims=5):
    """Both get the lower of two claims, with a reward for the lower and a fine for the higher"""
    at_least(1, claims=claims)
    bonus = rng.uniform(1.1, 3.0)
    return by_profile(
        lambda a: [2 + min(a) + bonus * np.sign(a[1] - a[0]), 2 + min(a) + bonus * np.sign(a[0] - a[1])], claims, claims
    )


@family("Nagel 1995", "symmetric", "pure")
def guess_two_thirds(rng, players=3, guesses=4):
    """Who is nearest to a share of the mean guess wins the prize; ties share it"""
    at_least(2, players=players)
    at_least(1, guesses=guesses)
    share = rng.uniform(0.4, 0.8)

    def pay(a):
        off = np.abs(np.array(a) - share * np.mean(a))
        best = off <= off.min() + 1e-12
        return best / best.sum()

    return by_profile(pay, *[guesses] * players)


@family("Bertrand 1883")
def bertrand(rng, players=2, prices=4):
    """The lowest price gets the whole demand, which falls with it; ties share it"""
    at_least(1, players=players, prices=prices)
    costs, size = rng.uniform(0.0, 1.0, players), prices + rng.uniform(1.0, 3.0)

    def pay(a):
        lowest = min(a)
        sold = np.array([x == lowest for x in a]) / a.count(lowest) * (size - (1 + lowest))
        return (1 + lowest - costs) * sold

    return by_profile(pay, *[prices] * players)


@family("Cournot 1838", "pure")
def cournot(rng, players=2, quantities=5):
    """The price falls with what all produce together"""
    at_least(1, players=players, quantities=quantities)
    costs, size = rng.uniform(0.0, 1.0, players), rng.uniform(3.0, 8.0)
    return by_profile(lambda a: (size - sum(a) - costs) * np.array(a), *[quantities] * players)


@family("Maynard Smith 1974")
def war_of_attrition(rng, times=4):
    """Who waits longer gets a prize, each its own value of it; both pay for the time until one gives up"""
    at_least(1, times=times)
    values, cost = rng.uniform(1.0, 4.0, 2), rng.uniform(0.3, 1.0)

    def pay(a):
        won = (np.array([a[0] > a[1], a[1] > a[0]]) + 0.5 * (a[0] == a[1])) * values
        return won - cost * min(a)

    return by_profile(pay, times, times)


@family("Hotelling 1929", "symmetric")
def location(rng, places=5):
    """Two shops on a street whose houses are of different sizes; everybody goes to the nearer one"""
    at_least(1, places=places)
    houses = rng.uniform(0.5, 1.5, places)

    def pay(a):
        near = np.sign([abs(h - a[1]) - abs(h - a[0]) for h in range(places)])
        own = float(houses @ (near + 1.0)) / 2.0
        return own, houses.sum() - own

    return by_profile(pay, places, places)


@family(GAMUT, "pure")
def majority_voting(rng, voters=3, candidates=3):
    """The candidate with the most votes wins, the first of several; voters have random preferences"""
    at_least(1, voters=voters, candidates=candidates)
    worth = rng.uniform(0.0, 1.0, (voters, candidates))
    return by_profile(lambda a: worth[:, np.bincount(a, minlength=candidates).argmax()], *[candidates] * voters)


@family("Rosenthal 1973", "pure")
def congestion(rng, players=3, facilities=3):
    """Everybody takes a non-empty set of facilities, whose costs rise with their users"""
    at_least(1, players=players, facilities=facilities)
    prices = np.cumsum(rng.uniform(0.0, 1.0, (facilities, players)), axis=1)
    gains = rng.uniform(0.5, 2.0, facilities)
    count = 2**facilities - 1

    def pay(a):
        used = [[r for r in range(facilities) if x + 1 >> r & 1] for x in a]
        load = [sum(r in own for own in used) for r in range(facilities)]
        return [sum(gains[r] - prices[r, load[r] - 1] for r in own) for own in used]

    return by_profile(pay, *[count] * players)


@family("Arthur 1994 (El Farol)", "symmetric", "pure")
def minority(rng, players=3):
    """To go out pays if fewer than the room holds do; who stays gets something in any case"""
    at_least(1, players=players)
    room, home = int(rng.integers(1, players + 1)), rng.uniform(0.2, 0.8)
    return by_profile(lambda a: [home if x == 0 else float(sum(a) <= room) for x in a], *[2] * players)


@family("Diekmann 1985", "symmetric", "pure")
def volunteers_dilemma(rng, players=3):
    """One is enough to help everybody, and pays for it alone"""
    at_least(1, players=players)
    cost = rng.uniform(0.1, 0.9)
    return by_profile(lambda a: [float(sum(a) > 0) - cost * x for x in a], *[2] * players)


@family("Ledyard 1995", "symmetric", "pure")
def public_goods(rng, players=3, gifts=3):
    """What is given is multiplied and shared, by less than it costs"""
    at_least(2, players=players)
    at_least(1, gifts=gifts)
    factor = rng.uniform(1.1, players - 0.1)
    return by_profile(lambda a: factor * sum(a) / players - np.array(a), *[gifts] * players)


@family("Borel 1921; Roberson 2006", "zero-sum")
def colonel_blotto(rng, troops=3, fields=3):
    """Troops are divided among fields of different worth; more troops take a field"""
    at_least(1, troops=troops, fields=fields)
    worth = rng.uniform(0.5, 1.5, fields)
    splits = sorted(
        {order for parts in combinations_with_replacement(range(troops + 1), fields) if sum(parts) == troops
         for order in permutations(parts)}
    )  # fmt: skip
    table = np.array([[float(worth @ np.sign(np.subtract(x, y))) for y in splits] for x in splits])
    return np.stack([table, -table])


@family("Dresher 1962; Avenhaus, von Stengel & Zamir 2002")
def inspection(rng):
    """To inspect costs; to cheat pays unless inspected"""
    cost, fine, gain = rng.uniform(0.1, 0.9), rng.uniform(1.0, 3.0), rng.uniform(0.5, 1.5)
    return [[[-cost, fine / 2 - cost], [0.0, -1.0]], [[0.0, -fine], [0.0, gain]]]


@family("Rosenthal 1981", "degenerate", "pure")
def centipede(rng, stops=4):
    """Stop and take the larger part of a pot that grows, or pass; plans of the reduced normal form"""
    at_least(1, stops=stops)
    growth = rng.uniform(1.3, 2.0)

    def pay(a):
        # Player 0 stops at its a[0]-th turn (never, if a[0] == stops), player 1 likewise, a turn later each.
        turn = min(2 * a[0], 2 * a[1] + 1, 2 * stops)
        large, small = growth**turn * 4.0, growth**turn
        return (large, small) if turn % 2 == 0 else (small, large)

    return by_profile(pay, stops + 1, stops + 1)


@family("Krishna 2010, chapter 2", "pure")
def first_price_auction(rng, players=2, bids=4):
    """The highest bid wins and is paid; values are known to all; ties are broken by lot"""
    at_least(1, players=players, bids=bids)
    values = rng.uniform(0.0, bids, players)

    def pay(a):
        wins = np.array([x == max(a) for x in a])
        return wins / wins.sum() * (values - max(a))

    return by_profile(pay, *[bids] * players)


@family("Tullock 1980; Baye, Kovenock & de Vries 1996")
def all_pay_auction(rng, players=2, bids=4):
    """The highest bid wins, everybody pays; ties are broken by lot"""
    at_least(1, players=players, bids=bids)
    values = rng.uniform(1.0, bids, players)

    def pay(a):
        wins = np.array([x == max(a) for x in a])
        return wins / wins.sum() * values - np.array(a)

    return by_profile(pay, *[bids] * players)


@family("Leyton-Brown & Tennenholtz 2003", "pure")
def local_effect(rng, players=3, places=3):
    """Everybody pays for those at the own place and, on a random graph, for those next to it; both ways alike"""
    at_least(1, players=players, places=places)
    crowd = rng.uniform(0.5, 1.5, places)
    beside = np.triu(rng.uniform(0.0, 1.0, (places, places)) * (rng.random((places, places)) < 0.5), 1)
    beside = beside + beside.T

    def pay(a):
        load = np.bincount(a, minlength=places)
        cost = crowd * load + beside @ load
        return [-cost[x] for x in a]

    return by_profile(pay, *[places] * players)
