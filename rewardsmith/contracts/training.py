"""What a trainer must offer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from rewardsmith.contracts.task import Device
from rewardsmith.ranges import check_ranges
from rewardsmith.records import Curve, Fault, Rung, RunState

SPARSE = "sparse"
"""Names the baseline that trains on the true objective itself, where a program is expected."""
NATIVE = "native"
"""Names the baseline that trains on the suite's own dense reward, where a program is expected."""
BUILT_IN = (SPARSE, NATIVE)
"""Names that stand where a program is expected: rewards that a step gives by itself."""

_ROUNDING = 1e-9
"""0.07 * 100 is a little more than 7."""


@dataclass(frozen=True)
class TrainerSettings:
    """What is needed of every trainer's settings.

    A trainer's own are a frozen dataclass that inherits from this.

    Every field is a :data:`rewardsmith.contracts.Setting` and has a default. Flags and files give
    it by its name, as in ``--training.env-steps``; the text below it is its help.
    """

    env_steps: int = 400_000
    """Environment steps per candidate, rounded to whole rollouts of all environments."""
    envs: int = 256
    """Parallel environments per candidate."""
    device: Device = "cpu"
    """Where to simulate and to train. Neither presets nor flags
    set it here: a study has one device."""

    RANGES: ClassVar[Mapping[str, tuple[float, float]]] = {"env_steps": (1, 10**12), "envs": (1, 10**6)}
    """By field: the lowest and the highest value."""

    @property
    def epoch_steps(self) -> int:
        """Environment steps between two policy updates; no program is shown more states at once."""
        return self.envs

    @property
    def epochs(self) -> int:
        """Policy updates of a training, one at least.

        It has a point of each curve for every one of them.
        """
        return max(1, round(self.env_steps / self.epoch_steps))

    @property
    def whole_steps(self) -> int:
        """Environment steps of a whole training."""
        return self.epochs * self.epoch_steps

    @property
    def policy_bytes(self) -> int:
        """What a saved policy takes on disk, about."""
        return 100_000

    @property
    def outline(self) -> tuple[str, ...]:
        """What a reward's writer should know of the training, a sentence each."""
        return (
            f"A policy is trained from nothing for {self.env_steps:,} control steps in all, in {self.envs:,} "
            f"environments side by side, and improved {self.epochs:,} times; a reward that is learnt quickly "
            "beats one that would be perfect in the end.",
        )

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: Naming the setting as ``training.NAME``, its value and what is allowed.
        """
        check_ranges("training.", vars(self), self.RANGES)


@dataclass(frozen=True)
class Race:
    """Asynchronous successive halving on the true score, in its stopping variant.

    It is Li et al.'s (MLSys 2020, arXiv 1810.05934). When a training has taken a rung's share of
    its steps, its policy is scored on a few held-out episodes and compared with every candidate
    that came before it in the queue: it goes on if fewer than ``ceil(keep * n)`` of these ``n``
    (itself included) are strictly better. Nobody is evicted for a tie, and nothing hangs on who was
    trained beside whom: only on the order of the queue, so a search that was interrupted decides
    the same.
    """

    rungs: tuple[float, ...] = (0.25, 0.35, 0.5, 0.7)
    """Shares of a training's steps, rising, each above 0 and below 1."""
    keep: float = 0.3
    """The best share that goes on at each rung."""
    episodes: int = 32
    """Held-out episodes at a rung."""

    def allows(self, better: int, rivals: int) -> bool:
        """Whether a training goes on: ``better`` of ``rivals`` before it have a higher score."""
        return better < math.ceil(self.keep * (rivals + 1) - _ROUNDING)


@dataclass(frozen=True)
class TrainingJob:
    """One training that is due."""

    run: str
    """The run's id."""
    program: str
    """A program that the guard accepted and re-printed, or one of :data:`BUILT_IN`."""
    seed: int
    policy: str
    """Where the trained policy is saved, an absolute path."""
    evaluation_seed: int = 0
    """Picks held-out episodes; those at rungs derive from it."""
    episodes: str = ""
    """Where some of the held-out episodes are saved that the run was last
    scored on, an absolute path; nothing: nowhere."""
    race: Race | None = None
    """Ends it early if it is hopeless."""
    group: str = ""
    """A race compares jobs of one group only."""
    rivals: tuple[tuple[str, tuple[float, ...]], ...] = ()
    """Runs that came before it and are at their end, each with its scores
    at the race's rungs as far as it came."""
    repeats: str = ""
    """The first run of its candidate, where this one trains a repaired program; nothing: this is
    the first. Those behind it are compared with that one only, so that a program that failed and
    was repaired counts once, whatever is interrupted when. It is no rival of its own repair."""
    start: str = ""
    """The policy that it begins from, an absolute path; nothing: a new one. A trainer without
    ``can_start`` gets none. One whose file cannot be read or does not fit is no fault of the
    program's: the trainer raises a ``UsageError``."""
    start_share: float = 1.0
    """How much of that policy's weights goes into the first ones, above 0 and at most 1: the rest
    is of new weights."""


class Jobs(Protocol):
    """Where a trainer gets its work from, while it works."""

    @property
    def width(self) -> int:
        """How many jobs may be under way at a time; a trainer may make room for so many."""
        ...

    @property
    def folders(self) -> Sequence[Path]:
        """The files of all jobs go below these.

        A trainer that starts processes confines them to these.
        """
        ...

    def take(self, *, wait: bool) -> Sequence[TrainingJob]:
        """Jobs that have come since the last call, in the order of the queue.

        Args:
            wait: Wait for the next one. Nothing then means that a trainer is to return; it is
                called again if more comes.
        """
        ...


@dataclass(frozen=True)
class TrainingResult:
    """What one training gave. The policy is saved where it was trained to the end."""

    run: str
    state: RunState
    """``TRAINED``, ``EVICTED`` or ``FAILED``."""
    fault: Fault | None = None
    """What the program did, where it failed."""
    cause: str = ""
    """Why it failed or was evicted."""
    env_steps: int = 0
    wall_s: float = 0.0
    """Its share of the time."""
    components: tuple[Curve, ...] = ()
    """Mean of every reward component per epoch."""
    spreads: tuple[Curve, ...] = ()
    """Standard deviation of every reward component over the steps of an epoch."""
    progress: tuple[Curve, ...] = ()
    """``success`` (true score of training episodes), ``episode_length`` and ``total`` (the proxy
    reward) per epoch. A trainer that explores by noise on its actions may add ``action_noise``, the
    mean of its standard deviations."""
    rungs: tuple[Rung, ...] = ()
    """What racing saw, rung by rung; empty without racing."""


@dataclass(frozen=True)
class TrainingProgress:
    """How far a batch of trainings is."""

    env_steps: int
    """Steps that all of them took so far, together."""
    total_steps: int
    """Steps that they take together, if none that still runs ends early."""
    success: tuple[tuple[str, float | None], ...]
    """True score of the training episodes of the runs that are being trained now, in the last
    epochs; ``None`` before a whole episode ended."""
    rungs: tuple[tuple[str, Rung], ...] = ()
    """Runs that reached a rung since the last report."""
    note: str = ""
    """Something that a person should know, such as that memory is short."""


class Trainer(Protocol):
    """Trains one policy per job, many at once, and saves it.

    It runs in a process that can write where the jobs' files go, to a cache of its own and to
    temporary files, and that can start threads. A registered trainer is called with ``(task,
    settings, threads)``: the task, an instance of ``Settings``, and the physics threads it may use.
    """

    Settings: ClassVar[type[TrainerSettings]]
    """Its settings. Users give them by name, and a task's
    :meth:`rewardsmith.contracts.Task.preset` changes their defaults."""

    @property
    def can_race(self) -> bool:
        """Whether it can end trainings early, as :class:`Race` says."""
        ...

    @property
    def can_start(self) -> bool:
        """Whether it can begin from a saved policy, as :attr:`TrainingJob.start` says."""
        ...

    @property
    def starts_processes(self) -> bool:
        """Whether it needs processes of its own.

        Then it compiles no program itself, and its processes call
        :func:`rewardsmith.training.confined.confine_training` before they do.
        """
        ...

    def train(
        self, jobs: Jobs, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[Sequence[TrainingResult]]:
        """Train jobs as they come, until there are no more.

        Args:
            jobs: Where they come from. Asked now and then while others are trained.
            observe: Told about progress now and then, at least every minute.

        Yields:
            Results as soon as they are final; those that became so together, together.
        """
        ...
