"""Looks at a live environment in its suite's interpreter, and says what it found in lines of JSON.

Started by :mod:`rewardsmith_envs.adapters.looking`. What may end the process comes last.
"""

import importlib
import json
import os
import sys
import time

import serve

_MORE, _MORE_SECONDS = 8, 10.0
"""Environments that are made to see how much memory one takes."""
_PACKAGES = ("gymnasium", "numpy", "mujoco", "envpool", "pybullet", "scipy", "torch")


class _Tools:
    """Our own modules, which are known once this package is."""

    def __init__(self, backend):
        name = serve.own_package()
        modules = ("spaces", "proposals", "playing", "readers", "frames", serve.BACKENDS[backend])
        found = [importlib.import_module(name + "." + module) for module in modules]
        self.spaces, self.proposals, self.playing, self.readers, _, self.pool = found


def _look(tools, spec, say):
    """Say in three lines: what was seen, what one environment takes, whether it draws."""
    if not hasattr(tools.pool, "make_one"):
        raise ValueError(
            "environments of %s cannot be drafted. Draft the same one of its own suite, then change "
            "`backend` and the readers" % spec["backend"]
        )
    one = tools.pool.make_one(spec)
    obs, _ = one.reset(seed=0)
    observe = tools.spaces.observer(obs, ())
    actions = tools.spaces.Actions(one.action_space, 1.0)
    wanted = tools.proposals.propose(one, obs)
    player = tools.playing.Player(one, observe, actions, _limit(spec, one))
    say(
        observation=tools.proposals.parts(obs),
        actions=_bounds(one.action_space, actions.size),
        scene=tools.proposals.scene(one),
        limit=_limit(spec, one) or 0,
        played=player.play(wanted, spec["seconds"]),
        seeds=tools.playing.seeds(one, lambda: tools.pool.make_one(spec), observe, actions),
        second=_second(one),
        packages=_packages(one),
        modes=[str(mode) for mode in (getattr(one, "metadata", None) or {}).get("render_modes", [])],
    )
    say(memory_mb=_memory(lambda: tools.pool.make_one(spec)))
    say(camera=_draws(tools, spec))


def _limit(spec, env):
    """Control steps of an episode, as the suite has it registered."""
    if spec["backend"] == "gymnasium":
        import gymnasium

        return gymnasium.spec(spec["environment"]).max_episode_steps
    limit = getattr(type(env.unwrapped), "max_path_length", None)
    return limit if isinstance(limit, int) else None


def _bounds(space, size):
    import numpy as np

    sound = bool(np.isfinite(space.low).all() and np.isfinite(space.high).all())
    return {"size": size, "bounded": sound, "low": float(space.low.min()), "high": float(space.high.max())}


def _second(env):
    """Seconds of a control step, and where that was found."""
    found = getattr(env.unwrapped, "dt", None)
    if isinstance(found, (int, float)) and found > 0:
        return {"seconds": float(found), "source": "its `dt`"}
    rate = (getattr(env, "metadata", None) or {}).get("render_fps")
    if rate:
        return {"seconds": 1.0 / float(rate), "source": "its `render_fps`"}
    return {"seconds": 0.0, "source": ""}


def _packages(env):
    """The distribution that the environment's class is from, and what usually simulates."""
    from importlib import metadata

    names = [name for name in _PACKAGES if name in sys.modules]
    top = type(env.unwrapped).__module__.partition(".")[0]
    for found in metadata.distributions():
        read = found.read_text
        listed = (read("top_level.txt") or "").split()
        if top in listed or found.metadata["Name"].replace("-", "_") == top:
            names.insert(0, found.metadata["Name"])
            break
    names = sorted(set(names), key=names.index)
    return {name: version for name, version in serve.versions(names).items() if name != "python"}


def _resident():
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def _memory(make):
    """Megabytes of one environment more."""
    before, began, envs = _resident(), time.time(), []
    while len(envs) < _MORE and time.time() - began < _MORE_SECONDS:
        envs.append(make())
        envs[-1].reset(seed=len(envs))
    taken = (_resident() - before) / len(envs)
    for env in envs:
        env.close()
    return max(0.0, taken)


def _draws(tools, spec):
    """Why it draws no pictures; nothing: it does."""
    try:
        env = tools.pool.make_one(dict(spec, render=True))
        env.reset(seed=0)
        picture = env.render()
        env.close()
        return "" if len(getattr(picture, "shape", ())) == 3 else "render() gave no picture"
    except Exception as error:  # the boundary, as in serve.py
        return "%s: %s" % (type(error).__name__, str(error)[:200])


def main():
    """Look at one environment; the request comes on standard input, as JSON."""
    serve.die_with_parent()
    asked, answers = serve.claim_pipes()
    spec = json.loads(asked.read().decode())

    def say(**found):
        answers.write(json.dumps(found).encode() + b"\n")
        answers.flush()

    try:
        for folder in reversed(spec["path"]):
            sys.path.insert(0, folder)
        _look(_Tools(spec["backend"]), spec, say)
    except Exception as error:  # the boundary, as in serve.py
        say(failed=serve.failure(error))


if __name__ == "__main__":
    main()
