"""When cube A counts as stacked, as IsaacGymEnvs has it."""

import torch


def met(env, obs, info):
    """Over cube B, resting on it, and let go of."""
    states = env.states
    apart = states["cubeA_pos"] - states["cubeB_pos"]
    rest = (states["cubeA_size"] + states["cubeB_size"]).reshape(-1) / 2
    near, high = torch.norm(apart[:, :2], dim=-1) < 0.02, torch.abs(apart[:, 2] - rest) < 0.02
    return near & high & (torch.norm(states["cubeA_pos"] - states["eef_pos"], dim=-1) > 0.04)
