"""Dictionaries of best-response polytopes in integers: no rounding, any degeneracy.

Integer pivoting (Edmonds 1967; Avis & Fukuda 1992): all entries share one denominator, and divisions leave no rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm

import numpy as np


def positive_integers(payoffs: np.ndarray) -> np.ndarray:
    """object[…] of int, all positive: fractions object[…] times a positive number plus a constant."""
    flat = payoffs.ravel().tolist()
    scale = lcm(*(x.denominator for x in flat))
    numbers = [x.numerator * (scale // x.denominator) for x in flat]
    low = min(numbers)
    out = np.empty(len(numbers), object)
    out[:] = [x - low + 1 for x in numbers]
    return out.reshape(payoffs.shape)


class ExactTableau:
    """A dictionary of {x >= 0 : Cx <= 1}: object[rows, columns + 1] of int over `denominator`.

    Variables are numbered as the caller labels them: `inside[j]` is the label of x_j, `slack[i]` that of row i's slack.
    """

    def __init__(self, constraints: np.ndarray, inside: range, slack: range):
        rows = constraints.shape[0]
        self.table = np.concatenate([constraints, np.ones((rows, 1), object)], axis=1)
        self.denominator = 1
        self.basic, self.nonbasic, self.slack = list(slack), list(inside), slack
        self.inside = inside

    def leaving_row(self, column: int) -> int:
        """The row of least ratio, ties broken lexicographically by the slacks' columns."""
        entries = self.table[:, column]
        rows = [i for i in range(len(entries)) if entries[i] > 0]
        rows = _least(rows, self.table[:, -1], entries)
        for label in self.slack:
            if len(rows) == 1:
                break
            if label in self.nonbasic:
                rows = _least(rows, self.table[:, self.nonbasic.index(label)], entries)
            else:
                i = self.basic.index(label)
                if i in rows:
                    rows.remove(i)  # of the unit column the others' entries are zero, and less
        return rows[0]

    def pivot(self, row: int, column: int) -> int:
        """Exchanges the variables of a row and a column. -> the label that leaves the basis."""
        table, p = self.table, self.table[row, column]
        source, factors = table[row].copy(), table[:, column].copy()
        new = (table * p - factors[:, None] * source[None]) // self.denominator
        new[row], new[:, column] = source, -factors
        new[row, column] = self.denominator
        self.table, self.denominator = new, p
        self.basic[row], self.nonbasic[column] = self.nonbasic[column], self.basic[row]
        return self.nonbasic[column]

    def exchange(self, label: int) -> int:
        """Lets a label enter the basis. -> the label that leaves it."""
        column = self.nonbasic.index(label)
        return self.pivot(self.leaving_row(column), column)

    def point(self) -> tuple[int, ...]:
        """x, times `denominator`."""
        values = dict(zip(self.basic, self.table[:, -1]))
        return tuple(int(values.get(label, 0)) for label in self.inside)

    def labels(self) -> frozenset[int]:
        """The labels of all variables that are zero."""
        return frozenset(self.nonbasic) | {b for b, v in zip(self.basic, self.table[:, -1]) if v == 0}

    def vertices(self) -> Iterator[tuple[tuple[int, ...], frozenset[int]]]:
        """(point times a positive number, labels) of every vertex, at least once, from here over all lexicographically
        feasible bases."""
        seen = {frozenset(self.nonbasic)}
        yield self.point(), self.labels()
        stack: list[tuple[int, int]] = []
        column = 0
        while True:
            if column == len(self.nonbasic):
                if not stack:
                    return
                row, column = stack.pop()
                self.pivot(row, column)
                column += 1
                continue
            row = self.leaving_row(column)
            key = frozenset(self.nonbasic) - {self.nonbasic[column]} | {self.basic[row]}
            if key in seen:
                column += 1
                continue
            seen.add(key)
            self.pivot(row, column)
            yield self.point(), self.labels()
            stack.append((row, column))
            column = 0


def _least(rows: list[int], numbers: np.ndarray, entries: np.ndarray) -> list[int]:
    """Of the rows those with the least numbers[i] / entries[i], where entries are positive."""
    best = [rows[0]]
    for i in rows[1:]:
        left, right = numbers[i] * entries[best[0]], numbers[best[0]] * entries[i]
        if left < right:
            best = [i]
        elif left == right:
            best.append(i)
    return best


def normalised(point: tuple[int, ...]) -> tuple[Fraction, ...]:
    """The mixed strategy that is proportional to a point of the polytope."""
    total = sum(point)
    return tuple(Fraction(x, total) for x in point)


def polytopes(fractions: np.ndarray) -> tuple[ExactTableau, ExactTableau]:
    """Of a game object[2, m, n]: the row player's polytope {x : B'x <= 1} and the column player's {y : Ay <= 1}. The
    labels are the actions: the row player's 0 … m - 1, the column player's m … m + n - 1 (von Stengel 2002)."""
    _, m, n = fractions.shape
    own, others = range(m), range(m, m + n)
    first = ExactTableau(positive_integers(fractions[1]).T, own, others)
    return first, ExactTableau(positive_integers(fractions[0]), others, own)
