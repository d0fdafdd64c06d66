"""Building match logs from columns: grouping seats into teams and matches, and the checks of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _kernels
from ._columns import Where, floats, number, player_numbers
from .log import MatchLog, freeze


def _match_row(row: int) -> str:
    return f"match {row}"


def duels(winners, losers, *, draws=None, weights=None, times=None, games=None, names=None) -> MatchLog:
    """The log of M matches of one player against one; ``weights[M, 2]``."""
    w, l = np.asarray(winners), np.asarray(losers)
    if w.ndim != 1 or w.shape != l.shape:
        raise ValueError(f"winners and losers must be 1-d and of one length, got shapes {w.shape} and {l.shape}")
    if (w.dtype.kind in "iu") != (l.dtype.kind in "iu") and w.size:
        raise TypeError("winners and losers must both be names or both be integers")
    flat = np.column_stack([w, l]).reshape(-1)
    numbers, all_names = player_numbers(flat, names, lambda row: f"match {row // 2}")
    ranks = np.zeros((len(w), 2), np.int32)
    ranks[:, 1] = 1
    if draws is not None:
        d = np.asarray(draws)
        if d.shape != w.shape or not (d.dtype == bool or np.isin(d, (0, 1)).all()):
            raise ValueError(f"draws must hold {len(w)} booleans, one per match, got {d.dtype} of shape {d.shape}")
        ranks[d.astype(bool), 1] = 0
    if weights is not None:
        weights = np.asarray(weights, dtype=np.float64)
        if weights.shape != (len(w), 2):
            raise ValueError(f"weights must have shape ({len(w)}, 2), one per seat, got {weights.shape}")
        weights = weights.reshape(-1)
    return assemble(
        numbers,
        all_names,
        np.arange(0, 2 * len(w) + 1, 2),
        np.arange(2 * len(w) + 1),
        ranks=ranks.reshape(-1),
        weights=weights,
        times=times,
        games=games,
        seat_where=lambda s: f"match {s // 2}",
        match_where=_match_row,
    )


def rows(players, teams, matches, *, ranks, scores, weights, times, games, names) -> MatchLog:
    """The log of a row per match (2-d or ragged) or, with ``matches``, of a row per seat."""
    if (ranks is None) == (scores is None):
        raise ValueError(f"give either ranks or scores, got {'neither' if ranks is None else 'both'}")
    key, outcome = ("ranks", ranks) if ranks is not None else ("scores", scores)
    if matches is not None:
        flat = np.asarray(players)
        if flat.ndim != 1:
            raise ValueError(f"with matches, players is one flat array of seats, got shape {flat.shape}")
        numbers, all_names = player_numbers(flat, names, _seat_row)
        columns = {"matches": matches, "teams": teams, key: outcome, "weights": weights, "times": times, "games": games}
        for name, column in columns.items():
            if column is not None and len(column) != len(numbers):
                raise ValueError(f"{name} has {len(column)} values, but players has {len(numbers)}")
        return seats(
            numbers,
            all_names,
            matches,
            teams,
            where=_seat_row,
            labels={key: key},
            **{key: outcome},
            weights=weights,
            times=times,
            games=games,
        )
    matrix = isinstance(players, np.ndarray) and players.dtype != object and players.ndim == 2
    members = players if matrix else list(players)
    if not matrix:
        if not all(map(_is_row, members)):
            raise ValueError(
                "players must have one row (a sequence of players) per match; for flat seats give matches too"
            )
        if teams is None and members and all(all(map(_is_row, row)) for row in members):
            teams = [[t for t, team in enumerate(row) for _ in team] for row in members]
            weights = None if weights is None else [_flat(row) for row in weights]
            members = [_flat(row) for row in members]
    sizes = np.full(len(players), players.shape[1]) if matrix else np.array([len(row) for row in members], np.int64)
    if (sizes == 0).any():
        raise ValueError(f"players, match {int(np.flatnonzero(sizes == 0)[0])}: no players")
    match_of = np.repeat(np.arange(len(members)), sizes)

    def where(seat: int) -> str:
        return f"match {match_of[seat]}"

    members = players.reshape(-1) if matrix else _flat(members)
    numbers, all_names = player_numbers(members, names, where)
    labels = None if teams is None else _seat_column(teams, sizes, "teams")
    order, match_starts, team_starts = group(match_of, labels)
    per_team: Any = _team_column(outcome, key, sizes, order, match_starts, team_starts)
    weight = None if weights is None else np.asarray(_seat_column(weights, sizes, "weights"), np.float64)[order]
    return assemble(
        numbers[order],
        all_names,
        match_starts,
        team_starts,
        ranks=per_team if ranks is not None else None,
        scores=per_team if ranks is None else None,
        weights=weight,
        times=times,
        games=games,
        seat_where=lambda s: where(int(order[s])),
        match_where=_match_row,
    )


def _seat_row(row: int) -> str:
    return f"row {row}"


def _is_row(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes))


def _flat(nested: Sequence[Any]) -> list[Any]:
    return [x for row in nested for x in row]


def _seat_column(values: Any, sizes: np.ndarray, argument: str) -> Any:
    """One value per seat, flat, from one row per match."""
    matrix = isinstance(values, np.ndarray) and values.dtype != object and values.ndim == 2
    if matrix and len(values) == len(sizes) and (sizes == values.shape[1]).all():
        return values.reshape(-1)
    if len(values) != len(sizes):
        raise ValueError(f"{argument} has {len(values)} rows, but players has {len(sizes)} matches")
    for m, row in enumerate(values):
        if not _is_row(row) or len(row) != sizes[m]:
            got = "a single value" if not _is_row(row) else f"{len(row)} values"
            raise ValueError(f"{argument}, match {m}: {got} for {sizes[m]} players")
    return _flat(values)


def _team_column(values, key, sizes, order, match_starts, team_starts) -> np.ndarray:
    """One value per team from rows with one value per team or one per player."""
    counts = np.diff(match_starts)
    if len(values) != len(sizes):
        raise ValueError(f"{key} has {len(values)} rows, but players has {len(sizes)} matches")
    if isinstance(values, np.ndarray) and values.dtype != object and values.ndim == 2:
        lengths = np.full(len(sizes), values.shape[1])
        flat = values.reshape(-1)
    else:
        if not all(map(_is_row, values)):
            raise ValueError(f"{key} must have one row of values per match")
        lengths = np.array([len(row) for row in values], np.int64)
        flat = np.asarray(_flat(values))
    bad = np.flatnonzero((lengths != counts) & (lengths != sizes))
    if bad.size:
        m = int(bad[0])
        raise ValueError(f"{key}, match {m}: {lengths[m]} values for {counts[m]} teams of {sizes[m]} players")
    if (lengths == counts).all():
        return flat
    team_match = np.repeat(np.arange(len(sizes)), counts)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    seat_starts = np.concatenate([[0], np.cumsum(sizes)])
    # A row with one value per player is read at the first seat of each team, one per team at the team's own place.
    at_seat = starts[team_match] + order[team_starts[:-1]] - seat_starts[team_match]
    at_team = starts[team_match] + np.arange(len(team_match)) - match_starts[team_match]
    per_seat = (lengths == sizes)[team_match] & (lengths != counts)[team_match]
    chosen = flat[np.where(per_seat, at_seat, at_team)]
    team_of = np.repeat(np.arange(len(team_match)), np.diff(team_starts))
    seats_per = np.flatnonzero(per_seat[team_of])
    match_of = team_match[team_of]
    own = flat[starts[match_of[seats_per]] + order[seats_per] - seat_starts[match_of[seats_per]]]
    bad = np.flatnonzero(own != chosen[team_of[seats_per]])
    if bad.size:
        raise ValueError(f"{key}, match {match_of[seats_per[bad[0]]]}: players of one team have different {key}")
    return chosen


def group(match_of: np.ndarray, labels: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Order int64[S] that brings seats of a match and of a team together, and the starts of matches and teams.

    ``match_of`` are non-decreasing match numbers 0..M-1. Teams of a match follow their labels in ascending order;
    without labels every seat is a team.
    """
    size = len(match_of)
    if labels is None:
        order = np.arange(size)
        new_team = np.ones(size, bool)
    else:
        codes = np.asarray(labels)
        if codes.dtype.kind not in "iu" or codes.size == 0:
            codes = np.unique(codes.astype(str) if codes.dtype.kind == "O" else codes, return_inverse=True)[1]
        codes = codes.astype(np.int64) - codes.min(initial=0)
        key = match_of.astype(np.int64) * (int(codes.max(initial=0)) + 1) + codes
        order = np.arange(size) if not (np.diff(key) < 0).any() else np.argsort(key, kind="stable")
        key = key[order]
        new_team = np.concatenate([[True], key[1:] != key[:-1]]) if size else np.zeros(0, bool)
    team_first = np.flatnonzero(new_team)
    team_starts = np.append(team_first, size)
    team_match = match_of[order][team_first]
    matches = int(match_of[-1]) + 1 if size else 0
    match_starts = np.searchsorted(team_match, np.arange(matches + 1))
    return order, match_starts.astype(np.int64), team_starts.astype(np.int64)


def seats(
    numbers, names, matches, teams, *, where, labels, ranks=None, scores=None, weights=None, times=None, games=None
) -> MatchLog:
    """The log of seat columns: rows of one match carry one value of ``matches``, rows of one team one of ``teams``.

    ``labels`` says what the caller calls the outcome column, ``where(row)`` where a row stands.
    """
    size = len(numbers)
    index: dict[Any, int] = {}
    code = np.asarray(matches)
    if code.dtype.kind in "iu" and not (np.diff(code) < 0).any():
        match_of = np.cumsum(np.concatenate([[0], np.diff(code) != 0])) if size else np.zeros(0, np.int64)
    else:
        match_of = number(code, index, "matches")
    perm = None
    if (np.diff(match_of) < 0).any():
        perm = np.argsort(match_of, kind="stable")
        match_of = match_of[perm]
        teams = None if teams is None else np.asarray(teams)[perm]
    order, match_starts, team_starts = group(match_of, teams)
    rows = order if perm is None else perm[order]

    def seat_where(seat: int) -> str:
        return where(int(rows[seat]))

    key, outcome = ("ranks", ranks) if ranks is not None else ("scores", scores)
    column = labels.get(key, key)
    value = floats(outcome, size, column, where, "row")[rows]
    team_of = np.repeat(np.arange(len(team_starts) - 1), np.diff(team_starts))
    per_team = value[team_starts[:-1]]
    _constant(value, per_team[team_of], column, "team", seat_where)
    match_of_seat = match_of if perm is None and teams is None else match_of[order]
    first = team_starts[match_starts[:-1]]
    per_match: dict[str, Any] = {"times": None, "games": None}
    if times is not None:
        column = labels.get("times", "times")
        t = floats(times, size, column, where, "row")[rows]
        per_match["times"] = t[first]
        _constant(t, t[first][match_of_seat], column, "match", seat_where)
    if games is not None:
        g = np.asarray(games, dtype=object)[rows]
        per_match["games"] = g[first]
        _constant(g, g[first][match_of_seat], labels.get("games", "games"), "match", seat_where)
    weight = None if weights is None else floats(weights, size, labels.get("weights", "weights"), where, "row")[rows]
    return assemble(
        np.asarray(numbers)[rows],
        names,
        match_starts,
        team_starts,
        ranks=per_team if ranks is not None else None,
        scores=per_team if ranks is None else None,
        weights=weight,
        **per_match,
        seat_where=seat_where,
        match_where=lambda m: seat_where(int(first[m])),
        labels=labels,
    )


def _constant(values: np.ndarray, expected: np.ndarray, column: str, unit: str, where: Where) -> None:
    bad = np.flatnonzero(values != expected)
    if bad.size:
        s = int(bad[0])
        raise ValueError(f"{column}, {where(s)}: got {values[s]}, but another row of the same {unit} has {expected[s]}")


def assemble(
    players: np.ndarray,
    names: tuple[str, ...],
    match_starts: np.ndarray,
    team_starts: np.ndarray,
    *,
    ranks: Any = None,
    scores: Any = None,
    weights: Any = None,
    times: Any = None,
    games: Any = None,
    seat_where: Where,
    match_where: Where,
    labels: dict[str, str] | None = None,
) -> MatchLog:
    """The last step of every way in: checks the finished columns and freezes them."""
    said = labels or {}
    matches, teams, size = len(match_starts) - 1, len(team_starts) - 1, len(players)
    if len(set(names)) != len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise ValueError(f"names must be different, {twice!r} stands there twice")
    match_starts, team_starts = freeze(match_starts.astype(np.int64)), freeze(team_starts.astype(np.int64))
    players = freeze(players.astype(np.int32))
    lone = np.flatnonzero(np.diff(match_starts) < 2)
    if lone.size:
        what = said.get("players", "players")
        raise ValueError(
            f"{what}, {match_where(int(lone[0]))}: this match has one team only; a match needs two or more"
        )
    again = int(_kernels.find_repeat(match_starts, team_starts, players, np.full(len(names), -1, np.int64)))
    if again >= 0:
        name, what = names[players[again]], said.get("players", "players")
        raise ValueError(f"{what}, {seat_where(again)}: {name!r} is twice in one match")

    def team_where(t: int) -> str:
        return seat_where(int(team_starts[t]))

    out_ranks = np.empty(teams, np.int32)
    if scores is not None:
        scores = freeze(floats(scores, teams, said.get("scores", "scores"), team_where, "team"))
        _kernels.competition_ranks(match_starts, freeze(-scores), out_ranks)
    else:
        values = freeze(floats(ranks, teams, said.get("ranks", "ranks"), team_where, "team"))
        _kernels.competition_ranks(match_starts, values, out_ranks)
    if weights is not None:
        weights = floats(weights, size, said.get("weights", "weights"), seat_where, "seat")
        bad = np.flatnonzero(weights < 0)
        if bad.size:
            what = said.get("weights", "weights")
            raise ValueError(f"{what}, {seat_where(int(bad[0]))}: got {weights[bad[0]]:g}; a weight is 0 or more")
        weights = freeze(weights)
    if times is not None:
        times = freeze(floats(times, matches, said.get("times", "times"), match_where, "match"))
    game_names: tuple[str, ...] = ()
    if games is not None:
        if len(games) != matches:
            raise ValueError(f"{said.get('games', 'games')} has {len(games)} values, but there are {matches} matches")
        index: dict[str, int] = {}
        games = freeze(number([str(g) for g in games], index).astype(np.int32))
        game_names = tuple(index)
    return MatchLog(
        tuple(names), match_starts, team_starts, players, freeze(out_ranks), scores, weights, times, games, game_names
    )


def concat(logs: list[MatchLog]) -> MatchLog:
    """One log after the other, see MatchLog.concat."""
    if not logs:
        raise ValueError("concat needs at least one log")
    index: dict[str, int] = {}
    renumber = [number(log.names, index) for log in logs]
    game_index: dict[str, int] = {}
    columns: dict[str, Any] = {}
    for key in ("scores", "weights", "times"):
        parts = [getattr(log, key) for log in logs]
        columns[key] = None if any(p is None for p in parts) else freeze(np.concatenate(parts))
    if all(log.games is not None for log in logs):
        games = [number(log.game_names, game_index)[log.games] for log in logs if log.games is not None]
        columns["games"] = freeze(np.concatenate(games).astype(np.int32))
    return MatchLog(
        tuple(index),
        freeze(_joined_starts([log.match_starts for log in logs])),
        freeze(_joined_starts([log.team_starts for log in logs])),
        freeze(np.concatenate([new[log.players] for new, log in zip(renumber, logs)]).astype(np.int32)),
        freeze(np.concatenate([log.ranks for log in logs])),
        **columns,
        game_names=tuple(game_index),
    )


def _joined_starts(starts: list[np.ndarray]) -> np.ndarray:
    offsets = np.cumsum([0] + [int(s[-1]) for s in starts])
    return np.concatenate([[0]] + [s[1:] + o for s, o in zip(starts, offsets)]).astype(np.int64)
