"""Programs that a person gives: a file, the task's human reward, or a candidate of a study."""

from __future__ import annotations

from pathlib import Path

from rewardsmith.admission import check_prints
from rewardsmith.baselines import HUMAN, check_baseline
from rewardsmith.contracts import Task
from rewardsmith.errors import UsageError
from rewardsmith.records import Given
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.program_file import read_program
from rewardsmith.study import Study
from rewardsmith.study_folder import is_study


def given_by(name: str, task: Task, guard: Guard) -> Given:
    """Find a program and check it.

    Args:
        name: ``human``, a file, or ``STUDY/CANDIDATE``.
        task: Whose signals it may read.
        guard: Checks it.

    Raises:
        UsageError: There is none, or the guard refuses it.
    """
    source, shown = source_of(name, task)
    verdict = guard.check(source, task)
    if not verdict.accepted:
        raise UsageError(f"{shown} is refused: {verdict.text}")
    return Given(source, shown)


def source_of(name: str, task: Task) -> tuple[str, str]:
    """A program as it was written, not checked yet, and its name for a person.

    Args:
        name: ``human``, a file, or ``STUDY/CANDIDATE``.
        task: Whose human reward is meant.

    Raises:
        UsageError: There is none.
        StoreError: The study's program is not the print of its source.
    """
    path = Path(name)
    if name == HUMAN:
        check_baseline(task, HUMAN)
        return task.human_reward, HUMAN
    if path.exists() and not path.is_dir():
        return read_program(path), path.name
    if is_study(path.parent):
        with Study.open(path.parent) as study:
            trial = study.winner if path.name == "best" else study.trial(path.name)
            if trial and trial.candidate.program:
                check_prints(study, trial.candidate)
                return trial.candidate.source, f"{trial.id} of {path.parent.name}"
    raise UsageError(
        f"cannot read the reward: there is no program {name!r}. Give a file with a reward program, "
        f"`{HUMAN}`, or a candidate of a study as STUDY/CANDIDATE."
    )
