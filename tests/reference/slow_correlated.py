"""Correlation by enumeration: distributions over pairs of pure strategies of a two-player game, walked over `State`."""

from __future__ import annotations

from functools import cached_property
from itertools import product

import numpy as np
from reference.slow_cfr import Node, expected_values
from scipy.optimize import linprog


class SlowCorrelation:
    """Every pure strategy of both players, and every deviation of a concept, written out."""

    def __init__(self, root):
        self.root = Node(root)
        self.sets = [{}, {}]  # key -> (actions, own moves before it)

        def collect(node, past):
            if node.player is None:
                return
            if node.player < 0:
                for outcome, _ in node.state.chance():
                    collect(node.after(outcome), past)
                return
            p, key = node.player, node.key
            self.sets[p][key] = node.actions(), past[p]
            for a in node.actions():
                further = list(past)
                further[p] = (*past[p], (key, a))
                collect(node.after(a), tuple(further))

        collect(self.root, ((), ()))
        self.plans = [
            [dict(zip(sets, choice)) for choice in product(*(actions for actions, _ in sets.values()))]
            for sets in self.sets
        ]
        self.index = [{tuple(plan.values()): k for k, plan in enumerate(plans)} for plans in self.plans]

    @property
    def joint(self):
        """How many pairs of pure strategies there are."""
        return len(self.plans[0]) * len(self.plans[1])

    def profile(self, i, j):
        """{(player, key): {action: 0 or 1}} of a pair of strategies."""
        plan = self.plans[0][i] | self.plans[1][j]
        sets = self.sets[0] | self.sets[1]
        return {key: {a: float(a == plan[key]) for a in actions} for key, (actions, _) in sets.items()}

    @cached_property
    def payoffs(self):
        """float64[2, n_0, n_1]."""
        out = np.zeros((2, len(self.plans[0]), len(self.plans[1])))
        for i, j in np.ndindex(out.shape[1:]):
            out[:, i, j] = expected_values(self.root, self.profile(i, j), 2)
        return out

    def deviations(self, concept):
        """Yields (player, (information set, recommendation there), applies bool[n_p], instead int[n_p]): who is told
        strategy k and leaves at the trigger plays strategy instead[k]; applies[k]: k meets the recommendation."""
        for p, (sets, plans) in enumerate(zip(self.sets, self.plans)):
            everybody = np.ones(len(plans), bool)
            if concept == "nfcce":
                for k in range(len(plans)):
                    yield p, (None, None), everybody, np.full(len(plans), k)
                continue
            for key, (actions, _) in sets.items():
                below = [other for other, (_, past) in sets.items() if other == key or key in [k for k, _ in past]]
                told = actions if concept == "efce" else [None]
                for choice in product(*(sets[k][0] for k in below)):
                    left = dict(zip(below, choice))
                    instead = np.array([self.index[p][tuple({**plan, **left}.values())] for plan in plans])
                    for a in told:
                        applies = everybody if a is None else np.array([plan[key] == a for plan in plans])
                        yield p, (key, a), applies, instead

    def gains(self, concept):
        """[(player, (information set, recommendation), float64[n_0, n_1]: what leaving brings at each pair)]."""
        payoffs = self.payoffs
        out = []
        for p, trigger, applies, instead in self.deviations(concept):
            other = payoffs[p][instead] if p == 0 else payoffs[p][:, instead]
            out.append((p, trigger, (other - payoffs[p]) * (applies[:, None] if p == 0 else applies)))
        return out

    def optimum(self, concept, weights=None):
        """The best objective of a concept, by one linear program over all pairs; weights None: the smaller utility."""
        payoffs = self.payoffs.reshape(2, -1)
        n = payoffs.shape[1]
        rows = [np.append(gain.ravel(), 0.0) for _, _, gain in self.gains(concept)]
        rows += [np.append(-u, 1.0) for u in payoffs]
        cost = np.append(np.zeros(n), -1.0) if weights is None else np.append(-(np.asarray(weights) @ payoffs), 0.0)
        bounds = [(0, None)] * n + [(None, None)]
        found = linprog(
            cost, np.array(rows), np.zeros(len(rows)), np.append(np.ones(n), 0.0)[None], [1.0], bounds, "highs-ds"
        )
        assert found.status == 0, found.message
        return -found.fun

    def gap(self, concept, distribution):
        """The largest gain at one trigger under float64[n_0, n_1]."""
        return max(0.0, *(float((gain * distribution).sum()) for _, _, gain in self.gains(concept)))
