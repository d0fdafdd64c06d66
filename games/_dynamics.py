"""The compiled kernels of batched environments that draw their own chance (`dynamics.py`).

Every array's first axis is the environment: B environments, P players, A actions, O numbers an observation, S words of
state, N words of action. `functions` holds machine addresses (see `_vector.addresses`).
"""

from __future__ import annotations

import numba as nb

from ._vector import borrowed, copy_rows, pointer, wipe, zero_words
from .dynamics import POINTERS, RUNNING, TRUNCATED

_I1, _I2 = nb.types.int64[::1], nb.types.int64[:, ::1]
_U2, _F2, _B1 = nb.types.uint64[:, ::1], nb.types.float64[:, ::1], nb.types.boolean[::1]
_B3, _O2, _O3 = nb.types.boolean[:, :, ::1], nb.types.float32[:, ::1], nb.types.float32[:, :, ::1]

_reset, _advance, _view, _overview = (pointer(POINTERS[name]) for name in ("reset", "advance", "view", "overview"))


@nb.njit((_I1, _I1, _I2, _U2, _O3, _B3), cache=True, error_model="numpy", nogil=True)
def restart(functions, params, states, rngs, obs, legal):
    """Begins a new episode in every environment; writes `states`, `rngs`, `obs` and `legal`."""
    reset = _reset(functions[0])  # one by one: `_specialise` replaces these lines by imports
    view = _view(functions[2])
    params, states, rngs = borrowed(params), borrowed(states), borrowed(rngs)
    obs, legal = borrowed(obs), borrowed(legal)
    for e in range(states.shape[0]):
        state, seen, may = states[e], obs[e], legal[e]
        zero_words(state)
        reset(params, state, rngs[e])
        wipe(seen, may)
        view(params, state, 1, seen, may)


@nb.njit((_I1, _I1, _I2, _U2, _I2, _O3, _B3, _F2, _B1, _B1, _O3), cache=True, error_model="numpy", nogil=True)
def advance(functions, params, states, rngs, actions, obs, legal, reward, done, truncated, final_obs):
    """One step of every environment; an ended episode is followed by a new one."""
    reset = _reset(functions[0])  # one by one: `_specialise` replaces these lines by imports
    step = _advance(functions[1])
    view = _view(functions[2])
    params, states, rngs, actions = borrowed(params), borrowed(states), borrowed(rngs), borrowed(actions)
    obs, legal, reward, final_obs = borrowed(obs), borrowed(legal), borrowed(reward), borrowed(final_obs)
    for e in range(states.shape[0]):
        state, paid, rng, seen, may = states[e], reward[e], rngs[e], obs[e], legal[e]
        for p in range(paid.size):
            paid[p] = 0.0
        end = step(params, state, actions[e], rng, paid)
        done[e], truncated[e] = end != RUNNING, end == TRUNCATED
        fresh = 0
        if end != RUNNING:
            view(params, state, 0, seen, may)
            copy_rows(seen, final_obs[e])
            zero_words(state)
            reset(params, state, rng)
            wipe(seen, may)
            fresh = 1
        view(params, state, fresh, seen, may)


@nb.njit((_I1, _I1, _I2, _O2), cache=True, error_model="numpy", nogil=True)
def overview(functions, params, states, out):
    """Writes every environment's global state into `out`, which comes zeroed."""
    write = _overview(functions[3])
    for e in range(states.shape[0]):
        write(params, states[e], out[e])
