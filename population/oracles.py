"""The oracles: exact best responses, learners against a mixture of opponents, and any function."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from ..games.agent import Agent
from ..games.policy import Policy
from ..games.tabulate import tabulate
from ..games.tree import GameTree
from ..solvers.tree import _mccfr
from ..solvers.tree.cfr import behaviour
from ..solvers.tree.mccfr import external, seed_key
from .facing import Facing, facing, gradient, realisation_plans, respond, with_part
from .functional_games import FunctionalGame
from .oracle import (
    INITIAL,
    Opponents,
    Oracle,
    OracleState,
    VectorAgent,
    checked,
    greedy,
    member_agent,
    mixed_plans,
    seat,
    start_state,
    tree_of,
    vectors_of,
    with_tree,
)

__all__ = [
    "INITIAL",
    "MCCFR",
    "ORACLES",
    "CallableOracle",
    "EvolutionStrategies",
    "Exact",
    "Opponents",
    "Oracle",
    "OracleState",
    "QLearning",
    "VectorAgent",
    "find_oracle",
    "start_state",
]


@dataclass(frozen=True)
class Exact:
    """The exact best response: on trees and matrices by one sweep, in games over vectors by the game's own rule.

    Between equally good actions the first is taken. `budget` does not matter. State: probabilities float64[S], or
    vector float64[D].
    """

    initial: str = "uniform"

    def start(self, game: Any, seed: int | np.random.Generator = 0) -> OracleState:
        return start_state(game, self.initial, seed)

    def train(
        self,
        game: Any,
        state: OracleState,
        player: int,
        opponents: Opponents,
        weights: Any,
        seed: int | np.random.Generator = 0,
        budget: int = 1,
    ) -> OracleState:
        mix, player = checked(opponents, weights, budget), seat(game, player)
        if isinstance(game, FunctionalGame):
            return {"vector": game.best_response(vectors_of(opponents), mix)[0]}
        tree = tree_of(game)
        _, reply = respond(tree, player, gradient(tree, player, *mixed_plans(game, opponents, mix)))
        return {"probabilities": with_part(tree, state["probabilities"], player, reply)}

    def agent(self, game: Any, state: OracleState) -> Agent:
        return member_agent(game, state, "best response")


@dataclass(frozen=True)
class QLearning:
    """Tabular Q-learning on the tree (Watkins & Dayan 1992); `budget` counts episodes.

    Behaves ε-greedily while it learns and greedily as an agent. The step size of an action's (n+1)-th update is
    ``rate / (1 + decay * n)``. State: probabilities, values and visits float64[S], episodes int64.
    """

    default_budget: ClassVar[int] = 10_000
    rate: float = 1.0
    decay: float = 0.05
    epsilon: float = 0.2
    initial: str = "uniform"

    def __post_init__(self) -> None:
        if not 0.0 < self.rate <= 1.0:
            raise ValueError(f"rate must be above 0 and at most 1, got {self.rate!r}")
        if not 0.0 <= self.decay < np.inf:
            raise ValueError(f"decay must be finite and at least 0, got {self.decay!r}")
        if not 0.0 < self.epsilon <= 1.0:
            raise ValueError(f"epsilon must be above 0 and at most 1, got {self.epsilon!r}")

    def start(self, game: Any, seed: int | np.random.Generator = 0) -> OracleState:
        state, size = start_state(with_tree(game, "q_learning"), self.initial, seed), game.tree().num_sequences
        return {**state, "values": np.zeros(size), "visits": np.zeros(size), "episodes": np.zeros(1, np.int64)}

    def train(
        self,
        game: Any,
        state: OracleState,
        player: int,
        opponents: Opponents,
        weights: Any,
        seed: int | np.random.Generator = 0,
        budget: int = 1,
    ) -> OracleState:
        from . import _oracles

        mix, player = checked(opponents, weights, budget), seat(game, player)
        tree = with_tree(game, "q_learning").tree()
        values, visits = state["values"].copy(), state["visits"].copy()
        done, task = int(state["episodes"][0]), facing(tree, player, *mixed_plans(game, opponents, mix))
        way = (self.rate, self.epsilon, self.decay)
        _oracles.q_learning(done, int(budget), seed_key(seed), *task, *way, values, visits)
        return {
            "probabilities": with_part(tree, state["probabilities"], player, greedy(tree, values)),
            "values": values,
            "visits": visits,
            "episodes": np.array([done + budget], np.int64),
        }

    def agent(self, game: Any, state: OracleState) -> Agent:
        return member_agent(game, state, "Q-learner")


@dataclass(frozen=True)
class MCCFR:
    """External-sampling MCCFR against opponents that stay as they are (Lanctot et al. 2009); `budget` counts walks.

    Its average strategy approaches a best response and stays mixed on the way. State: probabilities (the average),
    policy, regret and total float64[S], walks int64[P].
    """

    default_budget: ClassVar[int] = 10_000
    initial: str = "uniform"

    def start(self, game: Any, seed: int | np.random.Generator = 0) -> OracleState:
        state, size = start_state(with_tree(game, "mccfr"), self.initial, seed), game.tree().num_sequences
        uniform = Policy.uniform(game.tree()).probabilities.copy()
        return {
            **state,
            "policy": uniform,
            "regret": np.zeros(size),
            "total": np.zeros(size),
            "walks": np.zeros(game.num_players, np.int64),
        }

    def train(
        self,
        game: Any,
        state: OracleState,
        player: int,
        opponents: Opponents,
        weights: Any,
        seed: int | np.random.Generator = 0,
        budget: int = 1,
    ) -> OracleState:
        mix, player = checked(opponents, weights, budget), seat(game, player)
        tree = with_tree(game, "mccfr").tree()
        new = {name: array.copy() for name, array in state.items()}
        task = facing(tree, player, *mixed_plans(game, opponents, mix))
        done = int(new["walks"][player])
        average = _walk(tree, player, task, done, int(budget), seed, new["policy"], new["regret"], new["total"])
        new["walks"][player] = done + budget
        new["probabilities"] = with_part(tree, state["probabilities"], player, average)
        return new

    def agent(self, game: Any, state: OracleState) -> Agent:
        return member_agent(game, state, "MCCFR")


def _walk(
    tree: GameTree,
    player: int,
    task: Facing,
    done: int,
    count: int,
    seed: int | np.random.Generator,
    policy: np.ndarray,
    regret: np.ndarray,
    total: np.ndarray,
) -> np.ndarray:
    """Walks done … done + count - 1 of external sampling for one player. policy, regret, total: in and out.

    -> the average behaviour float64[S].
    """
    way, size = external(), tree.num_sequences
    roots = tree.sequence_start[[player]]
    learned = (policy, regret, total, np.zeros(tree.num_infosets, np.int64), np.zeros((0, 1)))
    scratch = (
        np.zeros((tree.num_infosets, _mccfr.FRAME), np.int64),
        *np.zeros((3, size + 1)),
        np.zeros((size + 1, 2), np.int64),
    )
    game = (task.nodes, task.chance, task.sets, roots, task.utility)
    options = (way.own, way.others, *way.numbers, way.rate)
    _mccfr.sample_tree(done, count, seed_key(seed), *options, *game, *learned, *scratch)
    _mccfr.average(task.sets, tree.infoset_count.copy(), float(done + count), roots, policy, regret, total)
    return behaviour(tree, total)


@dataclass(frozen=True)
class EvolutionStrategies:
    """Evolution strategies with mirrored samples and ranked fitness (Salimans et al. 2017); `budget`: generations.

    Parameters are softmax logits over a tree's actions, or a game's own vector; fitness is the exact expected payoff.
    State: logits and probabilities float64[S], or vector float64[D].
    """

    default_budget: ClassVar[int] = 100
    population: int = 32
    sigma: float = 0.3
    rate: float = 0.3
    initial: str = "uniform"

    def __post_init__(self) -> None:
        if self.population < 2 or self.population % 2:
            raise ValueError(f"population must be an even number of at least 2, got {self.population!r}")
        for name in ("sigma", "rate"):
            if not 0.0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be positive and finite, got {getattr(self, name)!r}")

    def start(self, game: Any, seed: int | np.random.Generator = 0) -> OracleState:
        state = start_state(game, self.initial, seed)
        if "vector" in state:
            return state
        with np.errstate(divide="ignore"):
            logits = np.maximum(np.log(state["probabilities"]), -8.0)  # a pure start must be able to change
        return {"logits": logits, "probabilities": softmax(game.tree(), logits)}

    def train(
        self,
        game: Any,
        state: OracleState,
        player: int,
        opponents: Opponents,
        weights: Any,
        seed: int | np.random.Generator = 0,
        budget: int = 1,
    ) -> OracleState:
        mix, player = checked(opponents, weights, budget), seat(game, player)
        rng = np.random.default_rng(seed)
        if isinstance(game, FunctionalGame):
            others = vectors_of(opponents)
            found = self._climb(
                state["vector"], lambda rows: game.payoffs(game.project(rows), others) @ mix, rng, budget
            )
            return {"vector": game.project(found[None])[0]}
        tree = tree_of(game)
        grad = gradient(tree, player, *mixed_plans(game, opponents, mix))
        own = slice(tree.sequence_start[player] + 1, tree.sequence_start[player + 1])
        logits = state["logits"].copy()

        def fitness(rows: np.ndarray) -> np.ndarray:
            trial = logits.copy()
            worth = np.empty(len(rows))
            for i, row in enumerate(rows):
                trial[own] = row
                worth[i] = realisation_plans(tree, softmax(tree, trial)) @ grad
            return worth

        logits[own] = self._climb(logits[own], fitness, rng, budget)
        return {"logits": logits, "probabilities": softmax(tree, logits)}

    def agent(self, game: Any, state: OracleState) -> Agent:
        return member_agent(game, state, "evolved")

    def _climb(self, x: np.ndarray, fitness: Callable, rng: np.random.Generator, generations: int) -> np.ndarray:
        half = self.population // 2
        ranks = np.linspace(-0.5, 0.5, self.population)
        for _ in range(generations):
            noise = rng.standard_normal((half, len(x)))
            noise = np.concatenate([noise, -noise])
            worth = fitness(x + self.sigma * noise)
            if np.ptp(worth) == 0.0:  # nothing to rank
                continue
            shaped = np.empty(self.population)
            shaped[np.argsort(worth, kind="stable")] = ranks
            x = x + self.rate / self.population / self.sigma * (shaped @ noise)
        return x


def softmax(tree: GameTree, logits: np.ndarray) -> np.ndarray:
    """float64[S]: behaviour proportional to exp(logits) at every information set."""
    at = np.maximum(tree.sequence_infoset, 0)
    top = np.full(tree.num_infosets, -np.inf)
    np.maximum.at(top, at, np.where(tree.sequence_infoset >= 0, logits, -np.inf))
    return Policy.from_weights(tree, np.exp(logits - top[at])).probabilities.copy()


@dataclass(frozen=True)
class CallableOracle:
    """Any function as an oracle: ``function(game, state, player, opponents, weights, seed, budget)``.

    It returns a `Policy`, an agent that can be tabulated, a vector (in games over vectors), or a dict of arrays; for a
    dict, `make_agent(game, state)` says how it plays. `start` gives what `initial` says, or calls it (game, seed).
    """

    function: Callable[..., Any]
    make_agent: Callable[[Any, OracleState], Agent] | None = None
    initial: str | Callable[[Any, Any], OracleState] = "uniform"

    def start(self, game: Any, seed: int | np.random.Generator = 0) -> OracleState:
        return self.initial(game, seed) if callable(self.initial) else start_state(game, self.initial, seed)

    def train(
        self,
        game: Any,
        state: OracleState,
        player: int,
        opponents: Opponents,
        weights: Any,
        seed: int | np.random.Generator = 0,
        budget: int = 1,
    ) -> OracleState:
        mix = checked(opponents, weights, budget)
        made = self.function(game, dict(state), player, list(opponents), mix, seed, budget)
        if isinstance(made, Mapping) and all(isinstance(array, np.ndarray) for array in made.values()):
            return dict(made)
        if isinstance(made, Policy):
            return {"probabilities": made.probabilities.copy()}
        if isinstance(made, VectorAgent):
            return {"vector": made.vector.copy()}
        if isinstance(made, Agent):
            return {"probabilities": tabulate(game, made).probabilities.copy()}
        if isinstance(made, np.ndarray) and isinstance(game, FunctionalGame):
            return {"vector": made.astype(np.float64)}
        raise TypeError(
            f"an oracle's function returns a Policy, an agent, a vector or a dict of arrays, got {type(made).__name__}"
        )

    def agent(self, game: Any, state: OracleState) -> Agent:
        if self.make_agent is not None:
            return self.make_agent(game, state)
        if not {"probabilities", "vector"} & state.keys():
            raise TypeError("this oracle returned a dict of arrays of its own: give make_agent(game, state) -> Agent")
        return member_agent(game, state, getattr(self.function, "__name__", "callable"))


ORACLES: dict[str, Callable[..., Any]] = {
    "exact": Exact,
    "q_learning": QLearning,
    "mccfr": MCCFR,
    "evolution_strategies": EvolutionStrategies,
    "callable": CallableOracle,
}
"""Every oracle by name."""


def find_oracle(oracle: Any, **options: Any) -> Any:
    """An oracle by its name and options; an oracle itself; or the oracle of a function.

    Raises:
        ValueError: there is none of that name, or it has no such option.
        TypeError: something else was given.
    """
    if isinstance(oracle, str):
        if oracle not in ORACLES:
            near = difflib.get_close_matches(oracle, ORACLES, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"there is no oracle {oracle!r}; {hint}known are {', '.join(ORACLES)}")
        kind = ORACLES[oracle]
        known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        for name in options:
            if name not in known:
                raise ValueError(f"oracle {oracle!r} has no option {name!r}; its options are: {', '.join(known)}")
        return kind(**options)
    if options:
        raise ValueError(f"options belong to an oracle's name; give {type(oracle).__name__} its own")
    if isinstance(oracle, Oracle):
        return oracle
    if callable(oracle):
        return CallableOracle(oracle)
    raise TypeError(f"oracle must be a name, an oracle or a function, got {type(oracle).__name__}")
