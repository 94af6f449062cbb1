"""Whether a task and its scene fit each other, said when they are loaded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rewardsmith_envs.robots.base import ACTION_SIGNALS, joint_signals
from rewardsmith_envs.simulators.scene import SceneError

if TYPE_CHECKING:
    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator
    from rewardsmith_envs.tasks.base import SimulatedTask


def check_table(task: SimulatedTask, sim: Simulator, robot: Robot, sensors: dict[str, slice]) -> None:
    """Compare the signal table with the scene and the robot.

    Args:
        task: The task.
        sim: Its simulator.
        robot: Its robot.
        sensors: The columns of ``sensordata`` of every signal that is a sensor.

    Raises:
        SceneError: Naming the signal, what it is and what the table says of it.
    """
    widths = {name: (_length(columns), f"the sensor {name!r}") for name, columns in sensors.items()}
    widths |= {name: (_length(columns), "the robot") for name, (_, columns) in joint_signals(robot).items()}
    widths |= dict.fromkeys(ACTION_SIGNALS, (robot.action_size, "the robot"))
    for signal in task.signals:
        width, owner = widths[signal.name]
        if math.prod(signal.shape) != width:
            raise SceneError(
                f"task {task.name}: the signal {signal.name!r} has shape {signal.shape} in the "
                f"signal table, but {owner} of {sim.scene} gives {width} numbers. Change the shape "
                "or the scene."
            )
    if not math.isclose(task.control_dt, sim.control_dt, rel_tol=1e-6):
        raise SceneError(
            f"task {task.name}: control_dt is {task.control_dt:g} s, but {task.decimation} steps "
            f"of <option timestep> in {sim.scene} take {sim.control_dt:g} s. Change control_dt, "
            "decimation or the timestep."
        )


def check_readings(task: SimulatedTask, sim: Simulator, signals: dict[str, Tensor]) -> None:
    """Look at the first signals and what the task makes of them.

    Raises:
        SceneError: A signal is not finite, or success, score or failure has a wrong shape or type.
    """
    for name, value in signals.items():
        if not bool(value.isfinite().all()):
            raise SceneError(
                f"task {task.name}: the signal {name!r} is not finite at the start pose of {sim.scene}. "
                "Correct the scene."
            )
    success = task.success(signals)
    elapsed = torch.ones(sim.num_envs, dtype=torch.int64, device=sim.device)
    verdicts = {
        "success()": (success, torch.bool),
        "failed()": (task.failed(signals), torch.bool),
        "true_score()": (task.true_score(signals, success, elapsed), torch.float32),
    }
    for name, (value, dtype) in verdicts.items():
        if value.shape != (sim.num_envs,) or value.dtype != dtype:
            raise SceneError(
                f"task {task.name}: {name} gives {tuple(value.shape)} {_short(value.dtype)}, not "
                f"(num_envs,) = ({sim.num_envs},) {_short(dtype)}. Reduce vectors with dim=1, e.g. "
                ".norm(dim=1)."
            )


def _length(columns: slice) -> int:
    return columns.stop - columns.start


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
