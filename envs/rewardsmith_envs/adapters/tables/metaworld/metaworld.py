"""Velocities of Meta-World's observation, which shows the previous control step too."""

CONTROL_DT = 0.0125


def _velocity(obs, first):
    """Of one observation or of a batch, in m/s; the previous frame begins 18 numbers later."""
    return (obs[..., first : first + 3] - obs[..., first + 18 : first + 21]) / CONTROL_DT


def tcp_vel(env, obs, info):
    """The hand's."""
    return _velocity(obs, 0)


def object_vel(env, obs, info):
    """The first object's."""
    return _velocity(obs, 4)


def second_vel(env, obs, info):
    """The second object's."""
    return _velocity(obs, 11)
