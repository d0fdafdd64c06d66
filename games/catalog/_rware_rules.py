"""The rules of RWARE and what its robots see, as functions over a flat state (see `rware.py`)."""

from __future__ import annotations

from ..dynamics import RUNNING, TRUNCATED, Dynamics, draw_below, rule

# params: [width and cells of the padded grid, agents, requests, steps, sight, reward, shelves, cell of each goal, then
#         each cell's ground]; the grid has `sight` cells OUTSIDE around it
# state: [step, whether a request changed in it, then of each agent: cell, facing, loaded, delivered, cell it wants,
#         length of the row behind it (and then the shelf it moves), how it goes; then each cell's content]
# content: shelf + 4 · robot, where the shelf is 0 (none), SHELF or REQUESTED, the robot 0 or 1 + 4 · number + facing
# A robot carries the shelf of its own cell.
WIDTH, AREA, COUNT, REQUESTS, STEPS, SIGHT, REWARD, SHELVES, GOALS, GROUND = 0, 1, 2, 3, 4, 5, 6, 7, 8, 10
STEP, NEW_REQUEST, AGENTS = 0, 1, 2
CELL, FACING, LOADED, DELIVERED, WANTS, DEPTH, GOES, WORDS = range(8)
UP, DOWN, LEFT, RIGHT = range(4)
NOOP, FORWARD, TURN_LEFT, TURN_RIGHT, TOGGLE = range(5)
INDIVIDUAL, GLOBAL, TWO_STAGE = range(3)
OUTSIDE, HIGHWAY, SLOT, GOAL = range(4)
SHELF, REQUESTED = 1, 2
STAYS, LEADS_ON, TURNS, MOVES = range(4)

SELF, SENSED = 8, 7
"""Numbers that a robot sees of itself and of each cell."""


@rule
def cells_start(params):
    """Where the cells begin in the state."""
    return AGENTS + WORDS * params[COUNT]


@rule
def robot_on(params, content):
    """The place in the state of the robot on a cell with that content."""
    return AGENTS + WORDS * ((content - 4) >> 4)


@rule
def put_robot(params, state, cells, at):
    """Writes a robot onto its cell."""
    cell, number = cells + state[at + CELL], (at - AGENTS) // WORDS
    state[cell] = (state[cell] & 3) + 4 * (1 + 4 * number + state[at + FACING])


@rule
def reset(params, state, rng):
    area, cells = params[AREA], cells_start(params)
    for cell in range(area):
        state[cells + cell] = int(params[GROUND + cell] == SLOT)
    for a in range(params[COUNT]):
        cell = 0
        while params[GROUND + cell] == OUTSIDE or state[cells + cell] > 3:
            cell = draw_below(rng, area)
        at = AGENTS + WORDS * a
        state[at + CELL], state[at + FACING] = cell, draw_below(rng, 4)
        put_robot(params, state, cells, at)
    for r in range(params[REQUESTS]):
        request(params, state, cells, draw_below(rng, params[SHELVES] - r))


@rule
def request(params, state, cells, number):
    """Requests the shelf of that number among those that are not requested, row by row."""
    left = number
    for cell in range(cells, cells + params[AREA]):
        if state[cell] & 3 == SHELF:
            if left == 0:
                state[cell] += REQUESTED - SHELF
                return
            left -= 1


@rule
def step_of(params, facing):
    """What a step in a direction adds to a cell."""
    size = params[WIDTH] if facing <= DOWN else 1
    return -size if facing in (UP, LEFT) else size


@rule
def advance(params, state, actions, rng, reward):
    cells = cells_start(params)
    state[STEP] += 1
    state[NEW_REQUEST] = 0
    if wish(params, state, actions, cells):
        resolve(params, state, cells)
        drive(params, state, cells)
    for a in range(params[COUNT]):
        at = AGENTS + WORDS * a
        if actions[a] == TURN_LEFT or actions[a] == TURN_RIGHT:
            state[at + FACING], state[at + GOES] = turned(state[at + FACING], actions[a]), TURNS
            put_robot(params, state, cells, at)
        elif actions[a] == TOGGLE:
            if not state[at + LOADED]:
                state[at + LOADED] = int(state[cells + state[at + CELL]] & 3 != 0)
            elif params[GROUND + state[at + CELL]] == SLOT:
                if state[at + DELIVERED]:
                    reward[a] += 0.5
                state[at + LOADED], state[at + DELIVERED] = 0, 0
    for g in range(2):
        content = state[cells + params[GOALS + g]]
        if content & 3 == REQUESTED:
            request(params, state, cells, draw_below(rng, params[SHELVES] - params[REQUESTS]))
            state[cells + params[GOALS + g]] += SHELF - REQUESTED
            state[NEW_REQUEST] = 1
            at = robot_on(params, content)
            a = (at - AGENTS) // WORDS
            if params[REWARD] == GLOBAL:
                for b in range(params[COUNT]):
                    reward[b] += 1.0
            elif params[REWARD] == INDIVIDUAL:
                reward[a] += 1.0
            else:
                reward[a] += 0.5
                state[at + DELIVERED] = 1
    return TRUNCATED if state[STEP] == params[STEPS] else RUNNING


@rule
def turned(facing, action):
    """The direction after a turn."""
    if action == TURN_LEFT:
        return LEFT if facing == UP else DOWN if facing == LEFT else RIGHT if facing == DOWN else UP
    return RIGHT if facing == UP else DOWN if facing == RIGHT else LEFT if facing == DOWN else UP


@rule
def wish(params, state, actions, cells):
    """Writes the cell that each agent wants; a loaded one cannot go under a shelf, unless it is carried there.

    -> whether anybody wants to move.
    """
    anybody = False
    for a in range(params[COUNT]):
        at = AGENTS + WORDS * a
        wants = state[at + CELL]
        if actions[a] == FORWARD:
            ahead = wants + step_of(params, state[at + FACING])
            content = state[cells + ahead]
            carried = content > 3 and state[robot_on(params, content) + LOADED] != 0
            blocked = state[at + LOADED] and content & 3 and not carried
            if params[GROUND + ahead] != OUTSIDE and not blocked:
                wants, anybody = ahead, True
        state[at + WANTS], state[at + DEPTH], state[at + GOES] = wants, 0, STAYS
    return anybody


@rule
def resolve(params, state, cells):
    """Decides who moves: all who drive in a circle of three or more; of those who queue for a free cell the longest row
    of robots, and where equal rows meet, the one with the robot of the lowest number in front."""
    count = params[COUNT]
    for a in range(count):
        at = b = AGENTS + WORDS * a
        length = 1
        while state[b + WANTS] != state[b + CELL] and length <= count:
            state[b + DEPTH] = max(state[b + DEPTH], length)
            content = state[cells + state[b + WANTS]]
            if content <= 3:
                state[at + GOES] = LEADS_ON
                break
            b = robot_on(params, content)
            if b == at:
                state[at + GOES] = MOVES if length > 2 else STAYS
                break
            length += 1
    for a in range(count):
        at = AGENTS + WORDS * a
        leads = state[at + GOES] == LEADS_ON and state[cells + state[at + WANTS]] <= 3
        if leads and deepest(params, state, state[at + WANTS]) == at:
            while at >= 0:
                state[at + GOES] = MOVES
                at = deepest(params, state, state[at + CELL])
    for a in range(count):
        at = AGENTS + WORDS * a
        if state[at + GOES] == LEADS_ON:
            state[at + GOES] = STAYS


@rule
def deepest(params, state, cell):
    """Of the robots that want to drive to a cell the first with the longest row behind it; -1: there is none."""
    best, longest = -1, 0
    for a in range(params[COUNT]):
        at = AGENTS + WORDS * a
        if state[at + WANTS] == cell and state[at + DEPTH] > longest:
            best, longest = at, state[at + DEPTH]
    return best


@rule
def drive(params, state, cells):
    """Moves the robots that may go, with what they carry: all leave before any arrives."""
    for a in range(params[COUNT]):
        at = AGENTS + WORDS * a
        if state[at + GOES] == MOVES:
            cell = cells + state[at + CELL]
            state[cell] &= 3
            if state[at + LOADED]:
                state[at + DEPTH], state[cell] = state[cell], 0
    for a in range(params[COUNT]):
        at = AGENTS + WORDS * a
        if state[at + GOES] == MOVES:
            state[at + CELL] = state[at + WANTS]
            if state[at + LOADED]:
                state[cells + state[at + CELL]] = state[at + DEPTH]
            put_robot(params, state, cells, at)


@rule
def view(params, state, fresh, obs, legal):
    """What each robot sees of itself, and around it where something changed in the last step."""
    for p in range(params[COUNT]):
        at = AGENTS + WORDS * p
        if fresh:
            may = legal[p]
            for a in range(5):
                may[a] = True
        see_self(params, state, at, obs[p])
        if fresh or state[NEW_REQUEST] or state[at + GOES] == MOVES or stirred(params, state, at):
            see_around(params, state, at, obs[p])


@rule
def stirred(params, state, at):
    """Whether a robot that this one can see, or could before, has moved or turned."""
    width, reach = params[WIDTH], params[SIGHT] + 1
    for q in range(params[COUNT]):
        to = AGENTS + WORDS * q
        if state[to + GOES] >= TURNS:
            away = state[to + CELL] - state[at + CELL]
            if abs(away) <= reach * (width + 1):  # rows at most so far away; columns are not worth the division
                return True
    return False


@rule
def see_self(params, state, at, seen):
    """Column, row, loaded, facing, on a highway."""
    width, sight, cell, facing = params[WIDTH], params[SIGHT], state[at + CELL], state[at + FACING]
    row = cell // width
    seen[0], seen[1], seen[2] = cell - row * width - sight, row - sight, state[at + LOADED]
    seen[3], seen[4], seen[5], seen[6] = facing == UP, facing == DOWN, facing == LEFT, facing == RIGHT
    seen[7] = params[GROUND + cell] != SLOT


@rule
def see_around(params, state, at, seen):
    """Of each cell around: robot, its facing, shelf, requested."""
    width, sight = params[WIDTH], params[SIGHT]
    first, k = cells_start(params) + state[at + CELL] - sight * (width + 1), SELF
    for _ in range(2 * sight + 1):
        for cell in range(first, first + 2 * sight + 1):
            content = state[cell]
            robot, facing, shelf = content > 3, ((content >> 2) - 1) & 3, content & 3
            seen[k] = robot
            seen[k + 1] = not robot or facing == UP
            seen[k + 2], seen[k + 3] = robot and facing == DOWN, robot and facing == LEFT
            seen[k + 4] = robot and facing == RIGHT
            seen[k + 5], seen[k + 6] = shelf != 0, shelf == REQUESTED
            k += SENSED
        first += width


DYNAMICS = Dynamics.of(globals())
