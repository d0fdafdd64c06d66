"""Slow, obvious sampled solvers over `State`: full averages by walking the whole game, updates by their definitions."""

from __future__ import annotations

import math
from collections import defaultdict

from reference.slow_cfr import Node, SlowCFR

from ludus import CHANCE
from ludus.games.streams import Stream, stream_key


def draw(weights, u):
    chosen = None
    for action, p in weights.items():
        if p > 0:
            chosen = action
            u -= p
            if u < 0:
                break
    return chosen


class SlowMCCFR:
    """Monte Carlo counterfactual regret minimisation by recursion; regrets are learned at the end of a walk.

    way: "external", "outcome", "chance" or "average"; the numbers as the options of the fast ones.
    """

    def __init__(self, root, players, way, seed, exploration=0.6, baseline=0.0, epsilon=0.05, tau=1000.0, beta=1e6):
        self.root, self.players, self.way, self.seed = Node(root), players, way, seed
        self.exploration, self.rate = exploration, baseline
        self.epsilon, self.tau, self.beta = epsilon, tau, beta
        self.full = SlowCFR(root, players, None)
        self.regret, self.total = defaultdict(lambda: defaultdict(float)), defaultdict(lambda: defaultdict(float))
        self.baselines = defaultdict(float)
        self.t = 0

    def iterate(self):
        for player in range(self.players):
            for (key, a), mass in self.full.plan(player).items():
                self.total[key][a] += mass
            self.stream = Stream(stream_key(self.seed, self.t * self.players + player))
            self.gains, self.player = defaultdict(lambda: defaultdict(float)), player
            self.walk(self.root, 1.0)
            for key, row in self.gains.items():
                for a, gain in row.items():
                    self.regret[key][a] += gain
                push = {a: max(self.regret[key][a], 0.0) for a in row}
                mass = sum(push.values())
                self.full.policy[key] = {a: x / mass if mass > 0 else 1 / len(push) for a, x in push.items()}
        self.t += 1

    def walk(self, node, weight):
        """The estimated value for the walk's player; weight: the others' reach over the walk's probability."""
        if node.player is None:
            return node.state.returns()[self.player]
        if node.player == CHANCE:
            return self.walk(node.after(draw(dict(node.state.chance()), self.stream.uniform())), weight)
        key, own = node.key, node.player == self.player
        policy = self.full.policy[key]
        values = {}
        for a, q in self.sampled(key, policy, own).items():
            b = self.baselines[self.player, key, a]
            values[a] = b
            if q > 0:
                x = self.walk(node.after(a), weight / q * (1.0 if own else policy[a]))
                values[a] += (x - b) / q
                self.baselines[self.player, key, a] += self.rate * (x - b)
        value = sum(policy[a] * values[a] for a in policy)
        if own:
            for a in policy:
                self.gains[key][a] += weight * (values[a] - value)
        return value

    def sampled(self, key, policy, own):
        """{action: probability with which it is walked, 0 where it is not}."""
        if own and self.way == "external":
            return dict.fromkeys(policy, 1.0)
        if self.way == "chance":
            return {a: 1.0 if own or p > 0 else 0.0 for a, p in policy.items()}
        if own and self.way == "average":
            row, found = self.total[key], {}
            mass = self.beta + sum(row.values())
            for a in policy:
                rho = min(1.0, max(self.epsilon, (self.beta + self.tau * row[a]) / mass))
                found[a] = rho if rho == 1.0 or self.stream.uniform() < rho else 0.0
            return found
        e = self.exploration if own else 0.0
        mixed = {a: e / len(policy) + (1 - e) * p for a, p in policy.items()}
        chosen = draw(mixed, self.stream.uniform())
        return {a: mixed[a] if a == chosen else 0.0 for a in policy}

    def average(self):
        out = {}
        for key, row in self.total.items():
            mass = sum(row.values())
            out[key] = {a: x / mass if mass > 0 else 1 / len(row) for a, x in row.items()}
        return out


class SlowLearner:
    """Following the regularised leader from episodes, by its definition: the policy is solved anew after each episode
    from all estimated losses, from the last information sets to the first.

    rates(slow) -> ({key: policy}, {key: mass}): where a balanced method begins; None: uniform, 1.
    """

    def __init__(self, root, players, low, high, seed, rate, exploration, decay, power=1.0, adaptive=False, rates=None):
        self.root, self.players, self.range, self.seed = Node(root), players, (low, high), seed
        self.rate, self.exploration, self.decay = rate, exploration, decay
        self.power, self.adaptive = power, adaptive
        self.full = SlowCFR(root, players, None)
        self.below, self.top, self.before = defaultdict(list), defaultdict(list), {}
        self.collect(self.root, [None] * players)
        self.first = {key: dict(row) for key, row in self.full.policy.items()}
        self.mass = dict.fromkeys(self.first, 1.0)
        if rates is not None:
            self.first, self.mass = rates(self)
            self.full.policy = {key: dict(row) for key, row in self.first.items()}
        self.shade = {(key, a): self.mass[key] for key, row in self.first.items() for a in row}
        self.loss, self.pace = defaultdict(float), {}
        self.total = defaultdict(lambda: defaultdict(float))
        self.t = 0

    def collect(self, node, last):
        """Which information sets follow each own action, and which come first."""
        if node.player is None:
            return
        if node.player == CHANCE:
            for outcome, _ in node.state.chance():
                self.collect(node.after(outcome), last)
            return
        p, key = node.player, node.key
        if key not in self.before:
            self.before[key] = last[p]
            (self.top[p] if last[p] is None else self.below[last[p]]).append(key)
        for a in node.actions():
            self.collect(node.after(a), [(key, a) if q == p else s for q, s in enumerate(last)])

    def iterate(self):
        for p in range(self.players):
            for (key, a), mass in self.full.plan(p).items():
                self.total[key][a] += mass
        stream = Stream(stream_key(self.seed, self.t))
        node, plan, steps = self.root, [1.0] * self.players, []
        while node.player is not None:
            if node.player == CHANCE:
                node = node.after(draw(dict(node.state.chance()), stream.uniform()))
                continue
            p, key = node.player, node.key
            a = draw(self.full.policy[key], stream.uniform())
            plan[p] *= self.full.policy[key][a]
            steps.append((p, key, a, plan[p]))
            node = node.after(a)
        low, high = self.range
        scale = (self.t + 1) ** -self.decay
        ended = set()
        for p, key, a, x in reversed(steps):
            estimate = 1 / (x + self.exploration * scale / self.shade[key, a] ** self.power)
            if p not in ended:
                self.loss[key, a] += (high - node.state.returns()[p]) / (high - low) * estimate
            ended.add(p)
            if self.adaptive:
                self.shade[key, a] += estimate
                self.mass[key] += estimate / len(self.first[key])
            self.pace[key] = self.rate * scale / self.mass[key] ** self.power
        for p in range(self.players):
            for key in self.top[p]:
                self.solve(key)
        self.t += 1

    def solve(self, key):
        """-> the least regularised loss from an information set on; writes the policies that attain it."""
        values = {a: self.loss[key, a] + sum(map(self.solve, self.below[key, a])) for a in self.first[key]}
        if key not in self.pace:
            return 0.0
        rate, best = self.pace[key], min(values.values())
        weights = {a: self.first[key][a] * math.exp(-rate * (v - best)) for a, v in values.items()}
        mass = sum(weights.values())
        self.full.policy[key] = {a: w / mass for a, w in weights.items()}
        return best - math.log(mass) / rate

    average = SlowMCCFR.average


def balanced(slow):
    """Balanced FTRL's first policy and masses, from the slow version's information sets."""

    def actions(key, a):
        return 1 + sum(actions(child, b) for child in slow.below[key, a] for b in slow.first[child])

    policy, mass = {}, {}

    def visit(key, transition):
        counts = {a: actions(key, a) for a in slow.first[key]}
        policy[key] = {a: n / sum(counts.values()) for a, n in counts.items()}
        mass[key] = transition
        for a, n in counts.items():
            for child in slow.below[key, a]:
                visit(child, transition * sum(actions(child, b) for b in slow.first[child]) / n)

    for keys in slow.top.values():
        for key in keys:
            visit(key, 1.0)
    return policy, mass


def balanced_by_depth(slow):
    """Balanced OMD's masses: one over the balanced plan of each information set's own depth."""

    def reached(key, a, depth):
        """The sequences `depth` own decisions further on."""
        if depth == 0:
            return 1
        return sum(reached(child, b, depth - 1) for child in slow.below[key, a] for b in slow.first[child])

    def plan(key, a, depth):
        """The plan, balanced for the sequences that lie `depth` decisions below (key, a), up to and with `a`."""
        before = slow.before[key]
        share = reached(key, a, depth) / sum(reached(key, b, depth) for b in slow.first[key])
        return share if before is None else share * plan(*before, depth + 1)

    return slow.first, {key: 1 / plan(key, next(iter(row)), 0) for key, row in slow.first.items()}
