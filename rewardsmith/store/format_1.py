"""Studies of format 1, before runs and scores were records: read, never written.

A candidate held its last training, and the closing comparison held trainings of its own. They
become runs and scores here; what format 1 did not keep (earlier trainings of a candidate, the hash
of a baseline's program, the order of events) stays unknown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from rewardsmith.errors import StoreError
from rewardsmith.records import (
    Call,
    Candidate,
    CandidateId,
    CandidateState,
    Count,
    Curve,
    Fault,
    Number,
    Purpose,
    Run,
    Rung,
    RunState,
    Score,
    Screening,
    program_hash,
    run_id,
)  # fmt: skip
from rewardsmith.records.limits import MANY, Amount, Seed
from rewardsmith.store.connection import check_tables, read_schema
from rewardsmith.usage import Usage

T = TypeVar("T")
SCHEMA_1 = "format_1.sql"
_State = Literal[
    "PROPOSED", "ACCEPTED", "SCORED", "REJECTED", "CRASHED", "TIMED_OUT", "DIVERGED", "EVICTED", "DROPPED"
]
_MOST_ROWS, _MOST_BYTES, _MOST_VALUES = 20_000, 256_000_000, 8_000_000


@dataclass(frozen=True)
class _Score:
    mean: Number
    standard_error: Amount
    episodes: Count
    unstable: Count = 0
    method: str = "heldout"


@dataclass(frozen=True)
class _Rung:
    env_steps: Count
    score: _Score
    rivals: Count
    better: Count


@dataclass(frozen=True)
class _Training:
    candidate: str
    state: _State
    seed: Seed
    env_steps: Count = 0
    wall_s: Amount = 0.0
    components: Annotated[tuple[Curve, ...], Field(max_length=MANY)] = ()
    progress: Annotated[tuple[Curve, ...], Field(max_length=MANY)] = ()
    score: _Score | None = None
    policy: str = ""
    cause: str = ""
    rungs: Annotated[tuple[_Rung, ...], Field(max_length=MANY)] = ()


@dataclass(frozen=True)
class _Candidate:
    id: CandidateId
    iteration: Count
    operator: str
    parents: Annotated[tuple[CandidateId, ...], Field(max_length=MANY)]
    state: _State = "PROPOSED"
    idea: str = ""
    source: str = ""
    program: str = ""
    plan: str = ""
    reason: str = ""
    attempts: Count = 0
    usage: Usage = field(default_factory=Usage)
    training: _Training | None = None
    trainings: Count = 0
    env_steps: Count = 0
    training_s: Amount = 0.0
    screening: Screening | None = None
    judgement: Number | None = None
    rungs: Annotated[tuple[_Rung, ...], Field(max_length=MANY)] = ()
    followed_up: Annotated[tuple[str, ...], Field(max_length=MANY)] = ()


@dataclass(frozen=True)
class _Final:
    id: Annotated[str, Field(pattern=r"^(best|human|sparse)-[0-9]{1,9}$")]
    reward: Annotated[str, Field(pattern=r"^(human|sparse|best:c[0-9]{3,9})$")]
    training: _Training


_CANDIDATE, _FINAL, _CALL = TypeAdapter(_Candidate), TypeAdapter(_Final), TypeAdapter(Call)


@dataclass
class Old:
    """What a study of format 1 holds, in today's records."""

    values: dict[str, str] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)
    """By run; the caller knows which episodes they are of."""
    calls: list[Call] = field(default_factory=list)


def read_format_1(database: sqlite3.Connection, path: Path) -> Old:
    """Everything that a study of format 1 holds.

    Raises:
        StoreError: It holds anything else, or a record does not fit.
        sqlite3.Error: It is damaged.
    """
    check_tables(database, path, read_schema(SCHEMA_1))
    old = Old(
        values={str(key): str(value) for key, value in _rows(database, path, "SELECT key, value FROM study")}
    )
    try:
        for row, text in _rows(database, path, "SELECT id, record FROM candidates ORDER BY position"):
            _add_candidate(old, _read(_CANDIDATE, text), row)
        for row, text in _rows(database, path, "SELECT id, record FROM finals ORDER BY id"):
            _add_final(old, _read(_FINAL, text), row)
        for row, text in _rows(database, path, "SELECT candidate, record FROM calls ORDER BY number"):
            call = _read(_CALL, text)
            _fit(call.candidate == row, "candidate of a call", row)
            old.calls.append(call)
    except ValueError as error:
        raise StoreError(
            f"a record of the study {path.parent} cannot be read: {error}. Restore the study from a copy."
        ) from error
    return old


def _rows(database: sqlite3.Connection, path: Path, query: str) -> Iterator[tuple[object, ...]]:
    size = values = 0
    with closing(database.execute(query)) as rows:
        for number, row in enumerate(rows):
            texts = [value for value in row if isinstance(value, str)]
            size += sum(map(len, texts))
            values += sum(text.count(",") for text in texts)
            if number > _MOST_ROWS or size > _MOST_BYTES or values > _MOST_VALUES:
                raise StoreError(
                    f"{path} holds more than a study can. Restore it from a copy, or start a new one."
                )
            yield row


def _read(adapter: TypeAdapter[T], text: object) -> T:
    if not isinstance(text, str):
        raise ValueError("it is no text")
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _fit(fits: bool, what: str, row: object) -> None:
    if not fits:
        raise ValueError(f"the {what} does not fit its row {str(row)[:40]!r}")


def _add_candidate(old: Old, found: _Candidate, row: object) -> None:
    _fit(found.id == row and found.id not in old.candidates, "candidate", row)
    _fit(all(parent in old.candidates for parent in found.parents), "lineage", row)
    state = found.state if found.state in ("PROPOSED", "REJECTED", "DROPPED") else "ACCEPTED"
    old.candidates[found.id] = Candidate(
        id=found.id, iteration=found.iteration, operator=found.operator, parents=found.parents,
        state=CandidateState(state),
        idea=found.idea, source=found.source, program=found.program, plan=found.plan, attempts=found.attempts,
        reason="" if state == "ACCEPTED" else found.reason,
        screening=found.screening, judgement=found.judgement, followed_up=found.followed_up,
        follow_ups=found.followed_up,
    )  # fmt: skip
    _fit(len(old.runs) + found.trainings <= _MOST_ROWS, "number of trainings", row)
    if found.training:
        name = run_id(found.id, Purpose.SEARCH, max(0, found.trainings - 1))
        _add_run(
            old, name, found.id, found.program, found.training, f"candidates/{found.id}/policy.pt", found.id
        )
        # Steps and seconds of the trainings before, which were not kept one by one.
        steps, seconds = found.env_steps - found.training.env_steps, found.training_s - found.training.wall_s
        for number in range(found.trainings - 1):
            part, share = (steps if number == 0 else 0), max(0.0, seconds if number == 0 else 0.0)
            earlier = run_id(found.id, Purpose.SEARCH, number)
            old.runs[earlier] = Run(
                earlier, found.id, program_hash(""), Purpose.SEARCH, found.training.seed, RunState.FAILED,
                fault=Fault.CRASHED, cause="it was repaired", env_steps=max(0, part), wall_s=share,
            )  # fmt: skip
        if found.trainings > 1:
            old.runs[name] = old.runs.pop(name)  # the last one last


def _add_final(old: Old, found: _Final, row: object) -> None:
    _fit(found.id == row, "run of the closing comparison", row)
    kind, _, winner = found.reward.partition(":")
    _fit(found.id.partition("-")[0] == kind, "reward", row)
    number = int(found.id.partition("-")[2])
    subject, purpose = (winner, Purpose.FINAL) if kind == "best" else (kind, Purpose.BASELINE)
    _fit(kind != "best" or winner in old.candidates, "winner", row)
    program = old.candidates[winner].program if kind == "best" else kind
    _add_run(
        old,
        run_id(subject, purpose, number),
        subject,
        program,
        found.training,
        f"finals/{found.id}/policy.pt",
        found.id,
        purpose,
    )


def _add_run(
    old: Old,
    name: str,
    subject: str,
    program: str,
    found: _Training,
    policy: str,
    row: str,
    purpose: Purpose = Purpose.SEARCH,
) -> None:
    _fit(found.candidate == row, "training", row)
    _fit(found.policy in ("", policy), "policy", row)
    failed = found.state in tuple(Fault)
    old.runs[name] = Run(
        id=name, subject=subject, program=program_hash(program), purpose=purpose, seed=found.seed,
        state=RunState.FAILED if failed
        else RunState.EVICTED if found.state == "EVICTED" else RunState.TRAINED,
        fault=Fault(found.state) if failed else None, cause=found.cause, env_steps=found.env_steps,
        wall_s=found.wall_s,
        components=found.components, progress=found.progress, policy=found.policy,
        rungs=tuple(
            Rung(rung.env_steps, _score(rung.score, 0), rung.rivals, rung.better)
            for rung in found.rungs
        ),
    )  # fmt: skip
    if found.score:
        old.scores[name] = _score(found.score, 0)


def _score(found: _Score, seed: int) -> Score:
    return Score(found.mean, found.standard_error, found.episodes, found.unstable, seed=seed)
