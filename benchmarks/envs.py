"""Environment steps with random legal actions: ``python -m benchmarks.envs``."""

from __future__ import annotations

import time

import numpy as np

import ludus

from .harness import Case, Measure, run


def batched(id: str, num_envs: int = 1024, steps: int = 200) -> Measure:
    """Steps/s of all environments together, drawing the actions included."""
    env = ludus.make(id).vector_env(num_envs, seed=0)
    env.copy = False
    env.reset()
    rng = np.random.default_rng(0)

    def measure() -> float:
        start = time.perf_counter()
        for _ in range(steps):
            env.step(env.random_actions(rng))
        return num_envs * steps / (time.perf_counter() - start)

    return measure


def aec(make, steps: int) -> Measure:
    """Steps/s of a PettingZoo environment, one at a time, with random legal actions."""
    env, rng = make(), np.random.default_rng(0)

    def measure() -> float:
        start, done = time.perf_counter(), 0
        while done < steps:
            env.reset(seed=done)
            for _ in env.agent_iter():
                obs, _, ended, cut, _ = env.last()
                over = ended or cut
                env.step(None if over else int(rng.choice(np.flatnonzero(obs["action_mask"]))))
                done += not over
        return done / (time.perf_counter() - start)

    return measure


def openspiel(name: str, steps: int) -> Measure:
    """Moves/s of OpenSpiel's states in a Python loop with random legal actions, observations included."""
    import pyspiel

    game, rng = pyspiel.load_game(name), np.random.default_rng(0)

    def measure() -> float:
        start, done = time.perf_counter(), 0
        while done < steps:
            state = game.new_initial_state()
            while not state.is_terminal():
                state.observation_tensor(state.current_player())
                state.apply_action(int(rng.choice(state.legal_actions())))
                done += 1
        return done / (time.perf_counter() - start)

    return measure


def pettingzoo_classic(name: str):
    import importlib

    return importlib.import_module(f"pettingzoo.classic.{name}").env


def cases() -> list[Case]:
    """The suite."""
    return [
        Case(
            "connect four, batch of 1024",
            "steps/s",
            lambda: batched("connect_four"),
            lambda: aec(pettingzoo_classic("connect_four_v3"), 2_000),
            by="pettingzoo",
        ),
        Case(
            "connect four, batch of 1024, against a Python loop",
            "steps/s",
            lambda: batched("connect_four"),
            lambda: openspiel("connect_four", 20_000),
            by="open_spiel",
        ),
        Case(
            "tic-tac-toe, batch of 1024",
            "steps/s",
            lambda: batched("tic_tac_toe"),
            lambda: aec(pettingzoo_classic("tictactoe_v3"), 2_000),
            by="pettingzoo",
        ),
        Case(
            "connect four, the PettingZoo face",
            "steps/s",
            lambda: aec(lambda: ludus.make("connect_four").aec_env(), 2_000),
            lambda: aec(pettingzoo_classic("connect_four_v3"), 2_000),
            target=1,
            by="pettingzoo",
        ),
        Case("kuhn_poker, batch of 1024", "steps/s", lambda: batched("kuhn_poker")),
        Case("leduc_poker, batch of 1024", "steps/s", lambda: batched("leduc_poker")),
    ]


if __name__ == "__main__":
    run("envs", cases())
