"""What a record says of itself must fit: its row, its paths, its parents. A study may be somebody else's."""

from __future__ import annotations

from rewardsmith.records import Call, Candidate, FinalRun, TrainingResult

Column = str | float | bytes | None


def policy_file(folder: str, identity: str) -> str:
    """Where the policy of a candidate or final run is, below its study.

    Args:
        folder: ``candidates`` or ``finals``.
        identity: The record's id.
    """
    return f"{folder}/{identity}/policy.pt"


def check_candidate(candidate: Candidate, identity: Column, state: Column, score: Column) -> None:
    """Compare a candidate with its row.

    Raises:
        ValueError: Saying what does not fit.
    """
    _same("id", candidate.id, identity)
    _same("state", str(candidate.state), state)
    _same("score", candidate.score.mean if candidate.score else None, score)
    late = next((parent for parent in candidate.parents if int(parent[1:]) >= int(candidate.id[1:])), "")
    if late:
        raise ValueError(f"parents: {late} comes no earlier than {candidate.id}")
    if candidate.training:
        _check_training(candidate.training, "candidates", candidate.id)


def check_call(call: Call, candidate: Column) -> None:
    """Compare a call with its row.

    Raises:
        ValueError: Saying what does not fit.
    """
    _same("candidate", call.candidate, candidate)


def check_final(run: FinalRun, identity: Column) -> None:
    """Compare a run of the closing comparison with its row.

    Raises:
        ValueError: Saying what does not fit.
    """
    _same("id", run.id, identity)
    if run.reward.partition(":")[0] != run.id.partition("-")[0]:
        raise ValueError(f"reward: {run.reward} is not that of {run.id}")
    _check_training(run.training, "finals", run.id)


def _check_training(training: TrainingResult, folder: str, identity: str) -> None:
    _same("training.candidate", identity, training.candidate)
    if training.policy not in ("", expected := policy_file(folder, identity)):
        raise ValueError(f"training.policy: {training.policy[:80]!r}, where only {expected!r} can be")


def _same(name: str, expected: Column, found: Column) -> None:
    if expected != found:
        raise ValueError(f"{name}: the record says {str(expected)[:80]!r}, the table {str(found)[:80]!r}")
