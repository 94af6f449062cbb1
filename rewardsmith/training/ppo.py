"""The settings of PPO, which both built-in trainers take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

from rewardsmith.contracts import TrainerSettings
from rewardsmith.errors import UsageError
from rewardsmith.ranges import brief

Activation = Literal["tanh", "elu"]
"""What follows every hidden layer of a policy."""
MAX_WIDTH, MAX_LAYERS = 8_192, 8
"""Of networks."""
_MAX_SAMPLES = 10**8
_HIGHEST = {
    "env_steps": 10**12, "envs": 10**6, "rollout": 10**5, "hidden": MAX_WIDTH, "minibatches": 10**6,
    "mini_epochs": 1_000,
    "learning_rate": 10, "kl_target": 100, "discount": 1, "gae_lambda": 1, "clip": 100, "initial_std": 100,
    "max_grad_norm": 10**6,
}  # fmt: skip
"""Settings that must be above 0, and where they turn from unwise to a machine without memory."""
_INPUTS, _OUTPUTS = 64, 8
"""A policy's observation and action sizes, about; its hidden layers decide."""


@dataclass(frozen=True)
class PpoSettings(TrainerSettings):
    """PPO of one program. The defaults suit small tasks on a CPU; a task's preset changes some."""

    rollout: int = 24
    """Control steps per environment between two updates."""
    # With widths that are multiples of 16, as in all presets, a slot
    # computes bit for bit what it would alone.
    hidden: tuple[int, ...] = (128, 128)
    """Hidden layers of actor and critic."""
    # The papers have ELU.
    activation: Activation = "tanh"
    """After every hidden layer."""
    minibatches: int = 4
    mini_epochs: int = 4
    # Where the KL-adaptive rate starts.
    learning_rate: float = 1e-3
    kl_target: float = 0.012
    discount: float = 0.97
    gae_lambda: float = 0.95
    clip: float = 0.2
    # Within `clip` of its former normalised values.
    value_clip: bool = False
    """Hold the critic near its former values in one update, as the papers do."""
    entropy: float = 0.0
    initial_std: float = 0.6
    max_grad_norm: float = 1.0
    # The sparse reward gets it, too. Isaac Gym's hands have 250.
    goal_bonus: float = 0.0
    """Added to every reward at each step that meets the goal."""
    # The training curve shows this mean, as Isaac Gym's `consecutive_successes` (hands: 0.1);
    # at 0 the plain mean of the epoch's finished episodes.
    goal_smoothing: float = 0.0
    """Weight of the latest episodes in the running mean of goals; 0 for none."""
    slots: int = 0
    """Programs that are trained at a time; 0 for as many as usual memory takes."""
    # On a CPU with several cores, in two groups of slots. Every slot stays strictly on-policy.
    overlap: bool = True
    """Let one group's physics run while another learns; the same results either way."""

    RANGES: ClassVar[Mapping[str, tuple[float, float]]] = {
        "entropy": (0, 100), "goal_bonus": (-1e6, 1e6), "goal_smoothing": (0, 1), "slots": (0, 10_000),
    }  # fmt: skip
    """Of those that may be 0; :meth:`check` knows the others."""

    @property
    def epoch_steps(self) -> int:
        """Environment steps between two policy updates."""
        return self.rollout * self.envs

    @property
    def outline(self) -> tuple[str, ...]:
        """What PPO makes of a reward."""
        sentences = (
            f"It is trained by PPO with a discount of {self.discount:g} per control step, so what is far "
            f"beyond {1 / (1 - self.discount):,.0f} steps away hardly counts."
            if self.discount < 1
            else "It is trained by PPO without a discount.",
            "Rewards are taken as they are; returns and advantages are normalised, so the size of the total "
            "does not matter, but the sizes of its terms relative to each other do.",
        )
        bonus = f"Every step that meets the goal earns {self.goal_bonus:g} on top."
        return (*super().outline, *sentences, *([bonus] if self.goal_bonus else []))

    @property
    def policy_bytes(self) -> int:
        """Actor and critic in single precision."""
        return 2 * 4 * sum(a * b for a, b in pairwise((_INPUTS, *self.hidden, _OUTPUTS)))

    def check(self) -> None:
        """Refuse counts and rates that are not positive or beyond reason, and what does not agree.

        Raises:
            UsageError: Naming the setting, its value and what is allowed.
        """
        for name, high in _HIGHEST.items():
            given = vars(self)[name]
            for value in given if name == "hidden" else (given,):
                if not 0 < value <= high:
                    raise UsageError(
                        f"training.{name} is {brief(given)}; give a value above 0, and at most {high:,}."
                    )
        if len(self.hidden) > MAX_LAYERS:
            raise UsageError(f"training.hidden has {len(self.hidden):,} layers; give at most {MAX_LAYERS}.")
        super().check()
        samples = self.epoch_steps
        if samples < self.minibatches:
            raise UsageError(
                f"training.minibatches is {self.minibatches}, more than the {samples} samples of a rollout."
            )
        if samples > _MAX_SAMPLES:
            raise UsageError(
                f"training.rollout times training.envs is {samples:,}; give at most {_MAX_SAMPLES:,} "
                "samples of a rollout."
            )
