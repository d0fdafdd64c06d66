"""Dictionaries of the best-response polytopes, in floats: pivots, Lemke-Howson paths, vertices, the simplex method.

A dictionary float64[rows, columns + 1] writes each basic variable as ``T[i, -1] - Σ_j T[i, j] · nonbasic_j``. Variables
carry labels: of {x >= 0 : Cx <= 1}, C float64[rows, columns], x_j and the slack of row i have the labels that the
caller numbers them with. A pivot exchanges two of them in place.
"""

from __future__ import annotations

import numba as nb
import numpy as np

DONE, FULL, TIED, LOST = 0, 1, 2, 3
"""How a kernel ended: well; room is short; the game is degenerate as far as floats can tell; rounding won."""
TIE = 1e-11
"""Basic variables below this may be zero: dictionaries' values are at most about 1."""

_I, _F = nb.types.int64, nb.types.float64
_I1, _I2 = nb.types.int64[::1], nb.types.int64[:, ::1]
_F1, _F2, _F3 = nb.types.float64[::1], nb.types.float64[:, ::1], nb.types.float64[:, :, ::1]
_U, _U1 = nb.types.uint64, nb.types.uint64[::1]


@nb.njit(nb.types.void(_F2, _I, _I, _F1), cache=True, error_model="numpy")
def pivot(table, row, column, spare):
    """Exchanges the basic variable of a row with the nonbasic one of a column; spare: scratch, as long as a row."""
    inverse = 1.0 / table[row, column]
    source = spare[: table.shape[1]]  # a copy, which cannot overlap with the rows it is taken from: half the time
    for j in range(source.size):
        source[j] = table[row, j] * inverse
    table[row] = source
    for i in range(table.shape[0]):
        if i != row:
            factor = table[i, column]
            if factor != 0.0:
                target = table[i]
                for j in range(target.size):
                    target[j] -= factor * source[j]
                target[column] = -factor * inverse
    table[row, column] = inverse


@nb.njit(_F(_F2, _I1, _I1, _I, _I), cache=True, error_model="numpy")
def slack_entry(table, place, basic, row, label):
    """What the initial slack variable of a label has in a row of the full tableau."""
    if place[label] >= 0:
        return table[row, place[label]]
    return 1.0 if basic[row] == label else 0.0


@nb.njit(_I(_F2, _I1, _I1, _I, _I), cache=True, error_model="numpy")
def leaving_row(table, place, basic, column, first_slack):
    """The row of least ratio, ties broken lexicographically by the slacks' columns; -1 if there is none.

    place: int64[labels], the column of each nonbasic label, else -1; basic: int64[rows], labels; the initial slacks
    have the labels first_slack + row.
    """
    rows, last = table.shape[0], table.shape[1] - 1
    best, ratio = -1, np.inf
    for i in range(rows):
        entry = table[i, column]
        if entry > 1e-12:
            value = table[i, last] / entry
            if best < 0 or value < ratio - 1e-13 * (1.0 + abs(ratio)):
                best, ratio = i, value
            elif value <= ratio + 1e-13 * (1.0 + abs(ratio)):
                for k in range(rows):
                    label = first_slack + k
                    mine = slack_entry(table, place, basic, i, label) / entry
                    other = slack_entry(table, place, basic, best, label) / table[best, column]
                    if mine < other - 1e-13 * (1.0 + abs(other)):
                        best, ratio = i, value
                        break
                    if mine > other + 1e-13 * (1.0 + abs(other)):
                        break
    return best


@nb.njit(_I(_F2, _I1, _I1, _I1, _I, _I, _F1), cache=True, error_model="numpy")
def exchange(table, place, basic, nonbasic, label, first_slack, spare):
    """Lets a label enter the basis. -> the label that leaves it, or -1 where the direction is unbounded."""
    column = place[label]
    row = leaving_row(table, place, basic, column, first_slack)
    if row < 0:
        return -1
    pivot(table, row, column, spare)
    out = basic[row]
    basic[row], nonbasic[column] = label, out
    place[label], place[out] = -1, column
    return out


@nb.njit(nb.types.Tuple((_I, _I))(_F2, _I1, _I1, _I1, _F2, _I1, _I1, _I1, _I, _I, _I), cache=True, error_model="numpy")
def lemke_howson_path(
    table_x, place_x, basic_x, nonbasic_x, table_y, place_y, basic_y, nonbasic_y, dropped, first_slack_x, most
):
    """Follows the path of a dropped label to its end. -> (status, pivots).

    The slacks of x's polytope have the labels first_slack_x + j (the column player's actions), those of y's 0, 1, …
    """
    label, pivots = dropped, 0
    spare = np.empty(max(table_x.shape[1], table_y.shape[1]))
    in_x = place_x[dropped] >= 0
    while pivots < most:
        if in_x:
            label = exchange(table_x, place_x, basic_x, nonbasic_x, label, first_slack_x, spare)
        else:
            label = exchange(table_y, place_y, basic_y, nonbasic_y, label, 0, spare)
        pivots += 1
        if label < 0:
            return LOST, pivots
        if label == dropped:
            return DONE, pivots
        in_x = not in_x
    return FULL, pivots


@nb.njit(nb.types.Tuple((_I, _I))(_F2, _I1, _I1, _I), cache=True, error_model="numpy")
def simplex(table, basic, nonbasic, most):
    """The simplex method on a dictionary whose last row is the objective, to be maximised. -> (status, pivots).

    Dantzig's rule; Bland's after a pivot without gain.
    """
    rows, last = table.shape[0] - 1, table.shape[1] - 1
    careful = False
    spare = np.empty(table.shape[1])
    for pivots in range(most):
        column, best = -1, -1e-12
        for j in range(last):
            if careful:
                if table[rows, j] < -1e-12 and (column < 0 or nonbasic[j] < nonbasic[column]):
                    column = j
            elif table[rows, j] < best:
                column, best = j, table[rows, j]
        if column < 0:
            return DONE, pivots
        row, ratio = -1, np.inf
        for i in range(rows):
            entry = table[i, column]
            if entry > 1e-10:
                value = max(table[i, last], 0.0) / entry
                if row < 0 or value < ratio or (value == ratio and basic[i] < basic[row]):
                    row, ratio = i, value
        if row < 0:
            return LOST, pivots
        careful = ratio <= 1e-14
        pivot(table, row, column, spare)
        basic[row], nonbasic[column] = nonbasic[column], basic[row]
    return FULL, most


@nb.njit(_I(_U1, _I1, _U), cache=True, error_model="numpy")
def find(keys, slots, key):
    """The number of a key in an open hash table, or -1 - slot where it would stand."""
    mask = slots.size - 1
    at = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
    while slots[at] >= 0:
        if keys[slots[at]] == key:
            return slots[at]
        at = (at + 1) & mask
    return -1 - at


@nb.njit(nb.types.Tuple((_I, _I))(_F3, _I2, _I2, _U1, _I1), cache=True, error_model="numpy")
def vertices(tables, basics, nonbasics, keys, slots):
    """All vertices of a simple bounded polytope, breadth first from the one in tables[0]. -> (status, their number).

    tables: float64[room, rows, columns + 1]; basics: int64[room, rows]; nonbasics: int64[room, columns], labels below
    64; keys: uint64[room], the set of nonbasic labels; slots: int64, a power of two, -1 where empty.
    """
    room, rows, width = tables.shape
    last = width - 1
    count, done = 1, 0
    spare = np.empty(width)
    keys[0] = np.uint64(0)
    for j in range(last):
        keys[0] |= np.uint64(1) << np.uint64(nonbasics[0, j])
    slots[-1 - find(keys, slots, keys[0])] = 0
    while done < count:
        table = tables[done]
        for i in range(rows):
            if table[i, last] < TIE:
                return TIED, count
        for column in range(last):
            row, ratio = -1, np.inf
            for i in range(rows):
                entry = table[i, column]
                if entry > 1e-12 and table[i, last] < ratio * entry:
                    row, ratio = i, table[i, last] / entry
            if row < 0:
                return LOST, count
            entering, out = np.uint64(nonbasics[done, column]), np.uint64(basics[done, row])
            key = (keys[done] & ~(np.uint64(1) << entering)) | (np.uint64(1) << out)
            slot = find(keys, slots, key)
            if slot < 0:
                if count == room:
                    return FULL, count
                slots[-1 - slot], keys[count] = count, key
                tables[count] = table
                basics[count], nonbasics[count] = basics[done], nonbasics[done]
                pivot(tables[count], row, column, spare)
                basics[count, row], nonbasics[count, column] = np.int64(entering), np.int64(out)
                count += 1
        done += 1
    return DONE, count


@nb.njit(_I(_U1, _I, _U1, _I1, _U, _I2), cache=True, error_model="numpy")
def complementary(keys_x, count_x, keys_y, slots_y, everything, pairs):
    """Vertices of the two polytopes that have all labels between them, but the origins (number 0 in both). -> how many
    pairs int64[·, 2]."""
    found = 0
    for v in range(1, count_x):
        other = find(keys_y, slots_y, everything & ~keys_x[v])
        if other > 0:
            pairs[found, 0], pairs[found, 1] = v, other
            found += 1
    return found
