"""Importing this registers the ids."""

import gymnasium

gymnasium.register("Stand-In-Managed-v0", "isaaclab.envs:ManagerBasedRLEnv")
gymnasium.register("Stand-In-Direct-v0", "isaaclab.envs:DirectRLEnv")
