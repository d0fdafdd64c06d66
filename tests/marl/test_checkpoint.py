"""Checkpoints: everything comes back, damage is said, nothing half-written stays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ludus.marl import checkpoint


def parts(seed):
    torch.manual_seed(seed)
    net = torch.nn.Linear(3, 2)
    optimiser = torch.optim.Adam(net.parameters(), fused=True)
    for _ in range(3):
        optimiser.zero_grad()
        net(torch.randn(4, 3)).square().sum().backward()
        optimiser.step()
    rng = np.random.default_rng(seed)
    rng.random(seed)
    return {
        "net": net,
        "optimiser": optimiser,
        "rng": rng,
        "array": rng.integers(9, size=(2, 3)),
        "flag": np.array(True),
    }


def test_round_trip_is_exact(tmp_path):
    first, second = parts(1), parts(2)
    checkpoint.save(tmp_path / "a.safetensors", {"step": 7, "text": "ü"}, first)
    header, state = checkpoint.load(tmp_path / "a.safetensors")
    assert header == {"step": 7, "text": "ü"}
    checkpoint.restore(second, state)
    assert np.array_equal(first["array"], second["array"])
    assert first["rng"].random() == second["rng"].random()
    x = torch.randn(4, 3)
    for _ in range(3):  # equal weights and equal optimiser states: equal steps
        for p in (first, second):
            p["optimiser"].zero_grad()
            p["net"](x).square().sum().backward()
            p["optimiser"].step()
        assert torch.equal(first["net"].weight, second["net"].weight)


def test_damage_and_mismatch_are_said(tmp_path):
    file = tmp_path / "a.safetensors"
    checkpoint.save(file, {}, parts(1))
    _, state = checkpoint.load(file)
    other = parts(1) | {"net": torch.nn.Linear(5, 2)}
    with pytest.raises(ValueError, match="checkpoint's net does not fit"):
        checkpoint.restore(other, state)
    with pytest.raises(ValueError, match=r"holds .*, this run needs"):
        checkpoint.restore({"net": other["net"]}, state)
    for damaged in (file.read_bytes()[:100], b"", b"\0" * 200, b"PK\3\4 something else"):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match="no ludus checkpoint, or it is damaged"):
            checkpoint.load(file)
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        checkpoint.load(tmp_path / "absent.safetensors")


def test_a_failed_write_leaves_the_last_checkpoint(tmp_path):
    file = tmp_path / "a.safetensors"
    checkpoint.save(file, {"step": 1}, parts(1))
    with pytest.raises(TypeError):
        checkpoint.save(file, {"step": object()}, parts(2))
    assert checkpoint.load(file)[0] == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]
