"""The papers' trainer: rl-games' PPO, one program per process at a time.

Environments, rewards and scores are the same.
"""
