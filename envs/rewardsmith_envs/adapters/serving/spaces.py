"""Between a suite's spaces and plain arrays."""

import numpy as np


class SpaceError(Exception):
    """A space that no reward search can use yet."""


class Actions:
    """Actions in [-1, 1] as an environment wants them."""

    def __init__(self, space, scale):
        """Take the bounds of a box; where they are infinite, actions times ``scale``."""
        low, high = getattr(space, "low", None), getattr(space, "high", None)
        if low is None or high is None or len(getattr(space, "shape", None) or ()) != 1:
            raise SpaceError(
                "the action space is %s; a box of one dimension is needed, such as joint targets" % (space,)
            )
        bounded = np.isfinite(low) & np.isfinite(high)
        self.size, self.kind = len(low), space.dtype
        self._middle = np.where(bounded, (low.astype(np.float64) + high) / 2, 0.0)
        self._half = np.where(bounded, (high.astype(np.float64) - low) / 2, np.asarray(scale, np.float64))

    def of(self, actions):
        """Rows of actions in the environment's own units."""
        return (self._middle + np.clip(actions, -1.0, 1.0) * self._half).astype(self.kind)


def observer(obs, wanted):
    """A function that makes a policy's input of an observation.

    Args:
        obs: An observation.
        wanted: Keys of a dictionary, nested ones with a slash; none: all, in its order.
    """
    if not isinstance(obs, dict):
        if wanted:
            raise SpaceError("observation names %s, but this one is a plain array" % ", ".join(wanted))
        if np.asarray(obs).ndim > 1:
            raise SpaceError("an observation has shape %s; pictures cannot be used" % (np.shape(obs),))
        return lambda value: np.asarray(value, np.float32).reshape(-1)
    paths = paths_of(obs, wanted)

    def observe(value):
        return np.concatenate([np.asarray(at(value, path), np.float32).reshape(-1) for path in paths])

    return observe


def paths_of(obs, wanted):
    """Ways to the parts of a dictionary that are wanted, or to all."""
    paths = [key.split("/") for key in wanted] if wanted else list(_leaves(obs))
    for path in paths:
        at(obs, path)
    return paths


def _leaves(obs, path=()):
    for name, value in obs.items():
        if isinstance(value, dict):
            for leaf in _leaves(value, (*path, name)):
                yield leaf
        else:
            yield (*path, name)


def at(obs, path):
    """The part of a dictionary at the end of a way."""
    for name in path:
        if not isinstance(obs, dict) or name not in obs:
            known = ", ".join(map(str, obs)) if isinstance(obs, dict) else "no parts"
            raise SpaceError("the observation has no %r; it has %s" % ("/".join(path), known))
        obs = obs[name]
    return obs
