"""`check_game`: the public conformance suite. What a game promises, checked over random play and, where it is small
enough, over the whole tree. It prints nothing and raises AssertionError with one sentence on what is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .games.dynamics import Dynamics
from .games.environment import EnvironmentGame
from .games.game import Game, RulesGame
from .games.observations import infoset_observations, observation_bounds
from .games.registry import make
from .games.rules import CHANCE, Rules
from .games.state import State, key_text
from .games.streams import seed_word
from .games.tree import END, GameTree
from .games.vector import RulesVectorEnv, StateVectorEnv, VectorEnv

MAX_MOVES = 20_000


def check_game(
    game: str | Game, *, seed: int = 0, episodes: int = 6, steps: int = 60, max_histories: int = 20_000
) -> None:
    """Checks everything that a game promises to those who solve, learn, play and rate it.

    Args:
        game: a game or its id. An outside environment (``pettingzoo/…``) is checked as a batch only.
        seed: of the random play.
        episodes: how many are played for each of the checks that follow single episodes.
        steps: how many steps the batched environments are compared for.
        max_histories: a game with no more of them (counted by walking its states) is compared with its tree, whole.

    Raises:
        AssertionError: the game breaks a promise; the message names the game and what is broken.
    """
    if isinstance(game, str):
        game = make(game)
    if hasattr(game, "constructors"):
        check_batch(game, seed, steps)
        return
    check_facts(game)
    if isinstance(game, EnvironmentGame):
        check_dynamics(game, seed, steps)
        check_batch(game, seed, steps)
        check_aec(game, seed, episodes)
        check_parallel(game, seed, episodes)
        check_pictures(game, seed)
        return
    check_states(game, seed, episodes)
    if isinstance(game, RulesGame):
        check_rules(game, seed, episodes)
        check_kernel(game, seed, steps)
    check_batch(game, seed, steps)
    check_aec(game, seed, episodes)
    check_parallel(game, seed, episodes)
    check_tree(game, max_histories)


def require(holds: Any, game: Game, message: str) -> None:
    """Raises AssertionError with the game's id and a message unless something holds."""
    if not holds:
        raise AssertionError(f"{game.id}: {message}")


def equal(a: Any, b: Any) -> bool:
    """Whether nested dicts, sequences and arrays hold the same, types of arrays included."""
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    return bool(a == b)


# -- facts and states --------------------------------------------------------------------------------------------------


def check_facts(game: Game) -> None:
    """The declared numbers are possible, and observations can be bounded."""
    require(game.num_players >= 1, game, f"num_players is {game.num_players}")
    require(game.num_actions >= 1, game, f"num_actions is {game.num_actions}")
    require(game.observation_size >= 1, game, "observations are empty")
    finite = isinstance(game, EnvironmentGame) or np.isfinite([game.min_utility, game.max_utility]).all()
    require(
        finite and game.min_utility <= game.max_utility,
        game,
        f"utilities from {game.min_utility} to {game.max_utility} are no range",
    )
    low, high = observation_bounds(game)
    require(low < high, game, f"observation bounds {low}, {high} are no range")


def random_play(game: Game, rng: np.random.Generator) -> Iterator[tuple[State, tuple[int, ...]]]:
    """One random episode: every state with the joint action (or chance outcome) taken there, () at the end."""
    state = game.root()
    for _ in range(MAX_MOVES):
        movers = state.to_move()
        if movers == (CHANCE,):
            outcomes = state.chance()
            require(outcomes, game, "a chance node has no outcomes")
            joint: tuple[int, ...] = (int(outcomes[int(rng.integers(len(outcomes)))][0]),)
        else:
            joint = tuple(int(rng.choice(state.actions(p))) for p in movers if require_actions(game, state, p))
        yield state, joint
        if not movers:
            return
        state = state.apply(joint if len(joint) > 1 else joint[0])
    raise AssertionError(f"{game.id}: an episode of random play does not end within {MAX_MOVES:,} moves")


def require_actions(game: Game, state: State, player: int) -> bool:
    """Legal actions are there, ascending, and in range."""
    actions = list(state.actions(player))
    require(actions, game, f"player {player} is to move but has no legal action")
    require(actions == sorted(set(actions)), game, f"legal actions {actions} are not ascending")
    require(actions[0] >= 0 and actions[-1] < game.num_actions, game, f"actions {actions} leave 0 … num_actions - 1")
    return True


def check_states(game: Game, seed: int, episodes: int) -> None:
    """States over whole random episodes: who moves, actions, chance, returns, observations, immutability."""
    rng = np.random.default_rng(seed)
    low, high = observation_bounds(game)
    slack = 1e-9 * max(1.0, abs(game.min_utility), abs(game.max_utility))
    for _ in range(episodes):
        before: tuple[State, Any] | None = None
        for state, joint in random_play(game, rng):
            if before is not None:
                require(equal(before[1], face(game, before[0])), game, "a state changes when `apply` is called on it")
            movers = state.to_move()
            require(isinstance(movers, tuple), game, f"to_move() must be a tuple, got {type(movers).__name__}")
            if movers == (CHANCE,):
                require(game.has_chance, game, "has_chance is False, but there is a chance node")
                outcomes = [outcome for outcome, _ in state.chance()]
                weights = [probability for _, probability in state.chance()]
                require(len(set(outcomes)) == len(outcomes), game, f"chance outcomes {outcomes} repeat")
                proper = min(weights) > 0 and abs(sum(weights) - 1) < 1e-9
                require(proper, game, f"chance probabilities {weights} are not positive or do not sum to 1")
            else:
                players = list(range(game.num_players))
                require(list(movers) == sorted(set(movers) & set(players)), game, f"to_move() is {movers}")
                require(not game.simultaneous or list(movers) in ([], players), game, "a move is not simultaneous")
                for player in movers:
                    texts = [state.action_text(player, a) for a in state.actions(player)]
                    require(len(set(texts)) == len(texts), game, f"two actions have one name: {texts}")
                    check_illegal(game, state, movers, joint, player)
                for player in players:
                    seen = state.observe(player)
                    require(
                        isinstance(seen, np.ndarray) and seen.dtype == np.float32, game, "observe() is no float32 array"
                    )
                    require(seen.size == game.observation_size, game, f"an observation has {seen.size} numbers")
                    inside = np.isfinite(seen).all() and seen.min() >= low and seen.max() <= high
                    require(inside, game, f"an observation leaves its bounds {low} … {high} (see observation_bounds)")
            returns = np.asarray(state.returns(), np.float64)
            require(returns.shape == (game.num_players,), game, f"returns() has shape {returns.shape}")
            require(np.isfinite(returns).all(), game, f"returns {returns} are not finite")
            if not movers:
                inside = (returns >= game.min_utility - slack).all() and (returns <= game.max_utility + slack).all()
                limits = f"{game.min_utility} … {game.max_utility}"
                require(inside, game, f"returns {returns} leave the declared range {limits}")
                if game.zero_sum:
                    require(abs(returns.sum()) <= slack * game.num_players, game, f"returns {returns} do not sum to 0")
            require(isinstance(state.render(), str), game, "render() is no text")
            before = (state, face(game, state))


def face(game: Game, state: State) -> tuple[Any, ...]:
    """Everything that a state shows."""
    movers = state.to_move()
    if movers == (CHANCE,):
        return movers, [tuple(pair) for pair in state.chance()]
    knows = [(key_text(state.info(p)), state.observe(p)) for p in range(game.num_players)] if movers else []
    return movers, [list(state.actions(p)) for p in movers], knows, np.asarray(state.returns(), np.float64)


def check_illegal(game: Game, state: State, movers: tuple[int, ...], joint: tuple[int, ...], player: int) -> None:
    """An action that is not legal raises ValueError."""
    wrong = next((a for a in range(game.num_actions + 1) if a not in state.actions(player)), None)
    chosen = [wrong if p == player else a for p, a in zip(movers, joint)]
    try:
        state.apply(chosen if len(chosen) > 1 else chosen[0])  # type: ignore[arg-type]
    except ValueError:
        return
    raise AssertionError(f"{game.id}: apply() takes the illegal action {wrong} of player {player} without a ValueError")


# -- compiled rules ----------------------------------------------------------------------------------------------------


def check_rules(game: RulesGame, seed: int, episodes: int) -> None:
    """Compiled rules equal themselves as plain Python, stay within their arrays, and only `apply` writes a state."""
    rng = np.random.default_rng(seed)
    setup = game.setup
    compiled = setup.rules.compiled()
    plain = Rules._make(getattr(function, "py_func", function) for function in compiled)
    for _ in range(episodes):
        for state, joint in random_play(game, rng):
            words = state.words  # type: ignore[attr-defined]
            movers, after = state.to_move(), []
            for rules in (compiled, plain):
                try:
                    after.append(run_rules(game, rules, words.copy(), movers, joint))
                except IndexError as error:
                    raise AssertionError(f"{game.id}: a rule leaves its arrays: {error}") from None
            for name, a, b in zip(after[0], after[0].values(), after[1].values()):
                require(equal(a, b), game, f"`{name}` differs compiled and interpreted: {a} and {b}")


def run_rules(
    game: RulesGame, rules: Rules, words: np.ndarray, movers: tuple[int, ...], joint: tuple[int, ...]
) -> dict:
    """What every rule says of one state; `apply` last."""
    setup, kept = game.setup, words.copy()
    said: dict[str, Any] = {"to_move": int(rules.to_move(setup.params, words))}
    if movers == (CHANCE,):
        outcomes, weights = np.zeros(setup.max_outcomes, np.int64), np.zeros(setup.max_outcomes)
        count = rules.chance(setup.params, words, outcomes, weights)
        said["chance"] = outcomes[:count], weights[:count]
    else:
        legal, known, seen = [], [], []
        for p in range(game.num_players):
            out, key = np.zeros(setup.num_actions, np.int64), np.zeros(setup.info_size, np.int64)
            if p in movers:
                count = rules.legal(setup.params, words, p, out)
                legal.append(out[:count])
            count = rules.info(setup.params, words, p, key)
            require(count <= setup.info_size, game, f"`info` says {count} words, info_size is {setup.info_size}")
            known.append(key[:count])
            seen.append(np.zeros(setup.observation_size, np.float32))
            rules.observe(setup.params, words, p, seen[p])
        said |= {"legal": legal, "info": known, "observe": seen}
    paid = np.zeros(game.num_players)
    rules.returns(setup.params, words, paid)
    said["returns"] = paid
    require(np.array_equal(words, kept), game, "a rule other than `apply` writes the state")
    if movers:
        actions = np.zeros(game.num_players, np.int64)
        for p, a in zip(movers, joint):
            actions[max(p, 0)] = a
        rules.apply(setup.params, words, actions)
        said["apply"] = words
    else:
        fresh = np.zeros(setup.state_size, np.int64)
        rules.init(setup.params, fresh)
        said["init"] = fresh
    return said


# -- environments that draw their own chance ---------------------------------------------------------------------------


def check_dynamics(game: EnvironmentGame, seed: int, steps: int) -> None:
    """Compiled functions equal themselves as plain Python; a view that writes only changes equals a whole one;
    observations keep their bounds; everybody has a legal action; what `extra` promises holds for returns."""
    setup, rng = game.setup, np.random.default_rng(seed)
    compiled = setup.dynamics.compiled()
    plain = Dynamics._make(getattr(function, "py_func", function) for function in compiled)
    low, high = setup.observation_bounds
    stream, words = np.array([seed_word(rng), 0], np.uint64), np.zeros(setup.state_size, np.int64)
    fresh, total = True, np.zeros(game.num_players)
    seen, may = blank_view(game)
    for step in range(steps):
        twin, twin_stream = words.copy(), stream.copy()
        if fresh:
            for functions, w, s in ((compiled, words, stream), (plain, twin, twin_stream)):
                w[:] = 0
                functions.reset(setup.params, w, s)
            seen, may = blank_view(game)
            reward, end, total = np.zeros(game.num_players), 0, np.zeros(game.num_players)
        else:
            actions = random_joint(game, may, rng)
            reward, twin_reward = np.zeros(game.num_players), np.zeros(game.num_players)
            end = compiled.advance(setup.params, words, actions, stream, reward)
            twin_end = plain.advance(setup.params, twin, actions.copy(), twin_stream, twin_reward)
            same = end == twin_end and np.allclose(reward, twin_reward, rtol=1e-9, atol=1e-12)
            require(same, game, f"`advance` differs compiled and interpreted at step {step}")
        require(equal(stream, twin_stream), game, "compiled and interpreted functions draw different numbers")
        kept = words.copy()
        compiled.view(setup.params, words, int(fresh), seen, may)
        require(np.array_equal(words, kept), game, "`view` writes the state")
        whole = blank_view(game)
        plain.view(setup.params, words, 1, *whole)
        require(np.allclose(seen, whole[0], rtol=1e-5, atol=1e-6), game, "a view after a step differs from a whole one")
        require(np.array_equal(may, whole[1]), game, "legal actions after a step differ from a whole view")
        inside = np.isfinite(seen).all() and seen.min() >= low and seen.max() <= high
        require(inside, game, f"an observation leaves its bounds {low} … {high} (see observation_bounds)")
        require(may.any(axis=1).all(), game, "a player has no legal action")
        if setup.common_payoff:
            require((reward == reward[0]).all(), game, f"common_payoff is declared, but rewards are {reward}")
        if setup.zero_sum:
            require(abs(reward.sum()) < 1e-9, game, f"zero_sum is declared, but rewards are {reward}")
        total += reward
        fresh = end != 0
        if fresh:
            slack = 1e-6 * max(1.0, float(np.abs(total).max()))
            inside = total.min() >= game.min_utility - slack and total.max() <= game.max_utility + slack
            require(inside, game, f"returns {total} leave the declared range {game.min_utility} … {game.max_utility}")


def blank_view(game: Game) -> tuple[np.ndarray, np.ndarray]:
    """Zeroed observations float32[P, O] and masks bool[P, A]."""
    players = game.num_players
    return np.zeros((players, game.observation_size), np.float32), np.zeros((players, game.num_actions), bool)


def random_joint(game: EnvironmentGame, may: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Everybody's random legal action, in the words that `advance` takes."""
    if game.setup.continuous:
        return rng.uniform(*game.setup.action_bounds, game.num_players * game.num_actions).view(np.int64)
    return np.array([rng.choice(np.flatnonzero(row)) for row in may], np.int64)


def check_pictures(game: EnvironmentGame, seed: int) -> None:
    """Every render mode gives what PettingZoo expects of it."""
    env: Any = game.parallel_env(render_mode="ansi")
    env.reset(seed=seed)
    require(isinstance(env.render(), str), game, "render() in mode ansi is no text")
    if "rgb_array" in env.metadata["render_modes"]:
        env = game.parallel_env(render_mode="rgb_array")
        env.reset(seed=seed)
        image = env.render()
        proper = image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
        require(proper, game, "render() in mode rgb_array is no uint8[H, W, 3]")


# -- batched environments ----------------------------------------------------------------------------------------------


def check_kernel(game: RulesGame, seed: int, steps: int) -> None:
    """The kernel's batch equals, number for number, a walk over `State`s with the same actions and chance outcomes."""
    rng = np.random.default_rng(seed)
    kernel, walk = RulesVectorEnv(game, 3, seed), StateVectorEnv(game, 3, seed)
    shown: tuple[np.ndarray, ...] = kernel.reset()
    expected: tuple[np.ndarray, ...] = walk.reset()
    for step in range(steps):
        require(equal(shown, expected), game, f"the batch differs from a walk over its states at step {step}")
        for name in ("final_obs", "to_move"):
            same = equal(getattr(kernel, name), getattr(walk, name))
            require(same, game, f"the batch's {name} differs from a walk over its states at step {step}")
        actions = kernel.random_actions(rng)
        shown, expected = kernel.step(actions), walk.step(actions)


def check_batch(game: Game, seed: int, steps: int) -> None:
    """Shapes, types, masks, seeds, snapshots, refusals and memory of the batched environment."""
    rng = np.random.default_rng(seed)
    batch, twin, wider = game.vector_env(3, seed), game.vector_env(3, seed), game.vector_env(5, seed)
    first = batch.reset()
    require(equal(first, twin.reset()), game, "two batches with one seed begin differently")
    require(equal(first, tuple(a[:3] for a in wider.reset())), game, "an environment's run depends on their number")
    kept: list[tuple[Any, Any]] = []
    tape: list[tuple[np.ndarray, Any]] = []
    obs, legal = first
    snapshot = batch.save()
    for step in range(steps):
        actions = batch.random_actions(rng)
        check_arrays(game, batch, obs, legal, actions)
        if step == steps // 2:
            refuses(game, batch, actions, legal)
            snapshot, tape = batch.save(), []
        shown = batch.step(actions)
        tape.append((actions, shown))
        require(equal(shown, twin.step(actions)), game, f"two batches with one seed differ at step {step}")
        more = np.concatenate([actions, wider.random_actions(rng)[3:]])
        require(
            equal(shown, tuple(a[:3] for a in wider.step(more))), game, "a run depends on the number of environments"
        )
        kept.append((shown, tuple(a.copy() for a in shown)))
        obs, reward, done, legal = shown
        require((reward.dtype, reward.shape) == (np.float64, (3, game.num_players)), game, "reward is no float64[B, P]")
        require((done.dtype, done.shape) == (bool, (3, game.num_players)), game, "done is no bool[B, P]")
    for shown, copies in kept:
        require(equal(shown, copies), game, "a later step writes into arrays that were returned before")
    for again in range(2):
        batch.restore(snapshot)
        for actions, shown in tape:
            require(equal(shown, batch.step(actions)), game, f"the run after restore number {again + 1} is another one")
    require(equal(batch.reset(seed=seed), first), game, "reset(seed) does not repeat the first run")


def check_arrays(game: Game, batch: VectorEnv, obs: np.ndarray, legal: np.ndarray, actions: np.ndarray) -> None:
    """Shapes, types and masks of what a batch shows."""
    b, p = batch.num_envs, game.num_players
    require((obs.dtype, obs.shape) == (np.float32, (b, p, game.observation_size)), game, "obs is no float32[B, P, O]")
    require((legal.dtype, legal.shape) == (bool, (b, p, game.num_actions)), game, "legal is no bool[B, P, A]")
    require(np.array_equal(legal.any(axis=2), batch.to_move), game, "legal rows and to_move disagree")
    require(np.isfinite(obs).all(), game, "an observation is not finite")
    require(batch.state().shape[0] == b, game, "state() has not one row for each environment")
    require(not np.shares_memory(obs, batch._obs), game, "obs is the batch's own buffer, though copy is True")
    if is_continuous(game):
        require(legal.all(), game, "legal is not all True, though actions are continuous")
        return
    chosen = np.take_along_axis(legal, np.maximum(actions, 0)[..., None], axis=2)[..., 0]
    require(np.array_equal(chosen, batch.to_move), game, "random_actions draws what is not legal")


def refuses(game: Game, batch: VectorEnv, actions: np.ndarray, legal: np.ndarray) -> None:
    """An illegal action of a player to move raises ValueError, and no environment moves."""
    if not legal.any():
        return
    if is_continuous(game):
        wrong = actions.copy()
        wrong[-1, -1, -1] = np.nan
        try:
            batch.step(wrong)
        except ValueError:
            return
        raise AssertionError(f"{game.id}: the batch takes an action that is not a number without a ValueError")
    e, p = np.argwhere(legal.any(axis=2))[-1]
    wrong = actions.copy()
    wrong[e, p] = int(np.argmin(legal[e, p])) if not legal[e, p].all() else game.num_actions
    before = batch.save()
    try:
        batch.step(wrong)
    except ValueError as error:
        named = all(part in str(error) for part in (f"environment {e}", f"action {wrong[e, p]}", f"player {p}"))
        require(named, game, f"the error for an illegal action does not name who and what: {error}")
        require(equal(before.arrays, batch.save().arrays), game, "a refused step has moved the batch")
        return
    raise AssertionError(f"{game.id}: the batch takes the illegal action {wrong[e, p]} without a ValueError")


def is_continuous(game: Game) -> bool:
    """Whether actions are numbers rather than choices."""
    return isinstance(game, EnvironmentGame) and game.setup.continuous


# -- PettingZoo --------------------------------------------------------------------------------------------------------


def check_aec(game: Game, seed: int, episodes: int) -> None:
    """The AEC face over whole episodes: two instances alike, spaces, masks, keys, and the same run as the batch."""
    rng = np.random.default_rng(seed)
    env, twin, batch = game.aec_env(), game.aec_env(), game.vector_env(1, seed)
    obs, legal = batch.reset()
    agents = env.possible_agents
    for episode in range(episodes):
        for each in (env, twin):
            each.reset(seed=seed if episode == 0 else None)
        total = dict.fromkeys(agents, 0.0)
        while env.agents:
            movers = np.flatnonzero(batch.to_move[0])
            actions = np.full_like(batch._actions, -1)
            over = env.terminations[env.agent_selection] or env.truncations[env.agent_selection]
            for agent in env.agents[:] if over else [agents[p] for p in movers]:
                require(env.agent_selection == agent, game, f"{env.agent_selection} is selected instead of {agent}")
                shown = env.last()
                require(equal(shown, twin.last()), game, "two AEC environments with one seed differ")
                check_spaces(game, env, env.observe)
                require(list(env.rewards) == env.agents, game, "rewards are not those of the living agents")
                total[agent] += shown[1]
                if not over:
                    p = agents.index(agent)
                    seen, mask = parts(shown[0])
                    require(equal(seen, obs[0, p]), game, "AEC and batch observe differently")
                    if mask is None:
                        low, high = game.setup.action_bounds  # type: ignore[attr-defined]
                        actions[0, p] = rng.uniform(low, high, game.num_actions)
                        chosen: Any = actions[0, p]
                    else:
                        require(equal(mask.astype(bool), legal[0, p]), game, "AEC and batch masks differ")
                        actions[0, p] = rng.choice(np.flatnonzero(mask))
                        chosen = np.int32(actions[0, p])
                for each in (env, twin):
                    each.step(None if over else chosen)
            if not over:
                obs, reward, done, legal = batch.step(actions)
                paid = np.array([env.rewards[agent] for agent in agents])
                require(
                    np.array_equal(paid, reward[0]), game, f"AEC rewards {paid} differ from the batch's {reward[0]}"
                )
                ends = env.terminations[agents[0]], env.truncations[agents[0]]
                require(bool(done[0].all()) == any(ends), game, "AEC and batch end at different times")
                require(bool(batch.truncated[0]) == ends[1], game, "AEC and batch differ on truncation")
            elif not movers.size:  # an episode in which nobody ever moved
                obs, _, _, legal = batch.step(actions)
        returns = np.asarray(env.position.returns(), np.float64)
        close = np.allclose(list(total.values()), returns, rtol=1e-9, atol=1e-9)
        require(close, game, f"the rewards of an episode sum to {total}, its returns are {returns}")


def parts(shown: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """A PettingZoo observation as (observation, mask or None)."""
    return (shown["observation"], shown["action_mask"]) if isinstance(shown, dict) else (shown, None)


def check_spaces(game: Game, env: Any, observe: Callable[[str], Any]) -> None:
    """Every agent's observation is in its space, and the global state in its own."""
    for agent in env.agents:
        space = env.observation_space(agent)
        require(space is env.observation_space(agent), game, "observation_space() makes a new space at each call")
        require(
            env.action_space(agent) is env.action_space(agent), game, "action_space() makes a new space at each call"
        )
        require(space.contains(observe(agent)), game, f"the observation of {agent} is not in its space")
    require(env.state_space.contains(env.state()), game, "state() is not in state_space")


def check_parallel(game: Game, seed: int, episodes: int) -> None:
    """The parallel face equals the batch, over whole episodes; a game of turns refuses to have one."""
    if not game.simultaneous:
        try:
            game.parallel_env()
        except ValueError:
            return
        raise AssertionError(f"{game.id}: players take turns, but there is a parallel environment")
    rng = np.random.default_rng(seed)
    env, batch = game.parallel_env(), game.vector_env(1, seed)
    obs, legal = batch.reset()
    agents = env.possible_agents
    for episode in range(episodes):
        seen, infos = env.reset(seed=seed if episode == 0 else None)
        require(list(seen) == list(infos) == agents, game, "reset() does not speak of every agent")
        while env.agents:
            check_spaces(game, env, seen.__getitem__)
            shown = [parts(seen[a]) for a in agents]
            require(equal(np.array([a for a, _ in shown]), obs[0]), game, "parallel and batch differ")
            if not is_continuous(game):
                masks = np.array([mask for _, mask in shown]).astype(bool)
                require(equal(masks, legal[0]), game, "parallel and batch masks differ")
            actions = batch.random_actions(rng)
            seen, rewards, terminated, truncated, infos = env.step(dict(zip(agents, actions[0])))
            for said in (seen, rewards, terminated, truncated, infos):
                require(list(said) == agents, game, "step() does not speak of exactly the agents who were alive")
            obs, reward, done, legal = batch.step(actions)
            require(list(rewards.values()) == reward[0].tolist(), game, "parallel and batch rewards differ")
            ends = {terminated[a] or truncated[a] for a in agents}
            require(ends == {bool(done[0].all())}, game, "parallel and batch end at different times")
            require(
                set(truncated.values()) == {bool(batch.truncated[0])}, game, "parallel and batch differ on truncation"
            )
        require(env.step({}) == ({}, {}, {}, {}, {}), game, "step() after the end does not return five empty dicts")


# -- the tree ----------------------------------------------------------------------------------------------------------


def check_tree(game: Game, max_histories: int) -> None:
    """The tree equals a walk over `State`s, history by history; nothing is compared where there are too many."""
    walked = list(walk(game, max_histories))
    if not walked:
        return
    try:
        tree = game.tree()
    except ValueError as error:
        raise AssertionError(f"{game.id}: the tree cannot be built: {error}") from None
    require(tree.num_histories == len(walked), game, f"the tree has {tree.num_histories} histories, not {len(walked)}")
    rows = infoset_observations(game)
    keys: dict[tuple[int, Any], int] = {}
    nodes = [0]
    for state, player, reach in walked:
        node = nodes.pop()
        index, first, count = int(tree.node_index[node]), int(tree.node_first[node]), int(tree.node_count[node])
        nodes.extend(range(first + count - 1, first - 1, -1))
        check_node(game, tree, node, state, player, reach)
        if player is not None and player != CHANCE:
            infoset = keys.setdefault((player, state.info(player)), index)
            require(infoset == index, game, f"information set {state.info(player)!r} is split or joined in the tree")
            seen = np.asarray(state.observe(player)).reshape(-1)
            told = f"observations differ within information set {tree.keys[index]!r} of player {player}"
            require(np.array_equal(seen, rows[index]), game, told)
    require(len(keys) == tree.num_infosets, game, f"{len(keys)} information sets, the tree has {tree.num_infosets}")
    require(tree.zero_sum == game.zero_sum, game, f"declared zero_sum={game.zero_sum}, the tree says {tree.zero_sum}")
    low, high, slack = tree.leaf_utility.min(), tree.leaf_utility.max(), 1e-9 * max(1.0, tree.utility_range)
    inside = low >= game.min_utility - slack and high <= game.max_utility + slack
    require(inside, game, f"utilities from {low} to {high} leave {game.min_utility} … {game.max_utility}")


def check_node(game: Game, tree: GameTree, node: int, state: State, player: int | None, reach: float) -> None:
    """One history of the tree against its state."""
    index, first, count = int(tree.node_index[node]), int(tree.node_first[node]), int(tree.node_count[node])
    acts, labels = int(tree.node_player[node]), tree.node_label[first : first + count].tolist()
    if player is None:
        require(acts == END, game, f"history {node} ends, but not in the tree")
        require(np.array_equal(tree.leaf_utility[index], state.returns()), game, f"utilities of leaf {index} differ")
        require(np.isclose(tree.leaf_chance[index], reach, rtol=1e-12), game, f"chance reach of leaf {index} differs")
        return
    options = [outcome for outcome, _ in state.chance()] if player == CHANCE else list(state.actions(player))
    require(
        (acts, labels) == (player, options), game, f"history {node}: {(player, options)}, the tree has {(acts, labels)}"
    )
    if player != CHANCE:
        require(tree.keys[index] == key_text(state.info(player)), game, f"the key of information set {index} differs")


def walk(game: Game, limit: int) -> Sequence[tuple[State, int | None, float]]:
    """(state, player to choose or None at the end, chance reach) of every history, depth first; none if over the limit.

    Those who move at the same time choose one after the other.
    """
    found: list[tuple[State, int | None, float]] = []
    stack: list[tuple[State, tuple[int, ...], float]] = [(game.root(), (), 1.0)]
    while stack:
        state, chosen, reach = stack.pop()
        movers = state.to_move()
        player = movers[len(chosen)] if movers else None
        found.append((state, player, reach))
        if len(found) + len(stack) > limit:
            return []
        if player == CHANCE:
            stack.extend((state.apply(o), (), reach * weight) for o, weight in reversed(state.chance()))
        elif player is not None:
            for action in reversed(state.actions(player)):
                joint = (*chosen, action)
                if len(joint) < len(movers):
                    stack.append((state, joint, reach))
                else:
                    stack.append((state.apply(joint if len(joint) > 1 else action), (), reach))
    return found
