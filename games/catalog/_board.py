"""What board games share: the record of moves, and which stones of a Hex board are connected."""

from __future__ import annotations

from collections.abc import Sequence

from ..rules import rule

# A record packs numbers from 1 to 32,767, four in a word of 64 bits, the first of them lowest.


@rule
def remember(state, at, count, number):
    """Appends a number to the record of `count` numbers at state[at:], which comes zeroed."""
    state[at + (count >> 2)] |= number << 16 * (count & 3)


@rule
def remembered(state, at, i):
    """Number i of the record at state[at:]."""
    return state[at + (i >> 2)] >> 16 * (i & 3) & 0xFFFF


@rule
def recite(state, at, count, out):
    """Copies a record as the information state of a player who sees every move. -> its words"""
    words = count + 3 >> 2
    for i in range(words):
        out[i] = state[at + i]
    return words


def record_size(count: int) -> int:
    """Words of a record of so many numbers."""
    return (count + 3) // 4


def recorded(words: Sequence[int]) -> list[int]:
    """The numbers of a record."""
    digits = [int(word) >> 16 * k & 0xFFFF for word in words for k in range(4)]
    return [digit for digit in digits if digit]


def record_text(player: int, words: tuple[int, ...]) -> str:
    """A record of moves a + 1 as text: the moves."""
    return " ".join(str(digit - 1) for digit in recorded(words))


# Connections are a union-find forest over the cells and the four edges (first row, last row, first column, last
# column, numbered after the cells): links[i] is the parent + 1, or 0 at a root.


@rule
def root_of(links, i):
    """The representative of i's group; shortens the way for the next time."""
    while links[i] > 0:
        up = links[i] - 1
        if links[up] > 0:
            links[i] = links[up]
        i = up
    return i


@rule
def join(links, i, j):
    """Makes one group of two."""
    i, j = root_of(links, i), root_of(links, j)
    if i != j:
        links[j] = i + 1


@rule
def connect(links, board, rows, columns, cell, player):
    """Joins a new stone (player + 1 on `board`) with its neighbours. -> whether it connects the player's two edges

    Player 0 connects the first with the last row, player 1 the first with the last column.
    """
    size, stone = rows * columns, player + 1
    row = cell // columns
    column = cell - row * columns
    north, south, west, east = row > 0, row < rows - 1, column > 0, column < columns - 1
    if north and board[cell - columns] == stone:
        join(links, cell, cell - columns)
    if north and east and board[cell - columns + 1] == stone:
        join(links, cell, cell - columns + 1)
    if east and board[cell + 1] == stone:
        join(links, cell, cell + 1)
    if south and board[cell + columns] == stone:
        join(links, cell, cell + columns)
    if south and west and board[cell + columns - 1] == stone:
        join(links, cell, cell + columns - 1)
    if west and board[cell - 1] == stone:
        join(links, cell, cell - 1)
    first = size + 2 * player
    if not (west if player else north):
        join(links, cell, first)
    if not (east if player else south):
        join(links, cell, first + 1)
    return root_of(links, first) == root_of(links, first + 1)


def hex_text(board: Sequence[int], columns: int) -> str:
    """A Hex board as text: each row stands half a cell further right than the one above."""
    rows = [board[i : i + columns] for i in range(0, len(board), columns)]
    return "\n".join(" " * r + " ".join(".xo"[int(stone)] for stone in row) for r, row in enumerate(rows))
