"""What environments must offer: their signals, and what each step of them gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


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
    final_observation: Tensor
    """Policy input before any auto-reset, ``(num_envs, observation_size)``: where nothing ended it
    is :attr:`observation`."""
    native: Tensor | None = None
    """The suite's own dense reward of this step, ``(num_envs,)`` float32, where it has one."""


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

    def close(self) -> None:
        """Give back processes, memory of a GPU and the like. Nothing else is called afterwards."""
        ...
