"""Equilibria of games in strategic form: payoff tensors for any number of players."""
