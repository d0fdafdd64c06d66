"""Trains until it is killed. Arguments: algorithm, game, folder."""

import sys

from ludus.marl import train

if __name__ == "__main__":
    algorithm, game, out = sys.argv[1:]
    train(algorithm, game, steps=12_288, seed=5, out=out, points=12, episodes=8)
