"""The compiled kernels of batched environments of rules: many copies of one game's rules step together.

Every array's first axis is the environment. B environments, P players, A actions, O numbers an observation, S words of
state. `movers` is what the rules' `to_move` said: `TERMINAL` or a bit set of players; chance is never left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numba as nb
import numpy as np
from numba.core import cgutils
from numba.extending import intrinsic

from ._streams import mix64, uniform
from .rules import CHANCE, POINTERS, SIGNATURES, TERMINAL, Rules
from .streams import GOLDEN

_I = nb.types.int64
_U = nb.types.uint64
_I1, _I2, _I3 = nb.types.int64[::1], nb.types.int64[:, ::1], nb.types.int64[:, :, ::1]
_U1, _F1, _F2 = nb.types.uint64[::1], nb.types.float64[::1], nb.types.float64[:, ::1]
_B1, _B2, _B3 = nb.types.boolean[::1], nb.types.boolean[:, ::1], nb.types.boolean[:, :, ::1]
_O2, _O3 = nb.types.float32[:, ::1], nb.types.float32[:, :, ::1]


def addresses(rules: Any, signatures: Mapping[str, Any] = SIGNATURES) -> Any:
    """A named tuple of compiled rules as the kernels take them: machine addresses int64[n], so that a call costs no
    unboxing of functions (30 microseconds each); with the compiler off, the functions themselves. 0: there is none."""
    if nb.config.DISABLE_JIT:
        return tuple(function or 0 for function in rules)
    found = []
    for name, function in rules._asdict().items():
        result = function and function.get_compile_result(signatures[name])
        found.append(result.library.get_pointer_to_function(result.fndesc.llvm_func_name) if function else 0)
    return np.array(found, np.int64)


def pointer(kind):
    """Makes the cast from an address to a first-class function of that type."""

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
_init, _to_move, _legal, _chance, _apply, _returns, _info, _observe, _view = (
    pointer(POINTERS[name]) for name in Rules._fields
)


@nb.njit(error_model="numpy", forceinline=True)
def zero_words(words):
    """Zeroes one row. Loops, because assigned slices are ten times the code and keep LLVM from inlining."""
    for i in range(words.size):
        words[i] = 0


@nb.njit(error_model="numpy", forceinline=True)
def wipe(seen, may):
    """Zeroes observations [P, O] and masks [P, A]."""
    for p in range(seen.shape[0]):
        row, mask = seen[p], may[p]
        for i in range(row.size):
            row[i] = 0.0
        for a in range(mask.size):
            mask[a] = False


@nb.njit(error_model="numpy", forceinline=True)
def copy_rows(source, target):
    """Copies observations [P, O]."""
    for p in range(source.shape[0]):
        a, b = source[p], target[p]
        for i in range(a.size):
            b[i] = a[i]


HANDED = {"settle": "to_move, chance, apply", "look": "legal, observe, view, viewed"}
"""The pointers that kernels hand on to these functions, as they are written, for `_specialise`."""


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


@nb.njit(
    (*(POINTERS[name] for name in ("legal", "observe", "view")), nb.types.boolean, _I1, _I1, _I, _I, _O2, _B2, _I1),
    cache=True,
    error_model="numpy",
)
def look(legal, observe, view, viewed, params, state, movers, fresh, obs, mask, out):
    """Writes every player's observation [P, O] and legal actions [P, A] of one environment.

    viewed: whether the game has a `view`; fresh: 0 where obs and mask show the state before the last step.
    """
    if viewed:
        if fresh:
            wipe(obs, mask)
        view(params, state, fresh, obs, mask)
        return
    wipe(obs, mask)
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
    nogil=True,
)
def restart(
    rules, params, states, movers, keys, counters, total, obs, mask, joint, out, outcomes, probabilities,
):  # fmt: skip
    """Begins a new episode in every environment; writes all arrays from `states` to `mask` except `keys`."""
    init = _init(rules[0])  # one by one: `_specialise` replaces these lines by imports
    to_move = _to_move(rules[1])
    legal = _legal(rules[2])
    chance = _chance(rules[3])
    apply = _apply(rules[4])
    observe = _observe(rules[7])
    view = _view(rules[8])
    viewed = rules[8] != 0
    states, obs, mask = borrowed(states), borrowed(obs), borrowed(mask)
    states[:] = 0
    for e in range(states.shape[0]):
        state = states[e]
        init(params, state)
        movers[e], counters[e] = settle(
            to_move, chance, apply, params, state, keys[e], counters[e], joint, outcomes, probabilities
        )
        look(legal, observe, view, viewed, params, state, movers[e], 1, obs[e], mask[e], out)


@nb.njit(_I(_I1, _B3, _I2), cache=True, error_model="numpy", nogil=True)
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
    nogil=True,
)
def advance(
    rules, params, states, movers, keys, counters, total, actions, obs, mask, reward, done, final_obs,
    joint, gain, out, outcomes, probabilities,
):  # fmt: skip
    """One step of every environment with legal actions int64[B, P]; an ended episode is followed by a new one."""
    init = _init(rules[0])  # one by one: `_specialise` replaces these lines by imports
    to_move = _to_move(rules[1])
    legal = _legal(rules[2])
    chance = _chance(rules[3])
    apply = _apply(rules[4])
    returns = _returns(rules[5])
    observe = _observe(rules[7])
    view = _view(rules[8])
    viewed = rules[8] != 0
    states, total, actions = borrowed(states), borrowed(total), borrowed(actions)
    obs, mask = borrowed(obs), borrowed(mask)
    reward, final_obs = borrowed(reward), borrowed(final_obs)
    params, joint, gain, out = borrowed(params), borrowed(joint), borrowed(gain), borrowed(out)
    outcomes, probabilities = borrowed(outcomes), borrowed(probabilities)
    players = total.shape[1]
    for e in range(states.shape[0]):
        state, paid = states[e], reward[e]
        if movers[e] != TERMINAL:
            chosen = actions[e]
            for p in range(players):
                joint[p] = chosen[p]
            apply(params, state, joint)
            movers[e], counters[e] = settle(
                to_move, chance, apply, params, state, keys[e], counters[e], joint, outcomes, probabilities
            )
        zero_words(gain)
        returns(params, state, gain)
        so_far = total[e]
        for p in range(players):
            paid[p] = gain[p] - so_far[p]
            so_far[p] = gain[p]
        done[e] = movers[e] == TERMINAL
        if done[e]:
            look(legal, observe, view, viewed, params, state, movers[e], 0, obs[e], mask[e], out)
            copy_rows(obs[e], final_obs[e])
            zero_words(so_far)
            zero_words(state)
            init(params, state)
            movers[e], counters[e] = settle(
                to_move, chance, apply, params, state, keys[e], counters[e], joint, outcomes, probabilities
            )
        look(legal, observe, view, viewed, params, state, movers[e], done[e], obs[e], mask[e], out)


@nb.njit((_B3, _U, _I, _I2), cache=True, error_model="numpy", nogil=True)
def pick(mask, key, start, actions):
    """Writes a uniformly drawn legal action of each player to move, -1 for the others, into actions int64[B, P].

    start: how many draws of this key came before, those of the environments that stand before these.
    """
    mask, actions = borrowed(mask), borrowed(actions)
    width, half = mask.shape[2], np.uint64(32)
    key = mix64(key) + np.uint64(start) * np.uint64(GOLDEN)
    for e in range(mask.shape[0]):
        legal, chosen = mask[e], actions[e]
        for p in range(legal.shape[0]):
            row = legal[p]
            key += np.uint64(GOLDEN)
            word = mix64(key)
            a = np.int64((word >> half) * np.uint64(width) >> half)
            if not row[a]:  # most often it is; else the other half of the word draws among the legal ones
                count = 0
                for k in range(width):
                    count += row[k]
                skip, a = np.int64((word & np.uint64(0xFFFFFFFF)) * np.uint64(count) >> half), -1
                for k in range(width):
                    if row[k]:
                        if skip == 0:
                            a = k
                        skip -= 1
            chosen[p] = a
