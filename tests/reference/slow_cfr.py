"""Slow, obvious versions over `State`, independent of trees and kernels."""

from __future__ import annotations

from collections import defaultdict
from math import prod

from ludus import CHANCE


class Node:
    """A history in which several players who move at once choose one after the other, unseen."""

    def __init__(self, state, pending=()):
        self.state, self.pending = state, pending
        self.movers = state.to_move()

    @property
    def player(self):
        return None if not self.movers else self.movers[len(self.pending)]

    @property
    def key(self):
        return self.player, self.state.info(self.player)

    def actions(self):
        return list(self.state.actions(self.player))

    def after(self, action):
        pending = (*self.pending, action)
        if len(pending) < len(self.movers):
            return Node(self.state, pending)
        return Node(self.state.apply(pending if len(pending) > 1 else action))


def expected_values(node, policy, players):
    """policy: {(player, key): {action: probability}}."""
    if node.player is None:
        return list(node.state.returns())
    if node.player == CHANCE:
        branches = [(p, node.after(outcome)) for outcome, p in node.state.chance()]
    else:
        branches = [(policy[node.key][a], node.after(a)) for a in node.actions()]
    values = [(p, expected_values(child, policy, players)) for p, child in branches]
    return [sum(p * v[i] for p, v in values) for i in range(players)]


def best_response_value(root, policy, player):
    """The best value against the others."""
    return best_response(root, policy, player)[0]


def best_response(root, policy, player):
    """-> (the best value against the others, {(player, key): action} at the information sets that it reaches):
    information sets are settled from the last to the first."""
    histories = defaultdict(list)

    def collect(node, reach):
        if node.player is None:
            return
        if node.player == CHANCE:
            for outcome, p in node.state.chance():
                collect(node.after(outcome), reach * p)
        else:
            if node.player == player:
                histories[node.key].append((node, reach))
            for a in node.actions():
                collect(node.after(a), reach * (1.0 if node.player == player else policy[node.key][a]))

    collect(root, 1.0)
    chosen = {}

    def value(node):
        if node.player is None:
            return node.state.returns()[player]
        if node.player == CHANCE:
            return sum(p * value(node.after(outcome)) for outcome, p in node.state.chance())
        if node.player == player:
            return value(node.after(choose(node.key)))
        return sum(policy[node.key][a] * value(node.after(a)) for a in node.actions())

    def choose(key):
        if key not in chosen:
            here = histories[key]
            actions = here[0][0].actions()
            chosen[key] = max(actions, key=lambda a: sum(reach * value(node.after(a)) for node, reach in here))
        return chosen[key]

    return value(root), chosen


def nash_conv(root, policy, players):
    expected = expected_values(root, policy, players)
    return sum(best_response_value(root, policy, p) - expected[p] for p in range(players))


class SlowCFR:
    """Counterfactual regret minimisation by recursion.

    rule(t) -> (positive, negative, floor, ahead, predict, weight): R <- max(R * (positive if R > 0 else negative) + r,
    floor), policy from the positive part of ahead * R + predict * r, and the weight of iteration t in the average.
    """

    def __init__(self, root, players, rule, alternating=True):
        self.root, self.players, self.rule, self.alternating = Node(root), players, rule, alternating
        self.policy, self.regret = {}, defaultdict(lambda: defaultdict(float))
        self.total = defaultdict(lambda: defaultdict(float))
        self.t = 0

        def collect(node):
            if node.player is None:
                return
            if node.player == CHANCE:
                actions = [outcome for outcome, _ in node.state.chance()]
            else:
                actions = node.actions()
                self.policy[node.key] = dict.fromkeys(actions, 1 / len(actions))
            for a in actions:
                collect(node.after(a))

        collect(self.root)

    def walk(self, node, reach, chance, updated, gains):
        if node.player is None:
            return list(node.state.returns())
        if node.player == CHANCE:
            values = [0.0] * self.players
            for outcome, p in node.state.chance():
                below = self.walk(node.after(outcome), reach, chance * p, updated, gains)
                values = [v + p * b for v, b in zip(values, below)]
            return values
        p, key = node.player, node.key
        policy = self.policy[key]
        below = {}
        for a in node.actions():
            further = [r * policy[a] if q == p else r for q, r in enumerate(reach)]
            below[a] = self.walk(node.after(a), further, chance, updated, gains)
        values = [sum(policy[a] * below[a][i] for a in below) for i in range(self.players)]
        if p in updated:
            others = chance * prod(r for q, r in enumerate(reach) if q != p)
            for a in below:
                gains[key][a] += others * (below[a][p] - values[p])
        return values

    def plan(self, player):
        """Realisation weight of each (information set, action) of a player, found by walking."""
        found = {}

        def walk(node, own):
            if node.player is None:
                return
            if node.player == CHANCE:
                for outcome, _ in node.state.chance():
                    walk(node.after(outcome), own)
                return
            for a in node.actions():
                mine = own * self.policy[node.key][a] if node.player == player else own
                if node.player == player:
                    found[node.key, a] = mine
                walk(node.after(a), mine)

        walk(self.root, 1.0)
        return found

    def iterate(self):
        self.t += 1
        positive, negative, floor, ahead, predict, weight = self.rule(self.t)
        rounds = [[p] for p in range(self.players)] if self.alternating else [list(range(self.players))]
        for updated in rounds:
            gains = defaultdict(lambda: defaultdict(float))
            self.walk(self.root, [1.0] * self.players, 1.0, updated, gains)
            for p in updated:
                for (key, a), mass in self.plan(p).items():
                    self.total[key][a] += weight * mass
            for key, now in gains.items():
                kept = self.regret[key]
                push = {}
                for a, r in now.items():
                    kept[a] = max(kept[a] * (positive if kept[a] > 0 else negative) + r, floor)
                    push[a] = max(ahead * kept[a] + predict * r, 0.0)
                mass = sum(push.values())
                self.policy[key] = {a: x / mass if mass > 0 else 1 / len(push) for a, x in push.items()}

    def average(self):
        out = {}
        for key, row in self.total.items():
            mass = sum(row.values())
            out[key] = {a: x / mass if mass > 0 else 1 / len(row) for a, x in row.items()}
        return out
