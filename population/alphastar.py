"""AlphaStar's league: main agents, main exploiters and league exploiters; by the paper's text and by its pseudocode.

Source: Vinyals et al., "Grandmaster level in StarCraft II using multi-agent reinforcement learning" (2019): Methods
("Multi-agent learning"), and the pseudocode published with it. Where they disagree both are here. The pseudocode tosses
coins; here its branches are averaged into the distribution that the coins have, a row of Σ. Its 2e9 and 4e9 steps are
`patience` and twice `patience` rounds of training. Guests count as past players whom nobody made.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .interaction import over, spread
from .members import Population

MAIN, MAIN_EXPLOITER, LEAGUE_EXPLOITER = "main", "main exploiter", "league exploiter"
STRONG = 0.7
"""Win rate at which an opponent counts as beaten."""
TOO_STRONG = 0.3
"""Main agents: an opponent against whom one wins no more than this is met as its past selves."""
EXPLOITED = 0.3
"""Main agents: a past main exploiter against whom one wins less than this is trained against."""
LEARNABLE = 0.1
"""Main exploiters, pseudocode: a main agent against whom one wins no more than this is met as its past selves."""
PAPER_LEARNABLE = 0.2
"""The same in the paper's text."""


def remove_monotonic_suffix(win_rates: np.ndarray, players: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cuts off the end of a history along which the win rates never rise. -> (win rates, players).

    The newest past selves are harder than those before simply because they are newer; what was forgotten stands before
    a rise. All of a history without a rise is cut off: (.9, .6, .65, .6) -> (.9, .6, .65).
    """
    rises = np.flatnonzero(win_rates[:-1] < win_rates[1:])
    keep = int(rises[-1]) + 2 if rises.size else 0
    return win_rates[:keep], players[:keep]


# -- who is met: the pseudocode ----------------------------------------------------------------------------------------


def main_agent(population: Population, me: int) -> np.ndarray:
    """Half of the games PFSP (squared) over the whole past; the rest against a random main agent: 15 % to verify that
    nothing was forgotten, 35 % self-play."""
    row = 0.5 * over(population, me, population.frozen, "squared")
    mains = population.active(MAIN)
    for main in mains.tolist():
        play = self_play(population, me, main)
        verify = verification(population, me, main)
        row += (0.35 * play + 0.15 * (play if verify is None else verify)) / len(mains)
    return row


def self_play(population: Population, me: int, main: int) -> np.ndarray:
    """A main agent, or its past selves by variance where it is too strong to learn from."""
    if population.win_rates[me, main] > TOO_STRONG:
        return spread(population, np.array([main]), 1.0)
    return over(population, me, population.past(main), "variance")


def verification(population: Population, me: int, main: int) -> np.ndarray | None:
    """Past main exploiters that beat me, else past selves of `main` that I have forgotten to beat, else None."""
    exploiters = population.past(*population.active(MAIN_EXPLOITER).tolist())
    if len(exploiters) and population.win_rates[me, exploiters].min() < EXPLOITED:
        return over(population, me, exploiters, "squared")
    past = population.past(main)
    rates, kept = remove_monotonic_suffix(population.win_rates[me, past], past)
    if len(kept) and rates.min() < STRONG:
        return over(population, me, kept, "squared")
    return None


def main_exploiter(population: Population, me: int) -> np.ndarray:
    """A random main agent, or its past selves by variance while there is no hope against it."""
    mains = population.active(MAIN)
    row = np.zeros(len(population.members))
    for main in mains.tolist():
        if population.win_rates[me, main] > LEARNABLE:
            row[main] += 1 / len(mains)
        else:
            row += over(population, me, population.past(main), "variance") / len(mains)
    return row


def league_exploiter(population: Population, me: int) -> np.ndarray:
    """The whole past by PFSP, linear_capped."""
    return over(population, me, population.frozen, "linear_capped")


# -- who is met: the paper's text --------------------------------------------------------------------------------------


def paper_main_agent(population: Population, me: int) -> np.ndarray:
    """35 % self-play, 50 % PFSP over the whole past, 15 % PFSP over forgotten main players and strong past exploiters;
    self-play if there are none. (What "forgotten" and "strong" mean the text leaves to the pseudocode.)"""
    mains = population.active(MAIN)
    play = sum(self_play(population, me, main) for main in mains.tolist()) / len(mains)
    row = 0.5 * over(population, me, population.frozen, "squared")
    exploiters = population.past(*population.active(MAIN_EXPLOITER).tolist())
    rare = exploiters[population.win_rates[me, exploiters] < EXPLOITED]
    for main in mains.tolist():
        past = population.past(main)
        rates, kept = remove_monotonic_suffix(population.win_rates[me, past], past)
        rare = np.concatenate([rare, kept[rates < STRONG]])
    return row + (0.35 * play + 0.15 * over(population, me, rare, "squared") if len(rare) else 0.5 * play)


def paper_main_exploiter(population: Population, me: int) -> np.ndarray:
    """The main agents; but half of the games, where the chance to win is below 20 %, PFSP by variance over players that
    the main agents created."""
    mains = population.active(MAIN)
    past = over(population, me, population.past(*mains.tolist()), "variance")
    row = np.zeros(len(population.members))
    for main in mains.tolist():
        there = spread(population, np.array([main]), 1.0)
        hopeless = population.win_rates[me, main] < PAPER_LEARNABLE
        row += (0.5 * (there + past) if hopeless else there) / len(mains)
    return row


def paper_league_exploiter(population: Population, me: int) -> np.ndarray:
    """The whole past by PFSP (f_hard, p = 2)."""
    return over(population, me, population.frozen, "squared")


# -- when a copy is kept -----------------------------------------------------------------------------------------------


def beats_past(population: Population, me: int) -> bool:
    """Above 70 % against every frozen player."""
    return bool(population.win_rates[me, population.frozen].min() > STRONG)


def beats_mains(population: Population, me: int) -> bool:
    """Above 70 % against every main agent."""
    return bool(population.win_rates[me, population.active(MAIN)].min() > STRONG)


def pseudocode_gate(beats: Callable[[Population, int], bool], patience: int) -> Callable[[Population, int], bool]:
    """After `patience` rounds if all are beaten, in any case after more than twice as many."""

    def ready(population: Population, me: int) -> bool:
        trained = population.members[me].trained
        return trained >= patience and (beats(population, me) or trained > 2 * patience)

    return ready


def paper_gate(beats: Callable[[Population, int], bool] | None, timeout: int) -> Callable[[Population, int], bool]:
    """As soon as all are beaten (None: never for that), and after `timeout` rounds in any case."""

    def ready(population: Population, me: int) -> bool:
        return (beats is not None and beats(population, me)) or population.members[me].trained >= timeout

    return ready
