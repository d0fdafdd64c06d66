"""How well models foretell matches they have not seen: log-loss, Brier score, accuracy, calibration, order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from . import _kernels_forecasts
from .log import MatchLog
from .model import RatingModel, make


class Reliability(NamedTuple):
    """Forecasts in ten equal classes of probability, and how often the foretold happened."""

    forecast: np.ndarray  # float64[10], mean forecast, NaN where there was none
    observed: np.ndarray  # float64[10], mean outcome
    number: np.ndarray  # int64[10], forecasts


@dataclass(frozen=True)
class Evaluation:
    """The record of one model over the matches after the warm-up; means over matches, lower is better for losses."""

    model: str
    matches: int
    log_loss: float  # -ln of the probability of the team that came first; tied firsts share
    log_loss_error: float  # its standard error
    brier: float  # half the squared distance of forecast and outcome: (p - y)² for two teams
    accuracy: float  # how often the favourite came first; ties among either count in part
    calibration_error: float  # expected calibration error over ten classes
    rank_overlap: float  # rank-biased overlap (Webber, Moffat & Zobel 2010; p = 0.9) of foretold and actual order
    seconds: float
    losses: np.ndarray  # float64[matches], log-loss match by match
    curve: np.ndarray  # float64[50], mean log-loss of successive fiftieths
    reliability: Reliability

    def __repr__(self) -> str:
        return (
            f"Evaluation({self.model}: log_loss={self.log_loss:.4f}±{self.log_loss_error:.4f}, brier={self.brier:.4f}, "
            f"accuracy={self.accuracy:.4f}, calibration_error={self.calibration_error:.4f}, matches={self.matches})"
        )


class Comparison(NamedTuple):
    """Mean difference of log-loss, first minus second (below 0: the first is better), and its standard error."""

    first: str
    second: str
    difference: float
    error: float


class Evaluations(tuple[Evaluation, ...]):
    """Evaluations on the same matches, in the order asked for."""

    __slots__ = ()

    def best(self) -> Evaluation:
        """The one of least log-loss."""
        return min(self, key=lambda e: e.log_loss)

    def compare(self) -> list[Comparison]:
        """All pairs of models, match by match on the same matches."""
        out = []
        for i, a in enumerate(self):
            for b in self[i + 1 :]:
                gap = a.losses - b.losses
                error = float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else float("nan")
                out.append(Comparison(a.model, b.model, float(gap.mean()), error))
        return out

    def __str__(self) -> str:
        width = max([5, *(len(e.model) for e in self)])
        heads = f"{'log-loss':>9} {'±':>7} {'Brier':>7} {'accuracy':>9} {'ECE':>7} {'overlap':>8} {'s':>7}"
        lines = [f"{'model':<{width}} {heads}"]
        lines += [
            f"{e.model:<{width}} {e.log_loss:>9.4f} {e.log_loss_error:>7.4f} {e.brier:>7.4f} {e.accuracy:>9.4f}"
            f" {e.calibration_error:>7.4f} {e.rank_overlap:>8.4f} {e.seconds:>7.2f}"
            for e in self
        ]
        return "\n".join(lines)


def evaluate(
    log: Any,
    models: Sequence[str | RatingModel] = ("elo", "plackett_luce", "trueskill", "glicko2"),
    warmup: float = 0.1,
    refits: int = 20,
    progress: bool = False,
) -> Evaluations:
    """Prequential comparison: every match is foretold from the matches before it, then shown to the model.

    The first ``warmup`` share of the matches is rated but not scored. Models that fit a whole log at once are fitted
    ``refits`` times, each time to all matches before the next stretch. ``log`` is what MatchLog.read takes.
    Nothing is shuffled and no match informs its own forecast or an earlier one.
    """
    matches = MatchLog.read(log)
    if not 0.0 <= warmup < 1.0:
        raise ValueError(f"warmup must lie in [0, 1), got {warmup}")
    if not models or isinstance(models, str):
        raise ValueError("models must be a list of names or models")
    start = int(len(matches) * warmup)
    if len(matches) - start < 1:
        raise ValueError(f"a log of {len(matches)} matches leaves none to score")
    chosen = [make(model) for model in models]
    labels = _labels(chosen, models)
    out = []
    for label, model in _shown(list(zip(labels, chosen)), progress):
        began = perf_counter()
        win = forecast(matches, model, start, refits)
        out.append(_score(label, matches, win, start, perf_counter() - began))
    return Evaluations(out)


def _labels(models: Sequence[RatingModel], given: Sequence[Any]) -> list[str]:
    names = [m.name for m in models]
    return [name if names.count(name) == 1 else f"{name} {i + 1}" for i, name in enumerate(names)]


def _shown(items: list[Any], progress: bool) -> Iterator[Any]:
    if not progress:
        yield from items
        return
    from rich.progress import track

    yield from track(items, description="evaluate")


def forecast(log: MatchLog, model: RatingModel, start: int = 0, refits: int = 20) -> np.ndarray:
    """float64[T]: probability of every team to come first, from what was known before its match."""
    ratings = model.start(log.num_players)
    if model.online:
        return model.replay(ratings, log)[1]
    win = np.zeros(len(log.ranks))
    cuts = np.unique(np.linspace(start, len(log), refits + 1).astype(int))
    stretches = [(0, start), *zip(cuts[:-1].tolist(), cuts[1:].tolist())]
    for lo, hi in stretches:
        if hi > lo:
            known = model.fit(log[:lo]) if lo else ratings
            win[log.match_starts[lo] : log.match_starts[hi]] = _batch(model, known, log[lo:hi])
    return win


def _batch(model: RatingModel, ratings: Any, log: MatchLog) -> np.ndarray:
    """Forecasts of a stretch from fixed ratings."""
    out = np.empty(len(log.ranks))
    for m in range(len(log)):
        lo, hi = int(log.match_starts[m]), int(log.match_starts[m + 1])
        teams = [log.players[log.team_starts[t] : log.team_starts[t + 1]] for t in range(lo, hi)]
        out[lo:hi] = model.win_probabilities(ratings, teams)
    return out


def score_forecasts(log: MatchLog, win: Any, model: str = "forecasts", start: int = 0) -> Evaluation:
    """The record of forecasts ``win float64[T]`` made elsewhere, from match ``start`` on."""
    p = np.asarray(win, np.float64)
    if p.shape != log.ranks.shape or not np.isfinite(p).all() or (p < 0).any():
        raise ValueError(f"win must hold {len(log.ranks)} probabilities, one per team, got shape {p.shape}")
    return _score(model, log, p, start, 0.0)


def _score(label: str, log: MatchLog, win: np.ndarray, start: int, seconds: float) -> Evaluation:
    count = len(log) - start
    loss, brier, hit, overlap = (np.empty(count) for _ in range(4))
    target = np.zeros(len(log.ranks))
    _kernels_forecasts.score(log.match_starts, log.ranks, win, start, target, loss, brier, hit, overlap)
    first = int(log.match_starts[start])
    p, y = win[first:], target[first:]
    classes = np.minimum((p * 10).astype(np.int64), 9)
    number = np.bincount(classes, minlength=10)
    with np.errstate(invalid="ignore"):
        mean_p = np.bincount(classes, p, 10) / number
        mean_y = np.bincount(classes, y, 10) / number
    ece = float(np.nansum(np.abs(mean_p - mean_y) * number) / max(len(p), 1))
    curve = np.array([part.mean() if len(part) else np.nan for part in np.array_split(loss, 50)])
    error = float(loss.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")
    return Evaluation(
        label,
        count,
        float(loss.mean()),
        error,
        float(brier.mean()),
        float(hit.mean()),
        ece,
        float(overlap.mean()),
        seconds,
        loss,
        curve,
        Reliability(mean_p, mean_y, number),
    )
