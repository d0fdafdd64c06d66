"""What players gain by leaving a mediator's recommendations, for any number of players: measured and constrained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .payoffs import from_zero

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_matrix

CONCEPTS = {"ce": "ce", "cce": "cce", "efce": "ce", "efcce": "cce", "nfcce": "cce"}
"""What each concept is where everybody moves once and at the same time."""


def concept_of(concept: str) -> str:
    """``"ce"`` or ``"cce"``; the extensive-form concepts coincide with these in one simultaneous move."""
    if concept not in CONCEPTS:
        raise ValueError(f"concept must be one of {', '.join(map(repr, CONCEPTS))}, got {concept!r}")
    return CONCEPTS[concept]


def joint_distribution(payoffs: np.ndarray, joint: Any) -> np.ndarray:
    """float64[A0, …, A(P-1)]: a joint distribution over a tensor's action profiles, checked.

    Raises:
        ValueError: another shape, a negative or non-finite entry, or a sum that is not 1 within 1e-6.
    """
    found = np.asarray(joint, np.float64)
    if found.shape != payoffs.shape[1:]:
        raise ValueError(f"joint must have the shape of the actions, {payoffs.shape[1:]}, got {found.shape}")
    if not np.isfinite(found).all() or found.min() < 0.0 or abs(found.sum() - 1.0) > 1e-6:
        raise ValueError(
            f"joint must hold probabilities that sum to 1, got a sum of {found.sum():.6g} and a least entry of "
            f"{found.min():.6g}"
        )
    return found


def swap_gains(payoffs: np.ndarray, joint: np.ndarray) -> list[np.ndarray]:
    """For each player float64[A_p, A_p]: what playing b whenever a is recommended gains, weighted by a's probability.

    `payoffs` is float64[P, A0, …, A(P-1)], `joint` float64[A0, …, A(P-1)].
    """
    gains = []
    for p, payoff in enumerate(from_zero(payoffs)):
        own = np.moveaxis(payoff, p, 0).reshape(payoff.shape[p], -1)
        seen = np.moveaxis(joint, p, 0).reshape(payoff.shape[p], -1)
        worth = seen @ own.T
        gains.append(worth - np.diagonal(worth)[:, None])
    return gains


def gains_of(payoffs: np.ndarray, joint: np.ndarray, concept: str = "ce") -> np.ndarray:
    """float64[P]: the most each player gains: by any function of its recommendation ("ce"), or by leaving for one
    action before it is told anything ("cce"). Not negative; all 0 exactly in an equilibrium of the concept."""
    gains = swap_gains(payoffs, joint)
    if concept_of(concept) == "ce":
        return np.array([gain.max(axis=1).sum() for gain in gains])
    return np.array([max(gain.sum(axis=0).max(), 0.0) for gain in gains])


def losses(payoffs: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each player and each of its actions b: -> (int[A_p, M] where action profiles stand in the flattened tensor,
    [A_p, M] what each action a pays more than b does there). Of any dtype."""
    counts = payoffs.shape[1:]
    index = np.arange(payoffs[0].size).reshape(counts)
    for p, payoff in enumerate(payoffs):
        own = np.moveaxis(payoff, p, 0).reshape(counts[p], -1)
        place = np.moveaxis(index, p, 0).reshape(counts[p], -1)
        for b in range(counts[p]):
            yield place, own - own[b]


def incentive_rows(payoffs: np.ndarray, concept: str) -> csr_matrix:
    """[rows, joint actions]: `rows @ joint >= 0` exactly in the equilibria of the concept.

    CE has a row for each player and ordered pair of its actions, CCE one for each player and action.
    """
    from scipy import sparse

    rows, columns, values, count = [], [], [], 0
    for place, loss in losses(payoffs):
        each, others = loss.shape
        # The row of b against itself is empty in a CE and is dropped below.
        rows.append(np.repeat(count + np.arange(each) if concept == "ce" else np.full(each, count), others))
        columns.append(place.ravel())
        values.append(loss.ravel())
        count += each if concept == "ce" else 1
    cells = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    found = sparse.csr_matrix(cells, shape=(count, payoffs[0].size))
    found.eliminate_zeros()
    if concept == "cce":
        return found
    itself = np.concatenate([np.eye(n, dtype=bool).ravel() for n in payoffs.shape[1:]])
    return found[~itself]
