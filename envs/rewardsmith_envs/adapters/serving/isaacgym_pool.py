"""Isaac Gym Preview 4: tasks of IsaacGymEnvs 1.5.1, and others with the same ``VecTask``.

Written after its source and never run on the real thing.
"""

import importlib
import inspect

from . import batch_pool, readers


class IsaacGym(batch_pool.Simulation):
    """A task whose ``step`` simulates, resets rows marked one step before, then observes and marks.

    So a row that is marked shows its last state, and its reset is ours to do or to leave.
    """

    goes_on = True

    def __init__(self, spec):
        """Import Isaac Gym, which must come before torch, and make the one simulation."""
        importlib.import_module("isaacgym")
        import torch

        self.torch, self.size = torch, spec["batch"]
        self.device = "cuda:0" if spec["device"] == "cuda" else "cpu"
        for module in spec["imports"]:
            importlib.import_module(module)
        self.whole = self._made(spec)
        # Bi-DexHands puts a wrapper around the task
        self.env = getattr(self.whole, "task", self.whole)
        # read at every step; its own limit would mark rows one step before ours
        self.env.max_episode_length = batch_pool.ENDLESS
        self._reset_rows = getattr(self.env, "reset_idx", None) or self.env.reset
        self._goals_too = len(inspect.signature(self._reset_rows).parameters) > 1

    def _made(self, spec):
        arguments = {
            "seed": 0,
            "num_envs": self.size,
            "sim_device": self.device,
            "rl_device": self.device,
            "graphics_device_id": -1,
            "headless": True,
        }
        arguments.update(spec["arguments"])
        if ".py:" in spec["environment"]:
            return readers.load_function(spec["environment"], spec["folder"])(**arguments)
        import isaacgymenvs

        arguments.setdefault("force_render", False)
        return isaacgymenvs.make(task=spec["environment"], **arguments)

    def action_space(self):
        """Of the wrapper, where there is one."""
        space = self.whole.action_space
        return space.low, space.high

    def begin(self, seed):
        """Seed, and reset all rows, twice with a step between.

        A reset leaves bodies as they were seen before, which would be what was played before. So
        they are seen as they are one step after the same start.
        """
        everyone = self.torch.arange(self.size, device=self.device)
        still = self.torch.zeros((self.size, *self.action_space()[0].shape), device=self.device)
        self.seed(seed)
        self.reset(everyone)
        self.whole.step(still)
        self.seed(seed)
        return self.reset(everyone)

    def reset(self, rows):
        """Reset rows now, not one step later; bodies are seen as before, as in the suite."""
        self._reset_rows(*([rows, rows] if self._goals_too else [rows]))
        self.env.progress_buf[rows] = 0
        self.env.reset_buf[rows] = 0
        self.env.compute_observations()
        limit = getattr(self.whole, "clip_obs", float("inf"))
        obs = {"obs": self.torch.clamp(self.env.obs_buf, -limit, limit)}
        if getattr(self.env, "num_states", 0) > 0:
            obs["states"] = self.torch.clamp(self.env.states_buf, -limit, limit)
        return obs

    def step(self, actions, rows, look):
        """One step: marks of rows in use are taken off, so no phantom transition reaches us."""
        obs, reward, _, info = self.whole.step(actions)
        if not isinstance(obs, dict):
            obs = {"obs": obs}
        look(obs, info)
        ended = self.env.reset_buf.bool().clone()
        self.env.reset_buf[rows] = 0
        return obs, reward, ended, self.torch.zeros_like(ended)


class Pool(batch_pool.Pool):
    """Rows of the one simulation."""

    def __init__(self, spec, count):
        """Make it, unless it is there."""
        batch_pool.Pool.__init__(self, spec, count, IsaacGym)
