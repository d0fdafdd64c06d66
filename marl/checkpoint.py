"""Checkpoints: one safetensors file with all arrays, and a JSON header for everything else. No pickle anywhere.

A run's *parts* are named objects that change in place: modules, optimisers and whatever else has ``state_dict`` and
``load_state_dict``, NumPy arrays, and generators of random numbers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

FORMAT = 1


def save(path: str | Path, header: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
    """Writes a header (JSON values) and the parts' state; whole or not at all."""
    arrays: dict[str, np.ndarray] = {}
    state = {name: _flatten(_state_of(part), name, arrays) for name, part in parts.items()}
    text = json.dumps({"format": FORMAT, "header": dict(header), "state": state})
    write_whole(path, to_bytes(arrays, metadata={"ludus": text}))


def load(path: str | Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads a checkpoint. -> (header, state of each part by name, for `restore`).

    Raises:
        FileNotFoundError: no such file.
        ValueError: no checkpoint, a damaged one, or one of another format.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            found = json.loads((file.metadata() or {})["ludus"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is no ludus checkpoint, or it is damaged ({error})") from None
    if found["format"] != FORMAT:
        raise ValueError(f"{path} has checkpoint format {found['format']}, this version reads {FORMAT}")
    return found["header"], {name: _unflatten(value, arrays) for name, value in found["state"].items()}


def restore(parts: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Brings parts, in place, to a loaded state.

    Raises:
        ValueError: the state does not fit the parts.
    """
    if set(parts) != set(state):
        raise ValueError(f"the checkpoint holds {sorted(state)}, this run needs {sorted(parts)}")
    for name, part in parts.items():
        try:
            if isinstance(part, np.ndarray):
                part[...] = state[name]
            elif isinstance(part, np.random.Generator):
                part.bit_generator.state = state[name]
            else:
                part.load_state_dict(state[name])
        except (RuntimeError, KeyError, TypeError) as error:
            raise ValueError(f"the checkpoint's {name} does not fit this run: {error}") from None


def to_arrays(part: Any) -> dict[str, np.ndarray]:
    """A part's state as arrays alone: its own by name, and the rest as JSON in ``structure`` uint8[...]."""
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_flatten(_state_of(part), "state", arrays))
    return {**arrays, "structure": np.frombuffer(text.encode(), np.uint8)}


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Any:
    """The state that `to_arrays` took apart, for `restore`."""
    return _unflatten(json.loads(bytes(arrays["structure"]).decode()), arrays)


def write_whole(path: str | Path, content: bytes) -> None:
    """Writes to a temporary file beside `path`, then renames it."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _state_of(part: Any) -> Any:
    if isinstance(part, np.random.Generator):
        return part.bit_generator.state
    return part if isinstance(part, np.ndarray) else part.state_dict()


def _flatten(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    """A JSON value in which arrays and tensors are replaced by their names in `arrays`."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        arrays[path] = np.array(value.detach().numpy() if isinstance(value, torch.Tensor) else value, order="C")
        return {"kind": "tensor" if isinstance(value, torch.Tensor) else "array", "name": path}
    if isinstance(value, Mapping):  # as pairs, since keys may be numbers
        return {"kind": "dict", "items": [[k, _flatten(v, f"{path}/{k}", arrays)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_flatten(v, f"{path}/{k}", arrays) for k, v in enumerate(value)]
    return value


def _unflatten(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unflatten(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    if value["kind"] == "dict":
        return {k: _unflatten(v, arrays) for k, v in value["items"]}
    array = arrays[value["name"]]
    return torch.from_numpy(array.copy()) if value["kind"] == "tensor" else array
