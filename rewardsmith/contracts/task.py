"""What a task and its environments must offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor

Device = Literal["cpu", "cuda"]
"""Where simulation and training run: all cores, or one NVIDIA GPU."""
Activation = Literal["tanh", "elu"]
"""What follows every hidden layer of a policy."""


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

    The table of signals of a task is the only source for its prompt, its guard, its docs and its tests.
    """

    name: str
    shape: tuple[int, ...]
    """Shape of one environment's value; ``()`` for a scalar. The tensor is ``(num_envs, *shape)``."""
    unit: str
    """SI unit, or ``1`` for a dimensionless value, or ``quat`` for a unit quaternion, w first."""
    frame: str
    meaning: str
    role: Role
    low: float
    high: float
    """Bounds that ordinary episodes stay in; the guard probes inside and well outside of them."""


@dataclass(frozen=True)
class TrainingSettings:
    """PPO settings of one slot. The defaults are the population trainer's; a task's preset changes some."""

    env_steps: int = 400_000
    """Environment steps per candidate."""
    envs: int = 256
    """Parallel environments per slot."""
    rollout: int = 24
    """Control steps per environment between two policy updates."""
    hidden: tuple[int, ...] = (128, 128)
    """Hidden layers of the actor and of the critic. With widths that are multiples of 16, as in all presets, a slot computes bit for bit
    what it would alone."""
    activation: Activation = "tanh"
    """After every hidden layer. The papers have ELU."""
    minibatches: int = 4
    mini_epochs: int = 4
    learning_rate: float = 1e-3
    """Where the KL-adaptive learning rate starts."""
    kl_target: float = 0.012
    discount: float = 0.97
    gae_lambda: float = 0.95
    clip: float = 0.2
    value_clip: bool = False
    """Also hold the critic, in one update, within ``clip`` of its former normalised values, as the papers do."""
    entropy: float = 0.0
    initial_std: float = 0.6
    max_grad_norm: float = 1.0
    goal_bonus: float = 0.0
    """Added to every program's reward, and to the sparse one, at each step that meets the goal. Isaac Gym's hands have 250."""
    goal_smoothing: float = 0.0
    """Weight of the latest finished episodes in the running mean of goals that the training curve shows, as Isaac Gym's
    ``consecutive_successes`` (hands: 0.1). 0: the plain mean of the epoch's finished episodes."""
    slots: int = 0
    """Programs that are trained at a time; further ones enter as slots become free. 0: as many as usual memory takes."""
    overlap: bool = True
    """On a CPU with several cores, train in two groups of slots side by side, so that one group's physics runs while the other learns.
    Every slot stays strictly on-policy, and its results are the same either way."""
    device: Device = "cpu"
    """Where to simulate and to train. A task's presets leave it as it is: the user chooses."""

    @property
    def epoch_steps(self) -> int:
        """Environment steps between two policy updates."""
        return self.rollout * self.envs

    @property
    def epochs(self) -> int:
        """Policy updates of a training, one at least."""
        return max(1, round(self.env_steps / self.epoch_steps))


@dataclass(frozen=True)
class Step:
    """What one control step of all environments gives. Signals and success are read before any auto-reset."""

    observation: Tensor
    """Policy input after any auto-reset, ``(num_envs, observation_size)``."""
    signals: Mapping[str, Tensor]
    """Copies of every signal of the task, ``(num_envs, *shape)``, float32."""
    true_score: Tensor
    """The episode's true score so far, ``(num_envs,)``; final where the episode ends at this step."""
    success: Tensor
    """Whether the sparse goal is met now, or was met earlier in the episode where the task counts that, ``(num_envs,)`` bool."""
    terminated: Tensor
    """Whether the episode ended by itself, ``(num_envs,)`` bool."""
    truncated: Tensor
    """Whether the episode ended by its horizon, ``(num_envs,)`` bool."""
    sparse: Tensor
    """The sparse reward of this step, ``(num_envs,)``: 1 where the goal is met; for a metric, what the step added to the true score."""
    unstable: Tensor
    """Whether the simulation became non-finite and was reset, ``(num_envs,)`` bool; also terminated."""


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
            seeds: One random stream per environment, ``(num_envs,)`` int64, for as many environments as were made or for fewer.
                An environment's trajectory depends on its own seed and actions, never on its neighbours.
            stagger: Start the first episodes at random times of their horizon, so that
                later resets do not all fall on the same step.

        Returns:
            The first observation, ``(num_envs, observation_size)``.
        """
        ...

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Go on with some environments, and start others behind them.

        Args:
            kept: Numbers of those that go on, in their new order, ``(k,)`` int64. They continue as if nothing had happened.
            seeds: One random stream for each new one, ``(n,)`` int64; ``k + n`` is at most what was made.
            stagger: As in :meth:`reset`, for the new ones.

        Returns:
            The first observation of the new ones, ``(n, observation_size)``.
        """
        ...

    def step(self, actions: Tensor) -> Step:
        """Advance one control step with actions in [-1, 1], ``(num_envs, action_size)``."""
        ...


@runtime_checkable
class Visible(Protocol):
    """Environments that can be looked at; a :class:`VecEnv` may be this too."""

    def camera(self, width: int, height: int, name: str = "") -> Callable[[int], Tensor]:
        """Set up a camera; nothing is drawn yet.

        Args:
            width: Pixels of a picture.
            height: Pixels of a picture.
            name: Which camera of the scene; without a name one that shows the task well.

        Returns:
            Takes the number of an environment and draws its present state, ``(height, width, 3)`` uint8.

        Raises:
            RewardsmithError: There is no such camera, or this machine cannot draw.
        """
        ...


@runtime_checkable
class Physical(Protocol):
    """Environments whose physics can run by itself, so that its speed can be measured; a :class:`VecEnv` may be this too."""

    def advance(self) -> None:
        """One control step of the physics alone, with the controls as they are; nothing is read, no episode ends."""
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A task that can tell whether its world is still the same; a :class:`Task` may be this too."""

    def fingerprint(self) -> str:
        """A short text that is another one once scene, assets or code are; recorded states are kept under it."""
        ...


class Task(Protocol):
    """Robot, scene and goal."""

    @property
    def name(self) -> str:
        """The name on the command line."""
        ...

    @property
    def group(self) -> str:
        """What the list of tasks shows it under: ``manipulation``, ``locomotion``, ``control`` or a group of the plug-in's own."""
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
        """The sparse objective in words, with its threshold, for people; the writer is not told."""
        ...

    @property
    def has_metric(self) -> bool:
        """Whether the true score is a number of the task's own, such as metres per second, and no success rate."""
        ...

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signal table."""
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
    def preset(self) -> TrainingSettings:
        """Training settings that suit the task on a CPU."""
        ...

    @property
    def gpu_preset(self) -> TrainingSettings:
        """Training settings that suit the task on a GPU."""
        ...

    @property
    def on_cpu(self) -> bool:
        """Whether training on a CPU is sensible: minutes, not days."""
        ...

    def check_device(self, device: Device) -> None:
        """Find out at once, before anything is made, whether this machine can simulate the task on a device.

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
