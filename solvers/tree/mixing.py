"""Averages whose weights are chosen, not scheduled: the best mixture of a regret minimiser's partial averages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ...games.tree import GameTree
from ..algorithm import Algorithm, option_names
from . import _best, _kernels
from .cfr import SCHEDULES, Minimiser, behaviour
from .layout import Layout, layout_of

ROUNDS = 80
"""Most linear programs for a player's mixture at the first point; later ones go on from its cuts, with at most
two and one for each four new iterations."""
STEPS = (0.1, 0.3, 0.6)
"""A round tries the best mixture so far, moved these parts of the way to the linear program's."""


def optimal_mixture(
    tree: GameTree,
    points: Iterable[int],
    seed: int | np.random.Generator = 0,
    base: str = "dcfr",
    pieces: int = 128,
    precision: float = 0.05,
    alternating: bool = True,
) -> Iterator[tuple[int, np.ndarray]]:
    """Runs a member of the CFR family and mixes its partial averages so that the gap is least.

    The realisation plans of equally many iterations each are summed to a piece, up to `pieces` of them; when there are
    so many, neighbours are joined and pieces become twice as long. At a point each player's mixture x = Σ w_k x_k
    minimises the value of the best response to it: min over w of max over opponents' pure plans, by cutting planes,
    until the bounds from both sides differ by at most `precision` of the gap (or `ROUNDS` says enough). A
    round costs about what three iterations do, and a linear program. Memory is `pieces` plans and as many cuts.

    Weights that follow from play instead of a schedule: Zhang, Lerer & Brown 2022, 'Equilibrium finding in normal-form
    games via greedy regret minimization'; cutting planes: Kelley 1960; the combination is this project's.

    Raises:
        ValueError: an unknown base, fewer than two pieces, or a precision outside (0, 1).
    """
    if base not in SCHEDULES:
        raise ValueError(f"base must be one of {', '.join(map(repr, SCHEDULES))}; got {base!r}")
    if pieces < 2:
        raise ValueError(f"pieces must be at least 2, got {pieces!r}")
    if not 0.0 < precision < 1.0:
        raise ValueError(f"precision must lie between 0 and 1, got {precision!r}")
    run, layout = Minimiser(tree, SCHEDULES[base](), alternating), layout_of(tree)
    bundles = _Bundle(tree, layout, 0), _Bundle(tree, layout, 1)
    held: list[np.ndarray] = []
    length = 1
    for point in points:
        rounds = ROUNDS if not run.done else min(ROUNDS, 2 + (point - run.done) // 4)
        while run.done < point:
            run.advance(min(point, (run.done // length + 1) * length))
            if run.done % length == 0:
                held.append(run.average.copy())
                run.average[:] = 0.0
            if len(held) >= pieces and len(held) % 2 == 0:
                held = [one + two for one, two in zip(held[::2], held[1::2])]
                length *= 2
        if not held:
            yield run.done, run.policy[layout.position]
            continue
        now = np.array([*held, run.average] if run.done % length else held)
        yield run.done, behaviour(tree, _mix(now, bundles, pieces, precision, rounds)[layout.position])


def _mix(now: np.ndarray, bundles: tuple[_Bundle, _Bundle], most: int, precision: float, rounds: int) -> np.ndarray:
    """The best mixture, float64[size], of pieces float64[K, size]; its gap is never above that of their sum."""
    for bundle in bundles:
        bundle.begin(now)
    for _ in range(rounds):
        for bundle in bundles:
            bundle.advance()
        gap = sum(bundle.best for bundle in bundles)
        if sum(bundle.best - bundle.least for bundle in bundles) <= precision * max(gap, 0.0) + bundles[0].rounding:
            break
    out = np.zeros(now.shape[1])
    for bundle in bundles:
        out[bundle.own] = bundle.weights @ bundle.plans
        bundle.forget(most)
    return out


class _Bundle:
    """One player's mixture: the loss max_y Σ_k w_k x_k' A y over weights w, bounded below by the y met so far."""

    def __init__(self, tree: GameTree, layout: Layout, player: int):
        self.layout, self.player = layout, player
        self.own = slice(*layout.player_start[player : player + 2].tolist())
        self.plan, self.grad, self.policy, self.reply = np.zeros((4, layout.size))
        self.choice, self.scratch = np.zeros(tree.num_infosets, np.int64), layout.scratch()
        self.rounding = 1e-13 * tree.utility_range
        self.cuts: list[np.ndarray] = []
        """float64[own] each: the losses of the player's sequences against one reply."""

    def begin(self, pieces: np.ndarray) -> None:
        """Other pieces, float64[K, size]; starts from their sum."""
        plans = pieces[:, self.own]
        self.plans = plans / plans[:, :1]
        self.rows = [self.plans @ cut for cut in self.cuts]
        self.weights, self.best, self.least = plans[:, 0] / plans[:, 0].sum(), np.inf, -np.inf
        self.trials = [self.weights]

    def advance(self) -> None:
        """Answers the trials, learns their cuts, and chooses the next ones."""
        for trial in self.trials:
            self._answer(trial)
        low, self.least = self._program()
        self.trials = [(1.0 - step) * self.weights + step * low for step in STEPS]

    def _answer(self, trial: np.ndarray) -> None:
        arrays, other = self.layout.arrays, 1 - self.player
        self.plan[self.own] = trial @ self.plans
        _best.respond(other, arrays, self.plan, self.grad, self.policy, self.reply, self.choice, self.scratch[0])
        loss = float(self.grad[self.layout.player_start[other]])
        if loss < self.best:
            self.best, self.weights = loss, trial
        self.grad[self.own] = 0.0
        _kernels.gradient(self.player, self.reply, self.grad, *arrays[-1])
        self.cuts.append(-self.grad[self.own])
        self.rows.append(self.plans @ self.cuts[-1])

    def _program(self) -> tuple[np.ndarray, float]:
        """min over weights of the greatest cut -> (weights, value)."""
        from scipy.optimize import linprog

        rows = np.array(self.rows) - self.best
        scale = max(float(np.abs(rows).max()), self.rounding) or 1.0
        cuts, count = rows.shape
        found = linprog(
            np.append(np.zeros(count), 1.0),
            A_ub=np.hstack([rows / scale, -np.ones((cuts, 1))]),
            b_ub=np.zeros(cuts),
            A_eq=np.append(np.ones(count), 0.0)[None],
            b_eq=[1.0],
            bounds=[(0.0, None)] * count + [(None, None)],
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if found.x is None:  # numerically stuck: stay with what is best so far
            return self.weights, self.best
        weights = np.maximum(found.x[:count], 0.0)
        return weights / weights.sum(), self.best + scale * float(found.fun)

    def forget(self, most: int) -> None:
        """Keeps the cuts that matter most to the best mixture."""
        value = np.array(self.rows) @ self.weights
        self.cuts = [self.cuts[k] for k in np.sort(np.argsort(-value, kind="stable")[:most]).tolist()]


ALGORITHMS = (
    Algorithm(
        "dcfr-mix",
        "Discounted CFR, optimal mixture of partial averages",
        "full width",
        "two-player zero-sum: the average converges to a Nash equilibrium, never above the gap of its base; "
        "more work at each point than iterations alone",
        "this project; after Brown & Sandholm 2019 and Zhang, Lerer & Brown 2022",
        optimal_mixture,
        tuple(o for o in option_names(optimal_mixture) if o != "seed"),
        zero_sum_only=True,
        two_players_only=True,
    ),
)
