"""What mjlab's lifting task has behind calls, for all environments at once."""

import torch


def _target(env):
    return env.command_manager.get_term("lift_height").target_pos


def tcp_pos(env, obs, info):
    """The grasp site, seen from the place of its environment."""
    robot = env.scene["robot"]
    ids, _ = robot.find_sites("grasp_site")
    return robot.data.site_pos_w[:, ids[0]] - env.scene.env_origins


def goal_pos(env, obs, info):
    """Where the cube is to be lifted."""
    return _target(env) - env.scene.env_origins


def met(env, obs, info):
    """Cube at the goal."""
    return torch.norm(_target(env) - env.scene["cube"].data.root_link_pos_w, dim=-1) < 0.05
