"""VDN and QMIX on the two-step game: what a sum of values cannot represent, and a monotone mix can.

The first player's first action leads to matrix game 2A, which always pays 7, or to 2B = [[0, 1], [1, 8]]. Learning from
uniformly random play, VDN fits 2B by a sum, believes it to be worth 6.5 at best, and settles for 7. QMIX represents 2B
and returns 8 (Rashid et al. 2018, section 5). Takes a few seconds.

    python examples/train_two_step.py
"""

from __future__ import annotations

import ludus

SETTINGS = {
    "epsilon_end": 1.0,  # random play to the end, so that both learners see the same data
    "num_envs": 32,
    "batch": 64,
    "updates_per_step": 0.05,
    "target_every": 25,
    "lr": 3e-3,
    "anneal_lr": True,
}


def main() -> None:
    for algorithm in ("vdn", "qmix"):
        run = ludus.train(algorithm, "two_step", steps=10_000, progress=True, **SETTINGS)
        first = ludus.tabulate(run.game, run.agent)[0, "first"]
        chosen = "2A" if first[0] > first[1] else "2B"
        print(f"{algorithm} leads to {chosen}; its mean return is {run.curve[-1].mean_return:g}")


if __name__ == "__main__":
    main()
