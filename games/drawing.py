"""Pictures of environments: a `Scene` of shapes in the environment's own units, drawn by Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Colour = tuple[int, int, int]

INK: Colour = (40, 44, 52)
PAPER: Colour = (250, 250, 247)
GRID: Colour = (222, 222, 216)
PALETTE: tuple[Colour, ...] = (
    *((31, 119, 180), (214, 76, 60), (60, 150, 80), (148, 103, 189), (225, 140, 30)),
    *((23, 160, 170), (200, 90, 150), (120, 110, 90), (150, 160, 40), (90, 90, 200)),
)
"""Colours of players, in their order."""


class Shape(NamedTuple):
    """One shape: ``"box"`` (x, y is its lower left corner), ``"disc"`` (its centre; `width` is the diameter),
    ``"line"``
    (from x, y by width, height) or ``"text"`` (centred at x, y; `height` is its size)."""

    kind: str
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    colour: Colour = INK
    text: str = ""


class Scene(NamedTuple):
    """Shapes in a window of the environment's units; y grows upwards. Later shapes lie on earlier ones."""

    left: float
    bottom: float
    width: float
    height: float
    shapes: Sequence[Shape]


def box(x: float, y: float, width: float, height: float, colour: Colour = INK) -> Shape:
    """A filled rectangle, by its lower left corner."""
    return Shape("box", x, y, width, height, colour)


def disc(x: float, y: float, radius: float, colour: Colour = INK) -> Shape:
    """A filled circle."""
    return Shape("disc", x, y, 2 * radius, 2 * radius, colour)


def stroke(x: float, y: float, dx: float, dy: float, colour: Colour = INK) -> Shape:
    """A line from (x, y) by (dx, dy)."""
    return Shape("line", x, y, dx, dy, colour)


def label(x: float, y: float, text: str, size: float, colour: Colour = INK) -> Shape:
    """Centred text, `size` units high."""
    return Shape("text", x, y, 0.0, size, colour, text)


def grid_scene(columns: int, rows: int, shapes: Sequence[Shape]) -> Scene:
    """A board of unit cells with lines between them; cell (column, row) has its lower left corner there."""
    lines = [stroke(c, 0, 0, rows, GRID) for c in range(columns + 1)]
    lines += [stroke(0, r, columns, 0, GRID) for r in range(rows + 1)]
    return Scene(-0.1, -0.1, columns + 0.2, rows + 0.2, [*lines, *shapes])


def paint(scene: Scene, longest: int = 480) -> np.ndarray:
    """Draws a scene. -> uint8[H, W, 3] whose longer side has `longest` pixels.

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise ImportError("pictures of environments need Pillow: pip install 'ludus[plots]'") from error
    fine = 2  # drawn twice as large and made smaller, for smooth edges
    scale = fine * longest / max(scene.width, scene.height)
    size = (max(round(scene.width * scale), fine), max(round(scene.height * scale), fine))
    image = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(image)

    def at(x: float, y: float) -> tuple[float, float]:
        return (x - scene.left) * scale, size[1] - (y - scene.bottom) * scale

    for shape in scene.shapes:
        x, y = at(shape.x, shape.y)
        w, h = shape.width * scale, shape.height * scale
        if shape.kind == "box":
            pen.rectangle((x, y - h, x + w, y), fill=shape.colour)
        elif shape.kind == "disc":
            pen.ellipse((x - w / 2, y - h / 2, x + w / 2, y + h / 2), fill=shape.colour)
        elif shape.kind == "line":
            pen.line((x, y, x + w, y - h), fill=shape.colour, width=max(fine, round(scale * 0.02)))
        elif shape.kind == "text":
            pen.text((x, y), shape.text, fill=shape.colour, anchor="mm", font=ImageFont.load_default(max(h, 8)))
        else:
            raise ValueError(f"a shape is a box, disc, line or text, got {shape.kind!r}")
    return np.asarray(image.resize((size[0] // fine, size[1] // fine), Image.Resampling.LANCZOS)).copy()
