"""`Agent`: whatever can choose actions. Bots, tabular policies, learners and people are all agents."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .state import State, key_text

if TYPE_CHECKING:
    from .game import Game
    from .policy import Policy


class Agent:
    """A player of any game, batch first. B decisions at once, O numbers an observation, A actions.

    An agent that only acts can play and be rated. One that also tells its `probabilities` can be tabulated, and so be
    solved against, evaluated exactly and played at the speed of the compiled tree.
    """

    name: str = ""

    def at(self, player: int) -> Agent:
        """The agent for one seat: itself, unless it plays each seat differently and observations do not tell which."""
        return self

    def start(self, batch: int) -> Any:
        """The memory before the first decision of `batch` episodes; None for agents without memory.

        Memory is an array whose first axis is the episode, or nested tuples, lists or dicts of such arrays, so that
        `take` and `put` can pick the episodes in which the agent is to move.
        """
        return None

    def act(self, obs: np.ndarray, legal: np.ndarray, memory: Any, rng: np.random.Generator) -> tuple[np.ndarray, Any]:
        """Chooses. obs: float32[B, O]; legal: bool[B, A]. -> (actions int64[B], memory).

        By default samples from `probabilities`, then `remember`s.
        """
        p, memory = self.probabilities(obs, legal, memory)
        actions = sample_rows(p, rng)
        return actions, self.remember(memory, actions)

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        """What `act` samples from: (float64[B, A], rows sum to one over legal actions; memory after looking).

        Raises:
            NotImplementedError: this agent does not tell (it can play, but cannot be tabulated).
        """
        raise NotImplementedError(f"{type(self).__name__} does not tell its probabilities")

    def remember(self, memory: Any, actions: np.ndarray) -> Any:
        """The memory after actions int64[B] were chosen; as it was for agents that do not look at their own actions."""
        return memory


class UniformAgent(Agent):
    """Chooses every legal action with the same probability."""

    name = "uniform"

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        return legal / legal.sum(axis=1, keepdims=True), memory


class PreferenceAgent(Agent):
    """Takes the first legal action of a list: "always call" and the like."""

    def __init__(self, name: str, *preference: int):
        """Raises ValueError where no action is given."""
        if not preference:
            raise ValueError("preference must name at least one action")
        self.name, self.preference = name, np.array(preference)

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        """Raises ValueError where none of the listed actions is legal."""
        ranked = legal[:, self.preference]
        if not ranked.any(axis=1).all():
            raise ValueError(f"{self.name}: none of the actions {self.preference.tolist()} is legal")
        return np.eye(legal.shape[1])[self.preference[ranked.argmax(axis=1)]], memory


class ScriptedAgent(Agent):
    """Takes the legal action that a function of the observations likes best; of equals the first."""

    def __init__(self, prefer: Callable[[np.ndarray, np.ndarray], np.ndarray], name: str = ""):
        """prefer: (obs float32[B, O], legal bool[B, A]) -> float64[B, A]."""
        self._prefer = prefer
        self.name = name or getattr(prefer, "__name__", type(self).__name__)

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        liked = np.where(legal, self._prefer(obs, legal), -np.inf)
        return np.eye(legal.shape[1])[liked.argmax(axis=1)], memory


class StateAgent(Agent):
    """An agent written over the readable `State`, such as a scripted bot; it must look only at what its player knows.

    A subclass overrides `choose`, or a function (state, player, rng) -> action is given.
    """

    def __init__(self, choose: Callable[[State, int, np.random.Generator], int] | None = None, name: str = ""):
        self._function = choose
        self.name = name or getattr(choose, "__name__", "") or type(self).__name__

    def choose(self, state: State, player: int, rng: np.random.Generator) -> int:
        """One legal action of `player`, who is to move."""
        if self._function is not None:
            return self._function(state, player, rng)
        raise NotImplementedError(f"{type(self).__name__} must override choose(state, player, rng)")

    def act(self, obs: np.ndarray, legal: np.ndarray, memory: Any, rng: np.random.Generator) -> tuple[np.ndarray, Any]:
        """Raises TypeError: this agent needs the state itself; `ludus.play` hands it over."""
        raise TypeError(f"{self.name} chooses by the State and cannot act on observations; use ludus.play")


class TabularAgent(StateAgent):
    """Plays a `Policy`: over states by the name of the information set, over observations by looking them up.

    Where one observation belongs to several information sets, those are told apart by what the player did before,
    which is then the agent's memory.
    """

    def __init__(self, policy: Policy, name: str = "", *, game: Game | None = None, player: int | None = None):
        """
        Args:
            policy: what to play.
            game: the policy's game, needed to act on observations; by default made from the id that its tree carries.
            player: the only player to act for; by default all.
        """
        super().__init__(name=name or "tabular")
        self.policy = policy
        self._game = game
        self._player = player

    def at(self, player: int) -> TabularAgent:
        return TabularAgent(self.policy, self.name, game=self._game, player=player)

    def choose(self, state: State, player: int, rng: np.random.Generator) -> int:
        row = self.policy[player, key_text(state.info(player))]
        return int(list(row)[sample_rows(np.array([list(row.values())]), rng)[0]])

    def start(self, batch: int) -> np.ndarray | None:
        """None, or int64[batch]: the player's last sequence (-1: none yet)."""
        return np.full(batch, -1, np.int64) if self._table[1] else None

    act = Agent.act

    def probabilities(self, obs: np.ndarray, legal: np.ndarray, memory: Any = None) -> tuple[np.ndarray, Any]:
        """See `Agent.probabilities`.

        Raises:
            ValueError: an observation that no information set has, or observations that do not tell the information
                sets apart, even with the player's own moves before.
        """
        table, remembers = self._table
        rows = np.asarray(obs, np.float32).reshape(len(legal), -1) + 0.0  # no negative zeros
        before = memory.tolist() if remembers else [-1] * len(rows)
        try:
            at = np.array([table[i, row.tobytes()] for i, row in zip(before, rows)], np.int64)
        except KeyError:
            raise ValueError(
                f"{self.name}: no information set of {self.policy.tree.game_id or 'the game'} has this observation"
            ) from None
        row, sequences = self._sequences(at)
        p = np.zeros(legal.shape)
        p[row, self.policy.tree.sequence_action[sequences]] = self.policy.probabilities[sequences]
        return p, at if remembers else None

    def remember(self, memory: Any, actions: np.ndarray) -> Any:
        if memory is None:
            return None
        row, sequences = self._sequences(memory)
        taken = self.policy.tree.sequence_action[sequences] == np.asarray(actions)[row]
        last = np.empty(len(memory), np.int64)
        last[row[taken]] = sequences[taken]
        return last

    def _sequences(self, infosets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(row, sequence) of every sequence that ends at one of the information sets int64[B]."""
        counts = self.policy.tree.infoset_count[infosets]
        ends = np.cumsum(counts)
        sequences = np.repeat(self.policy.tree.infoset_first[infosets] - (ends - counts), counts)
        return np.repeat(np.arange(len(infosets)), counts), sequences + np.arange(len(sequences))

    @cached_property
    def _table(self) -> tuple[dict[tuple[int, bytes], int], bool]:
        """({(own last sequence or -1, observation): information set}, whether the last sequence is needed)."""
        from .observations import infoset_observations
        from .policy import require_same_game

        tree = self.policy.tree
        game = self._game
        if game is None:
            from .registry import make

            if not tree.game_id:
                raise ValueError("to act on observations the agent needs the game: TabularAgent(policy, game=game)")
            game = make(tree.game_id)
        require_same_game(tree, game.tree())
        rows = infoset_observations(game) + 0.0
        players = range(tree.num_players) if self._player is None else [self._player]
        mine = np.concatenate([np.arange(*tree.infoset_start[p : p + 2]) for p in players])
        keys = [rows[i].tobytes() for i in mine]
        alone = {(-1, key): int(i) for i, key in zip(mine, keys)}
        if len(alone) == len(mine):
            return alone, False
        parents = tree.infoset_parent[mine]
        before = np.where(tree.sequence_infoset[parents] < 0, -1, parents).tolist()
        table: dict[tuple[int, bytes], int] = {}
        for i, parent, key in zip(mine.tolist(), before, keys):
            other = table.setdefault((parent, key), i)
            if other != i:
                who = tree.infoset_player[[other, i]].tolist()
                raise ValueError(
                    f"{tree.game_id or 'the game'}: the observations of player {who[0]} at {tree.keys[other]!r} and of "
                    f"player {who[1]} at {tree.keys[i]!r} are equal, so this policy cannot act on observations"
                    + ("; name the seat: agent.at(player)" if who[0] != who[1] else "")
                )
        return table, True


class PersonAgent(StateAgent):
    """Somebody at the terminal: shows what the player knows and asks for an action."""

    def __init__(
        self,
        name: str = "you",
        ask: Callable[[str], str] = input,
        tell: Callable[[str], Any] = print,
        show: Callable[[State, int], Any] | None = None,
    ):
        """
        Args:
            ask, tell: read an answer to a prompt, and write a line.
            show: (state, player) -> what to show; by default the information state. In a game of perfect information
                ``lambda state, player: state.render()`` shows the board.
        """
        super().__init__(name=name)
        self.ask, self.tell = ask, tell
        self.show = show or (lambda state, player: state.view(player))

    def choose(self, state: State, player: int, rng: np.random.Generator) -> int:
        """Asks until the answer is a legal action's number or name.

        Raises:
            EOFError: the input has ended.
        """
        legal = [int(a) for a in state.actions(player)]
        names = [state.action_text(player, a) for a in legal]
        self.tell(f"You are player {player}. You see: {self.show(state, player)}")
        self.tell("  ".join(f"[{a}] {name}" if name != str(a) else f"[{a}]" for a, name in zip(legal, names)))
        while True:
            try:
                answer = self.ask("Your move: ").strip()
            except EOFError:
                raise EOFError(f"{self.name}: the input ended before a move was chosen") from None
            if answer in names:
                return legal[names.index(answer)]
            if answer.isdecimal() and int(answer) in legal:
                return int(answer)
            self.tell(f"{answer!r} is no legal move; answer with a number or a name from the list above.")


def tabulates(agent: Agent) -> bool:
    """Whether the agent tells its probabilities, and so can be tabulated."""
    return type(agent).probabilities is not Agent.probabilities


def sample_rows(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One index for each row of probabilities float64[B, A] -> int64[B]; never an index of probability zero."""
    ends = np.cumsum(p, axis=1)
    draws = rng.random((len(p), 1)) * ends[:, -1:]
    return np.minimum((draws >= ends).sum(axis=1), p.shape[1] - 1)


def take(memory: Any, rows: np.ndarray) -> Any:
    """The memory of some episodes: `rows` of every array in nested tuples, lists and dicts."""
    if memory is None:
        return None
    if isinstance(memory, dict):
        return {key: take(part, rows) for key, part in memory.items()}
    if isinstance(memory, (tuple, list)):
        return type(memory)(take(part, rows) for part in memory)
    return memory[rows]


def put(memory: Any, rows: np.ndarray, new: Any) -> Any:
    """Writes the memory of some episodes back, in place where it can be. -> the memory of all."""
    if memory is None:
        return None
    if isinstance(memory, dict):
        return {key: put(part, rows, new[key]) for key, part in memory.items()}
    if isinstance(memory, (tuple, list)):
        return type(memory)(put(part, rows, after) for part, after in zip(memory, new))
    memory[rows] = new
    return memory
