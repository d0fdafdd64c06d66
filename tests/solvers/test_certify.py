"""Certificates hold in exact arithmetic, and are narrow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus
from ludus import solvers


def exact_figures(tree, policy, rational):
    """(expected, best) of a profile in fractions, by walking histories; `rational` makes numbers of chance exact."""
    share = {}
    for i in range(tree.num_infosets):
        first, count = int(tree.infoset_first[i]), int(tree.infoset_count[i])
        row = [Fraction(p) for p in policy.probabilities[first : first + count].tolist()]
        share[i] = [p / sum(row) for p in row]
    players = range(tree.num_players)
    leaves = [[] for _ in players]  # of each player: (own last sequence, weight by the others, weight by all)

    def walk(v, last, plans, chance):
        player, index = int(tree.node_player[v]), int(tree.node_index[v])
        if player == -2:
            for p in players:
                gain = chance * Fraction(float(tree.leaf_utility[index, p]))
                for q in players:
                    gain *= plans[q] if q != p else 1
                leaves[p].append((last[p], gain, gain * plans[p]))
            return
        for k in range(int(tree.node_count[v])):
            w = int(tree.node_first[v]) + k
            if player == -1:
                walk(w, last, plans, chance * rational(float(tree.node_prob[w])))
            else:
                sequence = int(tree.infoset_first[index]) + k
                own = plans[player] * share[index][k]
                mine = (*last[:player], sequence, *last[player + 1 :])
                walk(w, mine, (*plans[:player], own, *plans[player + 1 :]), chance)

    start = tree.sequence_start.tolist()
    walk(0, tuple(start[:-1]), (Fraction(1),) * tree.num_players, Fraction(1))
    expected, best = [], []
    for p in players:
        expected.append(sum(full for _, _, full in leaves[p]))
        after = [Fraction(0)] * tree.num_sequences
        for sequence, gain, _ in leaves[p]:
            after[sequence] += gain
        for i in reversed(range(tree.infoset_start[p], tree.infoset_start[p + 1])):
            first, count = int(tree.infoset_first[i]), int(tree.infoset_count[i])
            after[int(tree.infoset_parent[i])] += max(after[first : first + count])
        best.append(after[start[p]])
    return expected, best


def holds(found, expected, best):
    """Comparisons of fractions with doubles are exact."""
    for (low, high), exact in zip(found.expected.tolist(), expected):
        assert Fraction(low) <= exact <= Fraction(high)
    for (low, high), exact in zip(found.best.tolist(), best):
        assert Fraction(low) <= exact <= Fraction(high)
    assert Fraction(found.nash_conv[0]) <= sum(best) - sum(expected) <= Fraction(found.nash_conv[1])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), players=st.integers(2, 3), sparse=st.booleans())
def test_contains_the_exact_figures_on_random_trees(seed, players, sparse):
    tree = ludus.make("random_game", seed=seed, players=players).tree()
    weights = np.random.default_rng(seed).exponential(size=tree.num_sequences) ** 20  # spread over many magnitudes
    policy = ludus.Policy.from_weights(tree, weights * (weights > 1e-9) if sparse else weights)
    found = solvers.certify(tree, policy)
    holds(found, *exact_figures(tree, policy, Fraction))
    assert found.nash_conv[1] - found.nash_conv[0] <= 1e-12


@pytest.mark.parametrize("game", ["kuhn_poker", "kuhn_poker(players=3)", "liars_dice(faces=2)"])
def test_contains_the_exact_figures_where_chance_has_no_binary_form(game):
    tree = ludus.make(game).tree()
    for policy in (ludus.Policy.uniform(tree), ludus.Policy.random(tree, seed=1)):
        found = solvers.certify(tree, policy)
        holds(found, *exact_figures(tree, policy, lambda p: Fraction(p).limit_denominator(100)))


def test_an_equilibriums_certificate_encloses_the_value():
    low, high = solvers.certify("kuhn_poker", solvers.solve("kuhn_poker", "lp").policy).value
    assert Fraction(low) <= Fraction(-1, 18) <= Fraction(high)
    assert high - low <= 1e-13
    tree = ludus.make("leduc_poker").tree()
    low, high = solvers.certify(tree, solvers.solve(tree, "lp").policy).value
    assert Fraction(low) <= solvers.exact_equilibrium(tree).value <= Fraction(high)
    assert high - low <= 1e-12


def test_no_value_where_the_game_is_not_zero_sum():
    game = ludus.make("prisoners_dilemma")
    assert solvers.certify(game, ludus.Policy.uniform(game)).value is None


def test_a_policy_of_another_game_is_refused():
    with pytest.raises(ValueError, match="another game"):
        solvers.certify("kuhn_poker", ludus.Policy.uniform(ludus.make("leduc_poker")))
