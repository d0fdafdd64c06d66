"""A game of one's own as a Python `State`, in 40 lines: it gets a tree, solvers, environments and leagues.

One-card poker: each of two players antes 1 and is dealt one of `CARDS` cards. The first may check or bet 1; after a bet
the second folds or calls. The higher card wins.
"""

from __future__ import annotations

import ludus

CARDS = 12


@ludus.register("one_card_poker", title="One-card poker", tags=("card", "imperfect-information"))
class OneCardPoker(ludus.State):
    num_players, num_actions, zero_sum = 2, 2, True

    def __init__(self, cards=(), moves=()):
        self.cards, self.moves = cards, moves

    def to_move(self):
        if len(self.cards) < 2:
            return (ludus.CHANCE,)
        return () if self.moves[:1] == (0,) or len(self.moves) == 2 else (len(self.moves),)

    def chance(self):
        free = [c for c in range(CARDS) if c not in self.cards]
        return [(c, 1 / len(free)) for c in free]

    def actions(self, player):
        return (0, 1)  # check or fold, bet or call

    def apply(self, action):
        if len(self.cards) < 2:
            return OneCardPoker((*self.cards, action), self.moves)
        return OneCardPoker(self.cards, (*self.moves, action))

    def returns(self):
        if self.moves == (1, 0):
            return (1.0, -1.0)
        stake = 2.0 if self.moves == (1, 1) else 1.0
        return (stake, -stake) if self.cards[0] > self.cards[1] else (-stake, stake)

    def info(self, player):
        return f"{self.cards[player]}{'cb'[self.moves[0]] if self.moves else ''}"


if __name__ == "__main__":
    game = ludus.make("one_card_poker")
    solution = ludus.solve(game, "cfr+", target=1e-4)
    print(game.tree())
    print(solution)
    for card in range(CARDS):
        bets, calls = solution.policy[0, str(card)][1], solution.policy[1, f"{card}b"][1]
        print(f"card {card:2}: bets {bets:6.1%}   calls {calls:6.1%}")
