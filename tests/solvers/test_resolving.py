"""Re-solving: safe methods never raise exploitability, and a whole game re-solved is solved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus
from ludus import solvers
from ludus.solvers.tree.resolving import METHODS

SAFE = ("maxmargin", "reach")


def below(tree, v):
    yield v
    for w in range(tree.node_first[v], tree.node_first[v] + tree.node_count[v]):
        yield from below(tree, w)


def blueprint_of(tree, kind, seed):
    if kind == "uniform":
        return ludus.Policy.uniform(tree)
    if kind == "random":
        return ludus.Policy.random(tree, seed=seed)
    return solvers.solve(tree, "cfr+", iterations=15).policy


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["uniform", "random", "cfr+"]),
    pick=st.integers(0, 10**6),
    depth=st.integers(3, 7),
    player=st.sampled_from([None, 0, 1]),
)
def test_safe_methods_never_raise_exploitability(seed, kind, pick, depth, player):
    tree = ludus.make("random_game", seed=seed, depth=depth, merge=0.8).tree()
    if tree.num_infosets == 0:
        return
    blueprint = blueprint_of(tree, kind, seed)
    part = solvers.subgame(tree, [pick % tree.num_infosets])
    before = [solvers.best_response(tree, blueprint, p)[0] for p in range(2)]
    for method in SAFE:
        policy = solvers.resolve(tree, blueprint, part, method, player)
        after = [solvers.best_response(tree, policy, p)[0] for p in range(2)]
        assert after == pytest.approx(np.minimum(before, after), abs=1e-8)
        assert solvers.nash_conv(tree, policy) <= solvers.nash_conv(tree, blueprint) + 1e-8


@pytest.mark.parametrize("keys", [["0b", "1b", "2b"], ["0p", "1p", "2p"], ["0pb", "1pb", "2pb"]])
@pytest.mark.parametrize("iterations", [3, 10, 100])
def test_safe_in_kuhn(keys, iterations):
    game = ludus.make("kuhn_poker")
    blueprint = solvers.solve(game, "cfr+", iterations=iterations).policy
    base = solvers.nash_conv(game, blueprint)
    for method in SAFE:
        assert solvers.nash_conv(game, solvers.resolve(game, blueprint, keys, method)) <= base + 1e-9


def test_unsafe_may_raise_it_where_safe_methods_do_not():
    """Burch et al. 2014, section 3: the opponent's blueprint says where it comes from, a best response does not."""
    game = ludus.make("leduc_poker")
    blueprint = solvers.solve(game, "cfr+", iterations=10).policy
    tree = game.tree()
    base, worse = solvers.nash_conv(game, blueprint), []
    for i in range(0, tree.num_infosets, 60):
        part = solvers.subgame(tree, [i])
        worse.append(solvers.nash_conv(game, solvers.resolve(game, blueprint, part, "unsafe")) - base)
        for method in SAFE:
            assert solvers.nash_conv(game, solvers.resolve(game, blueprint, part, method)) <= base + 1e-8
    assert max(worse) > 1e-3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("game", ["liars_dice(faces=2)", "goofspiel(cards=3,points_order=descending)"])
def test_the_whole_game_resolved_is_solved(game, method):
    tree = ludus.make(game).tree()
    policy = solvers.resolve(tree, ludus.Policy.random(tree, seed=1), range(tree.num_infosets), method)
    if method == "unsafe" or tree.node_player[0] >= 0:
        assert solvers.nash_conv(tree, policy) <= 1e-8
    else:  # after a chance root the margins of many roots are kept, each at its least
        assert solvers.nash_conv(tree, policy) <= solvers.nash_conv(tree, ludus.Policy.random(tree, seed=1))


def test_an_equilibrium_resolved_stays_one():
    tree = ludus.make("leduc_poker").tree()
    blueprint = solvers.solve(tree, "lp").policy
    policy = solvers.resolve(tree, blueprint, [100], "maxmargin")
    assert solvers.nash_conv(tree, policy) <= 1e-8


@pytest.mark.parametrize("game", ["kuhn_poker", "leduc_poker", "random_game(seed=3,merge=0.8)"])
def test_subgames_are_closed(game):
    tree = ludus.make(game).tree()
    for i in range(0, tree.num_infosets, max(1, tree.num_infosets // 7)):
        part = solvers.subgame(tree, [i])
        assert i in part.infosets
        inside = set(part.infosets.tolist())
        for v in range(tree.num_histories):
            if tree.node_player[v] >= 0:
                assert part.inside[v] == (int(tree.node_index[v]) in inside)
            if part.inside[v]:
                assert part.inside[list(below(tree, v))].all()


def test_subgames_of_kuhn():
    """After a pass: with all hands of the second player it is what is public, with one it is what that one can meet."""
    tree = ludus.make("kuhn_poker").tree()
    public = solvers.subgame(tree, ["0p", "1p", "2p"])
    assert {tree.keys[i] for i in public.infosets} == {"0p", "1p", "2p", "0pb", "1pb", "2pb"}
    one = solvers.subgame(tree, ["1p"])
    assert {tree.keys[i] for i in one.infosets} == {"1p", "0pb", "2pb"}


def test_only_the_subgame_changes():
    game = ludus.make("leduc_poker")
    tree, blueprint = game.tree(), ludus.Policy.uniform(game)
    part = solvers.subgame(tree, [200])
    policy = solvers.resolve(game, blueprint, part, "maxmargin", player=0)
    changed = np.flatnonzero(policy.probabilities != blueprint.probabilities)
    assert changed.size
    where = tree.sequence_infoset[changed]
    assert set(where) <= set(part.infosets)
    assert (tree.infoset_player[where] == 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "magic"}, "method must be one of 'unsafe', 'maxmargin', 'reach'"),
        ({"player": 2}, "player must be 0, 1 or None"),
        ({"part": ["9zz"]}, "no information set '9zz'"),
        ({"part": [999]}, "numbered 0 to 11"),
        ({"part": []}, "at least one information set"),
        ({"game": "shapley"}, "zero-sum"),
        ({"game": "leduc_poker"}, "another game"),
    ],
)
def test_bad_arguments_get_one_clear_error(arguments, message):
    blueprint = ludus.Policy.uniform(ludus.make("kuhn_poker"))
    with pytest.raises(ValueError, match=message):
        solvers.resolve(**{"game": "kuhn_poker", "blueprint": blueprint, "part": ["1p"], **arguments})
