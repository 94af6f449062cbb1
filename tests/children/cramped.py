"""Trains five jobs in four slots, with so many MB of address space
beyond what it has once everything is imported."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rewardsmith.contracts import SPARSE, Race, TrainingJob
from rewardsmith.registry import TASKS
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.ppo import PpoSettings
from tests.training import train

SETTINGS = PpoSettings(
    env_steps=2_048, envs=64, rollout=16, hidden=(16,), minibatches=2, mini_epochs=1, slots=4, overlap=False
)
LENIENT = Race((0.5,), keep=1.0, episodes=8)
"""Evicts nobody, but takes memory to look at them."""


def limit_to(more: int) -> None:
    """Allow ``more`` bytes beside those that are taken now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    bytes_now = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (bytes_now + more, bytes_now + more))


def main() -> None:
    trainer = PopulationTrainer(TASKS.load("franka-reach"), SETTINGS, threads=1)
    if sys.argv[1:]:
        limit_to(int(sys.argv[1]) << 20)
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        jobs = [TrainingJob(str(n), SPARSE, n, f"{folder}/{n}.pt", 7, race=LENIENT) for n in range(5)]
        found = list(train(trainer, jobs, lambda progress: notes.append(progress.note)).values())
    found.sort(key=lambda result: result.run)
    print(
        json.dumps(
            {"results": [asdict(result) for result in found], "notes": [note for note in notes if note]}
        )
    )


if __name__ == "__main__":
    main()
