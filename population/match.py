"""`play`: matches between agents, with balanced seats and, where asked, paired luck."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..games.agent import Agent, StateAgent, TabularAgent, put, tabulates, take
from ..games.game import Game, RulesGame
from ..games.policy import Policy
from ..games.streams import seed_word, stream_key
from ..games.tabulate import tabulate
from ..games.vector import StateVectorEnv, VectorEnv
from ..ratings.log import MatchLog
from .failures import AgentError, Guard
from .tables import MatchTables, policy_thresholds

if TYPE_CHECKING:
    from ..games.tree import GameTree

ALL_ORDERS_UP_TO = 4
"""Up to so many players every seat order is played; beyond, the cyclic ones, which still balance the seats."""
TREE_LIMIT = 3_000_000
"""The most histories for which a tree is built only to play faster (for Python states a hundredth of it)."""
ENV_BATCH = 1024
"""The most matches that step together in a batched environment."""


class Results(NamedTuple):
    """What matches ended in, in their order."""

    outcomes: np.ndarray
    """float64[U, P]: different vectors of returns, by seat."""
    codes: np.ndarray
    """int32[M]: which of them each match had."""


def seat_orders(players: int) -> np.ndarray:
    """int64[O, P]: match m seats agent ``orders[m % O, s]`` in seat s; each agent sits in each seat equally often."""
    if players <= ALL_ORDERS_UP_TO:
        return np.array(list(itertools.permutations(range(players))), np.int64)
    return (np.arange(players)[:, None] + np.arange(players)) % players


def play(
    game: Game | str,
    agents: Sequence[Agent | Policy],
    matches: int,
    seed: int | np.random.Generator = 0,
    paired: bool = False,
    names: Sequence[str] | None = None,
) -> MatchLog:
    """Plays matches between the agents, one for each seat of the game.

    Seats are balanced: the matches go through the seat orders in turn. Where all agents can be tabulated and the game
    has a tree, a compiled kernel plays them; elsewhere they run batched through `game.vector_env`.

    Args:
        game: a game or its id.
        agents: as many as the game has players; a `Policy` may stand for the agent that plays it.
        matches: how many.
        paired: neighbouring matches, one for each seat order, share the luck of chance.
        names: the agents' names in the log; by default their own, made unique.

    Returns:
        A `MatchLog` with one team a seat, in the order of seats, and the returns as scores.

    Raises:
        ValueError: the wrong number of agents or matches.
        AgentError: an agent raised or chose an illegal action (a ValueError too).
    """
    game = as_game(game)
    if isinstance(matches, bool) or not isinstance(matches, (int, np.integer)) or matches < 0:
        raise ValueError(f"matches must be an integer of at least 0, got {matches!r}")
    members = [as_agent(agent) for agent in agents]
    if len(members) != game.num_players:
        raise ValueError(f"{game.id} has {game.num_players} seats, but {len(members)} agent(s) were given")
    labels = unique_names(members) if names is None else [str(name) for name in names]
    if len(set(labels)) != len(members):
        raise ValueError(f"names must be {len(members)} different names, got {labels}")
    engine, word = Engine(game, members, labels), seed_word(seed)
    orders = seat_orders(len(members))
    results = engine.play(orders, word, 0, int(matches), len(orders) if paired else 1)
    seats = orders[np.arange(matches) % len(orders)]
    return MatchLog.from_arrays(seats, scores=results.outcomes[results.codes], names=labels)


class Engine:
    """Plays matches among a fixed list of agents, in the fastest way that serves the members of a match.

    Agents that can be tabulated are so once, here, if the game's tree is at hand or quickly built.
    """

    def __init__(
        self, game: Game, agents: Sequence[Agent], names: Sequence[str] | None = None, time_limit: float | None = None
    ):
        """
        Args:
            names: the agents' names in messages; by default their own.
            time_limit: seconds that one call of an agent may take, see `Guard`; None for no limit.
        """
        self.game, self.agents = game, list(agents)
        self.guard = Guard(unique_names(self.agents) if names is None else names, time_limit)
        self.policies: list[Policy | None] = [None] * len(self.agents)
        if any(tabulates(agent) for agent in self.agents) and (tree := small_tree(game, self.agents)) is not None:
            self.policies = [tabulate(game, agent) if tabulates(agent) else None for agent in self.agents]
            # From here on a policy stands for its agent everywhere, so that a league which was stored plays the same.
            for i, policy in enumerate(self.policies):
                if policy is not None:
                    self.agents[i] = TabularAgent(policy, self.agents[i].name)
            self._tables = MatchTables.of(tree)
            self._thresholds = policy_thresholds([policy for policy in self.policies if policy is not None])
        self._tabular = np.array([policy is not None for policy in self.policies])
        self._rows = np.maximum(np.cumsum(self._tabular) - 1, 0)

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process go the game's id, the policies' numbers and the agents that have none."""
        pairs = zip(self.agents, self.policies)
        agents = [a if p is None else (a.name, p.probabilities) for a, p in pairs]
        return _engine, (self.game.id, agents, self.guard.names, self.guard.time_limit)

    def compiled(self, members: Sequence[int]) -> bool:
        """Whether the match kernel plays matches among these members."""
        return bool(self._tabular[np.asarray(members)].all())

    def play(self, seatings: np.ndarray, seed: int, start: int, stop: int, share: int = 1) -> Results:
        """Matches start … stop - 1 under a seed, which decides all of them.

        Args:
            seatings: int64[R, P]: the members (their numbers) in each seat, for match numbers modulo R.
            share: so many neighbouring matches share the luck of chance; a divisor of R.

        Raises:
            AgentError: an agent failed; the message names it.
        """
        quick = self._tabular[seatings].all(axis=1)
        outcomes, codes = np.zeros((0, self.game.num_players)), np.zeros(stop - start, np.int32)
        if quick.any():  # the others are played along by whomever, and then overwritten
            outcomes = self._tables.outcomes
            codes = self._tables.play(self._thresholds, self._rows[seatings], seed, start, stop, share)
        if not quick.all():
            numbers = np.arange(start, stop)
            slow = ~quick[numbers % len(seatings)]
            returns = self._ask(seatings, numbers[slow], seed, share)
            more, which = np.unique(returns, axis=0, return_inverse=True)
            codes[slow] = len(outcomes) + which.reshape(-1)
            outcomes = np.concatenate([outcomes, more])
        return Results(outcomes, codes)

    def _ask(self, seatings: np.ndarray, numbers: np.ndarray, seed: int, share: int) -> np.ndarray:
        """Plays the matches of those numbers through environments. -> returns float64[len(numbers), P].

        Environment e of a batch draws the e-th luck of the batch's seed; matches that share their luck stand at the
        same place of different batches.
        """
        returns = np.empty((len(numbers), self.game.num_players))
        if not numbers.size:
            return returns
        # A stretch that begins amid a group of matches with one luck plays the rest of that group first.
        torn = numbers // share == numbers[0] // share if numbers[0] % share else np.zeros(len(numbers), bool)
        for whole, part in itertools.product((False, True), range(share)):
            mine = np.flatnonzero((torn != whole) & (numbers % share == part))
            for at in range(0, len(mine), ENV_BATCH):
                chunk = mine[at : at + ENV_BATCH]
                first = int(numbers[chunk[0]])
                rng = np.random.default_rng([seed, first])
                luck = stream_key(seed, first // share)
                seats = seatings[numbers[chunk] % len(seatings)]
                returns[chunk] = play_batch(self.game, self.agents, seats, luck, rng, self.guard)
        return returns


def _engine(game_id: str, members: list[Any], names: Sequence[str], time_limit: float | None) -> Engine:
    game = as_game(game_id)
    if not any(isinstance(m, tuple) for m in members):
        game.__dict__["_no_tree"] = True  # it was tried and found too large
    agents = [TabularAgent(Policy(game, m[1]), m[0]) if isinstance(m, tuple) else m for m in members]
    return Engine(game, agents, names, time_limit)


def play_batch(
    game: Game,
    agents: Sequence[Agent],
    seats: np.ndarray,
    luck: int,
    rng: np.random.Generator,
    guard: Guard | None = None,
) -> np.ndarray:
    """Plays matches side by side and gives their returns, float64[M, P].

    seats: int[M, P], which of `agents` sits in each seat of each match. `luck` seeds chance, `rng` the agents. With a
    `guard` whatever an agent raises is told with its name, and its time is limited.
    """
    matches = len(seats)
    present = [agents[i] for i in np.unique(seats)]
    readable = any(isinstance(agent, StateAgent) for agent in present)
    env: VectorEnv = (
        StateVectorEnv(game, matches, luck) if readable else game.vector_env(matches, luck, specialised=False)
    )
    obs, legal = env.reset()
    # Everybody's matches in one seat are one batch, with a memory of its own.
    groups = []
    for p in range(game.num_players):
        for i in np.unique(seats[:, p]):
            rows = np.flatnonzero(seats[:, p] == i)
            agent = agents[i].at(p)
            with _turn(guard, i):
                memory = None if isinstance(agent, StateAgent) else agent.start(len(rows))
            groups.append([p, i, agent, rows, memory])
    playing, total = np.ones(matches, bool), np.zeros((matches, game.num_players))
    while playing.any():
        actions = legal.argmax(axis=2)  # what the matches that are over do meanwhile
        to_move = playing[:, None] & legal.any(axis=2)
        for group in groups:
            p, i, agent, mine, memory = group
            at = np.flatnonzero(to_move[mine, p])
            if not at.size:
                continue
            rows = mine[at]
            with _turn(guard, i):
                if isinstance(agent, StateAgent):
                    states: Any = env._states  # type: ignore[attr-defined]
                    chosen = np.array([agent.choose(states[e], p, rng) for e in rows])
                else:
                    chosen, after = agent.act(obs[rows, p], legal[rows, p], take(memory, at), rng)
                    group[4] = put(memory, at, after)
            name = guard.names[i] if guard is not None else agent.name or type(agent).__name__
            actions[rows, p] = _checked(name, np.asarray(chosen), legal[rows, p])
        obs, reward, _, legal = env.step(actions)
        total[playing] += reward[playing]
        playing &= ~env.ended
    return total


def _turn(guard: Guard | None, agent: int) -> AbstractContextManager[None]:
    return nullcontext() if guard is None else guard.turn(agent)


def _checked(name: str, chosen: np.ndarray, legal: np.ndarray) -> np.ndarray:
    if chosen.shape != (len(legal),) or chosen.dtype.kind not in "iu":
        got = f"{chosen.dtype} of shape {chosen.shape}"
        raise AgentError(name, "illegal action", f"{name} must return {len(legal)} integer actions, got {got}")
    inside = (chosen >= 0) & (chosen < legal.shape[1])
    bad = np.flatnonzero(~(inside & legal[np.arange(len(legal)), np.where(inside, chosen, 0)]))
    if bad.size:
        allowed = np.flatnonzero(legal[bad[0]]).tolist()
        text = f"{name} chose the illegal action {chosen[bad[0]]}; legal were {allowed}"
        raise AgentError(name, "illegal action", text)
    return chosen


def small_tree(game: Game, agents: Sequence[Agent]) -> GameTree | None:
    """The game's tree, if an agent's policy or the game already has it or it is quickly built; else None."""
    if "_tree" in game.__dict__ or any(isinstance(agent, TabularAgent) for agent in agents):
        return game.tree()
    if "_no_tree" not in game.__dict__:
        try:
            return game.tree(TREE_LIMIT if isinstance(game, RulesGame) else TREE_LIMIT // 100)
        except ValueError:  # too large, imperfect recall, or no end: it is played without a tree
            game.__dict__["_no_tree"] = True
    return None


def as_game(game: Game | str) -> Game:
    """A game, or the game of an id."""
    if isinstance(game, Game):
        return game
    if isinstance(game, str):
        from ..games.registry import make

        return make(game)
    raise TypeError(f"game must be a game or its id, got {type(game).__name__}")


def as_agent(agent: Any) -> Agent:
    """An agent; a `Policy`, or whatever has one as `policy`, becomes the agent that plays it.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(agent, Agent):
        return agent
    policy = agent if isinstance(agent, Policy) else getattr(agent, "policy", None)
    if isinstance(policy, Policy):
        return TabularAgent(policy, getattr(agent, "name", ""))
    if callable(agent):
        return StateAgent(agent)
    raise TypeError(f"an agent is a ludus.Agent, a Policy or a function of (state, player, rng), got {agent!r}")


def unique_names(agents: Sequence[Agent]) -> list[str]:
    """The agents' names; those that occur several times get a number."""
    names = [agent.name or type(agent).__name__ for agent in agents]
    return [name if names.count(name) == 1 else f"{name} {names[:i].count(name) + 1}" for i, name in enumerate(names)]
