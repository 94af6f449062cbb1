"""A pool of Meta-World's own classes, each episode with a goal of its own."""

from . import gymnasium_pool
from .gymnasium_pool import UnusableError


def make_one(spec):
    """One environment of a task such as ``push-v3``, seeded whenever it is reset."""
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS

    name = spec["environment"]
    if name not in ALL_V3_ENVIRONMENTS:
        raise UnusableError(
            "Meta-World has no %r; it has %s" % (name, ", ".join(sorted(ALL_V3_ENVIRONMENTS)))
        )
    arguments = dict(spec["arguments"])
    if spec["render"]:
        arguments["render_mode"] = "rgb_array"
    env = _seeded(ALL_V3_ENVIRONMENTS[name])(**arguments)
    # a new goal at every reset, drawn from the environment's own generator, and observed
    env._freeze_rand_vec, env.seeded_rand_vec, env._set_task_called = False, True, True
    env._partially_observable = False
    env.__dict__.pop("sawyer_observation_space", None)  # it was cached without the goal
    env.max_path_length = 1 << 30  # the horizon is not its business
    return env


def _seeded(plain):
    """Its ``reset`` ignores the seed, and ``seed`` does what that should."""

    class Seeded(plain):
        def reset(self, seed=None, options=None):
            if seed is not None:
                self.seed(seed)
            return super(Seeded, self).reset()

    return Seeded


class Pool(gymnasium_pool.Pool):
    """Environments that are stepped row by row."""

    def __init__(self, spec, count):
        """Make ``count`` environments; they stay until :meth:`close`."""
        gymnasium_pool.Pool.__init__(self, spec, count, make_one)
