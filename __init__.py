"""ludus: declare a game once, then solve it, learn it, play it in a league and rate the players."""
