"""The seams of rewardsmith: what a task, environment, strategy, writer and trainer must offer.

Everything here is a protocol or a frozen dataclass. Plug-ins depend on this module, on
:mod:`rewardsmith.records` and on :mod:`rewardsmith.errors`, and on nothing else of the core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from rewardsmith.records import Call, Candidate, Draft, FinalRun, Price, Proposal, TrainingResult, Usage

if TYPE_CHECKING:
    from torch import Tensor

SPARSE = "sparse"
"""Names the baseline that trains on the true objective itself, where a program is expected."""

ALIGN = "align"
"""Operator of a brief that asks to describe its parent anew, idea and code in hand (RF-Agent's thought alignment)."""
VERIFY = "verify"
"""Operator of a brief that asks how well its parent will lead to the task, -1 to 1 (RF-Agent's self-verification)."""


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
    """Hidden layers of the actor and of the critic."""
    minibatches: int = 4
    mini_epochs: int = 4
    learning_rate: float = 1e-3
    """Where the KL-adaptive learning rate starts."""
    kl_target: float = 0.012
    discount: float = 0.97
    gae_lambda: float = 0.95
    clip: float = 0.2
    entropy: float = 0.0
    initial_std: float = 0.6
    max_grad_norm: float = 1.0


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
    """Whether the sparse goal is met now, ``(num_envs,)`` bool."""
    terminated: Tensor
    """Whether the episode ended by itself, ``(num_envs,)`` bool."""
    truncated: Tensor
    """Whether the episode ended by its horizon, ``(num_envs,)`` bool."""
    unstable: Tensor
    """Whether the simulation became non-finite and was reset, ``(num_envs,)`` bool; also terminated."""


class VecEnv(Protocol):
    """Many copies of one task, stepped together: all that a trainer knows of a simulator."""

    num_envs: int
    observation_size: int
    action_size: int

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Start every environment afresh.

        Args:
            seeds: One random stream per environment, ``(num_envs,)`` int64. An environment's
                trajectory depends on its own seed and actions, never on its neighbours.
            stagger: Start the first episodes at random times of their horizon, so that
                later resets do not all fall on the same step.

        Returns:
            The first observation, ``(num_envs, observation_size)``.
        """
        ...

    def step(self, actions: Tensor) -> Step:
        """Advance one control step with actions in [-1, 1], ``(num_envs, action_size)``."""
        ...


class Task(Protocol):
    """Robot, scene and goal."""

    @property
    def name(self) -> str:
        """The name on the command line."""
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

    def make(self, num_envs: int, threads: int) -> VecEnv:
        """Build the environments. Imports the simulator only when called."""
        ...


class Strategy(Protocol):
    """Decides what to try next. Pure and deterministic given its seed and what it was told."""

    def ask(self, limit: int) -> list[Proposal]:
        """Propose at most ``limit`` programs; an empty list while it waits for results."""
        ...

    def tell(self, candidates: Sequence[Candidate]) -> None:
        """Hear of candidates that reached a final state, in any order."""
        ...

    def state(self) -> str:
        """Everything the strategy remembers, as JSON text."""
        ...

    def restore(self, state: str) -> None:
        """Continue from what :meth:`state` gave."""
        ...


@dataclass(frozen=True)
class Parent:
    """A parent as its writer sees it: the program and what its training showed."""

    candidate: Candidate
    feedback: str
    """The reflection text (see :mod:`rewardsmith.feedback`)."""


@dataclass(frozen=True)
class Repair:
    """A draft that the guard refused, and why."""

    source: str
    error: str
    attempt: int
    """How many drafts were refused so far, from 1."""


@dataclass(frozen=True)
class Brief:
    """An order to a writer: one candidate, or with ``align`` and ``verify`` a question about one.

    Operators are names that strategy and writer share. A strategy may use any that its writers know;
    language models know those with a template under ``prompts/``.
    """

    candidate: str
    task: Task
    operator: str
    parents: tuple[Parent, ...]
    seed: int
    """A seed of this candidate alone, for writers that draw at random."""
    repair: Repair | None = None
    """What was wrong with the last draft; ``None`` at first, and where the writer is to start over."""
    attempt: int = 1
    """Number of this draft of the candidate, from 1."""


@dataclass(frozen=True)
class Quote:
    """What one call may cost at most, as far as can be said before it is made."""

    prompt_tokens: int
    completion_tokens: int
    """The limit of one reply."""
    price: Price | None
    """``None``: unknown."""

    @property
    def tokens(self) -> int:
        """Of both kinds."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def usd(self) -> float | None:
        """The whole in USD, with nothing cached."""
        return self.price.of(Usage(1, self.prompt_tokens, self.completion_tokens)) if self.price else None


class Ledger(Protocol):
    """What a writer spends, and what it need not spend again."""

    def recall(self, request: str) -> Call | None:
        """The answer that this study has to a request, by the request's key."""
        ...

    def reserve(self, quote: Quote) -> str:
        """Set tokens and money aside for one call.

        Returns:
            Nothing, or the limit that the call would exceed as long as all other calls are in flight.
        """
        ...

    def settle(self, quote: Quote, call: Call) -> None:
        """Record a call, and count what it cost in place of what was set aside for it."""
        ...


class Writer(Protocol):
    """Turns briefs into drafts."""

    @property
    def name(self) -> str:
        """The name on the command line."""
        ...

    @property
    def notice(self) -> str:
        """One line about what stands behind this writer; printed and recorded with the study."""
        ...

    def prompt(self, brief: Brief) -> str:
        """What would be sent for this brief, for ``--dry-run``."""
        ...

    def quote(self, brief: Brief) -> Quote | None:
        """What the first call for this brief may cost; ``None`` where none is made."""
        ...

    def write(self, briefs: Sequence[Brief], ledger: Ledger) -> list[Draft]:
        """Answer every brief, in the same order.

        A call is made only if the ledger does not recall its answer and after it reserved its quote,
        and is settled as it comes in.

        Args:
            briefs: At most one of each candidate.
            ledger: The study's.

        Raises:
            WriterError: No draft can be had at all, now or later.
        """
        ...


@dataclass(frozen=True)
class TrainingJob:
    """One training that is due."""

    candidate: str
    program: str
    """A program that the guard accepted and re-printed, or :data:`SPARSE`."""
    seed: int
    policy: str
    """Where the trained policy is saved, an absolute path."""


@dataclass(frozen=True)
class TrainingProgress:
    """How far a batch of trainings is."""

    env_steps: int
    """Steps done per candidate."""
    total_steps: int
    success: tuple[tuple[str, float | None], ...]
    """Training success of each candidate in the last epochs, ``None`` before an episode ended."""


class Trainer(Protocol):
    """Trains one policy per job, many at once."""

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
    ) -> Iterator[TrainingResult]:
        """Train all jobs and yield each result as soon as it is final.

        Args:
            jobs: Programs with their own seeds.
            evaluation_seed: Picks the held-out episodes, the same for all jobs.
            observe: Told about progress now and then.
        """
        ...


class Observer(Protocol):
    """Hears of everything that happens in a study, as it happens."""

    def stage(self, text: str) -> None:
        """A new stage begins."""
        ...

    def candidate(self, candidate: Candidate) -> None:
        """A candidate changed its state; it is already in the store."""
        ...

    def progress(self, progress: TrainingProgress) -> None:
        """A batch of trainings went on."""
        ...

    def final(self, run: FinalRun) -> None:
        """A run of the closing comparison is done."""
        ...
