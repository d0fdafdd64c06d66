"""Sampled solvers for games too large for a tree: on compiled rules, with a hash table of information sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..games.agent import StateAgent
from ..games.build import MAX_DEPTH
from ..games.game import Game, RulesGame
from ..games.policy import Policy
from ..games.state import State, info_text, key_text
from .algorithm import check_options, find
from .tree import mccfr, trajectory

if TYPE_CHECKING:
    from ..games.rules import Setup

CHUNK = 10_000
"""The most iterations of one compiled call, so that an interrupt is heard."""
FROM_RULES = (*mccfr.WAYS, *(name for name, method in trajectory.METHODS.items() if method.rates is trajectory.equal))
"""Names of the algorithms that need no tree."""


class SampledPolicy(StateAgent):
    """A behaviour profile over the information sets that a sampled solver has met; uniform at all others.

    An agent over states: it plays by its information sets, those that it has never met uniformly.

    Attributes:
        game: the game.
        algorithm: what made it.
        iterations: how many.
    """

    def __init__(self, game: RulesGame, algorithm: str, iterations: int, table: dict[str, np.ndarray]):
        super().__init__(name=f"{algorithm}-{iterations}")
        self.game = game
        self.algorithm = algorithm
        self.iterations = iterations
        self._table = table

    def __len__(self) -> int:
        """How many information sets have been met."""
        return len(self._table["sets"])

    def __getitem__(self, key: Any) -> dict[int, float]:
        """{action: probability} at an information set, named by its key or by (player, key).

        Raises:
            KeyError: the solver has never met it, or several players have one of that name.
        """
        if isinstance(key, tuple) and len(key) == 2 and isinstance(key[0], (int, np.integer)):
            found = [self._index.get((int(key[0]), key_text(key[1])))]
        else:
            found = [self._index.get((p, key_text(key))) for p in range(self.game.num_players)]
        met = [j for j in found if j is not None]
        if len(met) == 1:
            return self._row(met[0])
        if met:
            raise KeyError(f"several players have an information set {key!r}: name the player, as in (0, {key!r})")
        raise KeyError(f"{self.algorithm} has not met the information set {key!r} in {self.iterations:,} iterations")

    def items(self) -> Iterator[tuple[tuple[int, str], dict[int, float]]]:
        """((player, key), {action: probability}) of every information set that has been met."""
        for name, j in self._index.items():
            yield name, self._row(j)

    def choose(self, state: State, player: int, rng: np.random.Generator) -> int:
        j = self._index.get((player, key_text(state.info(player))))
        if j is None:
            return int(rng.choice(state.actions(player)))
        row = self._row(j)
        return int(rng.choice(list(row), p=np.array(list(row.values())) / sum(row.values())))

    def policy(self) -> Policy:
        """The profile on the game's tree, where that can be built."""
        tree = self.game.tree()
        weights = np.ones(tree.num_sequences)
        for (player, key), row in self.items():
            i = tree.infoset(key, player)
            first = tree.infoset_first[i]
            weights[first : first + len(row)] = list(row.values())
        return Policy.from_weights(tree, weights)

    def _row(self, j: int) -> dict[int, float]:
        first, _, _, count = self._table["sets"][j].tolist()
        part = slice(first, first + count)
        return dict(zip(self._table["actions"][part].tolist(), self._table["probabilities"][part].tolist()))

    @cached_property
    def _index(self) -> dict[tuple[int, str], int]:
        starts, words = self._table["key_start"].tolist(), self._table["keys"].tolist()
        players = self._table["sets"][:, 2].tolist()
        setup = self.game.setup
        return {(p, info_text(setup, p, words[a:b])): j for j, (p, a, b) in enumerate(zip(players, starts, starts[1:]))}

    def __repr__(self) -> str:
        return f"SampledPolicy({self.game.id}, {self.algorithm}, {self.iterations:,} iterations, {len(self):,} met)"


class _Store:
    """What a run has learned, in arrays that grow: by information sets, by sequences, by words of keys, by levels."""

    def __init__(
        self, setup: Setup, sets: dict[str, float], sequences: dict[str, float], frame: int, baselines: bool = False
    ):
        """sets, sequences: the method's own arrays and what they begin at; frame: words of a frame."""
        players, width, info = setup.num_players, setup.num_actions, max(setup.info_size, 1)
        room, sequences_room = 1024, max(4096, 4 * width, 4 * setup.max_outcomes)
        self.players = players
        self.by_set = {"hashes": np.zeros(room, np.uint64), "sets": np.zeros((room, 4), np.int64)}
        self.by_set |= {name: np.full(room, start) for name, start in sets.items()}
        self.by_sequence = {"actions": np.full(sequences_room, -1), "policy": np.ones(sequences_room)}
        self.by_sequence |= {name: np.full(sequences_room, start) for name, start in sequences.items()}
        self.start = sets | sequences
        self.baseline = np.zeros((sequences_room if baselines else 0, players))
        self.key_start, self.keys = np.zeros(room + 1, np.int64), np.zeros(max(8192, 2 * info), np.int64)
        self.slots, self.fill = np.full(4 * room, -1, np.int64), np.array([0, players, 0])
        self.walk = tuple(np.zeros(size, np.int64) for size in (setup.state_size, players, players, 1))
        self.by_level = {
            "saved": np.zeros((64, setup.state_size + 2 * players + 1), np.int64),
            "frames": np.zeros((64, frame), np.int64),
            "weight": np.zeros(65),
            "worth": np.zeros(64 * width),
            "share": np.zeros(64 * width),
        }
        self.scratch = (
            np.zeros(info, np.int64),
            np.zeros(max(width, setup.max_outcomes), np.int64),
            np.zeros(max(setup.max_outcomes, 1)),
            np.zeros(players),
        )

    @property
    def table(self) -> tuple[np.ndarray, ...]:
        """The table as the kernels take it."""
        s = self.by_set
        keys = (self.key_start, self.keys, self.slots, self.fill)
        return s["hashes"], s["sets"], *keys, self.by_sequence["actions"], self.by_sequence["policy"]

    def grow(self, level: int) -> None:
        """Makes room where it is short; raises ValueError where a game does not end."""
        from ..games._build import rehash

        sets, sequences, words = self.fill.tolist()
        if 2 * sets > len(self.by_set["hashes"]):
            self.by_set = {name: _doubled(array, self.start.get(name, 0)) for name, array in self.by_set.items()}
            room = len(self.by_set["hashes"])
            self.key_start = np.append(self.key_start, np.zeros(room + 1 - len(self.key_start), np.int64))
            self.slots = np.full(4 * room, -1)
            rehash(self.by_set["hashes"], sets, self.slots)
        if 2 * sequences > len(self.by_sequence["policy"]):
            self.by_sequence = {
                name: _doubled(array, self.start.get(name, 0)) for name, array in self.by_sequence.items()
            }
            self.baseline = _doubled(self.baseline)
        if 2 * words > len(self.keys):
            self.keys = _doubled(self.keys)
        if 2 * level > len(self.by_level["frames"]):
            if level >= MAX_DEPTH:
                raise ValueError(f"an episode has more than {MAX_DEPTH:,} decisions: the game must end")
            self.by_level = {name: _doubled(array) for name, array in self.by_level.items()}

    def snapshot(self, done: int, last: bool) -> dict[str, np.ndarray]:
        """The table of a `SampledPolicy`: the average of realisation plans, or the last policy."""
        from .tree import _mccfr

        n, s, words = self.fill.tolist()
        sets, learned = self.by_set["sets"][:n].copy(), self.by_sequence
        policy, total = learned["policy"][:s].copy(), learned["total"][:s].copy()
        places = np.ascontiguousarray(sets[:, :2])
        regret = learned["regret"][:s].copy() if "regret" in learned else np.zeros(0)
        roots, sizes = np.arange(self.players), np.ascontiguousarray(sets[:, 3])
        _mccfr.average(places, sizes, float(done), roots, policy, regret, total)
        if not last and n:
            mass = np.repeat(np.add.reduceat(total, sets[:, 0]), sizes)
            inner = slice(self.players, s)
            np.divide(total[inner], mass, out=total[inner], where=mass > 0.0)
            total[inner][mass <= 0.0] = np.repeat(1.0 / sizes, sizes)[mass <= 0.0]
            policy = total
        return {
            "sets": sets,
            "actions": learned["actions"][:s].copy(),
            "probabilities": policy,
            "key_start": self.key_start[: n + 1].copy(),
            "keys": self.keys[:words].copy(),
        }


def _doubled(array: np.ndarray, start: float = 0) -> np.ndarray:
    return np.concatenate([array, np.full_like(array, start)])


def iterate_large(
    game: Game | str,
    algorithm: str = "mccfr_external",
    *,
    every: Iterable[int],
    seed: int | np.random.Generator = 0,
    averaging: str | None = None,
    **options: Any,
) -> Iterator[SampledPolicy]:
    """Runs a sampled algorithm on a game's compiled rules and yields its policy at each of the growing iterations.

    Arguments and errors as for `sample_large`.
    """
    game = _rules_game(game)
    if averaging not in (None, "uniform", "last"):
        raise ValueError(f"averaging must be 'uniform' or 'last' in sampled methods, got {averaging!r}")
    name = find(algorithm).name
    if name not in FROM_RULES:
        raise ValueError(f"{name} needs the game's tree (ludus.solve); without one there are: {', '.join(FROM_RULES)}")
    check_options(find(name), options)
    steps = _walks if name in mccfr.WAYS else _episodes
    store, run = steps(game, name, seed, options)
    return _policies(game, name, every, store, run, averaging == "last")


def sample_large(
    game: Game | str,
    algorithm: str = "mccfr_external",
    *,
    iterations: int,
    seed: int | np.random.Generator = 0,
    averaging: str | None = None,
    **options: Any,
) -> SampledPolicy:
    """Solves a game too large for a tree by sampling; memory grows with the information sets that are met.

    On a game that has a tree the episodes are those of `solve`, for the same seed.

    Args:
        game: a game of compiled rules, or its id.
        algorithm: a name of `FROM_RULES`.
        iterations: sampled walks for each player, or episodes, as in `solve`.
        averaging: ``"uniform"``: the average of realisation plans; ``"last"``: the last policy.
        options: the algorithm's own, see `algorithms`.

    Raises:
        TypeError: not a game.
        ValueError: a game without compiled rules, an algorithm that needs a tree, an unknown name or option.
    """
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations!r}")
    return next(iterate_large(game, algorithm, every=[int(iterations)], seed=seed, averaging=averaging, **options))


def _rules_game(game: Game | str) -> RulesGame:
    if isinstance(game, str):
        from ..games.registry import make

        game = make(game)
    if not isinstance(game, Game):
        raise TypeError(f"game must be a game or its id, got {type(game).__name__}")
    if not isinstance(game, RulesGame):
        raise ValueError(f"{game.id} has no compiled rules: use ludus.solve, which works on its tree")
    return game


def _policies(
    game: RulesGame, name: str, every: Iterable[int], store: _Store, run: Any, last: bool
) -> Iterator[SampledPolicy]:
    from . import _large

    done, at = 0, np.zeros(_large.AT, np.int64)
    for point in every:
        while done < point:
            until = min(point, done + CHUNK)
            if run(at, until) == _large.FULL:
                store.grow(int(at[2]) + 2)
            else:
                done = until
        yield SampledPolicy(game, name, done, store.snapshot(done, last))


def _walks(game: RulesGame, name: str, seed: Any, options: dict[str, Any]) -> tuple[_Store, Any]:
    """-> (what is learned, (at, until) -> status) of Monte Carlo counterfactual regret minimisation."""
    from . import _large

    sampling, setup, key = mccfr.WAYS[name](**options), game.setup, mccfr.seed_key(seed)
    called = _called(setup)
    store = _Store(setup, {"changed": 0}, {"regret": 0.0, "total": 0.0}, _large.FRAME, sampling.rate > 0.0)
    way = (sampling.own, sampling.others, *map(float, sampling.numbers), float(sampling.rate))

    def run(at: np.ndarray, until: int) -> int:
        learned = (store.by_sequence["regret"], store.by_sequence["total"], store.by_set["changed"], store.baseline)
        return _large.sample_rules(
            *(*called, setup.params, at, until, key, *way, *store.table, *learned),
            *(*store.walk, *store.by_level.values(), *store.scratch),
        )

    return store, run


def _episodes(game: RulesGame, name: str, seed: Any, options: dict[str, Any]) -> tuple[_Store, Any]:
    """-> (what is learned, (at, until) -> status) of learning from episodes."""
    from . import _large
    from .tree import _trajectory

    method, setup, key = trajectory.METHODS[name], game.setup, mccfr.seed_key(seed)
    numbers = trajectory.numbers(method, setup.min_utility, setup.max_utility, **options)
    called = _called(setup)
    learned = {"total": 0.0, "logit": 0.0, "origin": 0.0, "shade": 1.0}
    store = _Store(setup, {"mass": 1.0, "pace": 0.0}, learned, _trajectory.STEP)
    own, loss, carry = np.zeros((3, setup.num_players))

    def run(at: np.ndarray, until: int) -> int:
        arrays = (*(store.by_sequence[name] for name in learned), store.by_set["mass"], store.by_set["pace"])
        return _large.play_rules(
            *(*called, setup.params, at, until, key, *numbers, *store.table, *arrays),
            *(*store.walk, store.by_level["frames"], store.by_level["weight"], own, loss, carry, *store.scratch),
        )

    return store, run


def _called(setup: Setup) -> tuple[Any, ...]:
    from . import _large

    rules = setup.rules.compiled()
    return tuple(getattr(rules, name) for name in _large.CALLED)
