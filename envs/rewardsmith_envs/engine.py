"""The one loop that turns any simulated task into a vectorised environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rewardsmith.contracts import Step
from rewardsmith_envs.bookkeeping import Bookkeeping
from rewardsmith_envs.random_streams import mix, staggered_ages, uniform
from rewardsmith_envs.robots.base import ACTION_SIGNALS, joint_signals
from rewardsmith_envs.scene_checks import check_readings, check_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from rewardsmith_envs.simulators.base import Simulator
    from rewardsmith_envs.tasks.base import SimulatedTask

_GOALS = 0x474F414C53000000
"""Separates the stream of goals from the streams of start states."""

_EXPLODED = 1e3
"""A joint this fast [m/s, rad/s] is an error of the
simulation, whether or not it is still finite."""


class SimulatedEnv:
    """Many environments of a task on one simulator (see :class:`rewardsmith.contracts.VecEnv`)."""

    def __init__(self, task: SimulatedTask, sim: Simulator) -> None:
        """Wrap a simulator that stands at the task's home keyframe.

        Raises:
            SceneError: Task and scene do not fit each other.
        """
        self._task = task
        self._sim = sim
        self._robot = task.robot(sim)
        self._joints = joint_signals(self._robot)
        own = {*self._joints, *ACTION_SIGNALS}
        self._sensors = {
            signal.name: sim.sensor(signal.name) for signal in task.signals if signal.name not in own
        }
        check_table(task, sim, self._robot, self._sensors)
        self.action_size = self._robot.action_size
        seeds = torch.zeros(sim.num_envs, dtype=torch.int64, device=sim.device)
        self._now = Bookkeeping.of(seeds, self.action_size)
        self.observation_size = self.reset(seeds).shape[1]
        check_readings(task, sim, self._sense())

    @property
    def num_envs(self) -> int:
        """Environments that are simulated."""
        return self._sim.num_envs

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Start every environment at episode 0 of its own random stream."""
        return self.exchange(seeds.new_empty(0), seeds, stagger=stagger)

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Go on with some environments, and start others at episode 0 behind them."""
        kept, seeds = kept.to(self._sim.device), seeds.to(self._sim.device)
        self._sim.rearrange(kept, len(kept) + len(seeds))
        new = Bookkeeping.of(seeds, self.action_size)
        if stagger:
            new.elapsed = staggered_ages(seeds, new.episodes, self._task.horizon)
        now = self._now = self._now.going_on(kept, new)
        fresh = torch.arange(self.num_envs, device=self._sim.device) >= len(kept)
        self._place(fresh)
        self._sim.forward(fresh)
        signals = self._sense()
        now.scored.masked_fill_(fresh, self._worst)
        if self._task.has_metric and self._task.worst is None:
            now.scored = self._task.true_score(signals, now.met, now.elapsed).where(fresh, now.scored)
        return self._observe(signals)[len(kept) :]

    def step(self, actions: Tensor) -> Step:
        """Advance one control step; environments whose episode ended start a new one.

        Nothing here asks how many they are: on a GPU, the answer would have to wait for everything
        before it.
        """
        now = self._now
        now.previous_actions, now.actions = now.actions, actions.clamp(-1.0, 1.0)
        self._robot.act(now.actions)
        self._sim.step()
        now.elapsed += 1
        unstable = ~(
            self._sim["qpos"].isfinite().all(dim=1) & (self._sim["qvel"].abs() < _EXPLODED).all(dim=1)
        )
        signals = self._sense()
        for value in signals.values():
            value[unstable] = 0.0
        success = (self._task.success(signals) | now.met) & ~unstable
        if self._task.latched:
            now.met.copy_(success)
        now.goals += success
        score = self._score(signals, success, unstable)
        sparse = score - now.scored if self._task.has_metric else success.float()
        now.scored = score.clone()
        terminated = unstable | self._task.failed(signals)
        truncated = (now.elapsed >= self._task.horizon) & ~terminated
        changed = self._go_on(truncated | terminated, success)
        final = self._observe(signals)
        observation = self._observe(self._sense()) if changed else final
        return Step(observation, signals, score, success, terminated, truncated, sparse, unstable, final)

    def _score(self, signals: dict[str, Tensor], success: Tensor, unstable: Tensor) -> Tensor:
        """The true score so far: goals reached, or what the task says, or the mean of that.

        The mean is over the episode, as if that ended now.
        """
        if self._task.goal_draws:
            return self._now.goals.float()
        score = self._task.true_score(signals, success, self._now.elapsed)
        if self._task.worst is None:
            return score
        self._now.earned += (score - self._task.worst).clamp(min=0.0) * ~unstable
        return self._task.worst + self._now.earned / self._task.horizon

    def _go_on(self, ended: Tensor, success: Tensor) -> bool:
        """Start new episodes and draw new goals where they are due.

        Whether there may have been any.
        """
        self._now.episodes += ended
        self._now.restart(ended, self._worst)
        self._place(ended)
        if self._task.goal_draws:
            reached = success & ~ended
            self._sim.write(reached, self._aim)
            ended = ended | reached
        return self._sim.forward(ended)

    def camera(self, width: int, height: int, name: str = "") -> Callable[[int], Tensor]:
        """Set up a camera (see :class:`rewardsmith.contracts.VecEnv`)."""
        return self._sim.camera(width, height, name)

    def close(self) -> None:
        """Nothing is held that Python does not give back by itself."""

    def advance(self) -> None:
        """Let the physics run by itself (see :class:`rewardsmith.contracts.VecEnv`)."""
        self._sim.step()

    @property
    def _worst(self) -> float:
        """The true score that an episode begins with."""
        return self._task.worst or 0.0

    def _place(self, ended: Tensor) -> None:
        """Put environments at the start of their episode, without derived fields."""
        self._sim.reset(ended)
        self._sim.write(ended, self._scatter)

    def _scatter(self, rows: Tensor) -> None:
        """Write the start states of environments, which are at the home keyframe."""
        self._task.scatter(
            self._sim, rows, uniform(self._now.seeds[rows], self._now.episodes[rows], self._task.draws)
        )
        if self._task.goal_draws:
            self._aim(rows)

    def _aim(self, rows: Tensor) -> None:
        """Draw the next goal of an episode that has many."""
        now = self._now
        streams = mix(now.seeds[rows] ^ _GOALS) + now.episodes[rows]
        self._task.aim(self._sim, rows, uniform(streams, now.goals[rows], self._task.goal_draws))

    def _sense(self) -> dict[str, Tensor]:
        """Copies of all signals of the task, ``(num_envs, *shape)`` float32."""
        readings = _copy(self._sim["sensordata"])
        return {
            signal.name: readings[:, self._sensors[signal.name]].reshape(self.num_envs, *signal.shape)
            if signal.name in self._sensors
            else self._robot_signal(signal.name)
            for signal in self._task.signals
        }

    def _robot_signal(self, name: str) -> Tensor:
        if name in ACTION_SIGNALS:
            return (self._now.actions if name == "actions" else self._now.previous_actions).clone()
        field, columns = self._joints[name]
        return _copy(self._sim[field][:, columns])

    def _observe(self, signals: dict[str, Tensor]) -> Tensor:
        return torch.cat(self._task.observe(signals), dim=1)


def _copy(field: Tensor) -> Tensor:
    """A float32 copy, also of float32: nobody outside may hold the simulator's own numbers."""
    return field.to(torch.float32, copy=True)
