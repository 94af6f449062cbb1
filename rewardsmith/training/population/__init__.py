"""PPO for a population: a slot per program, all in one simulation and set of matrix products."""
