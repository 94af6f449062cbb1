"""What a task and its environments must offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from torch import Tensor

Device = Literal["cpu", "cuda"]
"""Where simulation and training run: all cores, or one NVIDIA GPU."""
Setting = bool | int | float | str | tuple[bool | int | float | str, ...]
"""Value of a trainer's setting, as flags and files give it."""
Preset = Mapping[str, Setting]
"""Values of a trainer's settings, by their names."""


class Role(StrEnum):
    """What a signal is about. Prompts print it; the grammar writer types its programs by it."""

    EFFECTOR = "effector"
    OBJECT = "object"
    GOAL = "goal"
    JOINT = "joint"
    GRIPPER = "gripper"
    ACTION = "action"


@dataclass(frozen=True)
class Signal:
    """A named tensor that a reward may read.

    A task's table of signals is the only source for its prompt, its guard, its docs and its tests.
    """

    name: str
    shape: tuple[int, ...]
    """Shape of one environment's value; ``()`` for a scalar. The
    tensor is ``(num_envs, *shape)``."""
    unit: str
    """SI unit, or ``1`` for a dimensionless value, or ``quat`` for a unit quaternion, w first."""
    frame: str
    meaning: str
    role: Role
    low: float
    high: float
    """Bounds that ordinary episodes stay in; the guard probes inside and well outside of them."""


@dataclass(frozen=True)
class Span:
    """Where a signal is at an episode's start."""

    low: tuple[float, ...]
    """The least value of each component, in the signal's unit; one number for a scalar."""
    high: tuple[float, ...]
    """The greatest value of each. Equal to ``low`` where all episodes start alike."""


@dataclass(frozen=True)
class Step:
    """What one control step of all environments gives.

    Signals and success are read before any auto-reset.
    """

    observation: Tensor
    """Policy input after any auto-reset, ``(num_envs, observation_size)``."""
    signals: Mapping[str, Tensor]
    """Copies of every signal of the task, ``(num_envs, *shape)``, float32."""
    true_score: Tensor
    """The episode's true score so far, ``(num_envs,)``; final
    where the episode ends at this step."""
    success: Tensor
    """Whether the sparse goal is met now, or was met earlier in the episode where
    the task counts that, ``(num_envs,)`` bool."""
    terminated: Tensor
    """Whether the episode ended by itself, ``(num_envs,)`` bool."""
    truncated: Tensor
    """Whether the episode ended by its horizon, ``(num_envs,)`` bool."""
    sparse: Tensor
    """The sparse reward of this step, ``(num_envs,)``: 1 where the goal is met; for a
    metric, what the step added to the true score."""
    unstable: Tensor
    """Whether the simulation became non-finite and was reset,
    ``(num_envs,)`` bool; also terminated."""


class VecEnv(Protocol):
    """Many copies of one task, stepped together: all that a trainer knows of a simulator."""

    observation_size: int
    action_size: int

    @property
    def num_envs(self) -> int:
        """Environments that are simulated now; at first as many as were made."""
        ...

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Start every environment afresh.

        Args:
            seeds: One random stream per environment, ``(num_envs,)`` int64, for as many
                environments as were made or for fewer. An environment's trajectory depends on its
                own seed and actions, never on its neighbours.
            stagger: Start the first episodes at random times of their horizon, so that
                later resets do not all fall on the same step.

        Returns:
            The first observation, ``(num_envs, observation_size)``.
        """
        ...

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Go on with some environments, and start others behind them.

        Args:
            kept: Numbers of those that go on, in their new order, ``(k,)`` int64. They continue as
                if nothing had happened.
            seeds: One random stream for each new one, ``(n,)`` int64; ``k + n`` is at most what was
                made.
            stagger: As in :meth:`reset`, for the new ones.

        Returns:
            The first observation of the new ones, ``(n, observation_size)``.
        """
        ...

    def step(self, actions: Tensor) -> Step:
        """Advance one control step with actions in [-1, 1], ``(num_envs, action_size)``."""
        ...

    def advance(self) -> None:
        """One control step of the physics alone, so that its speed can be measured.

        Controls are as they are; nothing is read, no episode ends.

        Raises:
            RewardsmithError: The physics cannot run by itself; it always raises, and does nothing.
        """
        ...

    def camera(self, width: int, height: int, name: str = "") -> Callable[[int], Tensor]:
        """Set up a camera; nothing is drawn yet.

        Args:
            width: Pixels of a picture.
            height: Pixels of a picture.
            name: Which camera of the scene; without a name one that shows the task well.

        Returns:
            Takes an environment's number and draws its present state, ``(height, width, 3)`` uint8.

        Raises:
            RewardsmithError: These environments cannot be drawn, have no such camera, or this
                machine cannot draw.
        """
        ...


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
        """A reward program written by us, the baseline. No writer ever sees it."""
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
