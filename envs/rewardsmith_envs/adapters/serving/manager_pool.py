"""mjlab 1.6.0, and Isaac Lab 2.3 and 3.0, whose environments are built of managers, or direct.

Written after their sources. Isaac Lab was never run on the real thing; mjlab on a CPU alone.
"""

import importlib

from . import batch_pool
from .gymnasium_pool import UnusableError

_ENDLESS_S = 1e6
"""Seconds of an episode: the horizon is not the suite's business."""
HOOK = "rewardsmith_look"
"""Name of our termination term, which never ends anything."""


def override(cfg, arguments):
    """Set parts of a configuration by dotted names, such as ``scene.env_spacing``.

    ``None`` takes an entry of a mapping away, such as a term.
    """
    for path, value in arguments.items():
        *ways, last = path.split(".")
        owner = cfg
        for name in ways:
            owner = _part(owner, name, path)
        _part(owner, last, path)
        if not isinstance(owner, dict):
            setattr(owner, last, value)
        elif value is None:
            del owner[last]
        else:
            owner[last] = value


def _part(owner, name, path):
    known = owner if isinstance(owner, dict) else getattr(owner, "__dict__", {})
    if name not in known and (isinstance(owner, dict) or not hasattr(owner, name)):
        raise UnusableError(
            "arguments has %r, and the configuration has no %r there; it has %s"
            % (path, name, ", ".join(sorted(map(str, known))))
        )
    return owner[name] if isinstance(owner, dict) else getattr(owner, name)


def _device(spec):
    return "cuda:0" if spec["device"] == "cuda" else "cpu"


class Mjlab(batch_pool.Simulation):
    """It leaves resets to us: a step returns the last state, fresh, and rows that ended wait."""

    def __init__(self, spec):
        """Make the environment."""
        import mjlab.tasks  # noqa: F401  its registry is filled by that
        import torch
        from mjlab.envs import ManagerBasedRlEnv
        from mjlab.tasks.registry import load_env_cfg

        self.torch, self.size, self.device = torch, spec["batch"], _device(spec)
        for module in spec["imports"]:
            importlib.import_module(module)
        cfg = load_env_cfg(spec["environment"])
        if not hasattr(cfg, "auto_reset"):
            raise UnusableError("this mjlab has no `auto_reset`: install 1.6.0")
        cfg.scene.num_envs, cfg.auto_reset, cfg.episode_length_s = self.size, False, _ENDLESS_S
        override(cfg, spec["arguments"])
        self.env = ManagerBasedRlEnv(cfg, device=self.device)

    def begin(self, seed):
        """Seed once, and reset all rows."""
        return self.env.reset(seed=seed)[0]

    def reset(self, rows):
        """Reset some rows."""
        return self.env.reset(env_ids=rows)[0]

    def step(self, actions, rows, look):
        """One step; its native reward is computed, whoever reads it."""
        obs, reward, terminated, truncated, info = self.env.step(actions)
        look(obs, info)
        return obs, reward, terminated, truncated


class IsaacLab(batch_pool.Simulation):
    """It resets rows within the step, so we look from within: after physics, before resets."""

    resets_itself = True

    def __init__(self, spec):
        """Start the application, which must come first, and make the one environment."""
        from isaaclab.app import AppLauncher

        self.size, self.device = spec["batch"], _device(spec)
        self.app = AppLauncher(headless=True, device=self.device).app
        import gymnasium
        import isaaclab_tasks  # noqa: F401  it registers the ids
        import torch
        from isaaclab_tasks.utils import parse_env_cfg

        self.torch, self._look = torch, None
        for module in spec["imports"]:
            importlib.import_module(module)
        cfg = parse_env_cfg(spec["environment"], device=self.device, num_envs=self.size)
        cfg.episode_length_s = _ENDLESS_S
        override(cfg, spec["arguments"])
        self.managed = hasattr(cfg, "terminations")
        if self.managed:
            self._add_term(cfg)
        self.env = gymnasium.make(spec["environment"], cfg=cfg, disable_env_checker=True).unwrapped
        if not self.managed:
            self._wrap_rewards()

    def _add_term(self, cfg):
        """A termination term comes before rewards and resets; one of rewards may be skipped."""
        from isaaclab.managers import TerminationTermCfg

        def look(env):
            if self._look:
                self._look(env.observation_manager.compute(), env.extras)
            return self.torch.zeros(env.num_envs, dtype=self.torch.bool, device=env.device)

        setattr(cfg.terminations, HOOK, TerminationTermCfg(func=look))

    def _wrap_rewards(self):
        """Rewards come after the ends are known; some count successes and draw goals."""
        own = self.env._get_rewards

        def rewards():
            reward = own()
            if self._look:
                self._look(self.env._get_observations(), self.env.extras)
            return reward

        self.env._get_rewards = rewards

    def begin(self, seed):
        """Seed once, and reset all rows."""
        return self.env.reset(seed=seed)[0]

    def reset(self, rows):
        """Reset some rows; a direct environment has no public way to do that."""
        if self.managed:
            return self.env.reset(env_ids=rows)[0]
        self.env._reset_idx(rows)
        self.env.scene.write_data_to_sim()
        self.env.sim.forward()
        return self.env._get_observations()

    def step(self, actions, rows, look):
        """One step; rows that it ended have begun anew in what it returns."""
        self._look = look
        try:
            obs, reward, terminated, truncated, _ = self.env.step(actions)
        finally:
            self._look = None
        return obs, reward, terminated, truncated


class Pool(batch_pool.Pool):
    """Rows of the one simulation."""

    def __init__(self, spec, count):
        """Make it, unless it is there."""
        families = {"mjlab": Mjlab, "isaaclab": IsaacLab}
        batch_pool.Pool.__init__(self, spec, count, families[spec["backend"]])
