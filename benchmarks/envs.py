"""Environment steps with random legal actions: ``python -m benchmarks.envs``."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import numpy as np

import ludus

from .harness import Case, Measure, peer_process, run


def batched(id: str, num_envs: int = 1024, steps: int = 200, **options) -> Measure:
    """Steps/s of all environments together, drawing the actions included."""
    env = ludus.make(id).vector_env(num_envs, seed=0, copy=False, specialised=True, **options)
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
                if state.is_chance_node():
                    outcomes, weights = zip(*state.chance_outcomes())
                    state.apply_action(int(rng.choice(outcomes, p=weights)))
                    continue
                state.observation_tensor(state.current_player())
                state.apply_action(int(rng.choice(state.legal_actions())))
                done += 1
        return done / (time.perf_counter() - start)

    return measure


def pettingzoo_classic(name: str):
    import importlib

    return importlib.import_module(f"pettingzoo.classic.{name}").env


def jaxmarl(name: str, steps: int = 50, **keywords) -> Measure | None:
    """Steps/s of JaxMARL on this CPU: jit, vmap over 1024 environments, scan; None where it is not installed."""
    return peer_process("jaxmarl", "jaxmarl_speed.py", name, json.dumps(keywords), steps)


def gymnasium_loop(id: str, package: str, steps: int) -> Measure:
    """Steps/s of one outside environment of the kind of lbforaging and rware, with random actions."""
    import importlib

    import gymnasium

    importlib.import_module(package)
    env, rng = gymnasium.make(id, disable_env_checker=True).unwrapped, np.random.default_rng(0)
    count, players = env.action_space[0].n, len(env.action_space)

    def measure() -> float:
        env.reset(seed=0)
        start = time.perf_counter()
        for _ in range(steps):
            _, _, done, cut, _ = env.step(rng.integers(count, size=players).tolist())
            if done or cut:
                env.reset()
        return steps / (time.perf_counter() - start)

    return measure


def parallel(make, steps: int) -> Measure:
    """Steps/s of a PettingZoo parallel environment, one at a time, with random legal actions."""
    env, rng = make(), np.random.default_rng(0)

    def action(agent: str, obs) -> Any:
        if isinstance(obs, dict):
            return int(rng.choice(np.flatnonzero(obs["action_mask"])))
        return int(rng.integers(env.action_space(agent).n))

    def measure() -> float:
        start, done = time.perf_counter(), 0
        while done < steps:
            seen, _ = env.reset(seed=done)
            while env.agents:
                seen, *_ = env.step({agent: action(agent, seen[agent]) for agent in env.agents})
                done += 1
        return done / (time.perf_counter() - start)

    return measure


def batch_case(id: str, target: float | None, by: str, peer, title: str = "") -> Case:
    """A batch of 1024 against a peer."""
    return Case(f"{title or id}, batch of 1024", "steps/s", lambda: batched(id), peer, target=target, by=by)


def growth(id: str) -> Case:
    """Time of a step of 16,384 environments over that of 64, per environment."""

    def measure() -> Measure:
        small, large = batched(id, 64, 2000), batched(id, 16384, 20)
        return lambda: small() / large()

    return Case(f"{id}: time per step, 16,384 envs against 64", "times", measure, target=1.5, at_most=True)


def threads(id: str) -> Case:
    """Two threads against one."""
    pair = (lambda: batched(id, 16384, 20, threads=2)), (lambda: batched(id, 16384, 20))
    return Case(f"{id}: two threads, 16,384 envs", "steps/s", *pair, target=1.7, by="one thread")


def first_step(id: str) -> Case:
    """Seconds from the start of a new process to the first step of a batch, with a warm Numba cache."""
    code = f"import ludus, numpy as np; v = ludus.make({id!r}).vector_env(1024); v.reset(); "
    code += "v.step(v.random_actions(np.random.default_rng(0)))"

    def measure() -> Measure:
        def seconds() -> float:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            return time.perf_counter() - start

        return seconds

    return Case(f"{id}: a new process steps after", "s", measure, target=2, at_most=True)


def cases() -> list[Case]:
    """The suite: boards and small environments here, the larger families in modules of their own."""
    from . import _envs_boards, _envs_grids, _envs_hanabi, _envs_mpe, _envs_smax

    return [
        *_envs_boards.cases(),
        *_envs_grids.cases(),
        *_envs_hanabi.cases(),
        *_envs_mpe.cases(),
        *_envs_smax.cases(),
        batch_case("connect_four", 1000, "pettingzoo", lambda: aec(pettingzoo_classic("connect_four_v3"), 2_000)),
        batch_case("connect_four", 20, "open_spiel", lambda: openspiel("connect_four", 20_000)),
        batch_case("tic_tac_toe", None, "pettingzoo", lambda: aec(pettingzoo_classic("tictactoe_v3"), 2_000)),
        batch_case("coin_game", 8, "jaxmarl", lambda: jaxmarl("coin_game", 100)),
        batch_case("switch_riddle", 5, "jaxmarl", lambda: jaxmarl("switch_riddle", 100)),
        batch_case(
            "lbf/8x8-2p-2f", 1000, "lbforaging", lambda: gymnasium_loop("Foraging-8x8-2p-2f-v3", "lbforaging", 3_000)
        ),
        Case(
            "connect four, the PettingZoo face",
            "steps/s",
            lambda: aec(lambda: ludus.make("connect_four").aec_env(), 2_000),
            lambda: aec(pettingzoo_classic("connect_four_v3"), 2_000),
            target=1,
            by="pettingzoo",
        ),
        Case(
            "lbf/8x8-2p-2f, the PettingZoo face",
            "steps/s",
            lambda: parallel(ludus.make("lbf/8x8-2p-2f").parallel_env, 2_000),
            lambda: gymnasium_loop("Foraging-8x8-2p-2f-v3", "lbforaging", 2_000),
            target=1,
            by="lbforaging",
        ),
        growth("connect_four"),
        growth("lbf"),
        threads("connect_four"),
        threads("lbf"),
        first_step("connect_four"),
        first_step("lbf"),
        Case("kuhn_poker, batch of 1024", "steps/s", lambda: batched("kuhn_poker")),
        Case("leduc_poker, batch of 1024", "steps/s", lambda: batched("leduc_poker")),
    ]


if __name__ == "__main__":
    run("envs", cases())
