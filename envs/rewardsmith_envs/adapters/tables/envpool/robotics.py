"""Velocities of Fetch's observation, which has them per control step, in m/s and rad/s."""

CONTROL_DT = 0.04


def tcp_vel(env, obs, info):
    """The gripper's."""
    return obs["observation"][..., 20:23] / CONTROL_DT


def reach_tcp_vel(env, obs, info):
    """The gripper's where there is no object."""
    return obs["observation"][..., 5:8] / CONTROL_DT


def object_lin_vel(env, obs, info):
    """The object's; the observation has it relative to the gripper's."""
    return obs["observation"][..., 14:17] / CONTROL_DT + tcp_vel(env, obs, info)


def object_ang_vel(env, obs, info):
    """The object's."""
    return obs["observation"][..., 17:20] / CONTROL_DT
