"""The compiled kernels of the batched environment: many copies of one game's rules step together.

Every array's first axis is the environment. B environments, P players, A actions, O numbers an observation, S words of
state. `movers` is what the rules' `to_move` said: `TERMINAL` or a bit set of players; chance is never left open.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numba.core import cgutils
from numba.extending import intrinsic

from ._streams import uniform
from .rules import CHANCE, POINTERS, SIGNATURES, TERMINAL, Rules

_I = nb.types.int64
_U = nb.types.uint64
_I1, _I2, _I3 = nb.types.int64[::1], nb.types.int64[:, ::1], nb.types.int64[:, :, ::1]
_U1, _F1, _F2 = nb.types.uint64[::1], nb.types.float64[::1], nb.types.float64[:, ::1]
_B1, _B2, _B3 = nb.types.boolean[::1], nb.types.boolean[:, ::1], nb.types.boolean[:, :, ::1]
_O2, _O3 = nb.types.float32[:, ::1], nb.types.float32[:, :, ::1]


def addresses(rules: Rules) -> Any:
    """The rules as the kernels take them: machine addresses int64[8], so that a call costs no unboxing of functions
    (30 microseconds each); with the compiler off, the functions themselves."""
    if nb.config.DISABLE_JIT:
        return tuple(rules)
    found = []
    for name, function in rules._asdict().items():
        result = function.get_compile_result(SIGNATURES[name])
        found.append(result.library.get_pointer_to_function(result.fndesc.llvm_func_name))
    return np.array(found, np.int64)


def _pointer(name):
    """Makes the cast from an address to the first-class function of one rule."""
    kind = POINTERS[name]

    def cast(typingctx, address):
        def codegen(context, builder, signature, args):
            function = cgutils.create_struct_proxy(kind)(context, builder)
            function.jit_addr = builder.inttoptr(args[0], function.jit_addr.type)
            return function._getvalue()

        return kind(nb.types.int64), codegen

    return (lambda function: function) if nb.config.DISABLE_JIT else intrinsic(cast)


def _borrowed(typingctx, array):
    """An array's view that counts no references: taking slices of it in a loop costs no atomic operations."""

    def codegen(context, builder, signature, args):
        view = context.make_array(signature.args[0])(context, builder, value=args[0])
        view.meminfo, view.parent = view.meminfo.type(None), view.parent.type(None)
        return view._getvalue()

    return array(array), codegen


borrowed = (lambda array: array) if nb.config.DISABLE_JIT else intrinsic(_borrowed)
_init, _to_move, _legal, _chance, _apply, _returns, _info, _observe = map(_pointer, Rules._fields)


@nb.njit(
    (*(POINTERS[name] for name in ("to_move", "chance", "apply")), _I1, _I1, _U, _U, _I1, _I1, _F1),
    cache=True,
    error_model="numpy",
)
def settle(to_move, chance, apply, params, state, key, counter, joint, outcomes, probabilities):
    """Draws chance outcomes until a player is to move or the game is over. -> (movers, next counter)."""
    movers = to_move(params, state)
    while movers == CHANCE:
        last = chance(params, state, outcomes, probabilities) - 1
        u = uniform(key, counter) - probabilities[0]
        counter += np.uint64(1)
        k = 0
        while u >= 0.0 and k < last:
            k += 1
            u -= probabilities[k]
        joint[0] = outcomes[k]
        apply(params, state, joint)
        movers = to_move(params, state)
    return movers, counter


@nb.njit((POINTERS["legal"], POINTERS["observe"], _I1, _I1, _I, _O2, _B2, _I1), cache=True, error_model="numpy")
def look(legal, observe, params, state, movers, obs, mask, out):
    """Writes every player's observation [P, O] and legal actions [P, A] of one environment."""
    obs[:] = 0.0
    mask[:] = False
    for p in range(obs.shape[0]):
        observe(params, state, p, obs[p])
        if movers >> p & 1:
            row = mask[p]
            for k in range(legal(params, state, p, out)):
                row[out[k]] = True


@nb.njit(
    (*(_I1, _I1, _I2, _I1, _U1, _U1, _F2, _O3, _B3, _I1, _I1, _I1, _F1),),
    cache=True,
    error_model="numpy",
)
def restart(
    rules, params, states, movers, keys, counters, total, obs, mask, joint, out, outcomes, probabilities,
):  # fmt: skip
    """Begins a new episode in every environment; writes all arrays from `states` to `mask` except `keys`."""
    init = _init(rules[0])  # one by one: Numba warns of tuples of functions
    to_move = _to_move(rules[1])
    legal = _legal(rules[2])
    chance = _chance(rules[3])
    apply = _apply(rules[4])
    observe = _observe(rules[7])
    states, obs, mask = borrowed(states), borrowed(obs), borrowed(mask)
    states[:] = 0
    total[:] = 0.0
    for e in range(states.shape[0]):
        state = states[e]
        init(params, state)
        movers[e], counters[e] = settle(
            to_move, chance, apply, params, state, keys[e], counters[e], joint, outcomes, probabilities
        )
        look(legal, observe, params, state, movers[e], obs[e], mask[e], out)


@nb.njit(_I(_I1, _B3, _I2), cache=True, error_model="numpy")
def illegal(movers, mask, actions):
    """The first environment · P + player whose action is not legal, or -1."""
    players, width = mask.shape[1], mask.shape[2]
    for e in range(movers.size):
        for p in range(players):
            if movers[e] >> p & 1:
                a = actions[e, p]
                if a < 0 or a >= width or not mask[e, p, a]:
                    return e * players + p
    return -1


@nb.njit(
    (*(_I1, _I1, _I2, _I1, _U1, _U1, _F2, _I2, _O3, _B3, _F2, _B1, _O3, _I1, _F1, _I1, _I1, _F1),),
    cache=True,
    error_model="numpy",
)
def advance(
    rules, params, states, movers, keys, counters, total, actions, obs, mask, reward, done, final_obs,
    joint, gain, out, outcomes, probabilities,
):  # fmt: skip
    """One step of every environment with legal actions int64[B, P]; an ended episode is followed by a new one."""
    init = _init(rules[0])  # one by one: Numba warns of tuples of functions
    to_move = _to_move(rules[1])
    legal = _legal(rules[2])
    chance = _chance(rules[3])
    apply = _apply(rules[4])
    returns = _returns(rules[5])
    observe = _observe(rules[7])
    states, total, actions, obs, mask = (
        borrowed(states),
        borrowed(total),
        borrowed(actions),
        borrowed(obs),
        borrowed(mask),
    )
    reward, final_obs = borrowed(reward), borrowed(final_obs)
    params, joint, gain, out = borrowed(params), borrowed(joint), borrowed(gain), borrowed(out)
    outcomes, probabilities = borrowed(outcomes), borrowed(probabilities)
    players = total.shape[1]
    for e in range(states.shape[0]):
        state, paid = states[e], reward[e]
        if movers[e] != TERMINAL:
            joint[:] = actions[e]
            apply(params, state, joint)
            movers[e], counters[e] = settle(
                to_move, chance, apply, params, state, keys[e], counters[e], joint, outcomes, probabilities
            )
        gain[:] = 0.0
        returns(params, state, gain)
        so_far = total[e]
        for p in range(players):
            paid[p] = gain[p] - so_far[p]
            so_far[p] = gain[p]
        done[e] = movers[e] == TERMINAL
        if done[e]:
            last = final_obs[e]
            last[:] = 0.0
            for p in range(players):
                observe(params, state, p, last[p])
            so_far[:] = 0.0
            state[:] = 0
            init(params, state)
            movers[e], counters[e] = settle(
                to_move, chance, apply, params, state, keys[e], counters[e], joint, outcomes, probabilities
            )
        look(legal, observe, params, state, movers[e], obs[e], mask[e], out)


@nb.njit((_B3, _U, _I2), cache=True, error_model="numpy")
def pick(mask, key, actions):
    """Writes a uniformly drawn legal action of each player to move, -1 for the others, into actions int64[B, P]."""
    counter = np.uint64(0)
    for e in range(mask.shape[0]):
        for p in range(mask.shape[1]):
            row, count = mask[e, p], 0
            for a in range(row.size):
                count += row[a]
            actions[e, p] = -1
            if count:
                skip = np.int64(uniform(key, counter) * count)
                counter += np.uint64(1)
                for a in range(row.size):
                    if row[a]:
                        if skip == 0:
                            actions[e, p] = a
                            break
                        skip -= 1
