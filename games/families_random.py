"""Families of games whose payoffs are drawn: GAMUT's random classes (Nudelman, Wortman, Shoham & Leyton-Brown 2004),
and degenerate ones on which solvers fail."""

from __future__ import annotations

import numpy as np

from .families import at_least, by_profile, family

GAMUT = "Nudelman, Wortman, Shoham & Leyton-Brown 2004 (GAMUT)"


@family(GAMUT)
def random(rng, players=2, actions=3):
    """All payoffs uniform on [-1, 1]"""
    at_least(1, players=players, actions=actions)
    return rng.uniform(-1.0, 1.0, (players, *[actions] * players))


@family(GAMUT, "zero-sum")
def random_zero_sum(rng, rows=3, columns=3):
    """Two players, payoffs uniform on [-1, 1], what one wins the other loses"""
    at_least(1, rows=rows, columns=columns)
    table = rng.uniform(-1.0, 1.0, (rows, columns))
    return np.stack([table, -table])


@family("Rinott & Scarsini 2000")
def covariant(rng, players=2, actions=3, correlation=-0.5):
    """Normal payoffs, correlated between the players of a profile"""
    at_least(2, players=players)
    at_least(1, actions=actions)
    if not -1.0 / (players - 1) <= correlation <= 1.0:
        raise ValueError(f"correlation must be from {-1.0 / (players - 1):.6g} to 1, got {correlation}")
    matrix = np.full((players, players), float(correlation))
    np.fill_diagonal(matrix, 1.0)
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.tensordot(root, rng.normal(size=(players, *[actions] * players)), 1)


@family(GAMUT, "symmetric")
def random_symmetric(rng, actions=3):
    """Two players in the same position, payoffs uniform on [-1, 1]"""
    at_least(1, actions=actions)
    table = rng.uniform(-1.0, 1.0, (actions, actions))
    return np.stack([table, table.T])


@family("Monderer & Shapley 1996", "pure")
def team(rng, players=2, actions=3):
    """Everybody gets the same, uniform on [-1, 1]"""
    at_least(1, players=players, actions=actions)
    common = rng.uniform(-1.0, 1.0, [actions] * players)
    return np.stack([common] * players)


@family("Monderer & Shapley 1996", "pure")
def potential(rng, players=2, actions=3):
    """An exact potential plus what one's own action does not change, all uniform on [-1, 1]"""
    at_least(1, players=players, actions=actions)
    common = rng.uniform(-1.0, 1.0, [actions] * players)
    return np.stack(
        [common + rng.uniform(-1.0, 1.0, [actions if q != p else 1 for q in range(players)]) for p in range(players)]
    )


@family("Kearns, Littman & Singh 2001")
def random_graphical(rng, players=4, actions=2, degree=2):
    """Payoffs depend on the own action and on those of some random neighbours"""
    at_least(2, players=players)
    at_least(1, actions=actions)
    if not 0 <= degree < players:
        raise ValueError(f"degree must be from 0 to {players - 1}, got {degree}")
    tensor = np.zeros((players, *[actions] * players))
    for p in range(players):
        near = {p, *rng.choice([q for q in range(players) if q != p], degree, replace=False).tolist()}
        tensor[p] += rng.uniform(-1.0, 1.0, [actions if q in near else 1 for q in range(players)])
    return tensor


@family("Yanovskaya 1968; Howson 1972")
def random_polymatrix(rng, players=3, actions=2, density=1.0):
    """Sums of two-player games, one for each edge of a random graph"""
    at_least(2, players=players)
    at_least(1, actions=actions)
    if not 0.0 <= density <= 1.0:
        raise ValueError(f"density must be from 0 to 1, got {density}")
    tensor = np.zeros((players, *[actions] * players))
    for p in range(players):
        for q in range(p):
            if rng.random() < density:
                shape = [actions if k in (p, q) else 1 for k in range(players)]
                for k in (p, q):
                    tensor[k] += rng.uniform(-1.0, 1.0, shape)
    return tensor


@family(GAMUT, "symmetric")
def random_compound(rng, players=3):
    """The same symmetric game of two actions against everybody else"""
    at_least(2, players=players)
    table = rng.uniform(-1.0, 1.0, (2, 2))
    return by_profile(
        lambda a: [sum(table[a[p], a[q]] for q in range(players) if q != p) for p in range(players)], *[2] * players
    )


@family("Gilboa, Kalai & Zemel 1993", "pure")
def dominance_solvable(rng, players=2, actions=3):
    """One action after the other is strictly dominated, in a random order, until one profile is left"""
    at_least(1, players=players, actions=actions)
    tensor = rng.uniform(-1.0, 1.0, (players, *[actions] * players))
    orders = [rng.permutation(actions) for _ in range(players)]
    # Against profiles of what is left in a round, the action that goes falls behind the next one in line.
    for stage in range(actions - 2, -1, -1):
        left = [order[stage:] for order in orders]
        for p in range(players):
            own = np.moveaxis(tensor[p], p, 0)
            others = np.ix_(*(left[q] for q in range(players) if q != p))
            gone, kept = orders[p][stage], orders[p][stage + 1]
            own[gone][others] = own[kept][others] - rng.uniform(0.1, 1.0, own[gone][others].shape)
    return tensor


@family("von Neumann 1953 (hide and seek)", "zero-sum")
def unique_equilibrium(rng, actions=3):
    """The seeker wins a prize where the hider hides: one equilibrium, fully mixed, inverse to the prizes"""
    at_least(1, actions=actions)
    table = np.diag(rng.uniform(0.5, 2.0, actions))
    return np.stack([table, -table])


@family("Abbott, Kane & Valiant 2005", "degenerate")
def win_lose(rng, rows=4, columns=4):
    """Two players who win or lose, 1 or 0 each: as hard to solve as all games of two"""
    at_least(1, rows=rows, columns=columns)
    return rng.integers(0, 2, (2, rows, columns)).astype(float)


@family("von Stengel 2002 (degenerate games)", "degenerate")
def small_integers(rng, players=2, actions=3, most=2):
    """Whole payoffs from 0 to a small number, so that ties abound"""
    at_least(1, players=players, actions=actions, most=most)
    return rng.integers(0, most + 1, (players, *[actions] * players)).astype(float)


@family("von Stengel 2002 (degenerate games)", "degenerate")
def duplicates(rng, players=2, actions=2):
    """Random payoffs in which everybody's first action stands twice: continua of equilibria"""
    at_least(1, players=players, actions=actions)
    tensor = rng.uniform(-1.0, 1.0, (players, *[actions] * players))
    for p in range(players):
        tensor = np.concatenate([tensor.take([0], 1 + p), tensor], axis=1 + p)
    return tensor


@family("von Stengel 2002 (degenerate games)", "degenerate", "pure")
def indifferent(rng, players=2, actions=3):
    """The first player gets 0 whatever happens, the others' payoffs are random"""
    at_least(1, players=players, actions=actions)
    tensor = rng.uniform(-1.0, 1.0, (players, *[actions] * players))
    tensor[0] = 0.0
    return tensor


@family("a trap for absolute tolerances")
def badly_scaled(rng, actions=3, decades=9.0):
    """Two players whose payoffs are of sizes from 1 to ten to a power"""
    at_least(1, actions=actions)
    if not 0.0 <= decades <= 100.0:
        raise ValueError(f"decades must be from 0 to 100, got {decades}")
    return rng.uniform(-1.0, 1.0, (2, actions, actions)) * 10.0 ** rng.uniform(0.0, decades, (2, 1, 1))
