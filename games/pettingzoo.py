"""PettingZoo environments of every game: turn by turn (AEC), and parallel where all moves are simultaneous.

`register_all` puts the catalogue into PettingZoo's own registry, where
``pettingzoo.make("aec", "ludus/kuhn_poker-v1")`` finds it. Importing this module does not: another package's registry
changes only when somebody asks for it.
"""

from __future__ import annotations

import importlib.util
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete
from pettingzoo import AECEnv, ParallelEnv

from .drawing import paint
from .environment import EnvironmentGame
from .game import Game
from .observations import observation_bounds
from .rules import CHANCE
from .state import State
from .streams import Stream, seed_word, stream_key

Observation = dict[str, np.ndarray]

RENDER_MODES = ("human", "ansi", *(["rgb_array"] if importlib.util.find_spec("PIL") else []))
"""``human`` prints, ``ansi`` returns the text, ``rgb_array`` (where Pillow is installed) draws it."""


class Table:
    """What both faces share: the state at the table, chance, spaces, rewards, rendering.

    An observation is ``{"observation": float32[O], "action_mask": int8[A]}``; the mask is all zero for who is not to
    move. Chance is drawn from the environment's own stream, the same as that of environment 0 of a `VectorEnv`.
    """

    def __init__(self, game: Game, render_mode: str | None = None):
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise ValueError(f"render_mode must be None or one of {', '.join(RENDER_MODES)}; got {render_mode!r}")
        self.game = game
        self.render_mode = render_mode
        self.metadata = {
            "name": f"{game.id}_v{game.version}",
            "render_modes": list(RENDER_MODES),
            "render_fps": 2,
            "is_parallelizable": game.simultaneous,
        }
        low, high = observation_bounds(game)
        players, size = game.num_players, game.observation_size
        self.possible_agents = [f"player_{p}" for p in range(players)]
        self.agents: list[str] = []
        self.observation_spaces = {
            agent: Dict(
                {
                    "observation": Box(low, high, (size,), np.float32),
                    "action_mask": Box(0, 1, (game.num_actions,), np.int8),
                }
            )
            for agent in self.possible_agents
        }
        self.action_spaces: dict[str, Any] = {agent: Discrete(game.num_actions) for agent in self.possible_agents}
        self.state_space = Box(low, high, (players * size,), np.float32)
        self._stream: Stream | None = None
        self._position: State | None = None
        self._truncated = False
        self._returns = np.zeros(players)

    def observation_space(self, agent: str) -> Dict:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        return self.action_spaces[agent]

    def _deal(self, seed: int | None) -> None:
        """Begins an episode. With a seed the stream of chance begins anew; without one it goes on."""
        if seed is not None or self._stream is None:
            fresh = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
            self._stream = Stream(stream_key(seed_word(fresh if seed is None else seed), 0))
        self._returns = np.zeros(self.game.num_players)
        self.agents = self.possible_agents[:]
        self._settle(self.game.root())

    def _settle(self, state: State) -> None:
        assert self._stream is not None
        while state.to_move() == (CHANCE,):
            state = state.apply(self._stream.choose(state.chance()))
        self._position = state

    @property
    def position(self) -> State:
        """The `State` at the table.

        Raises:
            ValueError: `reset` has not been called.
        """
        if self._position is None:
            raise ValueError("call reset() first")
        return self._position

    def _move(self, chosen: Sequence[int]) -> None:
        """Applies the actions of all who are to move."""
        self._settle(self.position.apply(chosen if len(chosen) > 1 else chosen[0]))

    def _gains(self) -> dict[str, float]:
        """Each agent's change of return since the last call."""
        before, self._returns = self._returns, np.array(self.position.returns(), np.float64)
        return dict(zip(self.possible_agents, (self._returns - before).tolist()))

    def _legal(self, player: int, action: Any) -> int:
        """The action as an int.

        Raises:
            ValueError: it is not legal for the player.
        """
        allowed = list(self.position.actions(player))
        try:
            chosen = operator.index(action)
        except TypeError:
            chosen = None
        if chosen not in allowed:
            raise ValueError(f"action {action!r} is not legal for player_{player}; legal are {allowed}")
        return chosen

    def _view(self, player: int, to_move: bool) -> Observation:
        state = self.position
        mask = np.zeros(self.game.num_actions, np.int8)
        if to_move:
            mask[list(state.actions(player))] = 1
        return {"observation": np.array(state.observe(player), np.float32).reshape(-1), "action_mask": mask}

    def state(self) -> np.ndarray:
        """The global state float32[P·O]: all players' observations side by side."""
        state = self.position
        return np.concatenate(
            [np.reshape(state.observe(p), -1) for p in range(self.game.num_players)], dtype=np.float32
        )

    def render(self) -> str | np.ndarray | None:
        """The state as text (ansi), as uint8[H, W, 3] (rgb_array), or printed (human)."""
        if self.render_mode is None:
            return None
        if self.render_mode == "rgb_array":
            return self._image()
        text = self.position.render()
        if self.render_mode == "ansi":
            return text
        print(text)
        return None

    def _image(self) -> np.ndarray:
        setup: Any = getattr(self.game, "setup", None)
        if setup is None or setup.picture is None:
            return text_image(self.position.render())
        return paint(setup.picture(self.position.words))  # type: ignore[attr-defined]

    def close(self) -> None:
        """Nothing is held open."""


class LudusAECEnv(Table, AECEnv):
    """A game as a PettingZoo `AECEnv`. Those who move at the same time choose one after the other, unseen."""

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self._deal(seed)
        self._chosen: list[int] = []
        self._skip_agent_selection = None
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, self.position.terminal)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {agent: {} for agent in self.agents}
        self.agent_selection = self.agents[0]
        self._next()

    def _next(self) -> None:
        """Selects who chooses next; at the end pays out."""
        movers = self.position.to_move()
        if movers:
            self.agent_selection = self.possible_agents[movers[len(self._chosen)]]
        if not self._chosen:
            self.rewards = self._gains()
        self._accumulate_rewards()
        if not movers:
            self.terminations = dict.fromkeys(self.agents, not self._truncated)
            self.truncations = dict.fromkeys(self.agents, self._truncated)
            self._deads_step_first()

    def step(self, action: int | None) -> None:
        """Chooses for `agent_selection`; None for an agent whose game is over.

        Raises:
            ValueError: the action is not legal.
        """
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        self._chosen.append(self._legal(self.possible_agents.index(agent), action))
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        if len(self._chosen) == len(self.position.to_move()):
            self._move(self._chosen)
            self._chosen = []
        self._next()

    def observe(self, agent: str) -> Observation:
        """The agent's observation; its mask is zero unless it has yet to choose."""
        player = self.possible_agents.index(agent)
        return self._view(player, player in self.position.to_move()[len(self._chosen) :])


class LudusParallelEnv(Table, ParallelEnv):
    """A game in which all moves are simultaneous as a PettingZoo `ParallelEnv`."""

    def __init__(self, game: Game, render_mode: str | None = None):
        if not game.simultaneous:
            raise ValueError(f"{game.id} is played in turns: it has no parallel face; use aec_env()")
        super().__init__(game, render_mode)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        self._deal(seed)
        return self._views(), {agent: {} for agent in self.agents}

    def step(
        self, actions: dict[str, int]
    ) -> tuple[dict[str, Observation], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Everybody's action; that of an agent who is not to move is ignored. After the end all dicts are empty.

        Raises:
            ValueError: an agent to move has no action, or one that is not legal.
        """
        if not self.agents:
            return {}, {}, {}, {}, {}
        movers = self.position.to_move()
        missing = [self.possible_agents[p] for p in movers if self.possible_agents[p] not in actions]
        if missing:
            raise ValueError(f"actions lacks {', '.join(missing)}")
        if movers:
            self._move([self._legal(p, actions[self.possible_agents[p]]) for p in movers])
        over, agents = self.position.terminal, self.agents
        ends = dict.fromkeys(agents, over and not self._truncated), dict.fromkeys(agents, self._truncated)
        result = (self._views(), self._gains(), *ends)
        if over:
            self.agents = []
        return (*result, {agent: {} for agent in agents})

    def _views(self) -> dict[str, Observation]:
        movers = self.position.to_move()
        return {agent: self._view(p, p in movers) for p, agent in enumerate(self.possible_agents)}


def aec_env(game: Game, render_mode: str | None = None) -> LudusAECEnv:
    """Any game as a PettingZoo `AECEnv`."""
    if isinstance(game, EnvironmentGame):
        from .pettingzoo_env import EnvAECEnv

        return EnvAECEnv(game, render_mode)
    return LudusAECEnv(game, render_mode)


def parallel_env(game: Game, render_mode: str | None = None) -> LudusParallelEnv:
    """A game of simultaneous moves as a PettingZoo `ParallelEnv`.

    Raises:
        ValueError: players take turns in this game.
    """
    if isinstance(game, EnvironmentGame):
        from .pettingzoo_env import EnvParallelEnv

        return EnvParallelEnv(game, render_mode)
    return LudusParallelEnv(game, render_mode)


def make_aec(id: str, render_mode: str | None = None, **parameters: Any) -> LudusAECEnv:
    """The entry point behind PettingZoo's registry."""
    from .registry import make

    return aec_env(make(id, **parameters), render_mode)


def make_parallel(id: str, render_mode: str | None = None, **parameters: Any) -> LudusParallelEnv:
    """The entry point behind PettingZoo's registry."""
    from .registry import make

    return parallel_env(make(id, **parameters), render_mode)


def register_all() -> list[str]:
    """Registers every game with an id in PettingZoo's registry, as ``ludus/ID-vN`` (``/`` in an id becomes ``.``).

    -> the ids. Calling it again adds what has been registered since. Game parameters are keywords of `pettingzoo.make`.
    """
    from pettingzoo.env_registry.registration import aec_registry, parallel_registry, register

    from .registry import make, specs

    names = []
    for id, spec in sorted(specs().items()):
        name = f"ludus/{id.replace('/', '.')}-v{spec.version}"
        names.append(name)
        if name not in aec_registry:
            register("aec", name, entry_point=f"{__name__}:make_aec", kwargs={"id": id})
        if name not in parallel_registry and make(id).simultaneous:
            register("parallel", name, entry_point=f"{__name__}:make_parallel", kwargs={"id": id})
    return names


def text_image(text: str, cell: tuple[int, int] = (18, 10)) -> np.ndarray:
    """Draws text on a grid of cells (height, width in pixels), white on black. -> uint8[H, W, 3]."""
    from PIL import Image, ImageDraw, ImageFont

    lines = text.splitlines() or [""]
    height, width = cell
    image = Image.new("RGB", (width * (max(map(len, lines)) + 2), height * (len(lines) + 1)))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default()
    for row, line in enumerate(lines):
        for column, character in enumerate(line):  # one by one, so that columns align in any font
            pen.text((width * (column + 1), height * (row + 0.5)), character, "white", font)
    return np.asarray(image).copy()
