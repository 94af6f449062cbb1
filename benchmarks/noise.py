"""How much of a score is luck: programs trained on several seeds and scored several times.

    .venv/bin/python benchmarks/noise.py franka-push --recorded STUDY... --grammar 8 --out FOLDER
    .venv/bin/python benchmarks/noise.py franka-lift --grammar 6 --out FOLDER --report

Every training is scored on held-out episodes at half of its steps and four times in the last third
of them: a race looks at it that evicts nobody. What was trained is kept in the folder; interrupted,
it goes on where it was. ``--report`` trains nothing and prints the tables of what is there.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.diagnoses import drawn, recorded
from benchmarks.noise_parts import Scores, parts_table, protocols_table
from rewardsmith.config import TrainingOverrides
from rewardsmith.contracts import Race, TrainingJob, Workload
from rewardsmith.executors.collect import train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.records import Score
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard.static import check_source
from rewardsmith.seeds import derive
from rewardsmith.settings import effective_settings

MOMENTS = (0.5, 0.7, 0.8, 0.9, 1.0)
"""Shares of the steps after which every training is scored."""
_AT_A_TIME = 8
_EPISODES = 128


@dataclass(frozen=True)
class Trained:
    """One training of a program."""

    task: str
    program: str
    seed: int
    env_steps: int
    scores: tuple[Score, ...]
    """At :data:`MOMENTS`; fewer where it failed."""


RECORD = TypeAdapter(Trained)


def train(task: str, programs: Mapping[str, str], seeds: int, env_steps: int, out: Path) -> None:
    """Train what is not there yet, seed by seed, some at a time."""
    out.mkdir(parents=True, exist_ok=True)
    due = [(name, seed) for seed in range(seeds) for name in programs]
    left = [(name, seed) for name, seed in due if not _path(out, task, name, seed).exists()]
    loaded = TASKS.load(task)
    settings = effective_settings(loaded, "population", "cpu", TrainingOverrides(env_steps=env_steps))
    control = check_source(loaded.human_reward, loaded.signals).program
    executor = LocalExecutor(Workload(task, "population", settings, (out.resolve(),), control))
    race = Race(MOMENTS[:-1], keep=1.0, episodes=_EPISODES)
    try:
        for start in range(0, len(left), _AT_A_TIME):
            some = {f"run-{n}": one for n, one in enumerate(left[start : start + _AT_A_TIME])}
            jobs = [
                TrainingJob(
                    run,
                    programs[name],
                    derive("noise", name, seed),
                    str(out.resolve() / f"{run}.pt"),
                    evaluation_seed=derive("noise episodes", seed),
                    race=race,
                )
                for run, (name, seed) in some.items()
            ]
            for ended in train_all(executor, jobs, _EPISODES, lambda _: None):
                name, seed = some[ended.result.run]
                scores = [rung.score for rung in ended.result.rungs] + ([ended.score] if ended.score else [])
                record = Trained(task, name, seed, ended.result.env_steps, tuple(scores))
                _path(out, task, name, seed).write_bytes(RECORD.dump_json(record, exclude_none=True))
                print(task, name, seed, *(f"{score.mean:.3f}" for score in scores), flush=True)
    finally:
        executor.close()


def _path(out: Path, task: str, name: str, seed: int) -> Path:
    return out / f"{task}-{name}-{seed}.json"


def report(out: Path) -> str:
    """The tables of everything in a folder, task by task, together and by who wrote it."""
    found = [RECORD.validate_json(path.read_bytes()) for path in sorted(out.glob("*.json"))]
    groups: dict[str, Scores] = {}
    for task in sorted({one.task for one in found}):
        own = [one for one in found if one.task == task]
        by_grammar = [one for one in own if one.program.startswith("grammar-")]
        by_model = [one for one in own if one not in by_grammar]
        parts = {task: own, f"{task}, a model": by_model, f"{task}, the grammar": by_grammar}
        groups |= {name: _scores(part) for name, part in parts.items() if part}
    return f"{parts_table(groups)}\n\n{protocols_table(groups)}\n"


def write_csv(out: Path, path: Path) -> None:
    """Every score of a folder, a line for each training."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["task", "program", "seed", "env_steps", *(f"at {moment:.0%}" for moment in MOMENTS)])
        for found in sorted(out.glob("*.json")):
            one = RECORD.validate_json(found.read_bytes())
            rows.writerow(
                [one.task, one.program, one.seed, one.env_steps, *(score.mean for score in one.scores)]
            )


def _scores(trainings: Sequence[Trained]) -> Scores:
    """Means and standard errors of all programs that were trained to the end on all seeds."""
    seeds = sorted({one.seed for one in trainings})
    whole = {(one.program, one.seed): one for one in trainings if len(one.scores) == len(MOMENTS)}
    programs = sorted({name for name, _ in whole})
    programs = [name for name in programs if all((name, seed) in whole for seed in seeds)]
    return Scores.of([[whole[name, seed].scores for seed in seeds] for name in programs])


def main() -> None:
    """Train what is missing, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task")
    parser.add_argument("--recorded", type=Path, nargs="*", default=[], help="studies with programs to take")
    parser.add_argument("--most", type=int, default=8, help="so many recorded programs, evenly from all")
    parser.add_argument("--grammar", type=int, default=8, help="programs of the grammar writer")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--env-steps", type=int, default=200_000)
    parser.add_argument("--out", type=Path, default=Path("runs/noise"))
    parser.add_argument("--csv", type=Path, help="file for all scores")
    parser.add_argument("--report", action="store_true", help="train nothing")
    options = parser.parse_args()
    if not options.report:
        taken = recorded(options.recorded).get(options.task, {})
        names = list(taken)[:: max(1, len(taken) // options.most)][: options.most]
        programs = {name: taken[name] for name in names} | drawn(options.task, options.grammar)
        train(options.task, programs, options.seeds, options.env_steps, options.out)
    print(report(options.out))
    if options.csv:
        write_csv(options.out, options.csv)


if __name__ == "__main__":
    main()
