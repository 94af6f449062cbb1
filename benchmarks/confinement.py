"""What confinement costs a training.

    python benchmarks/confinement.py [--tasks cartpole franka-push] [--rounds 9] [--seconds 6]

Two processes train the same batches of the same program with the population trainer; one of them
confined itself before, as a worker does. They take turns, and who begins alternates, so that what
else the machine does falls on both. Wanted: at most 2 % fewer steps per second. Processor time per
step says the same on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from pydantic import TypeAdapter

from rewardsmith.contracts import Trainer, TrainingJob, TrainingProgress
from rewardsmith.execution.memory import keep_freed_memory
from rewardsmith.execution.process import JsonProcess, answer, claim_stdout, hear
from rewardsmith.records import RunState
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.reward.guard import Guard
from rewardsmith.settings import settings_of
from rewardsmith.training.confined import confine_training
from rewardsmith.training.ppo import PpoSettings
from tests.training import train

SLOTS, TARGET = 4, 0.02
CONFINED, FREE = "confined", "free"


@dataclass(frozen=True)
class Batch:
    """Train so many epochs of a program."""

    task: str
    program: str
    epochs: int


@dataclass(frozen=True)
class Turn:
    """What a batch took, from its first update to its last."""

    steps: int
    seconds: float
    cpu_s: float

    @property
    def rate(self) -> float:
        """Environment steps per second."""
        return self.steps / self.seconds

    @property
    def cost(self) -> float:
        """Processor time per million steps."""
        return 1e6 * self.cpu_s / self.steps


BATCH, TURN = TypeAdapter(Batch), TypeAdapter(Turn)


def serve(kind: str) -> None:
    """The child: confine itself or not, then train what it is sent."""
    descriptor = claim_stdout()
    keep_freed_memory()
    folder = Path(os.environ["TMPDIR"])
    trainers: dict[int, Trainer] = {}
    confined = kind == FREE
    for line in sys.stdin:
        batch = BATCH.validate_json(line)
        task = TASKS.load(batch.task)
        if not confined:
            confine_training([folder], task, "cpu", 1)
            confined = True
        settings = _settings(batch)
        trainer = trainers.setdefault(batch.epochs, TRAINERS.load("population")(task, settings))
        answer(descriptor, TURN.dump_json(_train(trainer, batch, folder)).decode())


def _settings(batch: Batch) -> PpoSettings:
    settings = settings_of(PpoSettings, TASKS.load(batch.task), "population", "cpu", {})
    return replace(settings, env_steps=batch.epochs * settings.epoch_steps)


def _train(trainer: Trainer, batch: Batch, folder: Path) -> Turn:
    marks: list[tuple[int, float, float]] = []

    def mark(progress: TrainingProgress) -> None:
        marks.append((progress.env_steps, time.perf_counter(), time.process_time()))

    jobs = [TrainingJob(str(n), batch.program, n, str(folder / f"{n}.pt")) for n in range(SLOTS)]
    results = train(trainer, jobs, mark)
    assert all(result.state == RunState.TRAINED for result in results.values()), results["0"].cause
    (first, started, cpu), (last, ended, cpu_then) = marks[0], marks[-2]  # the last one waits for the saving
    return Turn(last - first, ended - started, cpu_then - cpu)


def measure(name: str, rounds: int, seconds: float) -> str:
    """Both kinds in turns; one line of the table."""
    task = TASKS.load(name)
    guard = Guard(PpoSettings())
    program = guard.check(task.human_reward, task).program
    guard.close()
    children = {kind: JsonProcess("confinement", "--child", kind) for kind in (FREE, CONFINED)}

    def turn(kind: str, epochs: int) -> Turn:
        children[kind].send(BATCH.dump_json(Batch(name, program, epochs)).decode())
        return hear(children[kind], TURN, 3_600.0)

    try:
        trial, _ = (turn(kind, 4) for kind in children)
        epochs = max(6, round(seconds * trial.rate / (trial.steps / 2)))
        pairs: list[dict[str, Turn]] = []
        for number in range(rounds):
            order = list(children) if number % 2 else list(children)[::-1]
            pairs.append({kind: turn(kind, epochs) for kind in order})
    finally:
        for child in children.values():
            child.kill()
    rates = {kind: median(pair[kind].rate for pair in pairs) for kind in children}
    slower = sorted(1 - pair[CONFINED].rate / pair[FREE].rate for pair in pairs)
    dearer = sorted(pair[CONFINED].cost / pair[FREE].cost - 1 for pair in pairs)
    return (
        f"| {name} | {rates[FREE]:,.0f} | {rates[CONFINED]:,.0f} | {median(slower):+.1%} "
        f"({slower[0]:+.1%} to {slower[-1]:+.1%}) | {median(dearer):+.1%} ({dearer[0]:+.1%} to "
        f"{dearer[-1]:+.1%}) |"
    )


def main() -> None:
    """Measure all tasks of the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=["cartpole", "franka-push"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=6.0, help="of a batch, about")
    parser.add_argument("--child", choices=[CONFINED, FREE], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        serve(options.child)
        return
    print(
        "| task | steps/s, free | steps/s, confined | slower, median of rounds | more processor time per "
        "step |"
    )
    print("|---|---|---|---|---|")
    for name in options.tasks:
        print(measure(name, options.rounds, options.seconds), flush=True)
    print(f"wanted: at most {TARGET:.0%} slower")


if __name__ == "__main__":
    main()
