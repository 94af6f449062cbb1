"""What a record says of itself must fit row, paths and parents: a study may be somebody else's."""

from __future__ import annotations

from rewardsmith.records import Call, Candidate, Event, Purpose, Run, Score

_CARRIED = (Purpose.SEARCH, Purpose.TUNE, Purpose.TUNED)
Column = str | int | float | bytes | None


def policy_file(run: str) -> str:
    """Where the policy of a run is, below its study."""
    return f"runs/{run}/policy.pt"


def score_key(run: str, scorer: str, seed: int) -> str:
    """The row of a score."""
    return f"{run}/{scorer}/{seed}"


def check_candidate(candidate: Candidate, row: Column) -> None:
    """Compare a candidate with its row.

    Raises:
        ValueError: Saying what does not fit.
    """
    _same("id", candidate.id, row)
    late = next((parent for parent in candidate.parents if int(parent[1:]) >= int(candidate.id[1:])), "")
    if late:
        raise ValueError(f"parents: {late} comes no earlier than {candidate.id}")


def check_run(run: Run, row: Column) -> None:
    """Compare a run with its row.

    Raises:
        ValueError: Saying what does not fit.
    """
    _same("id", run.id, row)
    subject, purpose, _ = run.id.split("-")
    _same("subject", run.subject, subject)
    _same("purpose", str(run.purpose), purpose)
    if run.policy not in ("", expected := policy_file(run.id)):
        raise ValueError(f"policy: {run.policy[:80]!r}, where only {expected!r} can be")
    if run.start and (run.purpose not in _CARRIED or run.start == run.id):
        raise ValueError(f"start: {run.start!r}, where only runs of the search begin from another run")


def check_score(score: Score, row: Column) -> None:
    """Compare a score with its row.

    Raises:
        ValueError: Saying what does not fit.
    """
    run = str(row).partition("/")[0]
    _same("scorer or seed", score_key(run, score.scorer, score.seed), row)


def check_event(event: Event, row: Column) -> None:
    """An event says nothing of its row, which is a number."""
    if not str(row).isdecimal():
        raise ValueError(f"number: {str(row)[:80]!r} is none")


def check_call(call: Call, row: Column) -> None:
    """Compare a call with its row.

    Raises:
        ValueError: Saying what does not fit.
    """
    _same("candidate", call.candidate, str(row).partition("/")[0])


def _same(name: str, expected: Column, found: Column) -> None:
    if expected != found:
        raise ValueError(f"{name}: the record says {str(expected)[:80]!r}, the table {str(found)[:80]!r}")
