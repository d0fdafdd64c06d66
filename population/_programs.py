"""Strategies of the iterated dilemma that no small automaton plays: programs over a few integers of memory.

A program is called in every round, with

    memory   int64[16], zero before the first round; the program's own
    payoffs  float64[4]: R, S, T, P (what CC, CD, DC, DD pay the own side)
    turn     rounds played so far
    own, other   actions of the last round as they were played (after noise); 0 in the first round
    length   rounds of the match, or -1 where nobody knows
    u        a number drawn uniformly from [0, 1)

and returns its action: 0 to cooperate, 1 to defect.
"""

from __future__ import annotations

import numba as nb

C, D = 0, 1
MEMORY = 16
CHI_SQUARE_95 = 3.841458820694124
"""The 95 % point of the chi-squared law with one degree of freedom."""

_I, _F = nb.types.int64, nb.types.float64
SIGNATURE = _I(_I[::1], _F[::1], _I, _I, _I, _I, _F)


def _program(function):
    return nb.njit(cache=True, error_model="numpy")(function)


@_program
def _looks_random(cooperations, defections):
    """Whether the counts pass a chi-squared test of fair coin tosses at 5 %."""
    difference = cooperations - defections
    return difference * difference <= CHI_SQUARE_95 * (cooperations + defections)


@_program
def anonymous(memory, payoffs, turn, own, other, length, u):
    """Cooperates with a probability drawn from 30 to 70 % each round: in law a fair coin."""
    return C if u < 0.5 else D


@_program
def tideman_chieruzzi(memory, payoffs, turn, own, other, length, u):
    """Each run of the other's defections is answered by one more defection; now and then a fresh start.

    memory: own points, other's points (in 1/1000), fresh start under way, round of the last one, other's defections
    since, length of the retaliation, what is left of it.
    """
    if length >= 0 and turn >= length - 2:
        return D
    if turn == 0:
        return C
    memory[4] += other
    memory[0] += round(1000.0 * payoffs[2 * own + other])
    memory[1] += round(1000.0 * payoffs[2 * other + own])
    if memory[2] == 1:
        memory[2] = 0
        return C
    rested = memory[3] == 0 or turn + 1 - memory[3] >= 20
    far = length < 0 or length - (turn + 1) >= 10
    if rested and far and memory[0] - memory[1] >= 10000 and other == C:
        deviation = 2 * memory[4] - turn
        if deviation * deviation >= 9 * turn:  # three standard deviations from half of the rounds
            memory[3] = turn + 1
            memory[2] = 1
            memory[4:7] = 0
            return C
    if memory[6] > 0:
        memory[6] -= 1
        return D
    if other == D:
        memory[5] += 1
        memory[6] = memory[5] - 1
        return D
    return C


@_program
def shubik(memory, payoffs, turn, own, other, length, u):
    """Answers the k-th departure from mutual cooperation by k defections. memory: k, what is left of them."""
    if memory[1] > 0:
        memory[1] -= 1
        return D
    if turn > 0 and other == D and own == C:
        memory[0] += 1
        memory[1] = memory[0] - 1
        return D
    return C


@_program
def stein_rapoport(memory, payoffs, turn, own, other, length, u):
    """Four cooperations, then tit for tat; every fifteen rounds, a test whether the other plays at random.

    memory: the other's defections, whether it seems random.
    """
    if turn > 0:
        memory[0] += other
    if length >= 0 and turn >= length - 2:
        return D
    if turn < 4:
        return C
    if (turn + 1) % 15 == 0:
        memory[1] = _looks_random(turn - memory[0], memory[0])
    return D if memory[1] else other


@_program
def graaskamp(memory, payoffs, turn, own, other, length, u):
    """Tit for tat with a defection in round 51, then judges the other: random, twin, or to be probed.

    memory: the other's defections; it seems random; it has not played tit for tat; it has not played as I did; rounds
    since the last probe was planned (from 1; 0: none); my action of the round before the last.
    """
    if turn == 0:
        return C
    memory[0] += other
    memory[2] |= turn > 1 and other != memory[5]
    memory[3] |= own != other
    memory[5] = own
    if turn < 56:
        return D if other == D or turn == 50 else C
    memory[1] |= _looks_random(turn - memory[0], memory[0])
    if memory[1]:
        return D
    if not (memory[2] and memory[3]):
        return other
    if memory[4] == 0:
        memory[4] = 1
        return C
    # the next probe comes 5 to 14 rounds after the last, each with the same probability
    gap = memory[4]
    if gap >= 5 and u < 1.0 / (15 - gap):
        memory[4] = 1
        return D
    memory[4] += 1
    return C


@_program
def downing(memory, payoffs, turn, own, other, length, u):
    """Estimates how the other answers cooperation and defection, and plays the action that pays more in the long run.

    memory: the other's cooperations after mine, and after my defections; my cooperations, my action before the last.
    """
    if turn == 0:
        return D
    memory[2] += own == C
    before, memory[3] = memory[3], own
    if turn == 1:
        memory[0] += other == C
        return D
    if other == C:
        memory[before] += 1
    alpha = memory[0] / (memory[2] + 1)
    beta = memory[1] / max(turn - memory[2], 2)
    cooperate = alpha * payoffs[0] + (1.0 - alpha) * payoffs[1]
    defect = beta * payoffs[2] + (1.0 - beta) * payoffs[3]
    if cooperate == defect:
        return 1 - own
    return C if cooperate > defect else D


@_program
def revised_downing(memory, payoffs, turn, own, other, length, u):
    """Downing's rule that thinks well of the other at first (second tournament's file K59R).

    memory: cooperations after mine, after my defections; my cooperations, my defections; my action before the last.
    """
    if turn == 0:
        return C
    before, memory[4] = memory[4], own
    if turn > 1:
        memory[before] += other == C
        memory[2 + before] += 1
    good = memory[0] / memory[2] if memory[2] else 1.0
    bad = memory[1] / memory[3] if memory[3] else 0.0
    stay = 6.0 * good - 8.0 * bad - 2.0
    alternate = 4.0 * good - 5.0 * bad - 1.0
    if stay >= 0.0 and stay >= alternate:
        return C
    return 1 - own if alternate >= 0.0 else D


@_program
def feld(memory, payoffs, turn, own, other, length, u):
    """Tit for tat whose cooperation fades from certainty to one half over two hundred rounds."""
    if turn == 0:
        return C
    return D if other == D or u >= max(1.0 - 0.5 / 200.0 * turn, 0.5) else C


@_program
def tullock(memory, payoffs, turn, own, other, length, u):
    """Eleven cooperations, then a tenth less often than the other in the last ten rounds. memory: those, as bits."""
    if turn > 0:
        memory[0] = ((memory[0] << 1) | other) & 1023
    if turn < 11:
        return C
    count, bits = 0, memory[0]
    while bits:
        bits &= bits - 1
        count += 1
    return C if u < (10 - count) / 10.0 - 0.1 else D


@_program
def gradual(memory, payoffs, turn, own, other, length, u):
    """Answers a defection by as many as there have been, then by two cooperations (Beaufils et al. 1996).

    memory: the other's defections, punishments left, calm rounds left.
    """
    if turn == 0:
        return C
    memory[0] += other
    if memory[1] > 0:
        memory[1] -= 1
        return D
    if memory[2] > 0:
        memory[2] -= 1
        return C
    if other == D:
        memory[1], memory[2] = memory[0] - 1, 2
        return D
    return C


@_program
def omega_tit_for_tat(memory, payoffs, turn, own, other, length, u):
    """Tit for tat that breaks deadlocks and gives up on randomness (Slany & Kienreich 2007).

    memory: deadlock counter, randomness counter, the other's action before the last.
    """
    if turn == 0:
        return C
    before, memory[2] = memory[2], other
    if turn == 1:
        return other
    if memory[0] >= 3:
        memory[0] = 4 if memory[0] == 3 else 0
        return C
    if before == C and other == C:
        memory[1] -= 1
    memory[1] += before != other
    memory[1] += own != other
    if memory[1] >= 8:
        return D
    memory[0] = memory[0] + 1 if before != other else 0
    return other


@_program
def soft_majority(memory, payoffs, turn, own, other, length, u):
    """Cooperates while the other has not defected in more than half of the rounds. memory: its defections."""
    if turn > 0:
        memory[0] += other
    return D if 2 * memory[0] > turn else C


@_program
def hard_majority(memory, payoffs, turn, own, other, length, u):
    """Cooperates once the other has cooperated in more than half of the rounds. memory: its defections."""
    if turn > 0:
        memory[0] += other
    return C if 2 * memory[0] < turn else D


@_program
def forgiver(memory, payoffs, turn, own, other, length, u):
    """Defects while the other has defected in more than a tenth of the rounds. memory: its defections."""
    if turn > 0:
        memory[0] += other
    return D if 10 * memory[0] > turn else C


@_program
def forgiving_tit_for_tat(memory, payoffs, turn, own, other, length, u):
    """Tit for tat once the other has defected in more than a tenth of the rounds. memory: its defections."""
    if turn > 0:
        memory[0] += other
    return other if 10 * memory[0] > turn else C


@_program
def adaptive(memory, payoffs, turn, own, other, length, u):
    """Six cooperations and five defections, then the action that has earned more (Li et al. 2011).

    memory: points by cooperating, by defecting, in 1/1000.
    """
    if turn > 0:
        memory[own] += round(1000.0 * payoffs[2 * own + other])
    if turn < 11:
        return C if turn < 6 else D
    return C if memory[0] > memory[1] else D


@_program
def limited_retaliate(memory, payoffs, turn, own, other, length, u):
    """Defects, twenty times at most, while it has been exploited more than a tenth as often as it exploited.

    memory: rounds CD, rounds DC, retaliations.
    """
    if turn > 0 and own != other:
        memory[own] += 1
    if 10 * memory[0] <= memory[1]:
        memory[2] = 0
        return C
    if memory[2] < 20:
        memory[2] += 1
        return D
    memory[2] = 0
    return C


@_program
def punisher(memory, payoffs, turn, own, other, length, u):
    """Punishes a defection for as long as the other's record is bad: 20 times its share of defections.

    memory: the other's defections, length of the punishment, what has been served, whether it is under way.
    """
    if turn > 0:
        memory[0] += other
    else:
        memory[1] = memory[2] = 1
    if memory[2] >= memory[1]:
        memory[2] = memory[3] = 0
    if memory[3]:
        memory[2] += 1
        return D
    if turn > 0 and other == D:
        memory[1] = memory[0] * 20 // turn
        memory[3] = 1
        return D
    return C


@_program
def worse_and_worse(memory, payoffs, turn, own, other, length, u):
    """Defects with probability (round)/1000, whatever the other does."""
    return C if u < 1.0 - (turn + 1) / 1000.0 else D


@_program
def contrite_tit_for_tat(memory, payoffs, turn, own, other, length, u):
    """Tit for tat that makes up for defections which noise made of its cooperations (Wu & Axelrod 1995).

    memory: contrite, the action that was meant.
    """
    if turn == 0:
        return C
    if memory[0] and own == C:
        memory[0] = 0
        memory[1] = C
        return C
    if memory[1] != own and own == D and other == C:
        memory[0] = 1
    memory[1] = other
    return other
