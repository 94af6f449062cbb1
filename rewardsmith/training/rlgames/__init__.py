"""The papers' trainer: rl-games' PPO, one program per process at a time, on the same environments, rewards and scores."""
