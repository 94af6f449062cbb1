"""What a task must offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from rewardsmith.contracts.environment import Signal, Span, VecEnv

Device = Literal["cpu", "cuda"]
"""Where simulation and training run: all cores, or one NVIDIA GPU."""
Setting = bool | int | float | str | tuple[bool | int | float | str, ...]
"""Value of a trainer's setting, as flags and files give it."""
Preset = Mapping[str, Setting]
"""Values of a trainer's settings, by their names."""
Repeats = Literal["bit", "starts", "run"]
"""What the same seeds give again on the same machine.

``bit``: the same numbers, to the bit, in whatever company. ``starts``: the same starts; physics may
differ in the last digits. ``run``: nothing that could be relied on; a seed names a run.
"""


@dataclass(frozen=True)
class Capabilities:
    """What a task's simulation can do, and what it has beside the sparse goal."""

    repeats: Repeats = "bit"
    devices: tuple[Device, ...] = ("cpu", "cuda")
    """Where it can be made."""
    alone: bool = False
    """Whether a simulation may hold one training only, since rows draw from one generator."""
    most_envs: int | None = None
    """As many environments as usual memory holds, all simulations together; left out: the
    trainer knows."""
    processes: bool = False
    """Whether others than ours simulate: they are started before the first program is seen, since
    a process that trains gives up the right to start any."""
    native: str = ""
    """The suite's own dense reward in words, where :attr:`Step.native` has it. Says whether it
    contains success."""


class Task(Protocol):
    """Robot, scene and goal."""

    @property
    def name(self) -> str:
        """The name on the command line."""
        ...

    @property
    def group(self) -> str:
        """What the list of tasks shows it under.

        ``manipulation``, ``locomotion``, ``control`` or a group of the plug-in's own.
        """
        ...

    @property
    def difficulty(self) -> str:
        """``easy``, ``medium`` or ``hard``: how much a reward has to get right."""
        ...

    @property
    def description(self) -> str:
        """One paragraph for the writer: what the robot must do. Never mentions the reward."""
        ...

    @property
    def success_rule(self) -> str:
        """The sparse objective in words, with its threshold and when it is looked at."""
        ...

    @property
    def has_metric(self) -> bool:
        """Whether the true score is a number of the task's own, in which zero means nothing.

        Such as metres per second. A rate of successes is none, and no count of goals either, though
        it goes beyond 1: zero is failure there.
        """
        ...

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signal table."""
        ...

    @property
    def facts(self) -> tuple[str, ...]:
        """What a person would measure of robot and scene, in short plain sentences.

        Sizes, masses, friction, what an action does, what ends an episode early. The writer reads
        them, so they never mention the goal's threshold or the reward. May be empty.
        """
        ...

    @property
    def starts(self) -> Mapping[str, Span]:
        """Where episodes start, by the names of signals that a person would look at.

        Positions, openings and angles, and velocities that do not start at zero. May be empty.
        """
        ...

    @property
    def horizon(self) -> int:
        """Control steps per episode."""
        ...

    @property
    def control_dt(self) -> float:
        """Seconds per control step."""
        ...

    @property
    def human_reward(self) -> str:
        """A reward program written by a person, the baseline. No writer ever sees it.

        Empty where there is none.
        """
        ...

    @property
    def room(self) -> Mapping[str, int]:
        """What one environment has room for in a simulator with buffers of a fixed size.

        Such as ``{"contacts": 32}``, for people to read; empty where there are no such limits.
        """
        ...

    @property
    def on_cpu(self) -> bool:
        """Whether training on a CPU is sensible: minutes, not days."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the simulation can do; trainers ask for it."""
        ...

    def provenance(self) -> Mapping[str, str]:
        """Versions of what simulates, by name: scores change with them. Makes nothing."""
        ...

    def fingerprint(self) -> str:
        """A short text that is another one once scene, assets or code are.

        Recorded states are kept under it.

        Empty where the task cannot tell.
        """
        ...

    def preset(self, trainer: str, device: Device) -> Preset:
        """What suits the task better than a trainer's defaults, on a device.

        Args:
            trainer: The trainer's name. A task knows some; for others there is nothing.
            device: Where it trains. It is not in the preset: the user chooses.
        """
        ...

    def check_device(self, device: Device) -> None:
        """Find out before anything is made whether this machine can simulate the task on a device.

        Raises:
            UsageError: It cannot; the message says what to install.
        """
        ...

    def make(self, num_envs: int, threads: int, device: Device = "cpu") -> VecEnv:
        """Build the environments. Imports the simulator only when called.

        Args:
            num_envs: How many.
            threads: Physics threads on the CPU.
            device: Where they are simulated. All tensors that they take and give are there.
        """
        ...
