"""Games whose returns are moved a little, so that nothing is equal by accident."""

from __future__ import annotations

import zlib

import numpy as np

import ludus


class Generic(ludus.State):
    """Another game with its returns moved a little, differently at every end: no two regrets are equal by accident, so
    that rounding does not decide which action is played."""

    def __init__(self, state, moves=()):
        self.state, self.moves = state, moves

    def to_move(self):
        return self.state.to_move()

    def actions(self, player):
        return self.state.actions(player)

    def chance(self):
        return self.state.chance()

    def info(self, player):
        return self.state.info(player)

    def apply(self, action):
        return Generic(self.state.apply(action), (*self.moves, action))

    def returns(self):
        noise = np.random.default_rng(zlib.crc32(repr(self.moves).encode())).normal(size=len(self.state.returns()))
        return np.asarray(self.state.returns()) + 0.1 * noise


class ZeroSum(Generic):
    """The same with the second player's returns the negative of the first's."""

    def apply(self, action):
        return ZeroSum(self.state.apply(action), (*self.moves, action))

    def returns(self):
        first = super().returns()[0]
        return np.array([first, -first])
