"""Trains on an executor with so little memory that its workers find none
for their simulations; says all that happens."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from rewardsmith.contracts import SPARSE, TrainingJob, Workload
from rewardsmith.errors import ExecutionError
from rewardsmith.executors.collect import train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.registry import TASKS
from tests.children.cramped import SETTINGS, limit_to


def main() -> None:
    folder = Path(sys.argv[1])
    TASKS.load("franka-reach")  # a worker imports as much
    limit_to(3_000 << 20)
    settings = replace(SETTINGS, envs=2_048, env_steps=65_536)
    executor = LocalExecutor(Workload("franka-reach", "population", settings, (folder,), SPARSE))
    jobs = [TrainingJob(name, SPARSE, n, str(folder / f"{name}.pt")) for n, name in enumerate("ab")]
    try:
        for ended in train_all(executor, jobs, 4, lambda progress: print(progress.note)):
            print(ended.result.state, ended.result.cause)
    except ExecutionError as error:
        print(f"ExecutionError: {error}")
    finally:
        executor.close()


if __name__ == "__main__":
    main()
