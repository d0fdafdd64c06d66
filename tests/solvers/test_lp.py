"""Linear programs on trees: Nash, exact, quasi-perfect and restricted, against theory, known values and Gambit."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import slow_cfr

import ludus
from ludus import solvers
from ludus.solvers.tree.exact import eliminate
from ludus.solvers.tree.responses import restricted_tree

VARIANTS = [
    *("liars_dice(faces=2)", "liars_dice(faces=3)", "liars_dice(faces=4)", "liars_dice(faces=5)"),
    *("liars_dice(dice=2,faces=2)", "goofspiel(cards=3)"),
    *("goofspiel(cards=4,imp_info=True)", "goofspiel(cards=5,imp_info=True,points_order=descending)"),
    *("random_game(seed=1)", "random_game(seed=2,depth=9)", "random_game(seed=3,chance=0.5,depth=7)"),
]


def small_games():
    """Ids of all two-player zero-sum games of the catalogue that have at most 100 thousand histories as they are."""
    for info in ludus.available(tag="zero-sum"):
        game = ludus.make(info.id)
        if game.num_players == 2 and game.zero_sum:
            try:
                game.tree(max_histories=100_000)
            except ValueError:
                continue
            yield info.id


@pytest.mark.parametrize("game", sorted({*VARIANTS, *small_games()}))
def test_optimal_and_within_what_cfr_plus_proves(game):
    tree = ludus.make(game).tree()
    solution = solvers.solve(tree, "lp")
    assert solution.nash_conv <= 1e-9 * tree.utility_range
    low, high = solvers.certify(tree, solvers.solve(tree, "cfr+", iterations=200).policy).value
    assert low <= solution.value <= high


def test_known_values():
    """Kuhn 1950; Leduc and Liar's Dice as OpenSpiel's tests and documentation have them."""
    assert solvers.solve("kuhn_poker", "lp").value == pytest.approx(-1 / 18, abs=1e-12)
    assert solvers.solve("leduc_poker", "lp").value == pytest.approx(-0.085606424078, abs=1e-9)
    assert solvers.solve("matching_pennies", "lp").value == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), depth=st.integers(1, 8), chance=st.sampled_from([0.0, 0.2, 0.6]))
def test_optimal_on_random_asymmetric_trees(seed, depth, chance):
    game = ludus.make("random_game", seed=seed, depth=depth, chance=chance)
    policy = solvers.solve(game, "lp").policy
    table, root = policy.to_dict(), slow_cfr.Node(game.root())
    if depth <= 5:
        assert slow_cfr.nash_conv(root, table, 2) <= 1e-9
    assert solvers.nash_conv(game, policy) <= 1e-9


@pytest.mark.parametrize("game", ["kuhn_poker", "liars_dice(faces=2)", "random_game(seed=4,depth=3)"])
def test_value_equals_gambits(game, tmp_path):
    import pygambit

    made = ludus.make(game)
    ludus.save(made, tmp_path / "game.efg")
    theirs = pygambit.read_efg(str(tmp_path / "game.efg"))
    found = pygambit.nash.lp_solve(theirs, rational=True, use_strategic=False).equilibria[0]
    value = Fraction(str(found.payoff("Player 1")))
    assert float(value) == pytest.approx(solvers.solve(made, "lp").value, abs=1e-12)
    exact = solvers.exact_equilibrium(made).value
    if game.startswith("random"):  # its probabilities pass through decimals in the file
        assert float(value) == pytest.approx(float(exact), abs=1e-14)
    else:
        assert value == exact


def test_exact_equilibrium_of_kuhn():
    game = ludus.make("kuhn_poker")
    found = solvers.exact_equilibrium(game)
    assert found.value == Fraction(-1, 18)
    policy = solvers.solve(game, "lp", exact=True).policy
    assert np.array_equal(policy.probabilities, found.policy.probabilities)
    # The first player's equilibria (Kuhn 1950): bet 0 with α <= 1/3, bet 2 with 3α, call with 1 at α + 1/3.
    alpha = found.policy["0"][1]
    assert 0 <= alpha <= 1 / 3
    assert found.policy["2"][1] == pytest.approx(3 * alpha, abs=1e-15)
    assert found.policy["1pb"][1] == pytest.approx(alpha + 1 / 3, abs=1e-15)
    assert found.policy["1b"][1] == pytest.approx(1 / 3, abs=1e-15)


def test_exact_plans_of_leduc_satisfy_every_inequality():
    """Checked from the tree alone: the plans guarantee the same value to both players, in fractions."""
    tree = ludus.make("leduc_poker").tree()
    found = solvers.exact_equilibrium(tree)
    chance = [Fraction(p).limit_denominator(1000) for p in tree.leaf_chance.tolist()]
    assert sum(chance) > 0
    for player in range(2):
        other = 1 - player
        start, plan = tree.sequence_start, found.plans[other]
        after = {s: Fraction(0) for s in range(start[player], start[player + 1])}
        for leaf, sequences in enumerate(tree.leaf_sequence.tolist()):
            weight = chance[leaf] * plan[sequences[other] - start[other]]
            after[sequences[player]] += weight * Fraction(tree.leaf_utility[leaf, player])
        for i in reversed(range(tree.infoset_start[player], tree.infoset_start[player + 1])):
            first, count = tree.infoset_first[i], tree.infoset_count[i]
            after[int(tree.infoset_parent[i])] += max(after[s] for s in range(first, first + count))
        assert after[int(start[player])] == (found.value if player == 0 else -found.value)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_elimination_solves_what_numpy_solves(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    matrix = rng.integers(-3, 4, (n, n)) * (rng.random((n, n)) < 0.6) + 7 * np.eye(n, dtype=int)[rng.permutation(n)]
    if abs(np.linalg.det(matrix)) < 0.5:
        return
    side = rng.integers(-5, 6, (n, 2))
    rows = [{j: Fraction(int(x)) for j, x in enumerate(row) if x} for row in matrix]
    found = eliminate(rows, [[Fraction(int(x)) for x in row] for row in side], n, 2)
    assert np.array(found, float) == pytest.approx(np.linalg.solve(matrix, side), abs=1e-9)


def test_contradicting_equations_are_refused():
    rows = [{0: Fraction(1)}, {0: Fraction(2)}]
    with pytest.raises(ArithmeticError, match="contradict"):
        eliminate(rows, [[Fraction(1)], [Fraction(3)]], 1, 1)


class GuessTheAce(ludus.State):
    """The first player stops (0) or lets the second one guess whether a card drawn from 52 is the ace of spades; who is
    wrong pays nothing, a right guess wins 1 from the first player. Miltersen & Sørensen 2010, section 1."""

    def __init__(self, moves=()):
        self.moves = moves

    def to_move(self):
        if len(self.moves) == 3 or self.moves[1:] == (0,):
            return ()
        return ((ludus.CHANCE,), (0,), (1,))[len(self.moves)]

    def chance(self):
        return [(0, 51 / 52), (1, 1 / 52)]

    def actions(self, player):
        return [0, 1]

    def info(self, player):
        return "start" if player == 0 else "guess"

    def apply(self, action):
        return GuessTheAce((*self.moves, action))

    def returns(self):
        lost = float(len(self.moves) == 3 and self.moves[0] == self.moves[2])
        return (-lost, lost)


def test_quasi_perfect_play_is_sensible_off_the_path():
    from ludus.games.build import walk_tree

    tree = walk_tree(GuessTheAce(), 2, "guess the ace")
    policy = solvers.solve(tree, "qpe").policy
    assert policy["start"] == {0: 1.0, 1: 0.0}
    assert policy["guess"] == {0: 1.0, 1: 0.0}
    assert solvers.solve(tree, "qpe", epsilon=1e-3).policy["guess"][0] >= 0.99


@settings(max_examples=40, deadline=None, derandomize=True)  # a limit that doubles cannot show is possible, and rare
@given(seed=st.integers(0, 2**32 - 1))
def test_quasi_perfect_play_with_perfect_information_is_backward_induction(seed):
    tree = ludus.make("random_game", seed=seed, merge=0.0, depth=4).tree()
    policy = solvers.solve(tree, "qpe").policy

    def value(v):
        """(the game's value after history v, that of the policy), asserted equal."""
        player, index = int(tree.node_player[v]), int(tree.node_index[v])
        if player == -2:
            return tree.leaf_utility[index, 0], tree.leaf_utility[index, 0]
        children = range(tree.node_first[v], tree.node_first[v] + tree.node_count[v])
        both = np.array([value(w) for w in children])
        if player == -1:
            weights = np.array([tree.node_prob[w] for w in children])
            return tuple(weights @ both)
        first = tree.infoset_first[index]
        found = policy.probabilities[first : first + len(both)] @ both[:, 1]
        best = both[:, 0].max() if player == 0 else both[:, 0].min()
        assert found == pytest.approx(best, abs=1e-12)
        return best, found

    value(0)


@pytest.mark.parametrize("game", ["kuhn_poker", "liars_dice(faces=4)", "goofspiel(cards=3)", "random_game(seed=9)"])
def test_quasi_perfect_equilibria_are_nash_equilibria(game):
    tree = ludus.make(game).tree()
    assert solvers.solve(tree, "qpe").nash_conv <= 1e-12 * tree.utility_range


def test_trembles_have_at_least_their_mass():
    tree, epsilon = ludus.make("leduc_poker").tree(), 0.01
    solution = solvers.solve(tree, "qpe", epsilon=epsilon)
    plan = solution.policy.realisation_plan()
    length = np.zeros(tree.num_sequences)
    for i in range(tree.num_infosets):
        first = tree.infoset_first[i]
        length[first : first + tree.infoset_count[i]] = length[tree.infoset_parent[i]] + 1
    assert (plan >= epsilon**length * (1 - 1e-6)).all()
    assert solution.nash_conv <= 20 * epsilon * tree.utility_range


@pytest.mark.parametrize("epsilon", [0.0, -1.0, 0.6, float("nan")])
def test_infeasible_trembles_get_one_clear_error(epsilon):
    with pytest.raises(ValueError, match="epsilon must be above 0 and at most 0.5"):
        solvers.solve("kuhn_poker", "qpe", epsilon=epsilon)


def test_a_limit_beyond_doubles_is_said_so():
    with pytest.raises(ArithmeticError, match="give epsilon"):
        solvers.solve("leduc_poker", "qpe")


def test_trembles_too_small_to_be_seen_are_refused():
    with pytest.raises(ValueError, match="epsilon must be at least 0.001"):
        solvers.solve("leduc_poker", "qpe", epsilon=1e-6)


@pytest.mark.parametrize("algorithm", ["lp", "qpe", "rnr"])
@pytest.mark.parametrize(("game", "message"), [("shapley", "not zero-sum"), ("kuhn_poker(players=3)", "two players")])
def test_only_for_two_player_zero_sum_games(algorithm, game, message):
    with pytest.raises(ValueError, match=message):
        solvers.solve(game, algorithm)


def test_too_large_for_fractions():
    with pytest.raises(ValueError, match="at most 60000 sequences"):
        solvers.exact_equilibrium("tic_tac_toe")


@pytest.mark.parametrize("game", ["kuhn_poker", "leduc_poker", "random_game(seed=4)"])
@pytest.mark.parametrize("player", [0, 1])
def test_restricted_responses_go_from_nash_to_best_response(game, player):
    tree = ludus.make(game).tree()
    fixed = ludus.Policy.random(tree, seed=5)
    found = [solvers.restricted_nash_response(tree, fixed, player, p) for p in (0.0, 0.25, 0.5, 0.75, 1.0)]
    value = solvers.solve(tree, "lp").values[player]
    assert found[0].worst == pytest.approx(value, abs=1e-9)
    assert found[-1].gain == pytest.approx(solvers.best_response(tree, fixed, player)[0], abs=1e-9)
    for less, more in pairwise(found):
        assert more.gain >= less.gain - 1e-9
        assert more.worst <= less.worst + 1e-9
        assert more.nash_conv <= 1e-9


@pytest.mark.parametrize("player", [0, 1])
def test_restricted_response_by_regret_minimisation_agrees(player):
    game, p = ludus.make("leduc_poker"), 0.4
    fixed = ludus.Policy.uniform(game)
    exact = solvers.restricted_nash_response(game, fixed, player, p)
    found = solvers.restricted_nash_response(game, fixed, player, p, method="cfr+", iterations=2000)
    assert found.nash_conv <= 2e-3
    mixed = [p * r.gain + (1 - p) * r.worst for r in (exact, found)]
    assert mixed[1] == pytest.approx(mixed[0], abs=2 * found.nash_conv)
    assert mixed[1] <= mixed[0] + 1e-9


@pytest.mark.parametrize("game", ["kuhn_poker", "random_game(seed=4)"])
def test_values_of_the_restricted_game_are_mixtures(game):
    tree = ludus.make(game).tree()
    fixed, free = ludus.Policy.random(tree, seed=1), ludus.Policy.random(tree, seed=2)
    mixed = ludus.Policy.combine([free, fixed])
    restricted = restricted_tree(tree, fixed, 0, 0.3)
    one, two = solvers.expected_values(tree, mixed), solvers.expected_values(tree, free)
    found = solvers.expected_values(restricted, ludus.Policy(restricted, free.probabilities))
    assert found == pytest.approx(0.3 * one + 0.7 * two, abs=1e-12)
    # and its histories are a tree of their own
    assert restricted.num_histories == 2 * tree.num_histories + 1
    assert restricted.depth == tree.depth + 1
    reach = [0.0] * restricted.num_leaves
    stack = [(0, 1.0)]
    while stack:
        v, mass = stack.pop()
        if restricted.node_player[v] == -2:
            reach[restricted.node_index[v]] = mass
        first, count = restricted.node_first[v], restricted.node_count[v]
        stack += [(w, mass * restricted.node_prob[w]) for w in range(first, first + count)]
    assert reach == pytest.approx(restricted.leaf_chance, abs=1e-15)


def test_restricted_response_by_name():
    game = ludus.make("kuhn_poker")
    fixed = ludus.Policy.uniform(game)
    policy = solvers.solve(game, "rnr", fixed=fixed, player=1, p=1.0).policy
    against = ludus.Policy.combine([fixed, policy])
    assert solvers.expected_values(game, against)[1] == pytest.approx(solvers.best_response(game, fixed, 1)[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"p": 1.5}, "p must be from 0 to 1"), ({"player": 2}, "player must be 0 or 1"), ({"method": "pl"}, "'lp'")],
)
def test_bad_arguments_of_restricted_responses(arguments, message):
    game = ludus.make("kuhn_poker")
    with pytest.raises(ValueError, match=message):
        solvers.restricted_nash_response(game, ludus.Policy.uniform(game), **arguments)
