"""What a mediator brings in the Sheriff game (Farina, Ling, Fang & Sandholm 2019), by concept and rounds of bribing.

A smuggler loads goods and offers bribes; the sheriff inspects or lets the cargo pass. The finer the concept, the later
a player may leave the mediator's recommendations; longer bargaining makes it easier to keep both in line.
"""

from __future__ import annotations

from ludus import solvers

GAME = "openspiel/sheriff(item_value=5.0,item_penalty=1.0,sheriff_penalty=1.0,max_items=10,max_bribe=2,num_rounds={})"

if __name__ == "__main__":
    print("rounds concept smuggler  sheriff  welfare      gap")
    for rounds in (1, 2):
        for concept in ("nfcce", "efcce", "efce"):
            found = solvers.correlated(GAME.format(rounds), concept)
            smuggler, sheriff = found.values
            print(f"{rounds:6} {concept:7} {smuggler:8.4f} {sheriff:8.4f} {found.objective:8.4f} {found.gap:8.0e}")
