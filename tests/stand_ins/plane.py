"""A disk for each environment in one world, whose places are 10 m apart."""

from types import SimpleNamespace

import torch


class Scene:
    def __init__(self, num_envs):
        self.env_origins = torch.zeros(num_envs, 3)
        self.env_origins[:, 0] = 10.0 * torch.arange(num_envs)
        quat = torch.tensor([0.8, 0.0, 0.0, 0.6]).repeat(num_envs, 1)
        self.data = SimpleNamespace(root_pos_w=self.env_origins.clone(), root_quat_w=quat)
        self.data.body_pos_w = torch.zeros(num_envs, 2, 3)
        self.forward()

    def __getitem__(self, name):
        return {"disk": SimpleNamespace(data=self.data)}[name]

    def place(self, ids):
        self.data.root_pos_w[ids] = self.env_origins[ids]
        self.data.root_pos_w[ids, :2] += 0.2 * (torch.rand(len(ids), 2) - 0.5)

    def move(self, action):
        self.data.root_pos_w[:, :2] += 0.1 * action

    def forward(self):
        """Bodies follow their roots; the second is 1 m above."""
        self.data.body_pos_w[:] = self.data.root_pos_w[:, None]
        self.data.body_pos_w[:, 1, 2] += 1.0

    def write_data_to_sim(self):
        pass

    def local(self):
        return self.data.root_pos_w[:, :2] - self.env_origins[:, :2]
