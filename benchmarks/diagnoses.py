"""How often each diagnosis speaks of good programs and of poor ones.

    .venv/bin/python benchmarks/diagnoses.py STUDY... [--env-steps 150000] [--grammar 60]

Trains the programs of recorded studies once more, and fresh ones of the grammar writer on
franka-reach, so that every curve is there. Of each task, a program in the upper quarter is good and
one in the lower half is poor: a diagnosis of a good one is a false alarm, of a poor one a hit.
What was trained is kept in the folder; interrupted, it goes on where it was. At the end it prints
the table.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from rewardsmith.config import TrainingOverrides
from rewardsmith.contracts import Brief, TaskSheet, TrainingJob, Workload
from rewardsmith.executors.collect import train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.feedback.diagnoses import RULES, Evidence, diagnose
from rewardsmith.records import Purpose, Run, RunState, Score, program_hash
from rewardsmith.registry import TASKS, WRITERS
from rewardsmith.reward.guard.static import check_source
from rewardsmith.seeds import derive
from rewardsmith.settings import effective_settings
from rewardsmith.study import Study
from rewardsmith.testing.briefs import CountingLedger

_AT_A_TIME = 8
_GRAMMAR_STEPS = 100_000


@dataclasses.dataclass(frozen=True)
class Trained:
    """One program, trained and scored."""

    task: str
    name: str
    program: str
    run: Run
    score: Score | None


RECORD = TypeAdapter(Trained)


def recorded(folders: Iterable[Path]) -> dict[str, dict[str, str]]:
    """Programs of studies, as the guard prints their sources today, by task and name."""
    found: dict[str, dict[str, str]] = {}
    for folder in folders:
        with Study.open(folder) as study:
            task = TASKS.load(study.config.task)
            for trial in study.trials:
                if trial.candidate.program:
                    program = check_source(trial.candidate.source, task.signals).program
                    found.setdefault(task.name, {})[f"{folder.name}-{trial.id}"] = program
    return found


def drawn(task: str, count: int) -> dict[str, str]:
    """Fresh programs of the grammar writer."""
    from rewardsmith.model_options import LanguageModelOptions

    writer, sheet = WRITERS.load("grammar")(LanguageModelOptions()), TaskSheet.of(TASKS.load(task))
    briefs = [Brief(f"c{n:03d}", sheet, "initial", (), derive("diagnoses", str(n))) for n in range(count)]
    drafts = [writer.write(brief, CountingLedger()) for brief in briefs]
    return {
        f"grammar-{draft.candidate}": check_source(draft.source, sheet.signals).program for draft in drafts
    }


def train(task: str, programs: Mapping[str, str], env_steps: int, out: Path) -> list[Trained]:
    """Train what is not there yet, some at a time."""
    out.mkdir(parents=True, exist_ok=True)
    left = [name for name in programs if not (out / f"{name}.json").exists()]
    settings = effective_settings(
        TASKS.load(task), "population", "cpu", TrainingOverrides(env_steps=env_steps)
    )
    control = check_source(TASKS.load(task).human_reward, TASKS.load(task).signals).program
    work = Workload(task, "population", settings, (out.resolve(),), control)
    executor = LocalExecutor(work)
    try:
        for start in range(0, len(left), _AT_A_TIME):
            some = {f"run-{n}": name for n, name in enumerate(left[start : start + _AT_A_TIME])}
            jobs = [
                TrainingJob(run, programs[name], derive("diagnoses", name), str(out.resolve() / f"{run}.pt"))
                for run, name in some.items()
            ]
            for ended in train_all(executor, jobs, 128, lambda _: None):
                result, name = ended.result, some[ended.result.run]
                run = Run(
                    "c000-search-0",
                    "c000",
                    program_hash(programs[name]),
                    Purpose.SEARCH,
                    0,
                    result.state,
                    components=result.components,
                    spreads=result.spreads,
                    progress=result.progress,
                )
                record = Trained(task, name, programs[name], run, ended.score)
                (out / f"{name}.json").write_bytes(RECORD.dump_json(record))
                print(name, result.state, ended.score.mean if ended.score else result.cause, flush=True)
    finally:
        executor.close()
    return [RECORD.validate_json((out / f"{name}.json").read_bytes()) for name in programs]


def table(trained: Sequence[Trained]) -> str:
    """Every diagnosis with its rates, over all tasks."""
    good: list[set[str]] = []
    rest: list[set[str]] = []
    poor: list[set[str]] = []
    for task in dict.fromkeys(one.task for one in trained):
        scored = [one for one in trained if one.task == task and one.run.state == RunState.TRAINED]
        scored.sort(key=lambda one: one.score.mean if one.score else 0.0)
        for place, one in enumerate(scored):
            assert one.score
            evidence = Evidence(one.run, one.score.mean, TASKS.load(task).horizon, rate=True)
            names = {found.name for found in diagnose(evidence)}
            share = place / len(scored)
            (poor if share < 0.5 else good if share >= 0.75 else rest).append(names)
    lines = [
        f"| diagnosis | false alarms: good ({len(good)}) | between ({len(rest)}) "
        f"| hits: poor ({len(poor)}) |",
        "|---|---:|---:|---:|",
    ]
    for name in (*RULES, "any"):
        cells = [_rate(name, group) for group in (good, rest, poor)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rate(name: str, group: Sequence[set[str]]) -> str:
    """How many of a group have a finding, ``any`` for one at least."""
    hits = sum(bool(names) if name == "any" else name in names for names in group)
    return f"{hits} ({hits / len(group):.0%})" if group else "-"


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("studies", type=Path, nargs="*")
    parser.add_argument("--env-steps", type=int, default=150_000)
    parser.add_argument("--grammar", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("runs/diagnoses"))
    options = parser.parse_args()
    trained = train(
        "franka-reach", drawn("franka-reach", options.grammar), _GRAMMAR_STEPS, options.out / "grammar"
    )
    for task, programs in recorded(options.studies).items():
        trained += train(task, programs, options.env_steps, options.out / task)
    print(table(trained))


if __name__ == "__main__":
    main()
