"""`LEAGUE.toml`: a league as a file. What it may say, how it is checked, and the run that it asks for."""

from __future__ import annotations

import difflib
import importlib
import sys
from pathlib import Path
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..games.agent import Agent, PreferenceAgent, UniformAgent
from ..games.game import Game
from ..games.policy import Policy
from ..games.registry import make
from ..progress import progress_bar
from .executors import EXECUTORS
from .league import League
from .matchmaking import SCHEDULES
from .methods import METHODS
from .oracles import ORACLES, find_oracle

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class ConfigError(ValueError):
    """A configuration says what it may not; the message names the file and the key."""


class Table(BaseModel):
    """A table of the file: unknown keys are errors, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SolveTable(Table):
    """A member that is solved when it is first needed."""

    algorithm: str = Field("cfr+", description="one of 'ludus algorithms'")
    iterations: int | None = Field(None, ge=1, description="stop after so many")
    target: float | None = Field(None, gt=0, description="stop at this exploitability")
    seed: int = Field(0, ge=0)
    options: dict[str, Any] = Field({}, description="of the algorithm")


class MemberTable(Table):
    """One member: a name, and one way to get its agent."""

    WAYS: ClassVar = ("agent", "solution", "solve", "random_policy", "prefers", "python")

    name: str = Field(min_length=1)
    parent: str | None = Field(None, description="the member from which it was made; it must stand above")
    agent: str | None = Field(None, description="'uniform'")
    solution: Path | None = Field(None, strict=False, description="a file that 'ludus solve --out' wrote")
    solve: SolveTable | None = None
    random_policy: int | None = Field(None, ge=0, description="a random policy of this seed")
    prefers: list[int] | None = Field(None, min_length=1, description="takes the first of these actions that is legal")
    python: str | None = Field(None, description="'module:name' or 'file.py:name' of an agent, or of what makes one")
    arguments: dict[str, Any] = Field({}, description="with python: what the agent is made with")

    @field_validator("agent")
    @classmethod
    def _known_agent(cls, value: str | None) -> str | None:
        return one_of(value, ("uniform",))

    @model_validator(mode="after")
    def _one_way(self) -> MemberTable:
        given = [way for way in self.WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of {', '.join(self.WAYS)}; got {' and '.join(given) or 'none'}")
        if self.arguments and self.python is None:
            raise ValueError("arguments belong to python")
        return self


class LeagueTable(Table):
    """What is played, and by which schedule."""

    game: str = Field(description="a game id, see 'ludus games'")
    store: Path = Field(Path("league.db"), strict=False, description="the SQLite file, beside this one")
    preset: str = Field("round_robin", description="a schedule, or a method of self-play")
    paired: bool = Field(True, description="seats are exchanged under the same luck")
    oracle: str | None = Field(None, description="how learners are trained")
    oracle_options: dict[str, Any] = Field({}, description="of the oracle")
    matches_per_round: int | None = Field(None, ge=1, description="what every learner plays between two trainings")
    budget: int | None = Field(None, ge=1, description="of one training, in the oracle's units")
    options: dict[str, Any] = Field({}, description="of the method of self-play")

    TRAINING: ClassVar = ("oracle", "oracle_options", "matches_per_round", "budget", "options")

    @field_validator("preset")
    @classmethod
    def _known_preset(cls, value: str) -> str:
        return one_of(value, (*SCHEDULES, *METHODS))

    @field_validator("oracle")
    @classmethod
    def _known_oracle(cls, value: str | None) -> str | None:
        return one_of(value, [name for name in ORACLES if name != "callable"])

    @model_validator(mode="after")
    def _training(self) -> LeagueTable:
        given = [key for key in self.TRAINING if getattr(self, key)]
        if given and self.preset not in METHODS:
            raise ValueError(f"preset {self.preset!r} trains nobody, and has no {given[0]}")
        if self.oracle_options and self.oracle is None:
            raise ValueError("oracle_options belong to an oracle; which one?")
        if self.preset in METHODS:
            for key in self.options:
                one_of(key, METHODS[self.preset].options, f"options.{key}: ")
        return self

    def training(self) -> dict[str, Any]:
        """The arguments of `League` that only a method of self-play has."""
        given = {key: getattr(self, key) for key in ("matches_per_round", "budget") if getattr(self, key) is not None}
        if self.oracle is not None:
            given["oracle"] = find_oracle(self.oracle, **self.oracle_options) if self.oracle_options else self.oracle
        return {**given, **self.options}


class RunTable(Table):
    """How much, and where."""

    matches: int = Field(ge=0, description="the length of the series")
    seed: int = Field(0, ge=0, lt=2**64)
    executor: str = "serial"
    workers: int | None = Field(None, ge=1, description="processes; one for each core")
    ray_address: str | None = Field(None, description="of a running Ray cluster")
    time_limit: float | None = Field(None, gt=0, description="seconds that one call of an agent may take")
    batch: int | None = Field(None, ge=1, description="the most matches of one task")

    @field_validator("executor")
    @classmethod
    def _known_executor(cls, value: str) -> str:
        return one_of(value, EXECUTORS)


class LeagueConfig(Table):
    """The whole file."""

    league: LeagueTable
    run: RunTable
    members: list[MemberTable] = []

    @model_validator(mode="after")
    def _lineage(self) -> LeagueConfig:
        names: list[str] = []
        for k, member in enumerate(self.members):
            if member.name in names:
                raise ValueError(f"members.{k}.name: {member.name!r} is there twice")
            if member.parent is not None and member.parent not in names:
                raise ValueError(f"members.{k}.parent: there is no member {member.parent!r} above")
            names.append(member.name)
        return self


def one_of(value: Any, allowed: Any, before: str = "") -> Any:
    """A value that must be one of some names (or None); ValueError with the nearest otherwise."""
    if value is None or value in allowed:
        return value
    near = difflib.get_close_matches(str(value), list(allowed), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{before}{value!r} is none of {', '.join(allowed)}{hint}")


# -- reading -----------------------------------------------------------------------------------------------------------


def read_config(path: str | Path) -> LeagueConfig:
    """Reads and checks a file; paths in it are taken from its folder.

    Raises:
        FileNotFoundError: no such file.
        ConfigError: it is no TOML, or some key is unknown, missing or has a value that is not allowed.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no configuration {path}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML file: {error}") from None
    config = parse_config(content, str(path))
    config.league.store = path.parent / config.league.store
    return config


def parse_config(content: dict[str, Any], name: str = "configuration") -> LeagueConfig:
    """Checks a configuration that was read; ConfigError as `read_config`."""
    try:
        return LeagueConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{name}: " + "; ".join(_sentence(e) for e in error.errors())) from None


def _sentence(error: Any) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        known = _keys(error["loc"][:-1])
        near = difflib.get_close_matches(str(error["loc"][-1]), known, 1)
        return f"{where}: there is no such key; " + (
            f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        )
    if error["type"] == "missing":
        return f"{where}: this key is missing"
    if error["type"] == "value_error":
        text = str(error["ctx"]["error"])
        return f"{where}: {text}" if where else text
    return f"{where}: {error['msg'][:1].lower()}{error['msg'][1:]}, got {error['input']!r}"


def _keys(where: tuple[Any, ...]) -> list[str]:
    """The keys that the table at a place may have."""
    table: Any = LeagueConfig
    for part in where:
        if isinstance(part, str):
            kind = table.model_fields[part].annotation
            table = next(k for k in (kind, *get_args(kind)) if isinstance(k, type) and issubclass(k, Table))
    return list(table.model_fields)


# -- running -----------------------------------------------------------------------------------------------------------


def open_league(config: LeagueConfig, folder: str | Path = ".", progress: bool = False) -> League:
    """The league of a configuration with all its members; what was there already is not made again.

    Raises:
        ConfigError: an agent cannot be made; the key is named.
        StoreError: the store belongs to another league or is in use.
        ValueError: no such game, or a member that is in the store was made otherwise.
    """
    game = make(config.league.game)
    agents = {member.name: member for member in config.members}
    table = config.league
    league = League(game, table.store, table.preset, table.paired, **table.training())
    try:
        with progress_bar(progress and bool(agents), "members", len(agents), "members") as report:
            for k, member in enumerate(config.members):
                report(k, note=member.name)
                _enter(league, game, member, f"members.{k}", Path(folder))
    except BaseException:
        league.close()
        raise
    return league


def run_config(path: str | Path, progress: bool = False, **changes: Any) -> League:
    """Runs the league of a file, or goes on with it; `changes` replace keys of its table ``run``. -> the open league.

    Raises: as `read_config`, `open_league` and `League.run`.
    """
    config = read_config(path)
    given = {key: value for key, value in changes.items() if value is not None}
    if given:
        content = config.model_dump()
        config = parse_config({**content, "run": {**content["run"], **given}}, str(path))
    league = open_league(config, Path(path).parent, progress)
    try:
        recorded = {"file": config.model_dump(mode="json")}
        return league.run(**config.run.model_dump(), progress=progress, config=recorded)
    except BaseException:
        league.close()
        raise


def _enter(league: League, game: Game, member: MemberTable, key: str, folder: Path) -> None:
    """Adds a member. One that comes out of the store is not solved again."""
    said = member.model_dump(mode="json", exclude_none=True)
    known = next((m for m in league.members if m.name == member.name), None)
    kept = league.store.state(f"member {member.name}")
    if known is not None and kept is not None and kept[0] != said:
        raise ConfigError(
            f"{key}: {member.name!r} is in {league.store.path} otherwise; members are frozen, take another name"
        )
    if known is not None and known.agent is not None and kept is not None and member.python is None:
        return
    with league.store.transaction():
        league.add(member.name, _agent(game, member, key, folder), member.parent)
        league.store.set_state(f"member {member.name}", said)


def _agent(game: Game, member: MemberTable, key: str, folder: Path) -> Agent | Policy | Any:
    if member.solution is not None or member.solve is not None:
        from ..solvers import Solution, solve

        if member.solution is not None:
            return Solution.load(folder / member.solution, game).policy
        assert member.solve is not None
        asked = member.solve.model_dump()
        return solve(game, **asked.pop("options"), **asked).policy
    if member.random_policy is not None:
        return Policy.random(game, member.random_policy)
    if member.prefers is not None:
        return PreferenceAgent(member.name, *member.prefers)
    if member.python is not None:
        return _imported(member.python, member.arguments, f"{key}.python", folder)
    return UniformAgent()


def _imported(text: str, arguments: dict[str, Any], key: str, folder: Path) -> Any:
    """The agent, policy or function (state, player, rng) -> action behind "module:name" or "file.py:name"."""
    source, _, name = text.rpartition(":")
    if not source or not name.isidentifier():
        raise ConfigError(f"{key}: must be 'module:name' or 'file.py:name', got {text!r}")
    try:
        module = _module(folder / source) if source.endswith(".py") else importlib.import_module(source)
        found = getattr(module, name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{key}: {text!r} cannot be imported: {error}") from None
    if isinstance(found, type) or arguments:
        try:
            return found(**arguments)
        except TypeError as error:
            raise ConfigError(f"{key}: {name} cannot be made: {error}") from None
    return found


def _module(path: Path) -> Any:
    """A file as a module, which other processes can import by its name, too."""
    if not path.is_file():
        raise ImportError(f"there is no file {path}")
    loaded = sys.modules.get(path.stem)
    if loaded is not None and Path(getattr(loaded, "__file__", None) or "").resolve() != path.resolve():
        raise ImportError(f"another module {path.stem} is loaded; give the file another name")
    folder = str(path.parent.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(path.stem)
