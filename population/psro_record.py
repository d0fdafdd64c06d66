"""What a run of PSRO yields: snapshots with their history, and the file from which a run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..games.agent import Agent
from ..games.policy import Policy
from ..games.tree import read_npz, write_npz
from .meta_solvers import marginals
from .oracle import OracleState

FORMAT = 1


class PSRORecord(NamedTuple):
    """One round of a run's history."""

    iteration: int
    seconds: float
    """Since the start (of the first call, if it was resumed), evaluation included."""
    nash_conv: float
    """NashConv in the whole game of the profile in which everybody mixes by its marginal; NaN where nobody knows."""
    gap: float
    """What a correlated meta-strategy leaves to deviators in the whole game: the CE or CCE gap; else NashConv."""
    members: int
    """Over all players."""


@dataclass(frozen=True, eq=False)
class PSROSnapshot:
    """The population after a round. P players; A_p members of player p (one population in symmetric games)."""

    game: Any
    iteration: int
    seconds: float
    nash_conv: float
    gap: float
    states: tuple[tuple[OracleState, ...], ...]
    """What the oracle keeps of each member, for each population."""
    population: tuple[tuple[Agent, ...], ...]
    """The members as agents, for each player."""
    payoffs: np.ndarray
    """float64[P, A0, …, A(P-1)]."""
    joint: np.ndarray
    """float64[A0, …, A(P-1)]: the meta-strategy as a joint distribution over members. Uniform in XDO, where `policy`
    is the meta-strategy and mixes actions, not members."""
    values: np.ndarray
    """float64[P]: the players' expected payoffs under the meta-strategy."""
    policy: Policy | None
    """The meta-strategy as behaviour on the tree; None in games without one."""
    ladder: tuple[int, int, float]
    """Of pipelines: finished members, rounds of the lowest unfinished, its last payoff."""
    exhausted: bool
    """Nothing new came of this round's exact responses, or nothing is left to gain: another round changes nothing."""
    history: tuple[PSRORecord, ...]
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the run was called with, as JSON takes it."""

    @property
    def meta_strategy(self) -> tuple[np.ndarray, ...]:
        """float64[A_p] for each player: how often its members are met."""
        return marginals(self.joint)

    @property
    def exploitability(self) -> float:
        """`nash_conv` divided by the number of players."""
        return self.nash_conv / self.joint.ndim

    def save(self, path: str | Path) -> None:
        """Writes an npz file (whole or not at all), from which `psro(..., resume=path)` goes on."""
        members = {
            f"member/{p}/{i}/{name}": array
            for p, states in enumerate(self.states)
            for i, state in enumerate(states)
            for name, array in state.items()
        }
        write_npz(
            path,
            format=np.array(FORMAT),
            about=np.array(json.dumps(dict(self.about))),
            names=np.array(list(members)),
            payoffs=self.payoffs,
            history=np.array(self.history, np.float64).reshape(-1, len(PSRORecord._fields)),
            ladder=np.array(self.ladder, np.float64),
            exhausted=np.array(self.exhausted),
            **members,
        )

    def __repr__(self) -> str:
        sizes = " × ".join(map(str, self.payoffs.shape[1:]))
        return f"{type(self).__name__}(round {self.iteration}, {sizes} members, NashConv {self.nash_conv:.3g})"


def read_run(
    path: str | Path, about: Mapping[str, Any], groups: int
) -> tuple[list[list[OracleState]], tuple[PSRORecord, ...], np.ndarray, tuple[int, int, float], bool]:
    """(states, history, payoffs, ladder, exhausted) of a file, which must be of the call that `about` describes."""
    head = read_npz(path, ("format", "about", "names", "payoffs", "history", "ladder", "exhausted"), "PSRO")
    if int(head["format"]) != FORMAT:
        raise ValueError(f"{path}: PSRO format {int(head['format'])} is not supported; this version reads {FORMAT}")
    kept = json.loads(str(head["about"]))
    for name, value in json.loads(json.dumps(dict(about))).items():
        if kept.get(name) != value:
            raise ValueError(f"{path} is of another run: its {name} is {kept.get(name)!r}, here it is {value!r}")
    names = head["names"].tolist()
    arrays = read_npz(path, names, "PSRO")
    states: list[list[OracleState]] = [[] for _ in range(groups)]
    for name in names:
        _, p, i, key = name.split("/", 3)
        while len(states[int(p)]) <= int(i):
            states[int(p)].append({})
        states[int(p)][int(i)][key] = arrays[name]
    history = tuple(PSRORecord(int(t), s, conv, gap, int(n)) for t, s, conv, gap, n in head["history"].tolist())
    finished, rounds, worth = head["ladder"].tolist()
    return states, history, head["payoffs"], (int(finished), int(rounds), worth), bool(head["exhausted"])
