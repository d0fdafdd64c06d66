"""Dark Hex: Hex with the opponent's stones hidden until one runs into them. Rules as OpenSpiel's ``dark_hex``."""

from __future__ import annotations

from ..rules import Setup
from ..spec import GameSpec, Parameter
from ._board import hex_text
from ._hidden_stones import PARAMETERS, hidden_stones
from .hex import cell_name


def dark_hex(size: int, rows: int, columns: int, version: str, obs_type: str) -> Setup:
    rows, columns = rows or size, columns or size
    return hidden_stones(
        *(rows, columns, 0, version, obs_type),
        action_text=lambda action: cell_name(action, columns),
        draw=lambda board: hex_text(board, columns),
    )


GAMES = (
    GameSpec(
        id="dark_hex",
        title="Dark Hex",
        build=dark_hex,
        parameters=(
            Parameter("size", 3, "rows and columns of the board", 1, 26, also=("board_size",)),
            Parameter("rows", 0, "rows, where they differ from columns; 0: size", 0, 26, also=("num_rows",)),
            Parameter("columns", 0, "columns; 0: size", 0, 26, also=("num_cols",)),
            *PARAMETERS,
        ),
        tags=("board", "imperfect-information", "zero-sum"),
    ),
)
