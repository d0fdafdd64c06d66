"""The table of named strategies of the iterated prisoner's dilemma: automata, and programs from `_programs`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .automata import Automaton, machine, memory_one, transducer, window, zero_determinant

Dilemma = tuple[float, float, float, float]
DILEMMA: Dilemma = (3.0, 0.0, 5.0, 1.0)
"""Axelrod's payoffs: reward, sucker's payoff, temptation, punishment (for CC, CD, DC, DD, own action first)."""

NYDEGGER = frozenset((1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61))


@dataclass(frozen=True, eq=False)
class Strategy:
    """One strategy: an automaton, or the name of a program."""

    name: str
    build: Callable[[Dilemma], Automaton] | None
    """Payoffs -> the automaton; None for a program."""
    source: str = ""
    first: bool = False
    """Whether it was an entry of Axelrod's first tournament."""

    def automaton(self, payoffs: Dilemma = DILEMMA) -> Automaton | None:
        """The automaton under the payoffs (R, S, T, P), or None for a program."""
        return None if self.build is None else self.build(payoffs)

    def __repr__(self) -> str:
        return f"Strategy({self.name!r})"


def from_automaton(name: str, automaton: Automaton, source: str = "") -> Strategy:
    """A strategy of one's own."""
    return Strategy(name, lambda payoffs: automaton, source)


def _always(p: float) -> Automaton:
    return machine(0, lambda s: p, lambda s, own, other: s)


def _others(size: int, cooperate: Callable[[list[int]], Any]) -> Automaton:
    """Looks at the other's last actions alone."""
    return machine((), lambda past: cooperate(list(past)), lambda past, own, other: (*past, other)[-size:])


def _runs(opening: str, after: Callable[[tuple[int, ...]], str]) -> Automaton:
    """Plays an opening (a text of C and D), then what the other's actions in it say: "C", "D" or "tit for tat"."""
    first = tuple(action == "D" for action in opening)

    def step(state: Any, own: int, other: int) -> Any:
        if isinstance(state, tuple):
            past = (*state, other)
            if len(past) < len(first):
                return past
            plan = after(past)
            return other if plan == "tit for tat" else plan
        return state if isinstance(state, str) else other

    def cooperate(state: Any) -> float:
        if isinstance(state, tuple):
            return 1.0 - first[len(state)]
        return float(state == "C") if isinstance(state, str) else 1.0 - state

    return machine((), cooperate, step)


def _davis(state: tuple[int, bool], own: int, other: int) -> tuple[int, bool]:
    return min(state[0] + 1, 10), state[1] or other == 1


def _nydegger(past: tuple[tuple[int, int], ...]) -> float:
    if len(past) < 3:
        alone = len(past) == 2 and past[0] == (0, 1) and past[1] == (1, 0)
        return 0.0 if alone or (past and past[-1][1] == 1) else 1.0
    codes = [own + 2 * other for own, other in past]
    return float(16 * codes[2] + 4 * codes[1] + codes[0] not in NYDEGGER)


def _generosity(payoffs: Dilemma) -> float:
    r, s, t, p = payoffs
    return min(1.0 - (t - r) / (r - s), (r - p) / (t - p))


def _soft_grudger(state: int, own: int, other: int) -> int:
    return state + 1 if 0 < state < 6 else other  # 0: at peace; 1 … 4: punishing; 5, 6: making peace


def _spiteful(state: tuple[int, bool], own: int, other: int) -> tuple[int, bool]:
    return other, state[1] or (state[0] == 1 and other == 1)


def _sneaky(state: Any, own: int, other: int) -> Any:
    turn, mine, _, defected = state
    return min(turn + 1, 2), (mine[-1], own), other, defected or other == 1


def _sneaky_cooperates(state: Any) -> float:
    turn, mine, last, defected = state
    if turn < 2:
        return 1.0
    if not defected:
        return 0.0
    return 1.0 if last == 1 and mine[0] == 1 else 1.0 - last


def _fixed(automaton: Callable[[], Automaton]) -> Callable[[Dilemma], Automaton]:
    return lambda payoffs: automaton()


def _memory_one(first: float, *after: float) -> Callable[[Dilemma], Automaton]:
    return lambda payoffs: memory_one(first, after)


def _extort(slope: float, scale: float) -> Callable[[Dilemma], Automaton]:
    return lambda payoffs: memory_one(1.0, zero_determinant(payoffs[3], slope, scale, payoffs))


def _mealy(first: int, *rows: tuple[int, int, int, int]) -> Callable[[Dilemma], Automaton]:
    return lambda payoffs: transducer(first, rows)


AXELROD = "Axelrod (1980), J. Conflict Resolution 24(1)"
_C, _D = 0, 1
_ROWS: Sequence[tuple[Any, ...]] = (
    # the first tournament
    ("tit_for_tat", _memory_one(1, 1, 0, 1, 0), f"Rapoport, in {AXELROD}", True),
    ("tideman_chieruzzi", None, AXELROD, True),
    ("nydegger", _fixed(lambda: window(3, _nydegger)), AXELROD, True),
    ("grofman", _memory_one(1, 1, 2 / 7, 2 / 7, 1), AXELROD, True),
    ("shubik", None, AXELROD, True),
    ("stein_rapoport", None, AXELROD, True),
    ("grudger", _fixed(lambda: machine(0, lambda s: 1 - s, lambda s, a, b: s | b)), f"Friedman, in {AXELROD}", True),
    ("davis", _fixed(lambda: machine((0, False), lambda s: float(s[0] < 10 or not s[1]), _davis)), AXELROD, True),
    ("graaskamp", None, AXELROD, True),
    ("downing", None, AXELROD, True),
    ("feld", None, AXELROD, True),
    ("joss", _memory_one(1, 0.9, 0, 0.9, 0), AXELROD, True),
    ("tullock", None, AXELROD, True),
    ("anonymous", None, AXELROD, True),
    ("random", _fixed(lambda: _always(0.5)), AXELROD, True),
    # later ones
    ("cooperator", _fixed(lambda: _always(1.0)), "folklore"),
    ("defector", _fixed(lambda: _always(0.0)), "folklore"),
    ("alternator", _memory_one(1, 0, 0, 1, 1), "folklore"),
    (
        "cycler_ccd",
        _fixed(lambda: machine(0, lambda s: float(s < 2), lambda s, a, b: (s + 1) % 3)),
        "Mittal & Deb (2009)",
    ),
    ("suspicious_tit_for_tat", _memory_one(0, 1, 0, 1, 0), "Boyd & Lorberbaum (1987)"),
    ("tit_for_two_tats", _fixed(lambda: _others(2, lambda p: p != [1, 1])), "Axelrod (1984)"),
    ("two_tits_for_tat", _fixed(lambda: _others(2, lambda p: 1 not in p)), "Axelrod (1984)"),
    ("hard_tit_for_tat", _fixed(lambda: _others(3, lambda p: 1 not in p)), "PRISON (1998)"),
    (
        "hard_tit_for_two_tats",
        _fixed(lambda: _others(3, lambda p: [1, 1] not in (p[:2], p[1:]))),
        "Stewart & Plotkin (2012)",
    ),
    ("anti_tit_for_tat", _memory_one(1, 0, 1, 0, 1), "Hilbe, Nowak & Sigmund (2013)"),
    ("bully", _memory_one(0, 0, 1, 0, 1), "Nachbar (1992)"),
    ("win_stay_lose_shift", _memory_one(1, 1, 0, 0, 1), "Nowak & Sigmund (1993)"),
    ("win_shift_lose_stay", _memory_one(0, 0, 1, 1, 0), "Li et al. (2011)"),
    ("stochastic_win_stay_lose_shift", _memory_one(1, 0.95, 0.05, 0.05, 0.95), "Nowak & Sigmund (1993)"),
    (
        "generous_tit_for_tat",
        lambda payoffs: memory_one(1, (1, _generosity(payoffs), 1, _generosity(payoffs))),
        "Nowak & Sigmund (1992)",
    ),
    ("firm_but_fair", _memory_one(1, 1, 0, 1, 2 / 3), "Frean (1994)"),
    ("soft_joss", _memory_one(1, 1, 0.1, 1, 0.1), "PRISON (1998)"),
    ("naive_prober", _memory_one(1, 0.9, 0, 0.9, 0), "Li et al. (2011)"),
    ("stochastic_cooperator", _memory_one(1, 0.935, 0.229, 0.266, 0.42), "Adami & Hintze (2013)"),
    ("zd_extort_2", _extort(1 / 2, 1 / 9), "Press & Dyson (2012); Stewart & Plotkin (2012)"),
    ("zd_extort_4", _extort(1 / 4, 4 / 17), "Press & Dyson (2012)"),
    (
        "zd_generous_2",
        lambda payoffs: memory_one(1, zero_determinant(payoffs[0], 1 / 2, 1 / 4, payoffs)),
        "Stewart & Plotkin (2012)",
    ),
    (
        "zd_set_2",
        lambda payoffs: memory_one(1, zero_determinant((payoffs[0] + payoffs[3]) / 2, 0.0, 1 / 4, payoffs)),
        "Press & Dyson (2012); Boerlijst, Nowak & Sigmund (1997)",
    ),
    ("gradual", None, "Beaufils, Delahaye & Mathieu (1996)"),
    ("soft_grudger", _fixed(lambda: machine(0, lambda s: float(s in (0, 5, 6)), _soft_grudger)), "Li et al. (2011)"),
    (
        "spiteful_tit_for_tat",
        _fixed(lambda: machine((0, False), lambda s: float(not (s[0] or s[1])), _spiteful)),
        "PRISON (1998)",
    ),
    (
        "sneaky_tit_for_tat",
        _fixed(lambda: machine((0, (0, 0), 0, False), _sneaky_cooperates, _sneaky)),
        "Axelrod library",
    ),
    ("contrite_tit_for_tat", None, "Wu & Axelrod (1995)"),
    ("omega_tit_for_tat", None, "Slany & Kienreich (2007)"),
    ("forgiving_tit_for_tat", None, "Axelrod library"),
    ("prober", _fixed(lambda: _runs("DCC", lambda p: "D" if p[1:] == (0, 0) else "tit for tat")), "PRISON (1998)"),
    ("prober_2", _fixed(lambda: _runs("DCC", lambda p: "C" if p[1:] == (1, 0) else "tit for tat")), "PRISON (1998)"),
    ("prober_3", _fixed(lambda: _runs("DC", lambda p: "D" if p[1] == 0 else "tit for tat")), "PRISON (1998)"),
    (
        "hard_prober",
        _fixed(lambda: _runs("DDCC", lambda p: "D" if p[1:3] == (0, 0) else "tit for tat")),
        "PRISON (1998)",
    ),
    ("soft_majority", None, "Axelrod (1984)"),
    ("hard_majority", None, "Mittal & Deb (2009)"),
    ("forgiver", None, "Axelrod library"),
    ("adaptive", None, "Li et al. (2011)"),
    ("limited_retaliate", None, "Axelrod library"),
    ("punisher", None, "Axelrod library"),
    ("worse_and_worse", None, "PRISON (1998)"),
    ("revised_downing", None, "Downing, in Axelrod (1980), J. Conflict Resolution 24(3)"),
    ("thumper", _mealy(_C, (0, _C, 1, _D), (0, _D, 0, _D)), "Ashlock, Kim & Leahy (2006)"),
    ("fortress_3", _mealy(_D, (0, _D, 1, _D), (0, _D, 2, _C), (2, _C, 0, _D)), "Ashlock & Kim (2008)"),
    ("fortress_4", _mealy(_D, (0, _D, 1, _D), (0, _D, 2, _D), (0, _D, 3, _C), (3, _C, 0, _D)), "Ashlock & Kim (2008)"),
    ("ripoff", _mealy(_D, (1, _C, 2, _C), (0, _D, 2, _C), (2, _C, 2, _D)), "Ashlock & Kim (2008)"),
    ("raider", _mealy(_D, (2, _D, 2, _D), (1, _C, 1, _D), (0, _D, 3, _C), (0, _D, 1, _C)), "Ashlock & Tsang (2015)"),
    ("solution_b1", _mealy(_D, (1, _D, 0, _D), (1, _C, 2, _C), (2, _C, 2, _C)), "Ashlock & Tsang (2015)"),
    ("punish_1", _mealy(_D, (1, _C, 1, _C), (0, _C, 0, _D)), "Ashlock, Kim & Leahy (2006)"),
)

STRATEGIES: dict[str, Strategy] = {row[0]: Strategy(*row) for row in _ROWS}
"""Every named strategy."""

FIRST_TOURNAMENT: tuple[str, ...] = tuple(name for name, strategy in STRATEGIES.items() if strategy.first)
"""The fifteen entries of Axelrod's first tournament, in the order of their published ranks (random came last)."""
