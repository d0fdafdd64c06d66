"""`GameTree`: a whole game compiled to flat, read-only arrays in sequence form."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from .rules import CHANCE, Setup
from .state import info_text, key_text

if TYPE_CHECKING:
    import networkx

END = -2
FORMAT = 1


@dataclass(frozen=True, eq=False)
class GameTree:
    """The whole game in sequence form, for any number of players, with chance; simultaneous moves stand one after the
    other, the later mover not knowing the earlier one's choice.

    Players' information sets and sequences are numbered player by player: those of player p are
    ``infoset_start[p] … infoset_start[p+1]-1`` and ``sequence_start[p] … sequence_start[p+1]-1``. Each player's first
    sequence is the empty one. The sequences of one information set are neighbours, and parents come before children.
    N histories, I information sets, S sequences, L leaves, P players.
    """

    node_player: np.ndarray
    """int8[N]: who acts, `CHANCE` (-1), or `END` (-2)."""
    node_index: np.ndarray
    """int32[N]: the information set, the leaf, or -1 at chance."""
    node_first: np.ndarray
    """int32[N]: the first child; a node's children are neighbours. Node 0 is the root."""
    node_count: np.ndarray
    """int32[N]: number of children."""
    node_label: np.ndarray
    """int32[N]: action or chance outcome of the edge that leads here."""
    node_prob: np.ndarray
    """float64[N]: probability of the edge that leads here if chance chose it, else 1."""
    infoset_parent: np.ndarray
    """int64[I]: the player's own last sequence before the information set."""
    infoset_first: np.ndarray
    """int64[I]: its first sequence."""
    infoset_count: np.ndarray
    """int64[I]: its number of actions."""
    infoset_node: np.ndarray
    """int64[I]: its first node."""
    infoset_start: np.ndarray
    """int64[P+1]."""
    sequence_action: np.ndarray
    """int64[S]: the action that ends the sequence, -1 for the empty ones."""
    sequence_infoset: np.ndarray
    """int64[S]: where that action is taken, -1 for the empty ones."""
    sequence_start: np.ndarray
    """int64[P+1]."""
    leaf_sequence: np.ndarray
    """int32[L, P]: each player's last sequence."""
    leaf_chance: np.ndarray
    """float64[L]: product of the chance probabilities on the way."""
    leaf_utility: np.ndarray
    """float64[L, P]."""
    game_id: str = ""
    _labels: Any = field(default=None, repr=False)
    """Where the keys come from: a sequence of str, or (setup, key_start int64[I+1], keys int64[K])."""

    # -- sizes ---------------------------------------------------------------------------------------------------------

    @property
    def num_players(self) -> int:
        return len(self.sequence_start) - 1

    @property
    def num_histories(self) -> int:
        """All nodes, chance and terminal ones included."""
        return len(self.node_player)

    @property
    def num_infosets(self) -> int:
        return len(self.infoset_parent)

    @property
    def num_sequences(self) -> int:
        """Over all players, each player's empty sequence included."""
        return len(self.sequence_action)

    @property
    def num_leaves(self) -> int:
        return len(self.leaf_chance)

    @property
    def num_actions(self) -> int:
        """One more than the largest action."""
        return int(self.sequence_action.max()) + 1

    @cached_property
    def infoset_player(self) -> np.ndarray:
        """int64[I]."""
        return frozen(np.repeat(np.arange(self.num_players), np.diff(self.infoset_start)))

    @cached_property
    def depth(self) -> int:
        """Edges on the longest history."""
        level, depth = np.zeros(1, np.int64), -1
        while level.size:
            depth += 1
            level = level[self.node_count[level] > 0]
            counts = self.node_count[level].astype(np.int64)
            ends = np.cumsum(counts)
            level = np.arange(counts.sum()) + np.repeat(self.node_first[level] - (ends - counts), counts)
        return depth

    @cached_property
    def zero_sum(self) -> bool:
        scale = max(1.0, float(np.abs(self.leaf_utility).max(initial=0.0)))
        return bool(np.abs(self.leaf_utility.sum(axis=1)).max(initial=0.0) <= 1e-12 * scale)

    @cached_property
    def utility_range(self) -> float:
        """Largest minus smallest utility over all leaves and players."""
        return float(self.leaf_utility.max() - self.leaf_utility.min())

    # -- names ---------------------------------------------------------------------------------------------------------

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The information sets' names, I of them; unique for each player."""
        if self._labels is None:
            return tuple(f"{p}:{i - self.infoset_start[p]}" for i, p in enumerate(self.infoset_player))
        if isinstance(self._labels, tuple) and len(self._labels) == 3 and isinstance(self._labels[0], Setup):
            setup, start, words = self._labels
            bounds, players = start.tolist(), self.infoset_player.tolist()
            flat = words.tolist()
            return tuple(info_text(setup, p, flat[a:b]) for p, a, b in zip(players, bounds, bounds[1:]))
        return tuple(self._labels)

    @cached_property
    def _index(self) -> dict[tuple[int, str], int]:
        return {(int(p), key): i for i, (p, key) in enumerate(zip(self.infoset_player, self.keys))}

    def infoset(self, key: Any, player: int | None = None) -> int:
        """The number of the information set of that name.

        Raises:
            KeyError: no such information set, or several players have one of that name and `player` is not given.
        """
        if player is None and isinstance(key, tuple) and len(key) == 2 and isinstance(key[0], (int, np.integer)):
            exact = self._index.get((int(key[0]), key_text(key[1])))
            if exact is not None:
                return exact
        text = key_text(key)
        players = range(self.num_players) if player is None else [player]
        found = [self._index[p, text] for p in players if (p, text) in self._index]
        if len(found) == 1:
            return found[0]
        if found:
            raise KeyError(
                f"players {[int(self.infoset_player[i]) for i in found]} both have {text!r}: name the player"
            )
        some = ", ".join(repr(k) for k in self.keys[:4])
        raise KeyError(f"{self.game_id or 'this game'} has no information set {text!r}; its keys look like {some}")

    def infoset_actions(self, infoset: int) -> np.ndarray:
        """int64[A]: the legal actions of an information set."""
        first = self.infoset_first[infoset]
        return self.sequence_action[first : first + self.infoset_count[infoset]]

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits of the game's strategic content: structure, actions, probabilities and utilities."""
        digest = hashlib.sha256(f"ludus-tree-{FORMAT}".encode())
        for name in _STRUCTURE:
            array = np.ascontiguousarray(getattr(self, name))
            digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
            digest.update(array.data)
        return digest.hexdigest()[:32]

    def __repr__(self) -> str:
        return (
            f"GameTree({self.game_id or 'unnamed'}: {self.num_histories:,} histories, {self.num_infosets:,} "
            f"information sets, {self.num_sequences:,} sequences, {self.num_leaves:,} leaves)"
        )

    # -- files and graphs ----------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Writes an npz file (whole or not at all)."""
        texts = [key.encode() for key in self.keys]
        ends = np.cumsum([len(t) for t in texts], dtype=np.int64) if texts else np.zeros(0, np.int64)
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        blob = np.frombuffer(b"".join(texts), np.uint8)
        write_npz(path, format=np.array(FORMAT), id=np.array(self.game_id), key_end=ends, key_text=blob, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> GameTree:
        """Reads what `save` wrote.

        Raises:
            ValueError: the file is no tree of ours, or is damaged.
        """
        data = read_npz(path, ("format", "id", "key_end", "key_text", *_ARRAYS), "game tree")
        if int(data["format"]) != FORMAT:
            raise ValueError(f"{path}: tree format {int(data['format'])} is not supported; this version reads {FORMAT}")
        blob, ends = data["key_text"].tobytes(), data["key_end"].tolist()
        keys = tuple(blob[a:b].decode() for a, b in zip([0, *ends], ends))
        return cls(**{name: frozen(data[name]) for name in _ARRAYS}, game_id=str(data["id"]), _labels=keys)

    def to_networkx(self) -> networkx.DiGraph:
        """A directed graph of histories. Nodes carry `player`, `infoset` (key) or `utility`; edges `action` and, after
        chance, `probability`."""
        import networkx

        graph = networkx.DiGraph(game=self.game_id)
        for v in range(self.num_histories):
            player, index = int(self.node_player[v]), int(self.node_index[v])
            if player == END:
                graph.add_node(v, player=None, utility=tuple(self.leaf_utility[index].tolist()))
            elif player == CHANCE:
                graph.add_node(v, player="chance")
            else:
                graph.add_node(v, player=player, infoset=self.keys[index])
            for w in range(self.node_first[v], self.node_first[v] + self.node_count[v]):
                edge: dict[str, float] = {"action": int(self.node_label[w])}
                if player == CHANCE:
                    edge["probability"] = float(self.node_prob[w])
                graph.add_edge(v, w, **edge)
        return graph


_ARRAYS = tuple(f.name for f in fields(GameTree) if f.name not in ("game_id", "_labels"))
_STRUCTURE = (
    *("infoset_parent", "infoset_first", "infoset_count", "infoset_start", "sequence_action", "sequence_start"),
    *("leaf_sequence", "leaf_chance", "leaf_utility"),
)


def frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def write_npz(path: str | Path, **arrays: np.ndarray) -> None:
    """Writes arrays to a temporary file beside `path` and renames it."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_npz(path: str | Path, names: Sequence[str], what: str) -> dict[str, np.ndarray]:
    """Reads the named arrays without pickle.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is not an npz file with these arrays.
    """
    missing: list[str] = []
    arrays: dict[str, np.ndarray] = {}
    try:
        with np.load(path, allow_pickle=False) as data:
            missing = [name for name in names if name not in data]
            arrays = {} if missing else {name: data[name] for name in names}
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {path}") from None
    except (OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is no {what} file, or it is damaged ({type(error).__name__})") from None
    if missing:
        raise ValueError(f"{path} is no {what} file: it lacks {', '.join(missing)}")
    return arrays
