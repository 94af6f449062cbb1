"""What Isaac Lab's cabinet has at a place that is looked up by name, for all environments."""


def _drawer(env, name):
    value = getattr(env._cabinet.data, name)
    return getattr(value, "torch", value)[:, env.drawer_joint_idx]  # wrapped since Isaac Lab 3.0


def opening(env, obs, info):
    """Of the top drawer, in m."""
    return _drawer(env, "joint_pos")


def opening_vel(env, obs, info):
    """Its speed, in m/s."""
    return _drawer(env, "joint_vel")


def met(env, obs, info):
    """Open, as the suite's own end has it."""
    return opening(env, obs, info) > 0.39
