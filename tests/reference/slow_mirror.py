"""Slow, obvious mirror descent over `State`: sums over histories, dictionaries, no trees or kernels."""

from __future__ import annotations

import math
from collections import defaultdict
from math import prod

from ludus import CHANCE

from .slow_cfr import Node


def project(z):
    """The nearest distribution (Held, Wolfe & Crowder 1974, by sorting)."""
    total, level = 0.0, 0.0
    for k, x in enumerate(sorted(z.values(), reverse=True), 1):
        total += x
        if x > (total - 1) / k:
            level = (total - 1) / k
    return {a: max(x - level, 0.0) for a, x in z.items()}


class SlowMirror:
    """eta, alpha: functions of t; weights, start: {key: number}, {key: {action: probability}} of the regulariser."""

    def __init__(
        self, root, players, eta, alpha=lambda t: 0.0, drift=0.0, restart=0, entropic=True, lazy=False,
        optimistic=False, dilated=True, charged=False, zero_sum=False, by_reach=False, alternating=False,
        weights=None, start=None,
    ):  # fmt: skip
        self.__dict__.update({k: v for k, v in locals().items() if k not in ("self", "root")})
        self.root = Node(root)
        self.policy, self.parent, self.t = {}, {}, 0
        self.histories = defaultdict(list)  # key -> (node, others' keys and actions before it, chance)
        self.ends = []  # (utilities, last (key, action) of each player, all (key, action) of each player, chance)
        self.collect(self.root, [()] * players, 1.0)
        if start:
            self.policy = {key: dict(row) for key, row in start.items()}
        self.weight = dict(weights) if weights else dict.fromkeys(self.policy, 1.0)
        self.centre = {key: dict(row) for key, row in self.policy.items()}
        self.magnet = {key: dict(row) for key, row in self.policy.items()}
        self.leader = defaultdict(float)

    def collect(self, node, paths, chance):
        if node.player is None:
            self.ends.append((node.state.returns(), paths, chance))
        elif node.player == CHANCE:
            for outcome, p in node.state.chance():
                self.collect(node.after(outcome), paths, chance * p)
        else:
            p, key = node.player, node.key
            self.parent[key] = paths[p][-1] if paths[p] else None
            self.policy.setdefault(key, {a: 1 / len(node.actions()) for a in node.actions()})
            self.histories[key].append((paths, chance))
            for a in node.actions():
                self.collect(node.after(a), [(*x, (key, a)) if q == p else x for q, x in enumerate(paths)], chance)

    def played(self, path):
        return prod(self.policy[key][a] for key, a in path)

    def divergence(self, p, q):
        if self.entropic:
            return sum(x * math.log(x / q[a]) for a, x in p.items() if x > 0)
        return 0.5 * sum((x - q[a]) ** 2 for a, x in p.items())

    def gradient(self, player):
        """{last (key, action) or None: expected utility with own plan left out}."""
        out = defaultdict(float)
        for returns, paths, chance in self.ends:
            others = prod(self.played(path) for q, path in enumerate(paths) if q != player)
            out[paths[player][-1] if paths[player] else None] += chance * others * returns[player]
        return out

    def rewards(self, player, alpha):
        """The transformed rewards of the opponent's choices, on the player's last (key, action) before them."""
        out = defaultdict(float)
        for key, histories in self.histories.items():
            if key[0] != player:
                for paths, chance in histories:
                    for a, x in self.policy[key].items():
                        gain = alpha * math.log(x / self.magnet[key][a])
                        last = paths[player][-1] if paths[player] else None
                        out[last] += chance * self.played(paths[1 - player]) * x * gain
        return out

    def sweep(self, player, linear, centre, eta, alpha, weight):
        """-> {key: next policy}."""
        linear = defaultdict(float, linear)
        found = {}
        keys = [key for key in self.policy if key[0] == player]
        depth = {key: self.depth(key) for key in keys}
        for key in sorted(keys, key=depth.get, reverse=True):
            c, m, w = centre[key], self.magnet[key], weight[key]
            value = {a: linear[key, a] for a in c}
            if len(c) > 1:
                rate = eta / w if w > 0 else 0.0
                scaled = {a: rate * v for a, v in value.items()}
                if self.entropic:
                    z = {a: (math.log(c[a]) + scaled[a] + eta * alpha * math.log(m[a])) / (1 + eta * alpha) for a in c}
                    mass = sum(math.exp(x - max(z.values())) for x in z.values())
                    p = {a: math.exp(x - max(z.values())) / mass for a, x in z.items()}
                else:
                    p = project({a: (c[a] + scaled[a] + eta * alpha * m[a]) / (1 + eta * alpha) for a in c})
            else:
                p = dict(c)
            found[key] = p
            if self.dilated:
                up = sum(p[a] * value[a] for a in p) - alpha * w * self.divergence(p, m)
                up -= w / eta * self.divergence(p, c)
            else:
                now = self.policy[key]
                up = sum(now[a] * value[a] for a in now)
                if self.charged:
                    up -= alpha * w * self.divergence(now, m)
            linear[self.parent[key]] += up
        return found

    def depth(self, key):
        return 0 if self.parent[key] is None else 1 + self.depth(self.parent[key][0])

    def iterate(self):
        self.t += 1
        eta, alpha = self.eta(self.t), self.alpha(self.t)
        rounds = [[p] for p in range(self.players)] if self.alternating else [list(range(self.players))]
        for updated in rounds:
            following = {}
            for p in updated:
                grad, weight = self.gradient(p), self.weight
                if self.zero_sum:
                    for last, gain in self.rewards(p, alpha).items():
                        grad[last] += gain
                if self.by_reach:
                    weight = {
                        key: sum(
                            chance * prod(self.played(x) for q, x in enumerate(paths) if q != key[0])
                            for paths, chance in histories
                        )
                        for key, histories in self.histories.items()
                    }
                if self.lazy:
                    for last, g in grad.items():
                        self.leader[p, last] += g
                    ahead = {k: self.leader[p, k] + (g if self.optimistic else 0.0) for k, g in grad.items()}
                    following |= self.sweep(p, ahead, self.centre, eta, alpha, weight)
                else:
                    self.centre |= self.sweep(p, grad, self.centre, eta, alpha, weight)
                    if self.optimistic:
                        following |= self.sweep(p, grad, self.centre, eta, alpha, weight)
                    else:
                        following |= {key: row for key, row in self.centre.items() if key[0] == p}
            if self.drift:
                for key, row in following.items():
                    raw = {a: x**self.drift * self.magnet[key][a] ** (1 - self.drift) for a, x in row.items()}
                    self.magnet[key] = {a: x / sum(raw.values()) for a, x in raw.items()}
            self.policy |= {key: dict(row) for key, row in following.items()}
        if self.restart and self.t % self.restart == 0:
            self.magnet = {key: dict(row) for key, row in self.policy.items()}
