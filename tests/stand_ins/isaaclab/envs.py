"""Both kinds of environments; they reset what ended within the step."""

import inspect
import math
from types import SimpleNamespace

import gymnasium
import numpy as np
import torch
from plane import Scene

from isaaclab.app import STARTED

assert STARTED, "AppLauncher comes first"
_CONTEXTS = []
GOAL = torch.tensor([1.0, 0.0])


class ProxyArray:
    """How arrays are wrapped in 3.0."""

    def __init__(self, value):
        self.torch = value


class Base(gymnasium.Env):
    def __init__(self, cfg, render_mode=None):
        if _CONTEXTS:
            raise RuntimeError("SimulationContext is a singleton")
        _CONTEXTS.append(self)
        self.cfg, self.device, self.extras = cfg, cfg.device, {}
        self.num_envs = cfg.scene.num_envs
        self.scene, self.sim = Scene(self.num_envs), SimpleNamespace(forward=lambda: self.scene.forward())
        self.single_action_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float32)
        self.action_space = gymnasium.spaces.Box(-np.inf, np.inf, (self.num_envs, 2), np.float32)
        self.observation_space = gymnasium.spaces.Dict()
        self.episode_length_buf = torch.zeros(self.num_envs, dtype=torch.long)
        if cfg.wrapped:
            data = self.scene.data
            self.turned = ProxyArray(data.root_quat_w[:, [1, 2, 3, 0]])

    def _late(self):
        return self.episode_length_buf >= math.ceil(self.cfg.episode_length_s / 0.1) - 1

    def _reset_idx(self, ids):
        self.scene.place(ids)
        self.episode_length_buf[ids] = 0

    def _move(self, action):
        self.scene.move(action)
        self.scene.forward()
        self.episode_length_buf += 1


class ManagerBasedRLEnv(Base):
    def __init__(self, cfg, render_mode=None):
        super().__init__(cfg, render_mode)
        for term in vars(cfg.terminations).values():
            assert list(inspect.signature(term.func).parameters) == ["env", *term.params]
        self.observation_manager = SimpleNamespace(compute=self._observed)

    def _observed(self, update_history=False):
        return {"policy": self.scene.local().clone()}

    def reset(self, seed=None, env_ids=None, options=None):
        if seed is not None:
            torch.manual_seed(seed)
        self._reset_idx(torch.arange(self.num_envs) if env_ids is None else env_ids)
        self.scene.forward()
        return self._observed(update_history=True), self.extras

    def step(self, action):
        self._move(action)
        ended = torch.zeros(2, self.num_envs, dtype=torch.bool)
        for term in vars(self.cfg.terminations).values():
            ended[int(term.time_out)] |= term.func(self, **term.params)
        reward = -torch.norm(self.scene.local() - GOAL, dim=1) * 0.1
        ids = ended.any(0).nonzero()[:, 0]
        if len(ids):
            self._reset_idx(ids)
        self.scene.forward()
        return self._observed(update_history=True), reward, ended[0], ended[1], self.extras


class DirectRLEnv(Base):
    """Draws its next goal while it computes rewards, as in-hand tasks do."""

    def __init__(self, cfg, render_mode=None):
        super().__init__(cfg, render_mode)
        self.successes = torch.zeros(self.num_envs)

    def reset(self, seed=None, options=None):
        if seed is not None:
            torch.manual_seed(seed)
        self._reset_idx(torch.arange(self.num_envs))
        self.scene.write_data_to_sim()
        self.sim.forward()
        return self._get_observations(), self.extras

    def _reset_idx(self, ids):
        super()._reset_idx(ids)
        self.successes[ids] = 0

    def step(self, action):
        self._move(action)
        terminated, late = self.scene.local()[:, 0] < -0.5, self._late()
        self.reset_buf = terminated | late
        reward = self._get_rewards()
        ids = self.reset_buf.nonzero()[:, 0]
        if len(ids):
            self._reset_idx(ids)
        return self._get_observations(), reward, terminated, late, self.extras

    def _get_rewards(self):
        self.successes += self.scene.local()[:, 0] > 0.3
        return self.successes.clone()

    def _get_observations(self):
        return {"policy": self.scene.local().clone()}
