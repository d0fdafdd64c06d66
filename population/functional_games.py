"""Games over real parameter vectors: payoffs φ(v, w) = −φ(w, v), with gradients, best responses and exploitability.

Source of the idea and of most examples: Balduzzi et al. (2019), "Open-ended learning in symmetric zero-sum games".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..games.matrix import MatrixGame
from .checks import mixture, positive, whole

ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])
SKILL_AND_STYLE = np.block([[-ROTATION, np.zeros((2, 2))], [np.zeros((2, 2)), ROTATION]])


@dataclass(frozen=True, eq=False)
class FunctionalGame:
    """A symmetric zero-sum game over parameter vectors: φ(v, w) = F(v)ᵀ Ω F(w), Ω antisymmetric. D numbers a vector.

    A purely transitive part s(v) − s(w) has this form too, with features (s, 1). A mixture of opponents enters only
    through its mean feature vector, so that gradients and best responses against mixtures cost what they cost
    against one opponent. The game's value is 0, and the exploitability of a mixture is what its best response gets.
    """

    name: str
    dimension: int
    features: Callable[[np.ndarray], np.ndarray]
    """float64[N, D] -> float64[N, K]: F."""
    jacobian: Callable[[np.ndarray], np.ndarray]
    """float64[D] -> float64[K, D]: F′."""
    form: np.ndarray
    """float64[K, K]: Ω."""
    project: Callable[[np.ndarray], np.ndarray]
    """float64[N, D] -> float64[N, D]: the nearest allowed vectors."""
    draw: Callable[[int, np.random.Generator], np.ndarray]
    """(N, generator) -> float64[N, D]: allowed vectors."""
    respond: Callable[[np.ndarray], np.ndarray]
    """float64[K] -> float64[D]: an allowed v that maximises F(v)·c."""
    exact: bool = True
    """Whether `respond` finds the global maximum; otherwise exploitability is a lower bound."""

    def sample(self, number: int, seed: int | np.random.Generator = 0) -> np.ndarray:
        """Random allowed vectors, float64[number, D]."""
        whole("number", number, 1)
        return self.draw(number, np.random.default_rng(seed))

    def payoffs(self, points: Any, others: Any = None) -> np.ndarray:
        """float64[N, M]: what each of `points` [N, D] gets from each of `others` [M, D] (by default the same)."""
        a = self.features(self._points(points))
        b = a if others is None else self.features(self._points(others))
        table = a @ self.form @ b.T
        return (table - table.T) / 2.0 if others is None else table  # antisymmetric to the last bit

    def matrix_game(self, points: Any) -> MatrixGame:
        """The meta-game of a population float64[N, D]."""
        return MatrixGame(self.payoffs(points), id=self.name)

    def direction(self, points: Any, weights: Any = None) -> np.ndarray:
        """float64[K]: c with φ(v, mixture) = F(v)·c; opponents [M, D], or one [D], weights float64[M]."""
        points = self._points(points)
        p = np.full(len(points), 1.0 / len(points)) if weights is None else mixture("weights", weights, len(points))
        return self.form @ (p @ self.features(points))

    def gradient(self, v: Any, points: Any, weights: Any = None) -> np.ndarray:
        """float64[D]: the derivative at v of its payoff against a mixture of opponents."""
        return self.direction(points, weights) @ self.jacobian(self._points(v)[0])

    def ascend(self, v: Any, points: Any, weights: Any = None, rate: float = 0.1, steps: int = 1) -> np.ndarray:
        """v float64[D] after projected gradient steps against a mixture: a learner short of the best response."""
        if not rate > 0.0:
            raise ValueError(f"rate must be positive, got {rate!r}")
        whole("steps", steps, 1)
        at, toward = self._points(v)[0], self.direction(points, weights)
        for _ in range(steps):
            at = self.project((at + rate * (toward @ self.jacobian(at)))[None])[0]
        return at

    def best_response(self, points: Any, weights: Any = None) -> tuple[np.ndarray, float]:
        """(v float64[D], its payoff) that is best against opponents [M, D] mixed by `weights` (uniformly without)."""
        c = self.direction(points, weights)
        v = self.respond(c)
        return v, float(self.features(v[None])[0] @ c)

    def exploitability(self, points: Any, weights: Any = None) -> float:
        """What a best response gets against one vector [D] or a mixture: 0 in equilibrium, and never less.

        Where the game is not `exact`, a lower bound.
        """
        return max(self.best_response(points, weights)[1], 0.0)

    def _points(self, points: Any) -> np.ndarray:
        try:
            array = np.atleast_2d(np.asarray(points, np.float64))
        except (TypeError, ValueError):
            raise ValueError(f"{self.name}: vectors must be numbers [N, {self.dimension}], got {points!r}") from None
        if array.ndim != 2 or array.shape[1] != self.dimension or not len(array) or not np.isfinite(array).all():
            raise ValueError(
                f"{self.name}: vectors must be finite numbers [N, {self.dimension}], got shape {array.shape}"
            )
        return array

    def __repr__(self) -> str:
        return f"FunctionalGame({self.name!r}, {self.dimension} parameters)"


def disc(radius: float = 1.0) -> FunctionalGame:
    """φ(v, w) = v₂w₁ − v₁w₂ on a disc: rock-paper-scissors of angle, won by more the longer both vectors are.

    Purely cyclic; the equilibria are the mixtures with mean 0, the origin among them (Balduzzi et al. 2019, Example 3).
    """
    positive("radius", radius)
    return FunctionalGame(
        name="disc",
        dimension=2,
        features=_identity,
        jacobian=_identity_jacobian,
        form=ROTATION,
        project=partial(_into_ball, radius),
        draw=partial(_draw_disc, radius),
        respond=partial(_along, radius),
    )


def elo(height: float = 1.0) -> FunctionalGame:
    """φ(v, w) = v − w on [0, height]: transitive, with its equilibrium at the top (Balduzzi et al., Example 1)."""
    positive("height", height)
    return FunctionalGame(
        name="elo",
        dimension=1,
        features=_skill_features,
        jacobian=_skill_jacobian,
        form=-ROTATION,
        project=partial(_clip, height),
        draw=partial(_draw_line, height),
        respond=partial(_top_or_bottom, height),
    )


def top(height: float = 1.0, width: float = 1.0) -> FunctionalGame:
    """A spinning top: skill t from 0 to 1, and a disc of styles that is widest at half the height.

    A vector is (t, x, y), (x, y) in the unit disc; φ = height·(t_v − t_w) + the disc game of the styles, each scaled by
    width·4t(1 − t). Games that people play look like this (Czarnecki et al. 2020). Nothing beats the top, and it is
    the only pure equilibrium; on the way there, self-play may go in circles where the top is wide.
    """
    positive("height", height)
    positive("width", width)
    return FunctionalGame(
        name="top",
        dimension=3,
        features=partial(_top_features, height, width),
        jacobian=partial(_top_jacobian, height, width),
        form=SKILL_AND_STYLE,
        project=_into_cylinder,
        draw=_draw_cylinder,
        respond=partial(_top_response, height, width),
    )


def elo_disc(height: float = 1.0, radius: float = 1.0) -> FunctionalGame:
    """A mixture of skill and style without interplay: φ = height·(t_v − t_w) + disc game."""
    positive("height", height)
    positive("radius", radius)
    scale = np.array([height, 1.0, radius, radius])
    return FunctionalGame(
        name="elo_disc",
        dimension=3,
        features=partial(_cylinder_features, scale),
        jacobian=partial(_cylinder_jacobian, scale),
        form=SKILL_AND_STYLE,
        project=_into_cylinder,
        draw=_draw_cylinder,
        respond=partial(_cylinder_response, scale),
    )


def gaussian_mixture(modes: int = 7, distance: float = 5.0, bound: float = 10.0) -> FunctionalGame:
    """The non-transitive mixture model: points of the plane among humps that beat one another in turn.

    φ(v, w) = π_vᵀ C π_w + ½ Σ_k (π_v − π_w)_k, where π_k = exp(−|v − μ_k|²/2) is the point's height on hump k, and C is
    `cyclic_game` of the humps (Perez-Nieves et al. 2021, with unit humps). A population must reach all of them.
    Best responses climb from every hump's centre and from the middle: lower bounds of exploitability.
    """
    whole("modes", modes, 3)
    if modes % 2 == 0:
        raise ValueError(f"modes must be odd, got {modes}")
    positive("distance", distance)
    positive("bound", bound)
    angle = 2.0 * np.pi * np.arange(modes) / modes
    centres = distance * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    form = np.zeros((modes + 1, modes + 1))
    form[:modes, :modes] = cycle(modes)
    form[:modes, modes], form[modes, :modes] = 0.5, -0.5
    return FunctionalGame(
        name="gaussian_mixture",
        dimension=2,
        features=partial(_hump_features, centres),
        jacobian=partial(_hump_jacobian, centres),
        form=form,
        project=partial(_into_box, bound),
        draw=partial(_draw_box, bound),
        respond=partial(_hump_response, centres, bound),
        exact=False,
    )


FUNCTIONAL_GAMES: dict[str, Callable[..., FunctionalGame]] = {
    "disc": disc,
    "elo": elo,
    "elo_disc": elo_disc,
    "gaussian_mixture": gaussian_mixture,
    "top": top,
}
"""Every game over parameter vectors, by name."""

# -- features, projections and responses: module functions, so that a game can be sent to a worker ---------------------


def _identity(points: np.ndarray) -> np.ndarray:
    return points


def _identity_jacobian(v: np.ndarray) -> np.ndarray:
    return np.eye(len(v))


def _into_ball(radius: float, points: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return points * np.minimum(1.0, radius / np.maximum(length, 1e-300))


def _draw_disc(radius: float, number: int, rng: np.random.Generator) -> np.ndarray:
    length, angle = radius * np.sqrt(rng.random(number)), 2.0 * np.pi * rng.random(number)
    return np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1)


def _along(radius: float, c: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(c))
    return radius * c / length if length > 0.0 else np.zeros_like(c)


def _skill_features(points: np.ndarray) -> np.ndarray:
    return np.concatenate([points, np.ones_like(points)], axis=1)


def _skill_jacobian(v: np.ndarray) -> np.ndarray:
    return np.array([[1.0], [0.0]])


def _clip(height: float, points: np.ndarray) -> np.ndarray:
    return np.clip(points, 0.0, height)


def _draw_line(height: float, number: int, rng: np.random.Generator) -> np.ndarray:
    return height * rng.random((number, 1))


def _top_or_bottom(height: float, c: np.ndarray) -> np.ndarray:
    return np.array([height if c[0] > 0.0 else 0.0])


def _into_cylinder(points: np.ndarray) -> np.ndarray:
    return np.concatenate([np.clip(points[:, :1], 0.0, 1.0), _into_ball(1.0, points[:, 1:])], axis=1)


def _draw_cylinder(number: int, rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([rng.random((number, 1)), _draw_disc(1.0, number, rng)], axis=1)


def _cylinder_features(scale: np.ndarray, points: np.ndarray) -> np.ndarray:
    return scale * np.stack([points[:, 0], np.ones(len(points)), points[:, 1], points[:, 2]], axis=1)


def _cylinder_jacobian(scale: np.ndarray, v: np.ndarray) -> np.ndarray:
    return scale[:, None] * np.array([[1.0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]])


def _cylinder_response(scale: np.ndarray, c: np.ndarray) -> np.ndarray:
    return np.concatenate([[1.0 if c[0] > 0.0 else 0.0], _along(1.0, c[2:])])


def _top_features(height: float, width: float, points: np.ndarray) -> np.ndarray:
    t, (x, y) = points[:, 0], points[:, 1:].T
    r = 4.0 * width * t * (1.0 - t)
    return np.stack([height * t, np.ones(len(points)), r * x, r * y], axis=1)


def _top_jacobian(height: float, width: float, v: np.ndarray) -> np.ndarray:
    t, x, y = v
    r, slope = 4.0 * width * t * (1.0 - t), 4.0 * width * (1.0 - 2.0 * t)
    return np.array([[height, 0.0, 0.0], [0.0, 0.0, 0.0], [slope * x, r, 0.0], [slope * y, 0.0, r]])


def _top_response(height: float, width: float, c: np.ndarray) -> np.ndarray:
    # the style is along c; what is left is height·c₀·t + strength·4t(1 − t), a parabola in t
    strength = width * float(np.linalg.norm(c[2:]))
    slope = height * float(c[0])
    t = min(max(0.5 + slope / (8.0 * strength), 0.0), 1.0) if strength > 0.0 else float(slope > 0.0)
    return np.concatenate([[t], _along(1.0, c[2:])])


def _hump_features(centres: np.ndarray, points: np.ndarray) -> np.ndarray:
    squares = ((points[:, None, :] - centres) ** 2).sum(axis=2)
    return np.concatenate([np.exp(-squares / 2.0), np.ones((len(points), 1))], axis=1)


def _hump_jacobian(centres: np.ndarray, v: np.ndarray) -> np.ndarray:
    height = _hump_features(centres, v[None])[0, :-1]
    return np.concatenate([height[:, None] * (centres - v), np.zeros((1, 2))])


def _hump_response(centres: np.ndarray, bound: float, c: np.ndarray) -> np.ndarray:
    from scipy.optimize import minimize

    def loss(v: np.ndarray) -> tuple[float, np.ndarray]:
        return -float(_hump_features(centres, v[None])[0] @ c), -(c @ _hump_jacobian(centres, v))

    starts = np.clip(np.concatenate([centres, np.zeros((1, 2))]), -bound, bound)
    runs = [minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-bound, bound)] * 2) for start in starts]
    return min(runs, key=lambda run: run.fun).x


def _into_box(bound: float, points: np.ndarray) -> np.ndarray:
    return np.clip(points, -bound, bound)


def _draw_box(bound: float, number: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-bound, bound, (number, 2))


def cycle(size: int) -> np.ndarray:
    """float64[size, size]: 1 where the row is from 1 to (size − 1)/2 steps after the column, −1 where before."""
    ahead = (np.arange(size)[:, None] - np.arange(size)[None, :]) % size
    return np.where(ahead == 0, 0.0, np.where(ahead <= size // 2, 1.0, -1.0))
