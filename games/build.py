"""Building a `GameTree`: from compiled rules, and from a game written as a Python `State`."""

from __future__ import annotations

import functools
import gc
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .rules import CHANCE, Setup
from .state import State, info_text, key_text
from .tree import END, GameTree, frozen

MAX_HISTORIES = 100_000_000
MAX_DEPTH = 16_384


def compile_tree(setup: Setup, game_id: str = "", max_histories: int = MAX_HISTORIES) -> GameTree:
    """Builds the tree of compiled rules.

    Raises:
        ValueError: imperfect recall, unequal action sets in an information set, chance probabilities that are not a
            distribution, utilities that are not finite, a player without actions, too many histories, no end.
    """
    from . import _build

    status, fault, path, raw = _build.build(setup, min(max_histories, 2**31 - 1), MAX_DEPTH)
    if status != _build.OK:
        name = ""
        if fault >= 0:
            start, end = raw.key_start[fault : fault + 2]
            name = info_text(setup, int(raw.infoset_player[fault]), raw.keys[start:end].tolist())
        raise fault_error(status, name, path, game_id, max_histories)
    order, arrays = _assemble(raw, setup.num_players)
    start = raw.key_start
    sizes = np.diff(start)[order]
    ends = np.cumsum(sizes)
    gather = np.arange(sizes.sum()) + np.repeat(start[:-1][order] - (ends - sizes), sizes)
    labels = (setup, np.concatenate([[0], ends]).astype(np.int64), raw.keys[gather])
    return GameTree(**arrays, game_id=game_id, _labels=labels)


def _uncollected(build: Callable[..., GameTree]) -> Callable[..., GameTree]:
    """Pauses the garbage collector: it would look through the millions of objects of a walk again and again."""

    @functools.wraps(build)
    def paused(*args: Any, **kwargs: Any) -> GameTree:
        was_on = gc.isenabled()
        gc.disable()
        try:
            return build(*args, **kwargs)
        finally:
            if was_on:
                gc.enable()

    return paused


@_uncollected
def walk_tree(root: State, num_players: int, game_id: str = "", max_histories: int = MAX_HISTORIES) -> GameTree:
    """Builds the tree of a game written as a Python `State`; raises as `compile_tree` does."""
    from . import _build

    node_player, node_index, node_first, node_count, node_label, node_prob = [0], [0], [0], [0], [0], [1.0]
    infosets: dict[tuple[int, Any], int] = {}
    player_of: list[int] = []
    parent_of: list[int] = []
    first_of: list[int] = []
    count_of: list[int] = []
    node_of: list[int] = []
    legal_of: list[list[int]] = []
    num_sequences = [1] * num_players
    leaf_seq: list[tuple[int, ...]] = []
    leaf_chance: list[float] = []
    leaf_utility: list[list[float]] = []

    def fail(status: int, key: Any, path: Any) -> ValueError:
        steps = []
        while path is not None:
            path, step = path
            steps.append(step)
        return fault_error(status, key_text(key), steps[::-1], game_id, max_histories)

    # An entry: node, state, movers yet to choose, choices so far, own last sequences, chance reach, path, depth.
    stack: list[tuple] = [(0, root, None, (), (0,) * num_players, 1.0, None, 0)]
    while stack:
        v, state, movers, joint, last, reach, path, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise fail(_build.DEPTH, "", path)
        if movers is None:
            movers = state.to_move()
        if not movers:
            utility = [float(u) for u in state.returns()]
            if len(utility) != num_players or not all(map(math.isfinite, utility)):
                raise fail(_build.UTILITY, "", path)
            node_player[v], node_index[v] = END, len(leaf_chance)
            leaf_seq.append(last)
            leaf_chance.append(reach)
            leaf_utility.append(utility)
            continue
        player, child = movers[0], len(node_player)
        if player == CHANCE:
            outcomes = state.chance()
            if not all(p > 0 for _, p in outcomes) or not abs(sum(p for _, p in outcomes) - 1) < 1e-9:
                raise fail(_build.PROBABILITIES, "", path)
            node_player[v], node_index[v] = CHANCE, -1
            labels, count = [o for o, _ in outcomes], len(outcomes)
            node_prob.extend(p for _, p in outcomes)
            for k in range(count - 1, -1, -1):
                outcome, p = outcomes[k]
                follow = (child + k, state.apply(outcome), None, (), last, reach * p, (path, outcome), depth + 1)
                stack.append(follow)
        else:
            labels, key = list(state.actions(player)), state.info(player)
            count = len(labels)
            found = infosets.get((player, key))
            if found is None:
                if not labels:
                    raise fail(_build.STUCK, key, path)
                found = infosets[player, key] = len(player_of)
                player_of.append(player)
                parent_of.append(last[player])
                first_of.append(num_sequences[player])
                count_of.append(count)
                node_of.append(v)
                legal_of.append(labels)
                num_sequences[player] += count
            elif parent_of[found] != last[player]:
                raise fail(_build.RECALL, key, path)
            elif legal_of[found] != labels:
                raise fail(_build.ACTIONS, key, path)
            node_player[v], node_index[v] = player, found
            node_prob.extend([1.0] * count)
            first, rest = first_of[found], movers[1:]
            for k in range(count - 1, -1, -1):
                a = labels[k]
                own = (*last[:player], first + k, *last[player + 1 :])
                if rest:
                    follow = (child + k, state, rest, (*joint, a), own, reach, (path, a), depth + 1)
                else:
                    after = state.apply((*joint, a) if joint else a)
                    follow = (child + k, after, None, (), own, reach, (path, a), depth + 1)
                stack.append(follow)
        if child + count > max_histories or (
            child <= _build.PROBE_AT < child + count and surely_more(root, max_histories)
        ):
            raise fail(_build.HISTORIES, "", path)
        node_first[v], node_count[v] = child, count
        node_player.extend([0] * count)
        node_index.extend([0] * count)
        node_first.extend([0] * count)
        node_count.extend([0] * count)
        node_label.extend(labels)

    def int32(values: list[int]) -> np.ndarray:
        return np.array(values, np.int32)

    raw = _build.Raw(
        np.array(node_player, np.int8),
        int32(node_index),
        int32(node_first),
        int32(node_count),
        int32(node_label),
        np.array(node_prob),
        int32(player_of),
        int32(parent_of),
        int32(first_of),
        int32(count_of),
        int32(node_of),
        np.cumsum([0, *count_of[:-1]]).astype(np.int32)[: len(count_of)],
        np.array([a for labels in legal_of for a in labels], np.int32),
        np.zeros(1, np.int64),
        np.zeros(0, np.int64),
        np.array(leaf_seq, np.int32).reshape(-1, num_players),
        np.array(leaf_chance),
        np.array(leaf_utility).reshape(-1, num_players),
    )
    order, arrays = _assemble(raw, num_players)
    names = [key_text(key) for _, key in infosets]
    return GameTree(**arrays, game_id=game_id, _labels=tuple(names[i] for i in order.tolist()))


def surely_more(root: State, limit: int) -> bool:
    """Whether random games say that there are far more histories than `limit`; `_build.estimate` for Python states."""
    from . import _build

    rng, total, enough = np.random.default_rng(0), 0.0, _build.SURELY * limit * _build.PROBES
    for _ in range(_build.PROBES):
        state, width = root, 1.0
        for _ in range(MAX_DEPTH):
            movers = state.to_move()
            if not movers or total > enough:
                break
            joint = []
            for player in movers:
                options = [o for o, _ in state.chance()] if player == CHANCE else list(state.actions(player))
                joint.append(options[rng.integers(len(options))])
                width *= len(options)
                total += width
            state = state.apply(tuple(joint) if len(joint) > 1 else joint[0])
    return total > enough


def _assemble(raw: Any, players: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Renumbers information sets and sequences player by player. -> (old numbers in new order, the tree's arrays)."""
    owner = raw.infoset_player.astype(np.int64)
    order = np.argsort(owner, kind="stable")
    new = np.empty(len(order), np.int64)
    new[order] = np.arange(len(order))
    counts = raw.infoset_count.astype(np.int64)
    infoset_start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=players))]).astype(np.int64)
    sizes = np.bincount(owner, weights=counts, minlength=players).astype(np.int64) + 1
    sequence_start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    first = (raw.infoset_first + sequence_start[owner])[order]
    count = counts[order]
    num = int(sequence_start[-1])
    action, infoset = np.full(num, -1, np.int64), np.full(num, -1, np.int64)
    ends = np.cumsum(count)
    within = np.arange(count.sum()) - np.repeat(ends - count, count)
    at = np.repeat(first, count) + within
    action[at] = raw.actions[np.repeat(raw.infoset_actions[order].astype(np.int64), count) + within]
    infoset[at] = np.repeat(np.arange(len(order)), count)
    index = raw.node_index.copy()
    decision = raw.node_player >= 0
    index[decision] = new[index[decision]]
    arrays = {
        "node_player": raw.node_player,
        "node_index": index,
        "node_first": raw.node_first,
        "node_count": raw.node_count,
        "node_label": raw.node_label,
        "node_prob": raw.node_prob,
        "infoset_parent": (raw.infoset_parent + sequence_start[owner])[order],
        "infoset_first": first,
        "infoset_count": count,
        "infoset_node": raw.infoset_node.astype(np.int64)[order],
        "infoset_start": infoset_start,
        "sequence_action": action,
        "sequence_infoset": infoset,
        "sequence_start": sequence_start,
        "leaf_sequence": (raw.leaf_seq + sequence_start[:-1]).astype(np.int32),
        "leaf_chance": raw.leaf_chance,
        "leaf_utility": raw.leaf_utility,
    }
    return order, {name: frozen(array) for name, array in arrays.items()}


def fault_error(status: int, key: str, path: Sequence[int], game_id: str, max_histories: int) -> ValueError:
    """The one clear error for what a walk found wrong; `path` are the actions and outcomes that lead there."""
    from . import _build

    name, where = game_id or "the game", f"after the moves {list(path)}"
    return ValueError(
        {
            _build.RECALL: f"{name} has imperfect recall: information set {key!r} is reached with different own moves "
            f"(one way is {where}); sequence form needs players who remember what they knew and did",
            _build.ACTIONS: f"{name}: the legal actions differ within information set {key!r} ({where})",
            _build.PROBABILITIES: f"{name}: chance probabilities {where} must be positive and sum to 1",
            _build.UTILITY: f"{name}: the returns {where} must be one finite number per player",
            _build.STUCK: f"{name}: a player to move has no legal action {where} (information set {key!r})",
            _build.HISTORIES: f"{name} has more than {max_histories:,} histories: too large for a tree "
            "(raise max_histories, or use smaller parameters)",
            _build.DEPTH: f"{name} does not end within {MAX_DEPTH:,} moves: a tree needs a finite game",
        }[status]
    )
