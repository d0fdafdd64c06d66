"""One equilibrium of any number of players: the limit of the principal branch of logit equilibria."""

from __future__ import annotations

from .logit_branch import trace_branch
from .nash import NashMethod
from .polish import polished
from .profile import Profile, StrategicForm, certified_regret

GOOD = 1e-10
"""The regret, with payoffs scaled to [0, 1], with which the method is content."""


def logit(form: StrategicForm) -> list[Profile]:
    """Follows the branch (McKelvey & Palfrey 1995) and finishes with Newton's method on the support that it suggests.

    Raises:
        ArithmeticError: the branch was lost, or rounding ends it before an equilibrium is near.
    """
    scaled = StrategicForm(form.scaled)
    for lam in (1e4, 1e6, 1e8, 1e10):
        strategies = polished(form, [rows[-1] for rows in trace_branch(scaled, lam=lam).probabilities])
        regret = certified_regret(form.scaled, strategies)[0]
        if regret <= GOOD:
            return [Profile.of(form, strategies, method="logit")]
    raise ArithmeticError(f"the logit branch came to a regret of {regret:.3g} of the range of payoffs, and no closer")


METHODS = (
    NashMethod(
        "logit",
        "logit homotopy",
        "one",
        "one equilibrium of almost every game, the logit selection; an error where the branch is lost",
        "McKelvey & Palfrey 1995; Turocy 2005",
        logit,
    ),
)
