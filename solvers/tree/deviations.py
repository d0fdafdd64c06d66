"""What a player gains who leaves a mediator's recommendations: the deviations of EFCE, EFCCE and NFCCE, by triggers.

Sources: von Stengel & Forges 2008 (EFCE), Farina, Bianchi & Sandholm 2020, "Coarse correlation in extensive-form games"
(EFCCE, NFCCE); the deviation values are those of Farina, Ling, Fang & Sandholm 2019, "Correlation in extensive-form
games: saddle-point formulation and benchmarks".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...games.policy import as_tree, require_same_game
from .correlation_plan import CorrelationPlan, RelevantPairs, relevant_pairs

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from ...games.game import Game
    from ...games.tree import GameTree

CONCEPTS = {
    "efce": "a player who sees a recommendation may leave it, and gets no further ones",
    "efcce": "a player may leave at an information set, before the recommendation there is seen",
    "nfcce": "a player may leave before the game only",
}
"""Names of the concepts, and when a player may leave."""


class Deviations(NamedTuple):
    """One player's ways to leave a plan. T triggers; C cells, one for each trigger and each set that can be reached
    after it; R rows, one for each action of each cell, cell after cell; M pairs."""

    trigger_set: np.ndarray
    """int64[T]: the set (see `RelevantPairs`) where the player leaves; `trigger_sequence`: the sequence up to which the
    recommendations have been followed, or, in an EFCE, the one that was recommended when the player left."""
    trigger_sequence: np.ndarray
    cell_set: np.ndarray
    """int64[C]: growing within a trigger."""
    cell_row: np.ndarray
    """int64[C+1]: the first row of a cell."""
    cell_above: np.ndarray
    """int64[C]: the row that leads to the cell, or -1 - t where the trigger t starts there."""
    deviate: csr_matrix
    """float64[R, M]: what the game pays at a row at once, if the player has left."""
    follow: csr_matrix
    """float64[T, M]: what it pays after the trigger, if the player stays."""


def deviations(relevant: RelevantPairs, concept: str, player: int) -> Deviations:
    """The deviations of a concept; `concept` is a key of `CONCEPTS`."""
    from scipy import sparse

    first, count, before, parent = (
        each[player] for each in (relevant.first, relevant.count, relevant.before, relevant.parent)
    )
    sets = np.arange(len(first))
    if concept == "efce":
        trigger_set = np.repeat(sets[1:], count[1:])
        trigger_sequence = np.arange(first[0] + 1, first[0] + 1 + len(trigger_set))
    elif concept == "efcce":
        trigger_set, trigger_sequence = sets[1:], before[1:]
    else:
        trigger_set, trigger_sequence = sets[:1], first[:1]
    start = np.searchsorted(trigger_set, np.arange(len(first) + 1))

    # Cells: each set with the triggers at it or above it; `via` is the own sequence that leads there from the trigger.
    here, above, via, found = sets, sets, np.full(len(sets), -1), []
    while here.size:
        times = np.diff(start)[above]
        ends = np.cumsum(times)
        trigger = np.arange(times.sum()) - np.repeat(ends - times, times) + np.repeat(start[above], times)
        found.append((trigger, np.repeat(here, times), np.repeat(via, times)))
        here, above, via = here[above > 0], parent[above[above > 0]], before[above[above > 0]]
    trigger, cell_set, via = (np.concatenate(part) for part in zip(*found))
    order = np.lexsort((cell_set, trigger))
    trigger, cell_set, via = trigger[order], cell_set[order], via[order]
    width = count[cell_set]
    cell_row = np.append(0, np.cumsum(width))
    starts = cell_set == trigger_set[trigger]
    up = np.searchsorted(trigger * len(first) + cell_set, trigger * len(first) + parent[cell_set])
    up = np.minimum(up, len(up) - 1)
    cell_above = np.where(starts, -1 - trigger, cell_row[up] + before[cell_set] - first[parent[cell_set]])

    # Rows meet the pairs that leaves have.
    cell = np.repeat(np.arange(len(width)), width)
    own = np.arange(cell_row[-1]) - cell_row[cell] + first[cell_set[cell]]
    pay = relevant.utility[player].tocoo()
    mine, others = relevant.sequences[[player, 1 - player]][:, pay.col]
    by_own = np.argsort(mine, kind="stable")
    begin = np.searchsorted(mine[by_own], own)
    times = np.searchsorted(mine[by_own], own, side="right") - begin
    ends = np.cumsum(times)
    entry = by_own[np.arange(times.sum()) + np.repeat(begin - (ends - times), times)]
    row = np.repeat(np.arange(len(own)), times)
    at = trigger[cell[row]]
    column = relevant.place(trigger_sequence[at], others[entry], player)
    deviate = sparse.csr_matrix((pay.data[entry], (row, column)), shape=(len(own), len(relevant)))
    stays = np.ones(len(row), bool)
    if concept == "efce":
        last = np.where(starts[cell[row]], own[row], via[cell[row]])
        stays = last == trigger_sequence[at]
    pairs = pay.data[entry[stays]], (at[stays], pay.col[entry[stays]])
    follow = sparse.csr_matrix(pairs, shape=(len(trigger_set), len(relevant)))
    return Deviations(trigger_set, trigger_sequence, cell_set, cell_row, cell_above, deviate, follow)


def best_deviation(relevant: RelevantPairs, ways: Deviations, mass: np.ndarray, player: int) -> np.ndarray:
    """float64[T]: the most that the player can have after each trigger having left, by backward induction."""
    value = ways.deviate @ mass
    out = np.empty(len(ways.trigger_set))
    depth = np.zeros(len(relevant.parent[player]), np.int64)
    for k, above in enumerate(relevant.parent[player].tolist()):
        depth[k] = depth[above] + 1 if above >= 0 else 0
    level = depth[ways.cell_set]
    for d in range(int(level.max(initial=-1)), -1, -1):
        cells = np.flatnonzero(level == d)
        if cells.size == 0:
            continue
        sizes = ways.cell_row[cells + 1] - ways.cell_row[cells]
        ends = np.cumsum(sizes)
        rows = np.arange(ends[-1]) + np.repeat(ways.cell_row[cells] - (ends - sizes), sizes)
        best, above = np.maximum.reduceat(value[rows], ends - sizes), ways.cell_above[cells]
        np.add.at(value, above[above >= 0], best[above >= 0])
        out[-1 - above[above < 0]] = best[above < 0]
    return out


class Incentives(NamedTuple):
    """What leaving a correlation plan would bring, for each trigger. T triggers, the first player's first.

    Values count from the start of the game: they are multiplied by the probability that the trigger is met.
    """

    concept: str
    player: np.ndarray
    """int64[T]."""
    infoset: np.ndarray
    """int64[T]: the tree's number of the information set where the player leaves, -1: before the game."""
    sequence: np.ndarray
    """int64[T]: in an EFCE the sequence of which the last action was recommended, else the player's last one before
    leaving."""
    follow: np.ndarray
    """float64[T]: the player's utility after the trigger, if the player stays."""
    deviate: np.ndarray
    """float64[T]: the most that it can be if the player leaves."""

    @property
    def gain(self) -> np.ndarray:
        """float64[T]: what leaving brings; in a correlated equilibrium no entry is positive."""
        return self.deviate - self.follow

    @property
    def gap(self) -> float:
        """The largest gain, 0 if none is positive."""
        return max(float(self.gain.max(initial=0.0)), 0.0)


def incentives(game: Game | GameTree | str, plan: CorrelationPlan, concept: str = "efce") -> Incentives:
    """Verifies a correlation plan: follow and deviation values of all triggers of a concept.

    Args:
        plan: any plan: an optimal one, the joint play of a regret minimiser, the product of a policy.
        concept: as for `correlated`; see `CONCEPTS`.

    Raises:
        TypeError: `plan` is no `CorrelationPlan`.
        ValueError: an unknown concept, or a plan for another game.
    """
    tree = as_tree(game)
    if not isinstance(plan, CorrelationPlan):
        raise TypeError(f"plan must be a CorrelationPlan, got {type(plan).__name__}")
    require_same_game(tree, plan.tree)
    concept = concept_of(tree, concept)
    relevant = relevant_pairs(plan.tree)
    parts: list[tuple[Any, ...]] = []
    for p in range(2):
        ways = deviations(relevant, concept, p)
        infoset = np.where(ways.trigger_set > 0, ways.trigger_set - 1 + tree.infoset_start[p], -1)
        values = ways.follow @ plan.mass, best_deviation(relevant, ways, plan.mass, p)
        parts.append((np.full(len(infoset), p), infoset, ways.trigger_sequence, *values))
    return Incentives(concept, *(np.concatenate(pair) for pair in zip(*parts)))


def incentive_gap(game: Game | GameTree | str, plan: CorrelationPlan, concept: str = "efce") -> float:
    """The most that one player gains by leaving the plan at one trigger; 0 exactly in a correlated equilibrium.

    Arguments and errors as for `incentives`.
    """
    return incentives(game, plan, concept).gap


def concept_of(tree: GameTree, concept: str) -> str:
    """A key of `CONCEPTS`: ``"cce"`` stands for ``"nfcce"``, and ``"ce"`` for ``"efce"`` where nobody moves twice.

    Raises:
        ValueError: there is no such concept, or ``"ce"`` where somebody has several information sets.
    """
    if concept == "ce" and np.diff(tree.infoset_start).max() > 1:
        raise ValueError(
            "concept 'ce' is for games where each player has one information set; in "
            f"{tree.game_id or 'this tree'} it would need all plans of the normal form: choose 'efce'"
        )
    name = {"cce": "nfcce", "ce": "efce"}.get(concept, concept)
    if name not in CONCEPTS:
        raise ValueError(f"concept must be one of {', '.join(map(repr, CONCEPTS))}, got {concept!r}")
    return name
