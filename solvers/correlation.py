"""Correlated equilibria of any game: a one-shot game's are those of its payoff tensor, a tree's those of its plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..games.game import Game
from ..games.matrix import MatrixGame
from ..games.policy import as_tree
from ..games.tree import GameTree
from .matrix import correlated as matrix
from .matrix.incentives import gains_of, joint_distribution
from .matrix.payoffs import is_one_shot, one_shot_payoffs, payoffs_of
from .matrix.profile import StrategicForm
from .tree import correlated as trees
from .tree import deviations

if TYPE_CHECKING:
    from .matrix.correlated import CorrelatedProfile
    from .tree.correlated import CorrelatedEquilibrium


def correlated(
    game: Any,
    concept: str = "efce",
    objective: str | Sequence[float] | np.ndarray = "welfare",
    **options: Any,
) -> CorrelatedProfile | CorrelatedEquilibrium:
    """The best correlated equilibrium of a matrix game of any number of players, or of a two-player tree.

    Args:
        game: a `MatrixGame`, payoffs [P, A0, …, A(P-1)], a game, its id, or a tree. A tree in which each player has one
            information set is treated as its payoff tensor where players are not two, or for ``"max_entropy"``.
        concept: ``"ce"``, ``"cce"``, ``"efce"``, ``"efcce"`` or ``"nfcce"``; where everybody moves once ``"efce"`` is
            the CE and ``"efcce"`` and ``"nfcce"`` are the CCE.
        objective: ``"welfare"``, ``"maximin"`` or a weight for each player; on payoff tensors also ``"max_entropy"``
            or the worth [A0, …, A(P-1)] of each action profile.
        options: ``epsilon`` on payoff tensors (`matrix.correlated.correlated`), ``tolerance``, ``columns`` and
            ``seconds`` on trees (`tree.correlated.correlated`).

    Returns:
        A `CorrelatedProfile` (its ``joint`` distribution) or a `CorrelatedEquilibrium` (its correlation ``plan``); both
        carry ``values``, ``objective``, ``bound`` and ``gap``.

    Raises:
        ValueError: see the two functions.
        TypeError: an option that the game's form does not take.
    """
    form, allowed = _form(game, objective), {"epsilon"}
    if isinstance(form, GameTree):
        allowed = {"tolerance", "columns", "seconds"}
    if unknown := sorted(options.keys() - allowed):
        raise TypeError(f"correlated takes the options {sorted(allowed)} for this game, got {unknown}")
    if isinstance(form, GameTree):
        return trees.correlated(form, concept, objective, **options)
    return matrix.correlated(StrategicForm(form), concept, objective, **options)


def incentive_gap(game: Any, plan: Any, concept: str = "efce") -> float:
    """The most that one player gains by leaving a plan; 0 exactly in a correlated equilibrium of the concept.

    `plan` is a correlation plan of a tree (gain at one trigger: `tree.deviations.incentives`), or, for a matrix game, a
    joint distribution float64[A0, …, A(P-1)] (gain over all recommendations: `matrix.incentives.gains_of`).
    """
    if isinstance(plan, deviations.CorrelationPlan) or isinstance(form := _form(game), GameTree):
        return deviations.incentive_gap(game, plan, concept)
    return float(gains_of(form, joint_distribution(form, plan), concept).max())


def _form(game: Any, objective: Any = None) -> np.ndarray | GameTree:
    """What a game is solved as: its payoff tensor or its tree."""
    if isinstance(game, str):
        from ..games.registry import make

        game = make(game)
    if not isinstance(game, (Game, GameTree)) or isinstance(game, MatrixGame):
        return payoffs_of(game)
    tree = as_tree(game)
    tensor = tree.num_players != 2 or (isinstance(objective, str) and objective == "max_entropy")
    return one_shot_payoffs(tree) if tensor and is_one_shot(tree) else tree
