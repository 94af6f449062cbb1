"""A pool of ordinary Gymnasium environments, each reset and seeded by us."""

import importlib
import os

import numpy as np

from . import frames, readers, spaces


class UnusableError(Exception):
    """The environment cannot be used as the task file says; the text says what to do."""


def make_one(spec):
    """One environment, without the time limits and checks that gymnasium would put around it."""
    import gymnasium

    for module in spec["imports"]:
        found = importlib.import_module(module)
        if hasattr(found, "register_envs"):
            found.register_envs()
    maker = spec["environment"]
    if maker.endswith(")") or ".py:" in maker:
        raise UnusableError("environment is %r; give a Gymnasium id, or module:Id" % maker)
    arguments = dict(spec["arguments"])
    if spec["render"]:
        arguments["render_mode"] = "rgb_array"
        if not os.environ.get("DISPLAY"):
            os.environ.setdefault("MUJOCO_GL", "egl")  # its default wants a window
    env = gymnasium.make(maker, disable_env_checker=True, max_episode_steps=-1, **arguments)
    return env


class Pool:
    """Environments that are stepped row by row."""

    def __init__(self, spec, count, make=make_one):
        """Make ``count`` environments; they stay until :meth:`close`."""
        self.spec = spec
        self.envs = [make(spec) for _ in range(count)]
        self.rows = []
        first = self.envs[0]
        self.actions = spaces.Actions(first.action_space, spec.get("action_scale", 1.0))
        obs, _ = first.reset(seed=0)
        self.observe = spaces.observer(obs, spec["observation"])
        self.inputs = len(self.observe(obs))
        self._bind()

    def _bind(self):
        """Readers of every environment; each holds on to its own scene."""
        spec, folder = self.spec, self.spec["folder"]
        for env in self.envs:
            row = _Row(env)
            row.signals = [readers.make(reader, env, folder) for reader in spec["signals"]]
            row.success = readers.make(spec["success"], env, folder) if spec["success"] else None
            row.metric = readers.make(spec["metric"], env, folder) if spec["metric"] else None
            row.native = readers.make(spec["native"], env, folder) if spec["native"] else None
            self.rows.append(row)

    def start(self, rows, seeds):
        """Begin episodes, each from its own seed; their first observations."""
        out = np.empty((len(rows), self.inputs), np.float32)
        for number, (row, seed) in enumerate(zip(rows, seeds)):
            obs, _ = self.rows[row].env.reset(seed=int(seed) & 0x7FFFFFFF)
            out[number] = self._observed(obs)
        return out

    join = again = start

    def step(self, rows, actions):
        """One control step of some rows.

        Returns:
            Observations, signals behind one another, scores, native rewards, flags.
        """
        count = len(rows)
        obs_out = np.empty((count, self.inputs), np.float32)
        read = np.empty((count, self.spec["width"]), np.float32)
        native = np.empty(count, np.float32)
        score = np.zeros(count, np.float32)
        flags = np.zeros(count, np.uint8)
        actions = self.actions.of(actions)
        for number in range(count):
            row = self.rows[rows[number]]
            obs, reward, terminated, truncated, info = row.env.step(actions[number])
            obs_out[number] = self._observed(obs)
            at = 0
            for reader in row.signals:
                value = reader(obs, info)
                read[number, at : at + len(value)] = value
                at += len(value)
            native[number] = row.native(obs, info)[0] if row.native else reward
            if row.metric is not None:
                score[number] = row.metric(obs, info)[0]
            flags[number] = (
                (frames.SUCCESS if row.success is not None and row.success(obs, info)[0] > 0.5 else 0)
                | (frames.TERMINATED if terminated else 0)
                | (frames.TRUNCATED if truncated else 0)
            )
        sound = np.isfinite(obs_out).all(axis=1) & np.isfinite(read).all(axis=1) & np.isfinite(score)
        flags[~sound] |= frames.BROKEN
        return obs_out, read, score, native, flags

    def _observed(self, obs):
        seen = self.observe(obs)
        if len(seen) != self.inputs:
            raise UnusableError(
                "the observation had %d numbers at first, and now %d. It must keep its size: pad it, or "
                "leave out what comes and goes" % (self.inputs, len(seen))
            )
        return seen

    def check_widths(self, widths, names):
        """Every reader gives as many numbers as the file says."""
        env = self.envs[0]
        env.reset(seed=0)
        obs, _, _, _, info = env.step(self.actions.of(np.zeros((1, self.actions.size)))[0])
        for reader, width, name in zip(self.rows[0].signals, widths, names):
            got = len(reader(obs, info))
            if got != width:
                raise UnusableError(
                    "the signal %s has %d numbers, and its shape says %d" % (name, got, width)
                )

    def render(self, row):
        """A picture of one environment, (height, width, 3) uint8."""
        picture = self.rows[row].env.render()
        if picture is None:
            raise UnusableError("the environment draws nothing with render_mode rgb_array")
        return np.asarray(picture, np.uint8)

    def close(self):
        """Close all of them."""
        for env in self.envs:
            env.close()


class _Row:
    def __init__(self, env):
        self.env = env
        self.signals, self.success, self.metric, self.native = [], None, None, None
