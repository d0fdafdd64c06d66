"""JaxMARL's environment steps a second on one core, in its own virtual environment: jit, vmap over a batch, scan.

``jaxmarl_speed.py NAME [JSON of keywords] [steps]`` prints a line of JSON at the start and for each line that it reads.
"""

import json
import os
import sys
import time

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before JAX starts its threads

import jax
import jax.numpy as jnp
from jaxmarl import make

BATCH = 1024
name = sys.argv[1]
keywords = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
steps = int(sys.argv[3]) if len(sys.argv) > 3 else 50
env = make(name, **keywords)
masked = name in ("hanabi", "SMAX", "HeuristicEnemySMAX")
legal_actions = getattr(env, "get_legal_moves", env.get_avail_actions)


def step(carry, _):
    """One step of the whole batch with random legal actions; observations are summed so that none is left out."""
    key, state = carry
    key, key_actions, key_step = jax.random.split(key, 3)
    actions = {}
    legal = jax.vmap(legal_actions)(state) if masked else None
    for i, agent in enumerate(env.agents):
        k = jax.random.fold_in(key_actions, i)
        if masked:
            actions[agent] = jax.random.categorical(k, jnp.where(legal[agent] > 0, 0.0, -1e9))
        else:
            actions[agent] = jax.vmap(env.action_space(agent).sample)(jax.random.split(k, BATCH))
    obs, state, reward, _, _ = jax.vmap(env.step)(jax.random.split(key_step, BATCH), state, actions)
    seen = sum(jnp.sum(leaf) for leaf in jax.tree_util.tree_leaves(obs))
    return (key, state), (seen, sum(jnp.sum(r) for r in reward.values()))


@jax.jit
def run(carry):
    return jax.lax.scan(step, carry, None, length=steps)


def speed():
    global carry
    start = time.perf_counter()
    carry, shown = run(carry)
    jax.block_until_ready(shown)
    return BATCH * steps / (time.perf_counter() - start)


key = jax.random.PRNGKey(0)
_, state = jax.vmap(env.reset)(jax.random.split(key, BATCH))
carry = (key, state)
speed()
print(json.dumps({"ready": True}), flush=True)
for _ in sys.stdin:
    print(json.dumps({"speed": speed()}), flush=True)
