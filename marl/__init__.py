"""Multi-agent learning: `train` a learner on a game, `evaluate` agents. Needs torch: ``pip install "ludus[marl]"``."""

from .evaluate import Evaluation, bootstrap, evaluate, iqm
from .run import CurvePoint, Learner, Run, algorithms, band, settings, train, train_seeds

__all__ = [
    "CurvePoint",
    "Evaluation",
    "Learner",
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
