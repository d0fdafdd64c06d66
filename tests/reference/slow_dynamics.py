"""Slow, obvious versions over `State` of fictitious play, learning against best responses, VAD-CFR and EFR."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import product
from math import prod, sqrt

from .slow_cfr import SlowCFR, best_response
from .slow_mirror import project


def matched(push):
    mass = sum(push.values())
    return {a: x / mass if mass > 0 else 1 / len(push) for a, x in push.items()}


class Slow(SlowCFR):
    """Common parts: plans of a profile, gains against a profile."""

    def __init__(self, root, players):
        super().__init__(root, players, None)

    def gains(self, player, policy):
        own, self.policy = self.policy, policy
        found = defaultdict(lambda: defaultdict(float))
        self.walk(self.root, [1.0] * self.players, 1.0, [player], found)
        self.policy = own
        return found

    def add_plan(self, player, weight=lambda key: 1.0):
        for (key, a), mass in self.plan(player).items():
            self.total[key][a] += weight(key) * mass

    def reply(self, player, policy):
        """The profile with the player's best response."""
        chosen = best_response(self.root, policy, player)[1]
        return policy | {key: {a: float(a == chosen[key]) for a in policy[key]} for key in chosen}


class SlowFictitiousPlay(Slow):
    """Averages of plans as averages of policies by reach (Heinrich, Lanctot & Silver 2015, theorem 7)."""

    def __init__(self, root, players):
        super().__init__(root, players)
        for p in range(players):
            self.add_plan(p)

    def iterate(self):
        average = self.average()
        for p in range(self.players):
            self.policy = self.reply(p, average)
            self.add_plan(p)


class SlowAgainstBestResponses(Slow):
    """step(t): of projected gradient ascent, or None for regret matching with regrets not below `floor`."""

    def __init__(self, root, step=None, floor=float("-inf")):
        super().__init__(root, 2)
        self.step, self.floor = step, floor

    def iterate(self):
        self.t += 1
        for p in range(2):
            gains = self.gains(p, self.reply(1 - p, self.policy))
            self.add_plan(p)
            for key, row in gains.items():
                if self.step:
                    self.policy[key] = project({a: self.policy[key][a] + self.step(self.t) * r for a, r in row.items()})
                else:
                    for a, r in row.items():
                        self.regret[key][a] = max(self.regret[key][a] + r, self.floor)
                    self.policy[key] = matched({a: max(r, 0.0) for a, r in self.regret[key].items()})


class SlowVAD(Slow):
    def __init__(self, root, players, start):
        super().__init__(root, players)
        self.start, self.volatility = start, defaultdict(float)

    def iterate(self):
        self.t += 1
        t = self.t
        for p in range(self.players):
            weight = {}
            plan = self.plan(p)
            for key, row in self.gains(p, self.policy).items():
                v = self.volatility[key] = 0.9 * self.volatility[key] + 0.1 * max(abs(r) for r in row.values())
                alpha, beta = max(0.1, 1.5 - 0.5 * v), -0.1 - 0.5 * v
                push = {}
                for a, r in row.items():
                    r *= 1.1 if r > 0 else 1.0
                    power = alpha if self.regret[key][a] > 0 else beta
                    kept = 1.0 if t == 1 else (t - 1) ** power / ((t - 1) ** power + 1)
                    self.regret[key][a] = max(self.regret[key][a] * kept + r, -20.0)
                    push[a] = max(self.regret[key][a] + r / (1 + t / 100), 0.0) ** 1.5
                m = max(abs(r) for r in self.regret[key].values())
                weight[key] = t ** min(4, 2 + 1.5 * v) * (1 + sqrt(m / 2)) / (1 + m**1.5)
                self.policy[key] = matched(push)
            if t > self.start:
                for (key, a), mass in plan.items():
                    self.total[key][a] += weight[key] * mass


class SlowEFR(Slow):
    """memories(path, choices) -> [(remembered, internal)]: path, the own (key, action) before an information set;
    choices, all (key, action) at each of those keys; remembered, a tuple of (key, action)."""

    def __init__(self, root, players, memories):
        super().__init__(root, players)
        self.paths, self.regrets = {}, defaultdict(float)
        self.find(self.root, [()] * players)
        self.sets = {
            key: memories(path, [[(k, a) for a in self.policy[k]] for k, _ in path]) for key, path in self.paths.items()
        }

    def find(self, node, paths):
        if node.player is None:
            return
        chance = node.player == -1
        if not chance:
            self.paths[node.key] = paths[node.player]
        for a in [outcome for outcome, _ in node.state.chance()] if chance else node.actions():
            self.find(node.after(a), [
                (*path, (node.key, a)) if not chance and q == node.player else path for q, path in enumerate(paths)
            ])  # fmt: skip

    def reach(self, remembered):
        return prod(self.policy[key][a] for key, a in remembered)

    def iterate(self):
        found = {}
        for p in range(self.players):
            found |= self.gains(p, self.policy)
            self.add_plan(p)
        for key, row in found.items():
            for m, (remembered, internal) in enumerate(self.sets[key]):
                for a, b in product(row, row):
                    if internal:
                        self.regrets[key, m, a, b] += self.reach(remembered) * self.policy[key][a] * (row[b] - row[a])
                    else:
                        self.regrets[key, m, a, b] += self.reach(remembered) * row[b]
        for key in sorted(self.paths, key=lambda k: len(self.paths[k])):
            actions = list(self.policy[key])
            rates = {
                (a, b): sum(
                    self.reach(remembered) * max(self.regrets[key, m, a, b], 0.0)
                    for m, (remembered, _) in enumerate(self.sets[key])
                )
                for a, b in product(actions, actions)
            }
            total = sum(rates.values())
            self.policy[key] = (
                stationary(actions, rates, total) if total > 0 else dict.fromkeys(actions, 1 / len(actions))
            )


def stationary(actions, rates, total):
    """Exactly, with a small rate between all actions: Σ_a p(a) rate(a, b) = p(b) Σ_a rate(b, a)."""
    rate = {pair: Fraction(r) + Fraction(total) / 10**12 for pair, r in rates.items()}
    rows = [[rate[a, b] if a != b else -sum(rate[b, c] for c in actions if c != b) for a in actions] for b in actions]
    rows[-1] = [Fraction(1)] * len(actions)
    right = [Fraction(0)] * (len(actions) - 1) + [Fraction(1)]
    n = len(actions)
    for i in range(n):
        pivot = next(j for j in range(i, n) if rows[j][i])
        rows[i], rows[pivot], right[i], right[pivot] = rows[pivot], rows[i], right[pivot], right[i]
        for j in range(n):
            if j != i:
                factor = rows[j][i] / rows[i][i]
                rows[j] = [x - factor * y for x, y in zip(rows[j], rows[i])]
                right[j] -= factor * right[i]
    found = {a: right[i] / rows[i][i] for i, a in enumerate(actions)}
    kept = sum(x for x in found.values() if x > 1e-11)
    return {a: float(x / kept) if x > 1e-11 else 0.0 for a, x in found.items()}
