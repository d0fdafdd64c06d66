"""Self-play methods: each one is a configuration of the one loop, a row of a table with its paper.

A method says which roles learn, whom each role meets (a row of Σ), when a learner's copy is kept, and what else happens
between rounds. The functions here build methods from their options; `METHODS` lists them.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import alphastar, openai_five, pbt
from .functional_games import whole
from .interaction import WEIGHTINGS, Interaction, delta_uniform, latest, meta, near, prioritised, uniform
from .members import Population
from .meta_solvers import find_meta_solver

Gate = Callable[[Population, int], bool]
"""(population, a learner's number) -> whether a frozen copy of it is kept after this round."""


@dataclass(frozen=True)
class Role:
    """What learners of one kind do."""

    name: str
    count: int
    """How many learners there are."""
    opponents: Interaction
    keep: Gate
    reset: float = 0.0
    """Probability to begin anew after a copy was kept."""
    enters: bool = True
    """Whether a copy is kept before the first round."""


@dataclass(frozen=True)
class Method:
    """One way of self-play."""

    name: str
    roles: tuple[Role, ...]
    decay: float = 1.0
    """A pair's results are multiplied by it before each new match of the pair."""
    rate: float | None = None
    """η of OpenAI Five's quality scores; None: no such scores."""
    complete: bool = False
    """Whether all frozen members meet, not only learners and their opponents (for meta-strategies)."""
    ranges: tuple[tuple[str, tuple[float, float]], ...] = ()
    """Hyper-parameters that each learner has for itself: field of the oracle, (lowest, highest) first value."""
    evolve: Callable[[Population, np.random.Generator], Population] | None = None
    """What else happens after a round."""


@dataclass(frozen=True)
class MethodInfo:
    """A row of the table of methods."""

    title: str
    paper: str
    build: Callable[..., Method]

    @property
    def options(self) -> dict[str, Any]:
        """Names and defaults."""
        return {name: p.default for name, p in inspect.signature(self.build).parameters.items()}


def after(rounds: int) -> Gate:
    """A copy is kept after so many rounds of training."""
    return lambda population, me: population.members[me].trained >= rounds


def vanilla(every: int = 1) -> Method:
    """Always the newest copy of oneself; one is kept `every` so many rounds."""
    whole("every", every, 1)
    return Method("vanilla", (Role("learner", 1, latest, after(every)),))


def delta(delta: float = 0.5, every: int = 1) -> Method:
    """Uniform over the newest part of one's past: all of it at ``delta=0``, the newest copy alone at ``delta=1``."""
    whole("every", every, 1)
    _share("delta", delta)
    return Method("delta_uniform", (Role("learner", 1, delta_uniform(delta), after(every)),))


def fictitious(every: int = 1) -> Method:
    """Uniform over one's whole past."""
    whole("every", every, 1)
    return Method("fictitious", (Role("learner", 1, uniform, after(every)),))


def prioritised_fictitious(weighting: str = "squared", every: int = 1, decay: float = 1.0) -> Method:
    """One's past, those preferred who are hard (or instructive) to play against."""
    whole("every", every, 1)
    _share("decay", decay)
    if weighting not in WEIGHTINGS:
        raise ValueError(f"weighting must be one of {', '.join(WEIGHTINGS)}, got {weighting!r}")
    return Method("prioritised_fictitious", (Role("learner", 1, prioritised(weighting), after(every)),), decay)


def policy_space_response(solver: str = "nash", every: int = 1) -> Method:
    """The meta-strategy over one's past in the empirical game that the matches give: PSRO with one shared population.
    (`ludus.psro` has the exact and the asymmetric forms.)"""
    whole("every", every, 1)
    find_meta_solver(solver)
    return Method("psro", (Role("learner", 1, meta(solver), after(every)),), complete=True)


def openai(latest: float = 0.8, rate: float = 0.01, every: int = 10) -> Method:
    """`latest` of the training against the present self, the rest against the past by quality scores."""
    whole("every", every, 1)
    _share("latest", latest)
    _positive("rate", rate)
    return Method("openai_five", (Role("learner", 1, openai_five.pool(latest), after(every)),), rate=rate)


def alphastar_paper(
    mains: int = 1, main_exploiters: int = 1, league_exploiters: int = 2, patience: int = 2, decay: float = 0.99
) -> Method:
    """The league of the paper's text; `patience` rounds stand for its 2e9 steps. The counts are those of one race."""
    _league(mains, main_exploiters, league_exploiters, patience, decay)
    return Method(
        "alphastar",
        (
            Role(alphastar.MAIN, mains, alphastar.paper_main_agent, alphastar.paper_gate(None, patience)),
            Role(
                alphastar.MAIN_EXPLOITER,
                main_exploiters,
                alphastar.paper_main_exploiter,
                alphastar.paper_gate(alphastar.beats_mains, 2 * patience),
                reset=1.0,
                enters=False,
            ),
            Role(
                alphastar.LEAGUE_EXPLOITER,
                league_exploiters,
                alphastar.paper_league_exploiter,
                alphastar.paper_gate(alphastar.beats_past, patience),
                reset=0.25,
                enters=False,
            ),
        ),
        decay,
    )


def alphastar_pseudocode(
    mains: int = 1, main_exploiters: int = 1, league_exploiters: int = 2, patience: int = 2, decay: float = 0.99
) -> Method:
    """The league of the published pseudocode; `patience` rounds stand for its 2e9 steps. Copies are kept before a
    reset, not after it."""
    _league(mains, main_exploiters, league_exploiters, patience, decay)
    past = alphastar.pseudocode_gate(alphastar.beats_past, patience)
    present = alphastar.pseudocode_gate(alphastar.beats_mains, patience)
    return Method(
        "alphastar_pseudocode",
        (
            Role(alphastar.MAIN, mains, alphastar.main_agent, past),
            Role(alphastar.MAIN_EXPLOITER, main_exploiters, alphastar.main_exploiter, present, 1.0, False),
            Role(alphastar.LEAGUE_EXPLOITER, league_exploiters, alphastar.league_exploiter, past, 0.25, False),
        ),
        decay,
    )


def population_based(
    learners: int = 8,
    hyper: dict[str, tuple[float, float]] | None = None,
    interval: int = 5,
    share: float = 0.2,
    low: float = 0.8,
    high: float = 1.2,
    width: float = 1 / 6,
    every: int = 10,
    decay: float = 0.99,
) -> Method:
    """Learners who meet others of like strength; every `interval` rounds the worst `share` of them copy the best and
    multiply each hyper-parameter by `low` or `high`. `hyper`: field of the oracle -> (lowest, highest) first value."""
    whole("learners", learners, 2)
    whole("interval", interval, 1)
    whole("every", every, 1)
    for name, value in (("share", share), ("decay", decay)):
        _share(name, value)
    for name, value in (("low", low), ("high", high), ("width", width)):
        _positive(name, value)
    ranges = {} if hyper is None else {name: tuple(map(float, pair)) for name, pair in hyper.items()}
    for name, pair in ranges.items():
        if len(pair) != 2 or not 0 < pair[0] <= pair[1] < math.inf:
            raise ValueError(f"hyper: {name} must have a range (lowest, highest) of positive numbers, got {pair}")

    def evolve(population: Population, rng: np.random.Generator) -> Population:
        if population.round % interval:
            return population
        return pbt.exploit_and_explore(population, share, (low, high), rng)

    role = Role("learner", learners, near(width), after(every))
    return Method("pbt", (role,), decay, ranges=tuple(ranges.items()), evolve=evolve)  # type: ignore[arg-type]


METHODS: dict[str, MethodInfo] = {
    "vanilla": MethodInfo("vanilla self-play", "Samuel 1959; Silver et al. 2018", vanilla),
    "delta_uniform": MethodInfo("δ-uniform self-play", "Bansal et al. 2018", delta),
    "fictitious": MethodInfo("fictitious self-play", "Brown 1951; Heinrich, Lanctot & Silver 2015", fictitious),
    "prioritised_fictitious": MethodInfo(
        "prioritised fictitious self-play", "Vinyals et al. 2019", prioritised_fictitious
    ),
    "psro": MethodInfo("policy-space response oracles", "Lanctot et al. 2017", policy_space_response),
    "openai_five": MethodInfo("OpenAI Five's opponent pool", "Berner et al. 2019", openai),
    "alphastar": MethodInfo("AlphaStar's league, the paper's text", "Vinyals et al. 2019, Methods", alphastar_paper),
    "alphastar_pseudocode": MethodInfo(
        "AlphaStar's league, the pseudocode", "Vinyals et al. 2019, supplementary data", alphastar_pseudocode
    ),
    "pbt": MethodInfo("population-based training", "Jaderberg et al. 2017, 2019", population_based),
}
"""Every method of the one loop."""


def make_method(name: str, **options: Any) -> Method:
    """The method of a name with its options.

    Raises:
        ValueError: an unknown method, an option that it does not have, or a value that is not allowed.
    """
    if name not in METHODS:
        raise ValueError(f"there is no self-play method {name!r}; there is {', '.join(METHODS)}")
    known = METHODS[name].options
    if unknown := [key for key in options if key not in known]:
        raise ValueError(f"{name} has no option {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    return METHODS[name].build(**options)


def _league(mains: int, main_exploiters: int, league_exploiters: int, patience: int, decay: float) -> None:
    whole("mains", mains, 1)
    whole("main_exploiters", main_exploiters, 0)
    whole("league_exploiters", league_exploiters, 0)
    whole("patience", patience, 1)
    _share("decay", decay)


def _share(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1, got {value!r}")


def _positive(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ValueError(f"{name} must be a positive number, got {value!r}")
