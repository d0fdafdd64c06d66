"""Smaller games in place of large ones: fewer players, each standing for several (Wiedenbeck & Wellman 2012)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from .empirical import EmpiricalGame, Role, profiles_of


def hierarchical(game: EmpiricalGame, players: Mapping[str, int]) -> EmpiricalGame:
    """Hierarchical reduction (Wellman et al. 2005): each reduced player stands for N/k players who all do the same.

    Args:
        players: how many players each role keeps; a role that is not named keeps all.

    Raises:
        ValueError: an unknown role, or a number that does not divide the role's players.
    """
    keep = _kept(game, players)
    factor = _shares(game, keep)
    known = {row.tobytes(): k for k, row in enumerate(game.profiles)}
    rows = [(c, known.get((c * factor).tobytes())) for c in _reduced_profiles(game, keep)]
    found = [(c, k) for c, k in rows if k is not None]
    profiles = np.array([c for c, _ in found], np.int64).reshape(-1, len(game.role_of))
    index = np.array([k for _, k in found], np.int64)
    return EmpiricalGame(_roles(game, keep), profiles, game.count[index], game.mean[index], game.variance[index])


def deviation_preserving(game: EmpiricalGame, players: Mapping[str, int]) -> EmpiricalGame:
    """Deviation-preserving reduction (Wiedenbeck & Wellman 2012).

    Each reduced player controls one player of the whole game; in its eyes each other one stands for (N − 1)/(k − 1)
    players of its own role, or N/k of another role. So a deviation of one reduced player is a deviation of one real
    player, and regrets keep their meaning.

    Args:
        players: how many players each role keeps; a role that is not named keeps all.

    Raises:
        ValueError: an unknown role, or a number with N − 1 not divisible by k − 1 (own role) or N by k (other roles).
    """
    keep = _kept(game, players)
    known = {row.tobytes(): k for k, row in enumerate(game.profiles)}
    profiles, cells = [], []
    for c in _reduced_profiles(game, keep):
        row = [known.get(_full(game, keep, c, s).tobytes(), -1) if c[s] else -1 for s in range(len(c))]
        if max(row) >= 0:
            profiles.append(c)
            cells.append(row)
    table, at = np.array(profiles, np.int64).reshape(-1, len(game.role_of)), np.array(cells, np.int64)
    at = at.reshape(table.shape)
    column = np.broadcast_to(np.arange(table.shape[1]), at.shape)
    there = at >= 0
    return EmpiricalGame(
        _roles(game, keep),
        table,
        np.where(there, game.count[at, column], 0),
        np.where(there, game.mean[at, column], np.nan),
        np.where(there, game.variance[at, column], np.nan),
    )


def required_profiles(
    game: EmpiricalGame, players: Mapping[str, int], kind: str = "deviation_preserving"
) -> np.ndarray:
    """int64[K, S]: the profiles of the whole game that a reduction reads: simulate these and no others.

    Args:
        kind: "deviation_preserving" or "hierarchical".
    """
    keep = _kept(game, players)
    if kind == "hierarchical":
        factor = _shares(game, keep)
        rows = [c * factor for c in _reduced_profiles(game, keep)]
    elif kind == "deviation_preserving":
        rows = [
            _full(game, keep, c, s) for c in _reduced_profiles(game, keep) for s in range(len(game.role_of)) if c[s]
        ]
    else:
        raise ValueError(f"kind must be 'deviation_preserving' or 'hierarchical', got {kind!r}")
    return np.unique(np.array(rows), axis=0)


def _kept(game: EmpiricalGame, players: Mapping[str, int]) -> list[int]:
    unknown = set(players) - {role.name for role in game.roles}
    if unknown:
        raise ValueError(f"there is no role {sorted(unknown)[0]!r}; there is {', '.join(r.name for r in game.roles)}")
    keep = [players.get(role.name, role.players) for role in game.roles]
    for role, k in zip(game.roles, keep):
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= role.players:
            raise ValueError(f"role {role.name!r} has {role.players} players, it cannot keep {k!r}")
    return [int(k) for k in keep]


def _shares(game: EmpiricalGame, keep: list[int]) -> np.ndarray:
    """int64[S]: players that each reduced player stands for."""
    for role, k in zip(game.roles, keep):
        if role.players % k:
            raise ValueError(f"role {role.name!r}: its {role.players} players cannot be shared among {k}")
    return np.array([role.players // k for role, k in zip(game.roles, keep)], np.int64)[game.role_of]


def _full(game: EmpiricalGame, keep: list[int], reduced: np.ndarray, strategy: int) -> np.ndarray:
    """int64[S]: the whole game's profile in which one player of `strategy` sees what it sees in the reduced one."""
    own = int(game.role_of[strategy])
    out = np.empty_like(reduced)
    for r, (role, k) in enumerate(zip(game.roles, keep)):
        at = game.role_of == r
        if r != own:
            if role.players % k:
                raise ValueError(f"role {role.name!r}: its {role.players} players cannot be shared among {k}")
            out[at] = reduced[at] * (role.players // k)
        elif k > 1:
            if (role.players - 1) % (k - 1):
                raise ValueError(
                    f"role {role.name!r}: {role.players - 1} other players cannot be shared among {k - 1} others"
                )
            others = reduced[at] - (np.flatnonzero(at) == strategy)
            out[at] = others * ((role.players - 1) // (k - 1)) + (np.flatnonzero(at) == strategy)
        else:
            out[at] = reduced[at] * role.players
    return out


def _roles(game: EmpiricalGame, keep: list[int]) -> tuple[Role, ...]:
    return tuple(role._replace(players=k) for role, k in zip(game.roles, keep))


def _reduced_profiles(game: EmpiricalGame, keep: list[int]) -> Iterator[np.ndarray]:
    return profiles_of([(k, len(role.strategies)) for role, k in zip(game.roles, keep)])
