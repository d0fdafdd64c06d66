"""`Solution`: what `solve` returns, with its certified gap and history; its file names the game's fingerprint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..games.policy import Policy, as_tree
from ..games.tree import read_npz, write_npz

if TYPE_CHECKING:
    from ..games.game import Game
    from ..games.tree import GameTree

FORMAT = 1


class Record(NamedTuple):
    """One point of a solver's history."""

    iteration: int
    seconds: float
    """Since the start, evaluation included."""
    nash_conv: float
    cce_gap: float | None = None
    """See `Solution.cce_gap`."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A policy with what is known of it.

    Attributes:
        policy: the behaviour strategy profile.
        values: float64[P]: each player's expected utility under the policy.
        nash_conv: sum of the players' best-response gains, computed exactly on the tree: the certificate.
        history: `Record`s (iteration, seconds, nash_conv), growing.
        algorithm: its name; `options` are the ones it ran with.
        iterations: how many it ran.
        seconds: wall time, evaluation included.
        cce_gap: sum of what the players could gain by a fixed strategy against the play, the mixture of the joint
            policies of all iterations: 0 in a coarse correlated equilibrium. This, not `nash_conv`, is what regret
            minimisers bring down with three and more players or general sums, where it is measured; else None.
    """

    policy: Policy
    values: np.ndarray
    nash_conv: float
    history: tuple[Record, ...]
    algorithm: str
    iterations: int
    seconds: float
    options: Mapping[str, Any] = field(default_factory=dict)
    cce_gap: float | None = None

    @property
    def value(self) -> float:
        """The first player's expected utility: in a two-player zero-sum game an estimate of the game's value, which
        lies within `nash_conv` of it."""
        return float(self.values[0])

    @property
    def exploitability(self) -> float:
        """`nash_conv` divided by the number of players."""
        return self.nash_conv / self.policy.tree.num_players

    @property
    def game_id(self) -> str:
        return self.policy.tree.game_id

    def save(self, path: str | Path) -> None:
        """Writes an npz file (whole or not at all)."""
        about = {
            "game": self.game_id,
            "fingerprint": self.policy.tree.fingerprint,
            "algorithm": self.algorithm,
            "iterations": self.iterations,
            "seconds": self.seconds,
            "nash_conv": self.nash_conv,
            "cce_gap": self.cce_gap,
            "options": dict(self.options),
        }
        history = np.array(self.history, np.float64).reshape(-1, 4)  # None becomes NaN
        write_npz(
            path,
            format=np.array(FORMAT),
            about=np.array(json.dumps(about, default=repr)),
            probabilities=self.policy.probabilities,
            values=self.values,
            history=history,
        )

    @classmethod
    def load(cls, path: str | Path, game: Game | GameTree | None = None) -> Solution:
        """Reads what `save` wrote. Without `game`, the game is made from the id in the file.

        Raises:
            FileNotFoundError: no such file.
            ValueError: the file is no solution, is damaged, or belongs to another game (by fingerprint).
        """
        data = read_npz(path, ("format", "about", "probabilities", "values", "history"), "solution")
        if int(data["format"]) != FORMAT:
            raise ValueError(
                f"{path}: solution format {int(data['format'])} is not supported; this version reads {FORMAT}"
            )
        about = json.loads(str(data["about"]))
        if game is None:
            from ..games.registry import make

            game = make(about["game"])
        tree = as_tree(game)
        if tree.fingerprint != about["fingerprint"]:
            raise ValueError(
                f"{path} is a solution of {about['game']} (fingerprint {about['fingerprint'][:8]}), "
                f"not of {tree.game_id} ({tree.fingerprint[:8]})"
            )
        return cls(
            policy=Policy(tree, data["probabilities"]),
            values=data["values"],
            nash_conv=float(about["nash_conv"]),
            history=tuple(_record(*row) for row in data["history"].tolist()),
            algorithm=about["algorithm"],
            iterations=int(about["iterations"]),
            seconds=float(about["seconds"]),
            options=about["options"],
            cce_gap=about.get("cce_gap"),
        )

    def __repr__(self) -> str:
        coarse = "" if self.cce_gap is None else f", CCE gap {self.cce_gap:.3g}"
        return (
            f"Solution({self.game_id}, {self.algorithm}, {self.iterations:,} iterations, value {self.value:.6g}, "
            f"exploitability {self.exploitability:.3g}{coarse})"
        )


def _record(iteration: float, seconds: float, gap: float, coarse: float = np.nan) -> Record:
    """From a file's row; early files have no fourth column."""
    return Record(int(iteration), seconds, gap, None if np.isnan(coarse) else coarse)
