"""Phantom tic-tac-toe on any board, as a readable `State`: tries are kept as they were made, and replayed."""

from __future__ import annotations

import ludus


class SlowPhantom(ludus.State):
    """Phantom tic-tac-toe; `noticed`: players notice the opponent's tries."""

    num_players = 2

    def __init__(self, rows, columns, k, abrupt=False, noticed=False, tries=()):
        self.options = (rows, columns, k, abrupt, noticed)
        self.num_actions = rows * columns
        self.tries = tries
        self.owner, self.known, self.mover, self.winner = {}, (set(), set()), 0, None
        self.seen = ([], [])
        for cell in tries:
            self.play(cell)

    def play(self, cell):
        player, taken = self.mover, cell in self.owner
        self.known[player].add(cell)
        self.seen[player].append((cell, taken))
        if self.options[4]:
            self.seen[1 - player].append("?")
        if not taken:
            self.owner[cell] = player
            if any(line <= {c for c, p in self.owner.items() if p == player} for line in self.lines()):
                self.winner = player
        if not taken or self.options[3]:
            self.mover = 1 - player

    def lines(self):
        rows, columns, k = self.options[:3]
        for row in range(rows):
            for column in range(columns):
                for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
                    cells = [(row + i * down, column + i * across) for i in range(k)]
                    if all(0 <= r < rows and 0 <= c < columns for r, c in cells):
                        yield {r * columns + c for r, c in cells}

    def to_move(self):
        return () if self.winner is not None or len(self.owner) == self.num_actions else (self.mover,)

    def actions(self, player):
        return [cell for cell in range(self.num_actions) if cell not in self.known[player]]

    def apply(self, action):
        return SlowPhantom(*self.options, tries=(*self.tries, action))

    def returns(self):
        return [0.0, 0.0] if self.winner is None else [1.0 - 2.0 * (p != self.winner) for p in range(2)]

    def info(self, player):
        return tuple(self.seen[player])
