"""Multi-agent learning: `train` a learner on a game, `evaluate` agents. Needs torch: ``pip install "ludus[marl]"``."""

from typing import Any

from .evaluate import Evaluation, bootstrap, evaluate, iqm
from .run import CurvePoint, Learner, Run, algorithms, band, settings, train, train_seeds

__all__ = [
    "CurvePoint",
    "Evaluation",
    "Learner",
    "LearnerOracle",
    "Run",
    "algorithms",
    "band",
    "bootstrap",
    "evaluate",
    "iqm",
    "settings",
    "train",
    "train_seeds",
]


def __getattr__(name: str) -> Any:
    if name == "LearnerOracle":  # it needs torch, which listing learners and evaluating agents do not
        from .oracle import LearnerOracle

        return LearnerOracle
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
