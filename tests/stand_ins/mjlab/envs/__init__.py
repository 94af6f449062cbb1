"""The environment: rows that ended wait for a reset."""

import math
from types import SimpleNamespace

import torch
from plane import Scene


class ManagerBasedRlEnv:
    def __init__(self, cfg, device):
        assert device == "cpu"
        self.cfg, self.scene, self.extras = cfg, Scene(cfg.scene.num_envs), {}
        self.num_envs = cfg.scene.num_envs
        # its box has plain numbers for bounds
        self.single_action_space = SimpleNamespace(shape=(2,), low=-math.inf, high=math.inf)
        self.episode_length_buf = torch.zeros(self.num_envs, dtype=torch.long)
        self._manual_reset_pending = torch.zeros(self.num_envs, dtype=torch.bool)

    def reset(self, *, seed=None, env_ids=None, options=None):
        ids = torch.arange(self.num_envs) if env_ids is None else env_ids
        if seed is not None:
            torch.manual_seed(seed)
        self.scene.place(ids)
        self.episode_length_buf[ids] = 0
        self._manual_reset_pending[ids] = False
        self.scene.forward()
        return self._observed(), self.extras

    def step(self, action):
        if not self.cfg.auto_reset and self._manual_reset_pending.any():
            raise RuntimeError(
                "Environments must be reset via reset(env_ids=...) before calling step() again"
            )
        self.scene.move(action)
        self.episode_length_buf += 1
        # body poses are one substep old here, and roots are not
        terms = [term(self.scene.local()) for term in self.cfg.terminations.values()]
        terminated = torch.stack(terms).any(0)
        late = self.episode_length_buf >= math.ceil(self.cfg.episode_length_s / 0.1)
        reward = -torch.norm(self.scene.local() - torch.tensor([1.0, 0.0]), dim=1) * 0.1
        self.extras["log"] = {"reward": reward.mean()}
        ended = terminated | late
        if self.cfg.auto_reset:
            self.scene.place(ended.nonzero()[:, 0])
        else:
            self._manual_reset_pending |= ended
        self.scene.forward()
        return self._observed(), reward, terminated, late & ~terminated, self.extras

    def _observed(self):
        return {"actor": self.scene.local().clone(), "critic": self.scene.data.root_pos_w.clone()}
