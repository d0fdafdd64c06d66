"""One round of PSRO: the meta-game is solved, new members respond, and their cells of the payoffs are filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..games.agent import Agent
from ..games.policy import Policy
from ..games.streams import stream_key
from .arena import SampledArena, TreeArena, VectorArena
from .measures import expected_cardinality
from .meta_solvers import MetaSolver, marginals, meta_strategy, product
from .oracle import OracleState
from .psro_methods import RESPONSES, PSROMethod
from .psro_record import PSROSnapshot


@dataclass(frozen=True, eq=False)
class Run:
    """What does not change between rounds."""

    game: Any
    arena: TreeArena | VectorArena | SampledArena
    method: PSROMethod
    solver: MetaSolver
    solver_options: Mapping[str, Any]
    oracle: Any
    responses: str
    budget: int
    seed: int

    def solve(self, payoffs: np.ndarray) -> np.ndarray:
        """The joint distribution over the members."""
        if self.method.meta_game == "anytime":
            from .restricted import least_exploitable

            assert isinstance(self.arena, TreeArena)
            return product([least_exploitable(self.arena, p)[0] for p in (0, 1)])
        if self.method.meta_game == "actions":
            return meta_strategy(payoffs, "uniform")
        joint = meta_strategy(payoffs, self.solver, **self.solver_options)
        if self.arena.symmetric and np.abs(joint - product(marginals(joint))).max() < 1e-12:
            joint = product([marginals(joint)[0]] * 2)  # of several equilibria both players take the same
        return joint

    def profile(self, joint: np.ndarray) -> Policy | None:
        """The meta-strategy as behaviour."""
        if not isinstance(self.arena, TreeArena):
            return None
        if self.method.meta_game == "actions":
            from .restricted import allowed_actions, restricted_equilibrium

            return Policy(self.arena.tree, restricted_equilibrium(self.arena.tree, allowed_actions(self.arena)))
        return self.arena.profile(joint)

    def train(
        self, state: OracleState, player: int, joint: np.ndarray | None, policy: Policy | None, key: int
    ) -> OracleState:
        """Trains a member against weights `joint` of the others' members, or against a profile."""
        seats = [p for p in range(self.arena.players) if p != player]
        if joint is None:
            from .facing import agent_of

            assert policy is not None
            opponents: list[Any] = [agent_of(self.game, policy.probabilities, "meta-strategy")]
            weights = np.ones(1)
        else:
            places = np.argwhere(joint > 0.0)
            weights = joint[tuple(places.T)]
            opponents = [self._seated(player, seats, place) for place in places]
        return self.mirrored(self.oracle.train(self.game, state, player, opponents, weights, key, self.budget))

    def mirrored(self, state: OracleState) -> OracleState:
        """The member as it is; in symmetric games with what it learned in the first seat in both."""
        if not self.arena.symmetric or "probabilities" not in state:
            return state
        first, _ = np.split(state["probabilities"], 2)
        return {**state, "probabilities": np.concatenate([first, first])}

    def _seated(self, player: int, seats: Sequence[int], place: np.ndarray) -> Any:
        held = self.arena.members
        agents = [held[0 if self.arena.symmetric else p][i] for p, i in zip(seats, place)]
        if len(agents) == 1:
            return agents[0]
        return [*agents[:player], agents[0], *agents[player:]]  # somebody for the learner's own seat

    def add(self, payoffs: np.ndarray, player: int, place: int, agent: Agent) -> np.ndarray:
        """The payoffs after a member was put in its place, new or again."""
        self.arena.put(player, place, agent)
        players = range(self.arena.players) if self.arena.symmetric else [player]
        sizes = [len(self.arena.members[0 if self.arena.symmetric else p]) for p in range(self.arena.players)]
        grown = np.full((self.arena.players, *sizes), np.nan)
        known: tuple[Any, ...] = (slice(None), *(slice(n) for n in payoffs.shape[1:]))
        grown[known] = payoffs
        for p in players:
            rows = [np.arange(n) for n in sizes]
            rows[p] = np.array([place])
            cells: tuple[Any, ...] = (slice(None), *np.ix_(*rows))
            grown[cells] = self.arena.block(rows)
        return grown


def training_seed(run: Run, *numbers: int) -> int:
    """The seed of one training: it depends on the run's seed, the round, the player and which response it is."""
    key = run.seed
    for number in numbers:
        key = stream_key(key, number)
    return key


def grow(run: Run, now: PSROSnapshot) -> tuple[list[list[OracleState]], np.ndarray, bool]:
    """New members that respond to the meta-strategy. -> (states, payoffs, whether any came)."""
    states, payoffs = [list(group) for group in now.states], now.payoffs
    new: list[tuple[int, OracleState]] = []
    for p in range(len(states)):
        if run.method.meta_game == "actions":
            targets: list[np.ndarray | None] = [None]
        else:
            targets = list(RESPONSES[run.responses](now.payoffs, now.joint, p))
        for j, target in enumerate(targets):
            key = training_seed(run, now.iteration, p, j)
            state = run.train(run.oracle.start(run.game, key), p, target, now.policy, key)
            if run.method.diversity and target is not None:
                state = _most_diverse(run, now.payoffs, p, target, state, key)
            new.append((p, state))
    if run.method.inner:
        from .restricted import self_play

        assert isinstance(run.arena, TreeArena)
        new += [(p, {"probabilities": part}) for p, part in enumerate(self_play(run.arena, run.method.inner))]
    payoffs, found = _join(run, states, payoffs, new)
    if not found and run.method.meta_game == "anytime":
        # Of several best responses the oracle may take known ones; then the optimal mixture of all joins.
        from .restricted import least_exploitable

        assert isinstance(run.arena, TreeArena)
        optimal = [least_exploitable(run.arena, 1 - p)[1] for p in (0, 1)]
        payoffs, found = _join(run, states, payoffs, [(p, {"probabilities": part}) for p, part in enumerate(optimal)])
    return states, payoffs, found


def _join(
    run: Run, states: list[list[OracleState]], payoffs: np.ndarray, new: list[tuple[int, OracleState]]
) -> tuple[np.ndarray, bool]:
    """Adds those of the new members that play like none before. -> (payoffs, whether there was one)."""
    found = False
    for p, state in new:
        agent = run.oracle.agent(run.game, state)
        if run.solver.repeats or not run.arena.known(p, agent):
            payoffs, found = run.add(payoffs, p, len(states[p]), agent), True
            states[p].append(state)
    return payoffs, found


def _most_diverse(
    run: Run, payoffs: np.ndarray, player: int, target: np.ndarray, response: OracleState, key: int
) -> OracleState:
    """Of the response and responses to reweighted opponents the one of greatest payoff + diversity · cardinality."""
    rng = np.random.default_rng(key)
    options = [response]
    for c in range(run.method.candidates):
        tilted = 0.5 * target + 0.5 * rng.dirichlet(np.ones(target.size)).reshape(target.shape)
        options.append(run.train(run.oracle.start(run.game, key), player, tilted, None, stream_key(key, c)))
    place = payoffs.shape[1 + player]
    held = run.arena.members[player]
    table = np.moveaxis(payoffs[player], player, 0).reshape(place, -1) / run.arena.unit
    best, most = response, -np.inf
    for state in options:
        run.arena.put(player, place, run.oracle.agent(run.game, state))
        rows = [np.arange(n) for n in payoffs.shape[1:]]
        rows[player] = np.array([place])
        row = run.arena.block(rows)[player].ravel() / run.arena.unit
        worth = row @ target.ravel() + run.method.diversity * expected_cardinality(np.vstack([table, row]))
        if worth > most + 1e-12:
            best, most = state, worth
    del held[place:]
    if isinstance(run.arena, TreeArena):
        del run.arena.plans[player][place:]
    return best


def climb(run: Run, now: PSROSnapshot) -> tuple[list[list[OracleState]], np.ndarray, tuple[int, int, float]]:
    """One round of a pipeline: every unfinished member trains against the finished ones and those below it."""
    states, payoffs = [list(group) for group in now.states], now.payoffs
    finished, rounds, before = now.ladder
    worth = 0.0
    for level in range(run.method.active):
        place = finished + level
        below = payoffs[(slice(None), *(slice(0, place),) * run.arena.players)]
        joint = run.solve(below)
        for p in range(len(states)):
            key = training_seed(run, now.iteration, p, level)
            target = joint.sum(axis=p)
            if place == len(states[p]):
                states[p].append(run.mirrored(run.oracle.start(run.game, key)))
            states[p][place] = run.train(states[p][place], p, target, None, key)
            payoffs = run.add(payoffs, p, place, run.oracle.agent(run.game, states[p][place]))
            if level == 0:
                row = np.moveaxis(payoffs[p], p, 0)[place][(slice(0, place),) * (run.arena.players - 1)]
                worth += float((row * target).sum())
    rounds += 1
    if rounds >= run.method.longest or (rounds > 1 and worth - before <= run.method.plateau * run.arena.unit):
        return states, payoffs, (finished + 1, 0, 0.0)
    return states, payoffs, (finished, rounds, worth)
