"""Records battles of JaxMARL's SMAX for tests/games/test_smax.py, in JaxMARL's own virtual environment.

``jaxmarl_smax_trace.py OUT.npz``. Cooldowns are without their random part, which is the only chance within a step. Both
teams follow JaxMARL's script in 7 of 10 decisions and act at random (legally) in the others. Arrays begin with the
step: the state before it, the actions, what followed; whole observations, masks and world states at every `EVERY`-th.
`starts` holds everybody's places after each of `RESETS` resets.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from jaxmarl.environments.smax import SMAX, map_name_to_scenario
from jaxmarl.environments.smax.heuristic_enemy import create_heuristic_policy, get_heuristic_policy_initial_state

STEPS, EVERY, RESETS = 220, 9, 250
uniform = jax.random.uniform


def without_jitter(key, shape=(), dtype=float, minval=0.0, maxval=1.0):
    """`jax.random.uniform` that returns 0 where it is asked for the random part of a cooldown."""
    if shape == () and isinstance(minval, float) and minval < 0 and maxval == -2 * minval:
        return jnp.zeros(())
    return uniform(key, shape, dtype, minval, maxval)


def record(scenario, seed):
    """One scenario's arrays, by name."""
    env = SMAX(scenario=map_name_to_scenario(scenario))
    policies = [jax.jit(jax.vmap(create_heuristic_policy(env, team))) for team in (0, 1)]
    first = [get_heuristic_policy_initial_state() for _ in range(max(env.num_allies, env.num_enemies))]
    sizes = (env.num_allies, env.num_enemies)
    rng, key = np.random.default_rng(seed), jax.random.PRNGKey(seed)
    rows, done = [], True
    while len(rows) < STEPS:
        key, k_reset, k_step, *k_teams = jax.random.split(key, 5)
        if done:
            obs, state = env.reset(k_reset)
            memory = [jax.tree.map(lambda *x: jnp.stack(x), *first[:size]) for size in sizes]
        scripted, held, goals = [], [], []
        for team in (0, 1):
            agents = env.agents[: sizes[0]] if team == 0 else env.agents[sizes[0] :]
            seen = jnp.stack([obs[a] for a in agents])
            held.append(np.asarray(memory[team].last_attacked_enemy))
            actions, memory[team] = policies[team](jax.random.split(k_teams[team], sizes[team]), memory[team], seen)
            scripted.append(np.asarray(actions))
            goals.append(np.asarray(memory[team].default_target))
        legal = {a: np.asarray(mask) for a, mask in env.get_avail_actions(state).items()}
        scripted = np.concatenate(scripted)
        wild = np.array([rng.choice(np.flatnonzero(legal[a])) for a in env.agents])
        chosen = np.where(rng.random(env.num_agents) < 0.7, scripted, wild)
        chosen = np.array([c if legal[a][c] else wild[i] for i, (a, c) in enumerate(zip(env.agents, chosen))])
        row = {
            "place": state.unit_positions,
            "health": state.unit_health,
            "cooldown": state.unit_weapon_cooldowns,
            "kind": state.unit_types,
            "first": done,
            "held": np.concatenate(held).astype(np.int8),
            "goal": np.concatenate(goals),
            "scripted": scripted.astype(np.int8),
            "actions": chosen.astype(np.int8),
        }
        after = env.step_env(k_step, state, {a: chosen[i] for i, a in enumerate(env.agents)})
        obs, state, reward, ends, _ = after
        done = bool(ends["__all__"])
        row |= {
            "place_after": state.unit_positions,
            "health_after": state.unit_health,
            "cooldown_after": state.unit_weapon_cooldowns,
            "reward": jnp.stack([reward[env.agents[0]], reward[env.agents[-1]]]),
            "done": done,
        }
        rows.append({name: np.asarray(value) for name, value in row.items()})
        if len(rows) % EVERY == 0:
            masks = {a: np.asarray(mask, bool) for a, mask in env.get_avail_actions(state).items()}
            width = env.obs_size
            rows[-1]["obs"] = np.stack([obs[a] for a in env.agents]).reshape(env.num_agents, width)
            rows[-1]["world"] = np.asarray(obs["world_state"])
            for team, agents in enumerate((env.agents[: sizes[0]], env.agents[sizes[0] :])):
                rows[-1][f"legal_{team}"] = np.stack([masks[a] for a in agents])
    names = [*rows[0], "obs", "world", "legal_0", "legal_1"]
    return {f"{scenario}/{name}": np.stack([row[name] for row in rows if name in row]) for name in names}


traces = {}
for scenario in ("2s3z", "smacv2_5_units"):
    env = SMAX(scenario=map_name_to_scenario(scenario))
    _, begun = jax.vmap(env.reset)(jax.random.split(jax.random.PRNGKey(9), RESETS))
    traces[f"{scenario}/starts"] = np.asarray(begun.unit_positions)
jax.random.uniform = without_jitter
for seed, scenario in enumerate(("2s3z", "5m_vs_6m", "smacv2_5_units")):
    traces |= record(scenario, seed)
    print(scenario, int(traces[f"{scenario}/done"].sum()), "battles")
np.savez_compressed(sys.argv[1], **traces)
