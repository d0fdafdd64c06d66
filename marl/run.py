"""`train`: drives a learner's loop, measures it, and keeps checkpoints from which a killed run goes on bit by bit."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import importlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..games.agent import Agent
from ..games.game import Game
from ..games.registry import make
from ..games.spec import Parameter
from ..progress import progress_bar
from .config import configure
from .config import settings as settings_of
from .evaluate import bootstrap, evaluate, iqm

DEFAULT_STEPS = 200_000
CHECKPOINT, CURVE = "checkpoint.safetensors", "curve.jsonl"
Measure = Callable[[Game, Agent], float]
"""A figure of the agent at a point of its curve, such as its exploitability."""


class Learner(NamedTuple):
    """One row of `algorithms`."""

    name: str
    title: str
    """What it is and where it comes from."""


class CurvePoint(NamedTuple):
    """The agent at one point of its training."""

    step: int
    """Environment steps."""
    seconds: float
    """Since the start, evaluation included; over all parts of a resumed run."""
    mean_return: float
    """Mean over evaluation episodes and players."""
    returns: tuple[float, ...]
    """Mean of each player."""
    metrics: dict[str, float]
    """The learner's own, for instance its loss; and what `measure` found."""


@dataclasses.dataclass(frozen=True)
class Run:
    """A training run, finished or not."""

    algorithm: str
    game: Game
    config: Any
    steps: int
    """The length of its schedules."""
    seed: int
    agent: Agent
    """Plays every seat; where players have nets of their own, ``agent.at(player)`` is told its seat."""
    curve: tuple[CurvePoint, ...]
    checkpoint: Path | None
    """The file from which it can be resumed."""

    @classmethod
    def load(cls, path: str | Path, game: Game | None = None) -> Run:
        """Reads a run from its folder or checkpoint.

        Args:
            game: the run's game, where its id alone does not make it.

        Raises:
            FileNotFoundError: there is no checkpoint.
            ValueError: it is damaged, or of another game.
        """
        header, state, file = _read(path)
        module = learner_module(header["algorithm"])
        game = _same_game(header, game)
        config = module.Config(**header["config"])
        nets = module.build(game, config)
        nets.load_state_dict(state["nets"])
        agent = module.agent(nets, header["algorithm"])
        return cls(header["algorithm"], game, config, header["steps"], header["seed"], agent, _curve(header), file)

    def __repr__(self) -> str:
        last = f"mean return {self.curve[-1].mean_return:.4g} after {self.curve[-1].step:,} steps" if self.curve else ""
        return f"Run({self.algorithm} on {self.game.id}: {last or 'not evaluated'})"


def algorithms() -> list[Learner]:
    """The learners: every module of this folder that defines a ``Config``."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.ClassDef) and node.name == "Config" for node in tree.body):
            found.append(Learner(path.stem, (ast.get_docstring(tree) or "").partition("\n")[0]))
    return found


def settings(algorithm: str) -> dict[str, Parameter]:
    """A learner's settings by name, with default, help and allowed range."""
    return settings_of(learner_module(algorithm).Config)


def train(
    algorithm: str,
    game: str | Game,
    steps: int | None = None,
    seed: int | np.random.Generator = 0,
    *,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    progress: bool = False,
    points: int = 20,
    episodes: int = 64,
    threads: int = 1,
    measure: Mapping[str, Measure] | None = None,
    tensorboard: bool = False,
    **config: Any,
) -> Run:
    """Trains a learner on a game.

    Args:
        algorithm: a name of `algorithms`.
        game: an id or a game.
        steps: environment steps; 200,000 by default. Schedules are measured by it.
        out: a folder for ``checkpoint.safetensors`` and ``curve.jsonl``; by default the resumed run's.
        resume: the folder of a run to go on with; its seed and settings stay, and what it does next is what it would
            have done had it not been stopped.
        progress: show a progress line on standard error.
        points: how often the agent is evaluated, and saved, during the run.
        episodes: episodes of each evaluation.
        threads: of torch; small networks are fastest with one.
        measure: name -> function of (game, agent), measured at each point into its ``metrics``, for instance
            ``{"exploitability": lambda game, agent: ludus.solvers.exploitability(game, ludus.tabulate(game, agent))}``.
        tensorboard: also write each point as TensorBoard events into `out`.
        config: the learner's own settings (see `settings`).

    Raises:
        ImportError: torch is not installed.
        ValueError: an unknown learner, game or setting, a value that is not allowed, a checkpoint of another run,
            or `out` holds a run that is not resumed.
        FloatingPointError: a loss that is not a finite number; the last checkpoint stays.
    """
    module = learner_module(algorithm)
    for name, value in (("steps", steps), ("points", points), ("episodes", episodes), ("threads", threads)):
        if value is not None and (not isinstance(value, (int, np.integer)) or value < 1):
            raise ValueError(f"{name} must be an integer of at least 1, got {value!r}")
    game = make(game) if isinstance(game, str) else game
    checked = configure(module.Config, config, algorithm)
    if tensorboard and out is None and resume is None:
        raise ValueError("tensorboard=True needs a folder: out=")
    state, done, curve = None, 0, []
    if resume is None:
        seed = int(seed.integers(2**63)) if isinstance(seed, np.random.Generator) else int(seed)
        steps = int(steps or DEFAULT_STEPS)
    else:
        header, state, file = _read(resume)
        if header["algorithm"] != algorithm:
            raise ValueError(f"{file} is a run of {header['algorithm']}, not of {algorithm}")
        game = _same_game(header, game)
        for name in config:
            if getattr(checked, name) != header["config"][name]:
                raise ValueError(f"the resumed run has {name}={header['config'][name]!r}; a run keeps its settings")
        checked = module.Config(**header["config"])
        seed, done, steps = header["seed"], header["step"], int(steps or header["steps"])
        curve, out = list(_curve(header)), out or file.parent
    assert isinstance(seed, int)
    folder = None if out is None else Path(out)
    if folder is not None:
        if resume is None and (folder / CHECKPOINT).exists():
            raise ValueError(f"{folder} already holds a run; give resume={str(folder)!r} to go on, or another folder")
        folder.mkdir(parents=True, exist_ok=True)
    run = Run(algorithm, game, checked, steps, seed, Agent(), (), folder / CHECKPOINT if folder else None)

    if done >= steps:
        return Run.load(resume, game)  # type: ignore[arg-type]  # only a resumed run has done anything yet
    start = time.perf_counter() - (curve[-1].seconds if curve else 0.0)
    title = f"{algorithm} on {game.id}"
    with ExitStack() as opened:
        opened.enter_context(_torch_threads(threads))
        report = opened.enter_context(progress_bar(progress, title, steps, "steps"))
        note = opened.enter_context(_tensorboard(folder, done)) if tensorboard and folder else None
        due = _next_point(done, steps, points)
        for snapshot in module.train(game, checked, steps, seed, algorithm, state):
            report(min(snapshot.step, steps), f"return {snapshot.mean_return:.3g}")
            if snapshot.step < due:
                continue
            due = _next_point(snapshot.step, steps, points)
            agent = snapshot.agent()
            mean = evaluate(agent, game, episodes, np.random.default_rng([seed, snapshot.step])).mean
            seconds = time.perf_counter() - start
            found = {name: float(function(game, agent)) for name, function in (measure or {}).items()}
            metrics = {**snapshot.metrics, **found}
            curve.append(CurvePoint(snapshot.step, seconds, float(mean.mean()), tuple(mean.tolist()), metrics))
            run = dataclasses.replace(run, agent=agent, curve=tuple(curve))
            if folder is not None:
                _write(run, snapshot)
            if note is not None:
                note(curve[-1])
            if snapshot.step >= steps:
                break
    return run


def train_seeds(
    algorithm: str, game: str | Game, seeds: Sequence[int], *, out: str | Path | None = None, **options: Any
) -> list[Run]:
    """`train` once for each seed, one after the other in this process; folders ``out/seed-0`` and so on.

    A run that `out` already holds is gone on with, so that a series that was stopped is finished by the same call.
    """
    runs = []
    for seed in seeds:
        folder = None if out is None else Path(out) / f"seed-{seed}"
        kept = folder if folder is not None and (folder / CHECKPOINT).exists() else None
        runs.append(train(algorithm, game, seed=seed, out=folder, resume=kept, **options))
    return runs


def band(runs: Sequence[Run], confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The curves of several seeds as one. -> (steps int64[K], inter-quartile means float64[K], bootstrap intervals
    float64[K, 2]) of the runs' mean returns.

    Raises:
        ValueError: no runs, or runs that were not evaluated at the same steps.
    """
    steps = {tuple(point.step for point in run.curve) for run in runs}
    if len(steps) != 1:
        raise ValueError(f"runs must have been evaluated at the same steps, got {len(steps)} kinds of curves")
    returns = np.array([[point.mean_return for point in run.curve] for run in runs])
    return np.array(steps.pop()), iqm(returns), bootstrap([returns], 0, confidence)


def _next_point(step: int, steps: int, points: int) -> float:
    return (step * points // steps + 1) * steps / points


def _write(run: Run, snapshot: Any) -> None:
    from . import checkpoint

    rows = [point._asdict() for point in run.curve]
    header = {
        "algorithm": run.algorithm,
        "game": run.game.id,
        "game_version": run.game.version,
        "config": dataclasses.asdict(run.config),
        "steps": run.steps,
        "seed": run.seed,
        "step": snapshot.step,
        "curve": rows,
    }
    assert run.checkpoint is not None
    checkpoint.save(run.checkpoint, header, snapshot.parts)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    checkpoint.write_whole(run.checkpoint.with_name(CURVE), lines.encode())


def _read(path: str | Path) -> tuple[dict[str, Any], dict[str, Any], Path]:
    """(header, parts' state, file) of a run, named by its folder or its checkpoint."""
    _require_torch()
    from . import checkpoint

    file = Path(path) / CHECKPOINT if Path(path).is_dir() or not Path(path).suffix else Path(path)
    return *checkpoint.load(file), file


def _curve(header: dict[str, Any]) -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(**{**row, "returns": tuple(row["returns"])}) for row in header["curve"])


def _same_game(header: dict[str, Any], game: Game | None) -> Game:
    game = game or make(header["game"])
    if (game.id, game.version) != (header["game"], header["game_version"]):
        saved = f"{header['game']} (version {header['game_version']})"
        raise ValueError(f"the run is on {saved}, not on {game.id} (version {game.version})")
    return game


def learner_module(algorithm: str) -> Any:
    """The module of a learner; ValueError where there is none, ImportError without torch."""
    names = [learner.name for learner in algorithms()]
    if algorithm not in names:
        near = difflib.get_close_matches(str(algorithm), names, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
        raise ValueError(f"there is no learner {algorithm!r}; {hint}known are {', '.join(names)}")
    _require_torch()
    return importlib.import_module(f".{algorithm}", __package__)


def _require_torch() -> None:
    try:
        import safetensors  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise ImportError(f'learning needs {error.name}: pip install "ludus[marl]"') from None


@contextmanager
def _tensorboard(folder: Path, done: int) -> Iterator[Callable[[CurvePoint], None]]:
    """Writes points as events; those of a resumed run behind its last checkpoint are dropped."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ImportError("tensorboard=True needs tensorboard: pip install tensorboard") from None
    with SummaryWriter(str(folder), purge_step=done + 1 if done else None) as writer:

        def note(point: CurvePoint) -> None:
            writer.add_scalar("return/mean", point.mean_return, point.step)
            for player, value in enumerate(point.returns):
                writer.add_scalar(f"return/player {player}", value, point.step)
            for name, value in point.metrics.items():
                writer.add_scalar(f"learner/{name}", value, point.step)

        yield note


@contextmanager
def _torch_threads(count: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
