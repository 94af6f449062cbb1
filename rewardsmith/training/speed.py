"""How fast this machine simulates and trains: seconds of measuring instead of hours of training."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rewardsmith.contracts import SPARSE, Device, Task, TrainingJob, VecEnv
from rewardsmith.errors import RewardsmithError
from rewardsmith.training.population.population import Population
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.streams import environment_seeds

_WARM_UP, _FEWEST = 4, 8
"""Control steps before measuring, and the fewest that are measured."""
_LEAST_S = 1.0
"""Measured for at least so long."""
_TURN = 4
"""Control steps with the task, and then as many of the physics alone: both see
the same motion, and the same load of the machine."""
_MILLION = 1e6


@dataclass(frozen=True)
class Speed:
    """What was measured on one device, with as many environments as its preset has."""

    device: Device
    envs: int
    simulation_s: float
    """Seconds per million environment steps of the simulation alone, under random actions."""
    training_s: float
    """Seconds per million environment steps of one candidate's training: the
    same simulation, its policy and the learner."""
    preset_s: float
    """Seconds that the preset's training of one candidate takes at
    that speed, without start-up and scoring."""


def measure(task: Task, settings: PpoSettings) -> Speed:
    """Simulate and train for a moment.

    Args:
        task: What to measure.
        settings: The preset; its device and number of environments are used.

    Raises:
        UsageError: The machine lacks the device.
    """
    torch.set_num_threads(1)  # as in training
    with closing(task.make(settings.envs, usable_cores(), settings.device)) as env:
        simulation_s = _simulation(env, settings.device)
        steps = max(1, min(settings.rollout, round(_LEAST_S / (simulation_s * settings.envs))))
        training_s = _training(env, settings, steps)
    return Speed(
        settings.device, settings.envs, simulation_s * _MILLION, training_s * _MILLION,
        training_s * settings.env_steps
    )  # fmt: skip


@dataclass(frozen=True)
class StepRates:
    """Environment steps per second of one simulation under random actions."""

    physics: float | None
    """The simulator alone; ``None`` where the environments do not let it run by itself."""
    task: float
    """With all that a task adds: controls, signals, success, resets, observation."""


class StepMeter:
    """Measures one simulation again and again."""

    def __init__(self, task: Task, num_envs: int, device: Device) -> None:
        """Build the environments.

        Raises:
            UsageError: The machine lacks the device.
        """
        torch.set_num_threads(1)  # as in training
        self._env = task.make(num_envs, usable_cores(), device)
        self._device: Device = device

    def measure(self, least_s: float) -> StepRates:
        """Start all episodes afresh, and let task and physics take turns.

        They do until the task's turns took ``least_s`` seconds.
        """
        env, physics_s, task_s, turns = self._env, 0.0, 0.0, 0
        env.reset(environment_seeds("training", [0], env.num_envs, self._device), stagger=True)
        chance = torch.Generator().manual_seed(0)
        self._step(_random_actions(env, _TURN, self._device, chance))  # warms up
        alone = _physics_runs_alone(env)
        while turns * _TURN < _FEWEST or task_s < least_s:
            actions = _random_actions(env, _TURN, self._device, chance)
            task_s += self._timed(lambda actions=actions: self._step(actions))
            if alone:
                physics_s += self._timed(lambda: [env.advance() for _ in range(_TURN)])
            turns += 1
        steps = turns * _TURN * env.num_envs
        return StepRates(steps / physics_s if physics_s else None, steps / task_s)

    def close(self) -> None:
        """Give back the simulation."""
        self._env.close()

    def _step(self, actions: Tensor) -> None:
        for action in actions:
            self._env.step(action)

    def _timed(self, work: Callable[[], object]) -> float:
        started = _now(self._device)
        work()
        return _now(self._device) - started


def _physics_runs_alone(env: VecEnv) -> bool:
    try:
        env.advance()
    except RewardsmithError:
        return False
    return True


def _random_actions(env: VecEnv, steps: int, device: Device, chance: torch.Generator) -> Tensor:
    """Uniform in [-1, 1), ``(steps, num_envs, action_size)``."""
    return (2.0 * torch.rand(steps, env.num_envs, env.action_size, generator=chance) - 1.0).to(device)


def _simulation(env: VecEnv, device: Device) -> float:
    """Seconds per environment step."""
    env.reset(environment_seeds("training", [0], env.num_envs, device), stagger=True)
    actions = _random_actions(env, _FEWEST, device, torch.Generator().manual_seed(0))
    for step in range(_WARM_UP):
        env.step(actions[step % _FEWEST])
    started, steps = _now(device), 0
    while steps < _FEWEST or _now(device) - started < _LEAST_S:
        env.step(actions[steps % _FEWEST])
        steps += 1
    return (_now(device) - started) / (steps * env.num_envs)


def _training(env: VecEnv, settings: PpoSettings, steps: int) -> float:
    """Seconds per environment step of rollouts of ``steps`` control steps, each with its update.

    The first one warms up.
    """
    short = replace(settings, rollout=steps, envs=env.num_envs)
    population = Population(env, short)
    population.exchange((), [Slot(TrainingJob("speed", SPARSE, 0, ""), short)])
    population.epoch()
    started = _now(settings.device)
    population.epoch()
    return (_now(settings.device) - started) / (steps * env.num_envs)


def _now(device: Device) -> float:
    """The time when all that was asked of the device is done."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
