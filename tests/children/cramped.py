"""Trains five jobs in four slots, with so many MB of address space beyond what it has once everything is imported."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from rewardsmith.contracts import SPARSE, TrainingJob, TrainingSettings
from rewardsmith.registry import TASKS
from rewardsmith.training.population.trainer import PopulationTrainer

SETTINGS = TrainingSettings(env_steps=2_048, envs=64, rollout=16, hidden=(16,), minibatches=2, mini_epochs=1, slots=4, overlap=False)


def limit_to(more: int) -> None:
    """Allow ``more`` bytes beside those that are taken now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    bytes_now = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (bytes_now + more, bytes_now + more))


def main() -> None:
    trainer = PopulationTrainer(TASKS.load("franka-reach"), SETTINGS, 8, threads=1)
    if sys.argv[1:]:
        limit_to(int(sys.argv[1]) << 20)
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        jobs = [TrainingJob(str(n), SPARSE, n, f"{folder}/{n}.pt") for n in range(5)]
        found = [replace(result, wall_s=0.0, policy="") for result in trainer.train(jobs, 7, lambda progress: notes.append(progress.note))]
    found.sort(key=lambda result: result.candidate)
    print(json.dumps({"results": [asdict(result) for result in found], "notes": [note for note in notes if note]}))


if __name__ == "__main__":
    main()
