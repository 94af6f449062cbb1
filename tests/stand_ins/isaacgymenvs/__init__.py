"""A task with ``VecTask``'s order: it resets one step late, and bodies are old after that."""

import sys
from types import SimpleNamespace

import numpy as np
import torch

assert "isaacgym" in sys.modules, "isaacgym comes first"
_SIMS = []


def make(seed, task, num_envs, sim_device, rl_device, graphics_device_id, headless, force_render):
    assert (sim_device, rl_device, headless, force_render) == ("cpu", "cpu", True, False)
    torch.manual_seed(seed)
    return {"Disk": Disk, "Hand": Hand}[task](num_envs)


class Disk:
    """Ends where the goal is met, where it is lost, and after 12 steps."""

    max_episode_length, clip_actions, clip_obs, num_states = 12, 1.0, 5.0, 0

    def __init__(self, num_envs):
        if _SIMS:
            raise RuntimeError("a process has one simulation")
        _SIMS.append(self)
        self.num_envs, self.extras, self.obs_dict = num_envs, {}, {}
        self.action_space = SimpleNamespace(low=-np.ones(2, "f4"), high=np.ones(2, "f4"), shape=(2,))
        self.root_states = torch.zeros(num_envs, 13)
        self.body_states = torch.zeros(num_envs, 2, 13)
        self.goals, self.obs_buf = torch.zeros(num_envs, 2), torch.zeros(num_envs, 4)
        self.rew_buf, self.reset_buf = torch.zeros(num_envs), torch.ones(num_envs, dtype=torch.long)
        self.progress_buf = torch.zeros(num_envs, dtype=torch.long)

    def step(self, actions):
        self.actions = torch.clamp(actions, -self.clip_actions, self.clip_actions)
        self.root_states[:, :2] += 0.1 * self.actions
        self.root_states[:, 7:9] = self.actions
        self.body_states[:, 1] = self.root_states  # refreshed by the simulator alone
        self.post_physics_step()
        late = (self.progress_buf >= self.max_episode_length - 1) & (self.reset_buf != 0)
        self.extras["time_outs"] = late
        self.obs_dict["obs"] = torch.clamp(self.obs_buf, -self.clip_obs, self.clip_obs)
        return self.obs_dict, self.rew_buf, self.reset_buf, self.extras

    def post_physics_step(self):
        self.progress_buf += 1
        ids = self.reset_buf.nonzero(as_tuple=False).squeeze(-1)
        if len(ids) > 0:
            self.reset_idx(ids)
        self.compute_observations()
        self.compute_reward()

    def reset_idx(self, env_ids):
        self.root_states[env_ids] = 0.0
        self.root_states[env_ids, :2] = 0.2 * (torch.rand(len(env_ids), 2) - 0.5)
        self.root_states[env_ids, 3:7] = torch.tensor([0.0, 0.0, 0.6, 0.8])
        self.goals[env_ids] = torch.tensor([1.0, 0.0])
        self.progress_buf[env_ids] = 0
        self.reset_buf[env_ids] = 0

    def compute_observations(self):
        self.obs_buf[:] = torch.cat((self.body_states[:, 1, :2], self.goals), 1)

    def compute_reward(self):
        gap = torch.norm(self.root_states[:, :2] - self.goals, dim=1)
        self.rew_buf[:] = -gap
        ends = (gap < 0.05) | (self.root_states[:, 0] < -0.5)
        ends = ends | (self.progress_buf >= self.max_episode_length - 1)
        self.reset_buf[:] = torch.where(ends, torch.ones_like(self.reset_buf), self.reset_buf)
        self.extras["consecutive_successes"] = (gap < 0.05).float().mean()


class Hand(Disk):
    """Resets goals beside environments, as hands do."""

    def reset_idx(self, env_ids, goal_env_ids):
        super().reset_idx(env_ids)
        self.goals[goal_env_ids] = torch.tensor([0.5, 0.0])

    def post_physics_step(self):
        self.progress_buf += 1
        self.compute_observations()
        self.compute_reward()
