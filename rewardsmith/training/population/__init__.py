"""PPO for a population: one slot per program, all slots in one simulation and one set of matrix products."""
