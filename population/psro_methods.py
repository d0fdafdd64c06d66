"""The PSRO family as a table: every method is a configuration of the one loop in `psro`."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

MET = 1e-8
"""Members that are met less often do not count as met."""


# -- whom new members respond to ---------------------------------------------------------------------------------------


def mixture(payoffs: np.ndarray, joint: np.ndarray, player: int) -> list[np.ndarray]:
    """One response, to what the others do together: float64[others' members]."""
    return [joint.sum(axis=player)]


def conditional(payoffs: np.ndarray, joint: np.ndarray, player: int) -> list[np.ndarray]:
    """One response for each member that is recommended, to what the others are then told (JPSRO with CE)."""
    rows = np.moveaxis(joint, player, 0)
    return [row / row.sum() for row in rows if row.sum() > MET]


def rectified(payoffs: np.ndarray, joint: np.ndarray, player: int) -> list[np.ndarray]:
    """One response for each member that is played, to those of its opponents against whom it gets at least what
    everybody gets on average: "amplify strengths, ignore weaknesses"."""
    others = joint.sum(axis=player)
    strong = np.moveaxis(payoffs[player] >= payoffs.mean(axis=0) - 1e-12, player, 0)
    played = np.moveaxis(joint, player, 0).reshape(joint.shape[player], -1).sum(axis=1) > MET
    kept = [np.where(beaten, others, 0.0) for beaten in strong[played]]
    return [part / part.sum() if part.sum() > 1e-12 else others for part in kept]


RESPONSES: dict[str, Callable[[np.ndarray, np.ndarray, int], list[np.ndarray]]] = {
    "mixture": mixture,
    "conditional": conditional,
    "rectified": rectified,
}
"""(payoffs, joint, player) -> weights of the others' members, one array for each new member."""


# -- the table ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PSROMethod:
    """One row: what differs from plain PSRO."""

    name: str
    title: str
    reference: str
    meta_solver: str = "nash"
    responses: str | None = None
    """A name of `RESPONSES`; None: what goes with the meta-solver."""
    meta_game: str = "payoffs"
    """``"payoffs"`` between members; ``"actions"``: the tree with the members' actions; ``"anytime"``: the members
    against everything the opponent could do."""
    active: int = 0
    """Members that are trained at the same time, each against all below it; 0: new members are finished at once."""
    plateau: float = 1e-3
    """With `active`: the lowest is finished when its payoff rose by less than this share of the range of payoffs."""
    longest: int = 5
    """With `active`: and at the latest after so many rounds."""
    diversity: float = 0.0
    """What a unit of expected cardinality is worth in choosing among candidates."""
    candidates: int = 8
    """With `diversity`: candidates besides the response itself."""
    inner: int = 0
    """Rounds of the inner loop whose average learner joins the population as well."""


_ROWS = (
    PSROMethod("psro", "Policy-space response oracles", "Lanctot et al. 2017"),
    PSROMethod("double_oracle", "Double oracle", "McMahan, Gordon & Blum 2003"),
    PSROMethod("self_play", "Self-play", "Samuel 1959", meta_solver="last"),
    PSROMethod("fictitious", "Fictitious play over a population", "Heinrich et al. 2015", meta_solver="uniform"),
    PSROMethod("alpha_psro", "alpha-PSRO", "Muller et al. 2020", meta_solver="alpha_rank"),
    PSROMethod("rectified", "Rectified PSRO", "Balduzzi et al. 2019", responses="rectified"),
    PSROMethod("xdo", "Extensive-form double oracle", "McAleer et al. 2021", meta_game="actions"),
    PSROMethod("jpsro_ce", "Joint PSRO with correlated equilibria", "Marris et al. 2021", meta_solver="mgce"),
    PSROMethod("jpsro_cce", "Joint PSRO with coarse correlated equilibria", "Marris et al. 2021", meta_solver="mgcce"),
    PSROMethod("pipeline", "Pipeline PSRO", "McAleer et al. 2020", active=3),
    PSROMethod("anytime", "Anytime PSRO", "McAleer et al. 2022", meta_game="anytime"),
    PSROMethod("sp_psro", "Self-play PSRO", "McAleer et al. 2022", meta_game="anytime", inner=100),
    PSROMethod("diverse", "Diverse PSRO (expected cardinality)", "Perez-Nieves et al. 2021", diversity=0.5),
)
METHODS: dict[str, PSROMethod] = {row.name: row for row in _ROWS}
"""Every method by name."""


def find_method(method: str | PSROMethod, **changes: Any) -> PSROMethod:
    """The row of that name, with some fields changed.

    Raises:
        ValueError: no such method, an unknown field, or a field out of range.
    """
    if isinstance(method, str):
        if method not in METHODS:
            near = difflib.get_close_matches(method, METHODS, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"there is no PSRO method {method!r}; {hint}known are {', '.join(METHODS)}")
        method = METHODS[method]
    elif not isinstance(method, PSROMethod):
        raise TypeError(f"method must be a name or a PSROMethod, got {type(method).__name__}")
    allowed = ("active", "plateau", "longest", "diversity", "candidates", "inner", "responses")
    for name in changes:
        if name not in allowed:
            raise ValueError(f"{name!r} is no option of PSRO methods; they are {', '.join(allowed)}")
    found = replace(method, **changes)
    for name in ("active", "longest", "candidates", "inner"):
        value, least = getattr(found, name), int(name in ("longest", "candidates"))
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")
    for name in ("plateau", "diversity"):
        if not 0.0 <= getattr(found, name) < np.inf:
            raise ValueError(f"{name} must be a finite number of at least 0, got {getattr(found, name)!r}")
    if found.responses is not None and found.responses not in RESPONSES:
        raise ValueError(f"responses must be one of {', '.join(RESPONSES)}, got {found.responses!r}")
    return found
