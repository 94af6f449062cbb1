"""Screening before training: what a new program says of episodes that earlier candidates played.

A program that ranks failures above successes will hardly train a good policy, and one that ranks
all moments as an earlier program does will train the same policy again. Both show on stored
episodes, without a step of simulation.
"""
