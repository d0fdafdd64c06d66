"""Policies and solutions: what they refuse, and that they come back from files as they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ludus


@pytest.fixture(scope="module")
def kuhn():
    return ludus.make("kuhn_poker")


@pytest.fixture(scope="module")
def solution(kuhn):
    return ludus.solve(kuhn, "cfr+", iterations=100, averaging="linear")


def test_a_saved_solution_comes_back_as_it_was(solution, kuhn, tmp_path):
    solution.save(tmp_path / "s.ludus")
    for loaded in (ludus.Solution.load(tmp_path / "s.ludus", kuhn), ludus.Solution.load(tmp_path / "s.ludus")):
        assert np.array_equal(loaded.policy.probabilities, solution.policy.probabilities)
        assert loaded.history == solution.history
        assert (loaded.algorithm, loaded.iterations, dict(loaded.options)) == ("cfr+", 100, {"averaging": "linear"})
        assert loaded.nash_conv == solution.nash_conv
    assert [p.name for p in tmp_path.iterdir()] == ["s.ludus"]


def test_a_solution_of_another_game_is_refused(solution, tmp_path):
    solution.save(tmp_path / "s.ludus")
    with pytest.raises(ValueError, match="is a solution of kuhn_poker .*not of leduc_poker"):
        ludus.Solution.load(tmp_path / "s.ludus", ludus.make("leduc_poker"))


@settings(max_examples=30, deadline=None)
@given(cut=st.floats(0, 0.99), flip=st.integers(0, 10**6))
def test_a_damaged_file_is_one_clear_error(solution, kuhn, tmp_path_factory, cut, flip):
    folder = tmp_path_factory.mktemp("damaged")
    solution.save(folder / "s.ludus")
    whole = (folder / "s.ludus").read_bytes()
    (folder / "cut.ludus").write_bytes(whole[: int(cut * len(whole))])
    with pytest.raises(ValueError, match="cut.ludus"):
        ludus.Solution.load(folder / "cut.ludus", kuhn)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file .*none.ludus"):
        ludus.Solution.load(tmp_path / "none.ludus")


def test_a_failed_save_leaves_the_old_file(solution, tmp_path, monkeypatch):
    path = tmp_path / "s.ludus"
    solution.save(path)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="no space"):
        solution.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.ludus"]


def test_tree_files(kuhn, tmp_path):
    tree = kuhn.tree()
    tree.save(tmp_path / "t.npz")
    loaded = ludus.GameTree.load(tmp_path / "t.npz")
    assert (loaded.fingerprint, loaded.keys, loaded.game_id) == (tree.fingerprint, tree.keys, "kuhn_poker")
    (tmp_path / "t.npz").write_bytes(b"nothing of ours")
    with pytest.raises(ValueError, match="is no game tree file, or it is damaged"):
        ludus.GameTree.load(tmp_path / "t.npz")


def full_table(game):
    return {key: dict(row) for key, row in ludus.Policy.uniform(game).items()}


def test_policy_from_dict_and_back(kuhn):
    policy = ludus.Policy.random(kuhn, seed=3)
    assert ludus.Policy.from_dict(kuhn, policy.to_dict()).probabilities == pytest.approx(
        policy.probabilities, abs=1e-15
    )
    assert policy["0pb"] == policy[0, "0pb"]
    assert sum(policy["1b"].values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop((0, "0pb")), "lacks 1 of 12 information sets .* '0pb'"),
        (lambda t: t.update({(0, "0"): {0: 0.5, 1: 0.4}}), "at information set '0' sum to 0.9, not to 1"),
        (lambda t: t.update({(0, "0"): {0: 1.5, 1: -0.5}}), "'0' is negative or not a number"),
        (lambda t: t.update({(0, "0"): {0: float("nan"), 1: 1}}), "'0' is negative or not a number"),
        (lambda t: t.update({(0, "0"): {0: 0.5, 7: 0.5}}), r"action 7 is not legal at '0'; legal are \[0, 1\]"),
        (lambda t: t.update({(0, "9"): {0: 1.0}}), "has no information set"),
    ],
)
def test_a_wrong_table_is_one_clear_error(kuhn, change, message):
    table = full_table(kuhn)
    change(table)
    with pytest.raises(ValueError, match=message):
        ludus.Policy.from_dict(kuhn, table)


def test_an_unknown_key_names_what_keys_look_like(kuhn):
    with pytest.raises(KeyError, match="kuhn_poker has no information set 'x'; its keys look like '0'"):
        ludus.Policy.uniform(kuhn)["x"]


def test_a_probability_vector_of_the_wrong_length_is_refused(kuhn):
    with pytest.raises(ValueError, match="26 sequences"):
        ludus.Policy(kuhn, np.ones(5))


def test_networkx_export_has_every_history(kuhn):
    import networkx

    graph, tree = kuhn.tree().to_networkx(), kuhn.tree()
    assert graph.number_of_nodes() == tree.num_histories == 58
    assert networkx.is_arborescence(graph)
    assert {d["infoset"] for _, d in graph.nodes(data=True) if "infoset" in d} == set(tree.keys)
    out = [
        sum(d["probability"] for _, _, d in graph.out_edges(v, data=True))
        for v in graph
        if graph.nodes[v]["player"] == "chance"
    ]
    assert out == pytest.approx([1.0] * len(out))
