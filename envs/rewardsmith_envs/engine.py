"""The one loop that turns any simulated task into a vectorised environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rewardsmith.contracts import Step
from rewardsmith_envs.random_streams import mix, uniform
from rewardsmith_envs.robots.franka import ARM, CartesianFranka

if TYPE_CHECKING:
    from rewardsmith_envs.simulators.base import Simulator
    from rewardsmith_envs.tasks.base import SimulatedTask

_STAGGER = 0x5354414747455200
"""Separates the stream of first-episode times from the streams of start states."""


class SimulatedEnv:
    """Many environments of one task on one simulator (see :class:`rewardsmith.contracts.VecEnv`)."""

    def __init__(self, task: SimulatedTask, sim: Simulator) -> None:
        """Wrap a simulator that stands at the task's home keyframe."""
        self._task = task
        self._sim = sim
        self._robot = CartesianFranka(sim)
        self._sensors = {s.name: sim.sensor(s.name) for s in task.signals if s.name not in _ROBOT_SIGNALS}
        self._scalars = {s.name for s in task.signals if s.shape == ()}
        self.num_envs = sim.num_envs
        self.action_size = self._robot.action_size
        self._seeds = torch.zeros(self.num_envs, dtype=torch.int64)
        self._episodes = torch.zeros_like(self._seeds)
        self._elapsed = torch.zeros_like(self._seeds)
        self._actions = torch.zeros(self.num_envs, self.action_size)
        self._previous_actions = torch.zeros_like(self._actions)
        self.observation_size = self.reset(self._seeds).shape[1]

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Start every environment at episode 0 of its own random stream."""
        self._seeds = seeds.clone()
        self._episodes.zero_()
        self._restart(torch.arange(self.num_envs))
        if stagger:
            times = uniform(mix(seeds ^ _STAGGER), self._episodes, 1)[:, 0]
            self._elapsed = (times * self._task.horizon).long()
        return self._observe(self._sense())

    def step(self, actions: Tensor) -> Step:
        """Advance one control step; environments whose episode ended start a new one."""
        self._previous_actions, self._actions = self._actions, actions.clamp(-1.0, 1.0)
        self._robot.act(self._actions)
        self._sim.step()
        self._elapsed += 1
        unstable = ~(self._sim["qpos"].isfinite().all(dim=1) & self._sim["qvel"].isfinite().all(dim=1))
        signals = self._sense()
        if unstable.any():
            signals = {name: value.nan_to_num(0.0, 0.0, 0.0) for name, value in signals.items()}
        success = self._task.success(signals) & ~unstable
        truncated = (self._elapsed >= self._task.horizon) & ~unstable
        ended = (truncated | unstable).nonzero()[:, 0]
        observation = signals
        if len(ended):
            self._episodes[ended] += 1
            self._restart(ended)
            observation = self._sense()
        return Step(self._observe(observation), signals, success.float(), success, unstable, truncated, unstable)

    def _restart(self, rows: Tensor) -> None:
        self._sim.reset(rows)
        self._task.scatter(self._sim, rows, uniform(self._seeds[rows], self._episodes[rows], self._task.draws))
        self._sim.forward(rows)
        self._elapsed[rows] = 0
        self._actions[rows] = 0.0
        self._previous_actions[rows] = 0.0

    def _sense(self) -> dict[str, Tensor]:
        """Copies of all signals of the task, ``(num_envs, *shape)`` float32."""
        readings = self._sim["sensordata"].float()
        signals = {name: readings[:, columns] for name, columns in self._sensors.items()}
        for signal in self._task.signals:
            if signal.name in _ROBOT_SIGNALS:
                signals[signal.name] = _ROBOT_SIGNALS[signal.name](self)
        return {name: value[:, 0] if name in self._scalars else value for name, value in signals.items()}

    def _observe(self, signals: dict[str, Tensor]) -> Tensor:
        return torch.cat(self._task.observe(signals), dim=1)

    def joint_pos(self) -> Tensor:
        """Arm joint angles, ``(num_envs, 7)`` [rad]."""
        return self._sim["qpos"][:, ARM].float()

    def joint_vel(self) -> Tensor:
        """Arm joint velocities, ``(num_envs, 7)`` [rad/s]."""
        return self._sim["qvel"][:, ARM].float()

    def actions(self) -> Tensor:
        """The action of the last control step, ``(num_envs, action_size)``."""
        return self._actions.clone()

    def previous_actions(self) -> Tensor:
        """The action before that, ``(num_envs, action_size)``."""
        return self._previous_actions.clone()


_ROBOT_SIGNALS = {
    "joint_pos": SimulatedEnv.joint_pos,
    "joint_vel": SimulatedEnv.joint_vel,
    "actions": SimulatedEnv.actions,
    "previous_actions": SimulatedEnv.previous_actions,
}
"""Signals that no sensor of the scene has."""
