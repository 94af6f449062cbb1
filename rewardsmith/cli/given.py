"""Programs that a person gives: a file, the task's human reward, or a candidate of a study."""

from __future__ import annotations

from pathlib import Path

from rewardsmith.admission import check_prints
from rewardsmith.baselines import HUMAN, check_baseline
from rewardsmith.contracts import Task
from rewardsmith.errors import UsageError
from rewardsmith.files import read_named
from rewardsmith.records import Given
from rewardsmith.reward.extract import MAX_REPLY, extract, from_file
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.study_folder import is_study

_MOST_BYTES = 4 * MAX_REPLY
"""A character takes four bytes at most."""


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


def read_program(path: Path) -> str:
    """The program in a file that a user named: a Python file as it is, else a model's reply.

    Lines of a Python file keep their numbers.

    Raises:
        UsageError: See :func:`read_text`.
    """
    text = read_text(path)
    return from_file(text) if path.suffix == ".py" else extract(text).source


def read_text(path: Path) -> str:
    """Read a file that a user named, or a pipe.

    Of something endless, no more than a reply may have.

    Raises:
        UsageError: It cannot be read as text, or is too long.
    """
    advice = "Give a text file with a reward program."
    try:
        return read_named(path, _MOST_BYTES).decode()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}. {advice}") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"cannot read {path}: it is not UTF-8 text ({error.reason} at byte {error.start}). {advice}"
        ) from None
