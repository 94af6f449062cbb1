"""How often each diagnosis speaks of good programs and of poor ones.

    .venv/bin/python benchmarks/diagnoses.py STUDY... [--recorded STUDY...] [--grammar 60]

Trains the programs of recorded studies once more, and fresh ones of the grammar writer on
franka-reach, so that every curve is there. Of each task, a program in the upper quarter is good and
one in the lower half is poor: a diagnosis of a good one is a false alarm, of a poor one a hit.
What was trained is kept in the folder; interrupted, it goes on where it was. Studies behind
``--recorded`` count as they are, with the curves that they have. At the end it prints the
table, and another one of rewards with a fault that was put in on purpose.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.spoilt_rewards import SPOILT
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
_FAULT_STEPS, _SEEDS = 150_000, 3


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


def as_recorded(folders: Iterable[Path]) -> list[Trained]:
    """All scored trainings of studies as these keep them, baselines left out."""
    found: list[Trained] = []
    for folder in folders:
        with Study.open(folder) as study:
            runs = [run for run in study.runs if run.purpose != Purpose.BASELINE and run.components]
            found += [
                Trained(study.config.task, f"{folder.name}-{run.id}", "", run, score)
                for run in runs
                if (score := study.score(run)) and run.state == RunState.TRAINED
            ]
    return found


def table(groups: Sequence[Sequence[Trained]]) -> str:
    """Every diagnosis with its rates over groups of programs of one task and budget each."""
    seen: list[tuple[str, Trained, set[str]]] = []
    for group in groups:
        scored = sorted(
            (one for one in group if one.score), key=lambda one: one.score.mean if one.score else 0
        )
        for place, one in enumerate(scored):
            share = place / len(scored)
            part = "poor" if share < 0.5 else "good" if share >= 0.75 else "between"
            seen.append((part, one, _found(one)))
    lines = [
        f"{len(seen)} trainings",
        "",
        "| diagnosis | false alarms: of the good | of those between | hits: of the poor |",
        "|---|---:|---:|---:|",
    ]
    for name in RULES:
        cells = [_rate(name, seen, part) for part in ("good", "between", "poor")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rate(name: str, seen: Sequence[tuple[str, Trained, set[str]]], part: str) -> str:
    """How many of a part have a finding, among those with the curves that it takes."""
    needed = _NEEDS.get(name, lambda _: True)
    found = [name in names for of, one, names in seen if of == part and needed(one.run)]
    return f"{sum(found)} of {len(found)}" if found else "-"


def faults(out: Path) -> str:
    """What is found in rewards with a fault that was put in, each on some seeds."""
    lines = ["| fault put in | trainings | found | true scores | other findings |", "|---|---:|---:|---|---|"]
    for task, spoilt in SPOILT.items():
        signals = TASKS.load(task).signals
        programs = {
            f"{fault.replace(' ', '-').replace(',', '')}-{seed}": check_source(source, signals).program
            for fault, source in spoilt.items()
            for seed in range(_SEEDS)
        }
        done = train(task, programs, _FAULT_STEPS, out / "faults")
        for number, fault in enumerate(spoilt):
            own = done[number * _SEEDS : (number + 1) * _SEEDS]
            names = [name for one in own for name in _found(one)]
            others = {name: names.count(name) for name in names if name != fault}
            scores = ", ".join(f"{one.score.mean:.2f}" if one.score else "failed" for one in own)
            said = ", ".join(f"{name} {count}" for name, count in others.items()) or "-"
            lines.append(f"| {fault} | {len(own)} | {names.count(fault)} | {scores} | {said} |")
    return "\n".join(lines)


def _found(one: Trained) -> set[str]:
    task = TASKS.load(one.task)
    if one.score is None:
        return set()
    evidence = Evidence(one.run, one.score.mean, task.horizon, not task.has_metric)
    return {found.name for found in diagnose(evidence)}


_NEEDS: dict[str, Callable[[Run], bool]] = {
    "flooding": lambda run: bool(run.spreads),
    "dead term": lambda run: bool(run.spreads),
    "noise collapsed": lambda run: any(curve.name == "action_noise" for curve in run.progress),
}


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("studies", type=Path, nargs="*", help="programs to train once more")
    parser.add_argument("--recorded", type=Path, nargs="*", default=[], help="studies to take as they are")
    parser.add_argument("--env-steps", type=int, default=150_000)
    parser.add_argument("--grammar", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("runs/diagnoses"))
    options = parser.parse_args()
    groups = [as_recorded([folder]) for folder in options.recorded]
    drafts = drawn("franka-reach", options.grammar)
    groups.append(train("franka-reach", drafts, _GRAMMAR_STEPS, options.out / "grammar"))
    for task, programs in recorded(options.studies).items():
        groups.append(train(task, programs, options.env_steps, options.out / task))
    print(table(groups))
    print(f"\n{faults(options.out)}")


if __name__ == "__main__":
    main()
