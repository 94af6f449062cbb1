"""How fast this machine is at a task: bare physics, the task, training, and a whole search.

All four simulate equally many environments and are measured in interleaved rounds, so that what
else the machine does meanwhile falls on all of them. Of each figure the median is told, and the
median of its ratios to the bare physics of the same round.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rewardsmith import runner
from rewardsmith.baselines import control
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import Device, Task, TrainerSettings, TrainingJob, TrainingProgress, Workload
from rewardsmith.errors import RewardsmithError
from rewardsmith.executors.collect import train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.parts import assemble
from rewardsmith.records import Run, Score, Trial
from rewardsmith.reward.guard import Guard
from rewardsmith.seeds import derive
from rewardsmith.settings import effective_settings
from rewardsmith.study import Study
from rewardsmith.training.speed import StepMeter

SLOTS = 4
"""Programs that are trained side by side, and candidates of the search."""
_FEWEST_EPOCHS = 3
_USUAL_SHARE = 0.5
"""Training's speed in that of the task, about: tells how many epochs take as long as is wanted."""
_LONGER = 4
"""A batch that is over before its speed can be told is made anew, so many times as long."""
_FEW_EPISODES = 2
"""Scoring is not in the figure for training, so it is kept short."""


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int = 3
    step_s: float = 1.0
    """Seconds of a round for steps with the task; those of the physics alone come on top."""
    training_s: float = 4.0
    """Seconds of a round for the updates of a batch, about, and as many for those of a search."""
    episodes: int = StudyConfig.episodes
    """Held-out episodes per candidate of the search."""


@dataclass(frozen=True)
class Round:
    """Environment steps per second, measured one after another."""

    physics: float | None
    """``None`` where the environments do not let their physics run by itself."""
    task: float
    training: float
    search: float


@dataclass(frozen=True)
class Rate:
    """One figure over all rounds."""

    steps_per_s: float
    """Environment steps per second, the median."""
    low: float
    high: float
    of_physics: float | None
    """Ratio to the bare physics; ``None`` where that is not known."""


@dataclass(frozen=True)
class Throughput:
    """What was measured of one task on one device."""

    name: str
    device: Device
    rounds: int
    slots: int
    """Programs that were trained side by side."""
    envs: int
    """Environments of all slots; as many were simulated for every figure."""
    physics: Rate | None
    """The simulator alone; ``None`` where the environments do not let it run by itself."""
    task: Rate
    """Control steps under random actions: controls, physics,
    signals, success, resets, observation."""
    training: Rate
    """The human reward, or else the suite's own or the sparse one, in a worker process, from the
    first update to the last: without start-up and held-out scoring."""
    search: Rate
    """A search of as many candidates as slots with the grammar writer,
    everything included but the closing comparison."""
    candidates_per_hour: float
    """Of that search."""
    candidate_steps: int
    """Environment steps of a candidate's training in that search."""


def measure(
    task: Task, device: Device, overrides: TrainingOverrides, effort: Effort, say: Callable[[str], None]
) -> Throughput:
    """Measure one task.

    Args:
        task: A registered one: workers know it by its name.
        device: Where to simulate and to train.
        overrides: Changes of the task's preset.
        effort: How long, and how often.
        say: Told what is being measured.

    Raises:
        UsageError: The machine lacks the device, or a setting is wrong.
        RewardsmithError: A training failed.
    """
    settings = effective_settings(task, StudyConfig.trainer, device, overrides)
    say(f"{task.name}: starting")
    steps = StepMeter(task, SLOTS * settings.envs, device)
    guess = steps.measure(effort.step_s / 4).task
    epochs = max(
        _FEWEST_EPOCHS, round(effort.training_s * guess * _USUAL_SHARE / (SLOTS * settings.epoch_steps))
    )
    training = TrainingMeter(task.name, _program(task, settings), settings, epochs)
    rounds: list[Round] = []
    try:
        for number in range(effort.rounds):
            say(f"{task.name}: round {number + 1} of {effort.rounds}")
            bare, trained = steps.measure(effort.step_s), training.measure()
            config = StudyConfig(
                task.name, device=device, seed=number, episodes=effort.episodes, training=overrides
            )
            searched = _search(config, settings, epochs, trained)
            rounds.append(Round(bare.physics, bare.task, trained, searched))
    finally:
        training.close()
        steps.close()
    return summarise_rounds(task.name, settings, rounds)


def summarise_rounds(name: str, settings: TrainerSettings, rounds: Sequence[Round]) -> Throughput:
    """Medians, ranges and ratios."""
    bare = [r.physics for r in rounds if r.physics is not None]
    search = _rate([r.search for r in rounds], bare)
    return Throughput(
        name=name,
        device=settings.device,
        rounds=len(rounds),
        slots=SLOTS,
        envs=SLOTS * settings.envs,
        physics=_rate(bare, bare) if bare else None,
        task=_rate([r.task for r in rounds], bare),
        training=_rate([r.training for r in rounds], bare),
        search=search,
        candidates_per_hour=3600 * search.steps_per_s / settings.env_steps,
        candidate_steps=settings.env_steps,
    )


def _rate(values: Sequence[float], bare: Sequence[float]) -> Rate:
    ratio = median(value / physics for value, physics in zip(values, bare, strict=True)) if bare else None
    return Rate(median(values), min(values), max(values), ratio)


class TrainingMeter:
    """Trains batches of one program, in a worker process that is kept from batch to batch."""

    def __init__(self, task: str, program: str, settings: TrainerSettings, epochs: int) -> None:
        """Prepare batches of so many epochs."""
        self._task, self._program, self._settings = task, program, settings
        self._folder = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._executor = self._lasting(epochs)

    def measure(self) -> float:
        """Environment steps per second of a batch, between the first and last reported update."""
        while True:
            marks: list[tuple[float, float]] = []
            self._train(
                lambda progress, marks=marks: marks.append(
                    (time.perf_counter(), progress.env_steps / progress.total_steps)
                )
            )
            if len(marks) > 1:
                (started, first), (ended, last) = marks[0], marks[-1]
                return (last - first) * SLOTS * self._settings.env_steps / (ended - started)
            self._executor.close()
            self._executor = self._lasting(_LONGER * self._settings.epochs)

    def close(self) -> None:
        """End the worker."""
        self._executor.close()

    def _lasting(self, epochs: int) -> LocalExecutor:
        self._settings = dataclasses.replace(self._settings, env_steps=epochs * self._settings.epoch_steps)
        return LocalExecutor(
            Workload(
                self._task, StudyConfig.trainer, self._settings, (self._folder.resolve(),), self._program
            )
        )

    def _train(self, observe: Callable[[TrainingProgress], None]) -> None:
        policies = [str(self._folder.resolve() / f"b{n}.pt") for n in range(SLOTS)]
        scored_on = derive("evaluation", "bench")
        jobs = [
            TrainingJob(f"b{n}", self._program, derive("bench", n), path, scored_on)
            for n, path in enumerate(policies)
        ]
        for ended in train_all(self._executor, jobs, _FEW_EPISODES, observe):
            if ended.score is None:
                raise RewardsmithError(
                    f"a training of {self._task} failed ({ended.result.state}): {ended.result.cause}"
                )


def _program(task: Task, settings: TrainerSettings) -> str:
    """The task's human reward as the guard prints it; without one, what its environment gives."""
    if not task.human_reward:
        return control(task)
    guard = Guard(settings)
    try:
        verdict = guard.check(task.human_reward, task)
    finally:
        guard.close()
    if not verdict.accepted:
        raise RewardsmithError(f"the guard refuses the human reward of {task.name}: {verdict.text}")
    return verdict.program


def _search(config: StudyConfig, settings: TrainerSettings, epochs: int, training: float) -> float:
    """Environment steps per second of a search whose trainings are as long as the settings say.

    A real one with trainings of fewer epochs is timed, from its processes' start to their end; the
    steps that it lacks are added at the speed of training.
    """
    short = min(epochs, settings.epochs) * settings.epoch_steps
    config = dataclasses.replace(
        config, candidates=SLOTS, finalists=1, final_seeds=0, baselines=False,
        training=TrainingOverrides(config.training, env_steps=short)
    )  # fmt: skip
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        parts = assemble(config, Path(folder) / "study")
        try:
            with Study.create(Path(folder) / "study", config) as study:
                runner.run(study, parts, _Nobody())
                made = sum(run.env_steps for run in study.runs)
        finally:
            parts.close()
    return whole_rate(SLOTS * settings.env_steps, made, time.perf_counter() - started, training)


def whole_rate(due: int, made: int, seconds: float, training: float) -> float:
    """Environment steps per second of a search of ``due``, if one of ``made`` took ``seconds``."""
    return due / (seconds + (due - made) / training)


class _Nobody:
    """Watches nothing (see :class:`rewardsmith.contracts.Observer`)."""

    def stage(self, text: str) -> None:
        """Look away."""

    def note(self, text: str) -> None:
        """Look away."""

    def trial(self, trial: Trial) -> None:
        """Look away."""

    def progress(self, progress: TrainingProgress) -> None:
        """Look away."""

    def run(self, run: Run, score: Score | None) -> None:
        """Look away."""
