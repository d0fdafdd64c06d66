"""SMAX battles as plain NumPy, written from the paper and the rules of JaxMARL 0.2: slow, whole arrays, no tricks.

Units are numbered allies first. `kind` is the row of `TABLE`.
"""

from __future__ import annotations

import numpy as np

#            speed attack range sight radius health cooldown
TABLE = np.array(
    [
        [3.15, 9, 5, 9, 0.375, 45, 0.61],  # marine
        [2.25, 10, 6, 10, 0.5625, 125, 1.07],  # marauder
        [4.13, 13, 6, 10, 0.625, 160, 1.87],  # stalker
        [3.15, 8, 2, 9, 0.5, 150, 0.86],  # zealot
        [4.13, 5, 2, 8, 0.375, 35, 0.5],  # zergling
        [3.15, 12, 5, 9, 0.625, 80, 0.59],  # hydralisk
    ]
)
WAYS = np.array([[0, 1], [1, 0], [0, -1], [-1, 0], [0, 0]])
DT = 1 / 16


class Battle:
    """Two teams on the map; `uniform()` gives the next random number in [0, 1), one for each shot."""

    def __init__(self, allies, kind, place, uniform):
        self.allies, self.kind, self.place, self.uniform = allies, np.array(kind), np.array(place, float), uniform
        self.n = len(kind)
        self.speed, self.attack, self.range, self.sight, self.radius, self.whole, self.base = TABLE[self.kind].T
        self.health, self.cooldown = self.whole.copy(), np.zeros(self.n)
        self.moved, self.attacked = np.zeros((self.n, 2)), np.zeros(self.n, int)

    @property
    def alive(self):
        return self.health > 0

    @property
    def distance(self):
        """Between all pairs of units."""
        return np.linalg.norm(self.place[:, None] - self.place[None], axis=2)

    def foes(self, i):
        """The enemies of a unit in the order in which it numbers them."""
        return list(range(self.allies, self.n)) if i < self.allies else list(range(self.allies - 1, -1, -1))

    def friends(self, i):
        """The others of its team in the order in which it sees them."""
        team = range(self.allies) if i < self.allies else range(self.n - 1, self.allies - 1, -1)
        return [j for j in team if j != i]

    def step(self, actions):
        """-> (reward of allies, reward of enemies, whether it is over)."""
        before = self.health / self.whole
        self.moved = WAYS[np.minimum(actions, 4)]
        self.attacked = np.where(np.array(actions) > 4, actions, 0)
        for _ in range(8):
            self.tick(actions)
        lost = before - self.health / self.whole
        ally, enemy = self.alive[: self.allies].any(), self.alive[self.allies :].any()
        paid = lost[self.allies :].mean() + (ally and not enemy), lost[: self.allies].mean() + (enemy and not ally)
        return *paid, not (ally and enemy)

    def tick(self, actions):
        alive, near, damage = self.alive, self.distance < self.range[:, None], np.zeros(self.n)
        for i in range(self.n):
            target = self.foes(i)[actions[i] - 5] if actions[i] > 4 else None
            shoots = target is not None and alive[i] and alive[target] and near[i, target]
            if shoots and self.cooldown[i] <= 0:
                damage[target] += self.attack[i]
                self.cooldown[i] = self.base[i] - DT + 3 * DT * self.uniform()
            else:
                self.cooldown[i] -= DT
        self.health = np.maximum(self.health - damage, 0)
        walked = np.clip(self.place + self.moved * self.speed[:, None] * DT, 0, 32)
        self.place = np.where(alive[:, None], walked, self.place)
        self.health[((self.place <= 0) | (self.place >= 32)).any(axis=1)] = 0
        self.push()

    def push(self):
        alive, away = self.alive, self.place[:, None] - self.place[None]
        distance = self.distance + np.eye(self.n) + 1e-6
        overlap = np.maximum((self.radius[:, None] + self.radius[None]) / distance - 1, 0)
        overlap *= alive[:, None] & alive[None]
        self.place = self.place + (away * overlap[:, :, None]).sum(axis=1) / 2

    def legal(self, i, width):
        """bool[width]: four moves, stop, attacks on those in range; stop alone for the dead."""
        may = np.zeros(width, bool)
        may[4] = True
        if self.alive[i]:
            may[:4] = True
            for k, j in enumerate(self.foes(i)):
                may[5 + k] = self.alive[j] and self.distance[i, j] < self.range[i]
        return may

    def ready(self, i):
        return np.clip(self.cooldown[i] / self.base[i], 0, 1)

    def observe(self, i):
        """What a unit sees, JaxMARL's `unit_list`."""
        shown = []
        for j in self.friends(i) + self.foes(i):
            row = np.zeros(13)
            if self.alive[i] and self.alive[j] and self.distance[i, j] < self.sight[i]:
                row[0] = self.health[j] / self.whole[j]
                row[1:3] = (self.place[j] - self.place[i]) / self.sight[i]
                row[3:5], row[5] = self.moved[j], self.attacked[j] / (4 + len(self.foes(j)))
                row[6], row[7 + self.kind[j]] = self.ready(j), 1
            shown.append(row)
        own = np.zeros(10)
        if self.alive[i]:
            own[0], own[1:3], own[3], own[4 + self.kind[i]] = (
                self.health[i] / self.whole[i],
                self.place[i] / 32,
                self.ready(i),
                1,
            )
        return np.concatenate([*shown, own])

    def world(self):
        """JaxMARL's world state."""
        rows = np.zeros((self.n, 10))
        for i in np.flatnonzero(self.alive):
            rows[i, 0], rows[i, 1:3], rows[i, 3] = self.health[i] / self.whole[i], self.place[i], self.cooldown[i]
            rows[i, 4 + self.kind[i]] = 1
        return np.concatenate([rows.ravel(), np.arange(self.n) >= self.allies, self.kind])
