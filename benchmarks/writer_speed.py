"""How fast writers are beside the models they wait for: many requests, prompts, a long record.

    python benchmarks/writer_speed.py

Measures 64 requests, 16 at a time, against a local server that takes 200 ms for each (0.8 s at
best), beside the same requests against a server that answers at once, which is the client's own
work; the rendering of every prompt; and the opening of a study with 10,000 recorded calls.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from rewardsmith.budget import Budget
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.contracts import Brief, Parent, Task, TaskSheet
from rewardsmith.drafting import StudyLedger
from rewardsmith.feedback.feedback import Seen, gather
from rewardsmith.records import Call, Candidate, CandidateState, Trial
from rewardsmith.registry import TASKS
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from rewardsmith.writers.chat import messages_text
from rewardsmith.writers.openai.writer import OpenAIWriter
from rewardsmith.writers.prompts import OPERATORS, render
from tests.asking import briefs, write_all
from tests.builders import trained
from tests.servers import GOOD, completion, in_turn, serving

REQUESTS, CONCURRENCY, LATENCY_S = 64, 16, 0.2
CALLS = 10_000


def main() -> None:
    """Measure and print."""
    task = TASKS.load("franka-push")
    waiting, own = _requests(task, LATENCY_S), _requests(task, 0.0)
    print(
        f"{REQUESTS} requests, {CONCURRENCY} at a time, {1000 * LATENCY_S:.0f} ms each: {waiting:.2f} s; "
        f"without latency {own:.2f} s"
    )
    sheet = TaskSheet.of(task)
    seen = Seen((), {}, 75, True, {})
    parents = tuple(Parent(shown, gather(shown, seen).text) for shown in [_trained()] * 4)
    times = {
        operator: 1000 * _best(lambda name=operator: render(Brief("c009", sheet, name, parents, 0)))
        for operator in OPERATORS
    }
    slowest = max(times, key=lambda operator: times[operator])
    print(
        f"rendering a prompt: {min(times.values()):.2f} to {times[slowest]:.2f} ms ({slowest}, four parents)"
    )
    with tempfile.TemporaryDirectory() as folder:
        _record(Path(folder) / "study", task)
        print(
            f"opening a study of {CALLS:,} recorded calls, to go on with it: "
            f"{_best(lambda: _open(Path(folder) / 'study'), 3):.2f} s"
        )


def _requests(task: Task, latency_s: float) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(in_turn(replace(completion(), delay_s=latency_s))) as server,
    ):
        options = LanguageModelOptions(model="m", base_url=server.url, concurrency=CONCURRENCY)
        with Study.create(Path(folder) / "study", StudyConfig(task.name)) as study:
            ledger, writer = StudyLedger(study.store, Budget(REQUESTS)), OpenAIWriter(options)
            write_all(writer, briefs(task), ledger, close=False)  # imports and first connection
            begun = time.perf_counter()
            drafts = write_all(
                writer, [replace(brief, attempt=2) for brief in briefs(task, REQUESTS)], ledger, close=False
            )
            seconds = time.perf_counter() - begun
            writer.close()
    assert all(draft.source for draft in drafts)
    return seconds


def _best(work: Callable[[], object], repeats: int = 50) -> float:
    times: list[float] = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def _trained() -> Trial:
    """A parent with six components over a hundred epochs."""
    return trained(
        "c000",
        0.5,
        components={f"term_{n}": [0.01 * epoch for epoch in range(100)] for n in range(6)},
        source=GOOD,
    )


def _record(folder: Path, task: Task) -> None:
    """A study whose calls have prompts and replies of the usual size."""
    messages = messages_text(render(Brief("c000", TaskSheet.of(task), "initial", (), 0)).messages)
    usage = Usage(1, 1000, 300)
    with Study.create(folder, StudyConfig(task.name)) as study:
        for n in range(CALLS // 10):
            study.save(Candidate(f"c{n:03d}", n // 16, "initial", state=CandidateState.REJECTED, source=GOOD))
    calls = (
        Call(
            f"c{n // 10:03d}",
            n % 10,
            "m",
            messages,
            "{}",
            "t",
            GOOD,
            "stop",
            "",
            1.0,
            usage,
            "initial",
            f"{n:064x}",
            answered=True,
        )
        for n in range(CALLS)
    )
    # one transaction: ten thousand would take a minute
    with closing(sqlite3.connect(folder / "study.db")) as database, database:
        database.executemany(
            "INSERT INTO calls (id, revision, record) VALUES (?, ?, ?)",
            (
                (f"{call.candidate}/{n}", n, TypeAdapter(Call).dump_json(call).decode())
                for n, call in enumerate(calls)
            ),
        )


def _open(folder: Path) -> None:
    """What resuming does before it goes on: candidates, the bill so far, one answer by its key."""
    with Study.open(folder, write=True) as study:
        assert len(study.candidates) == CALLS // 10
        ledger = StudyLedger(study.store, Budget(1))
        assert ledger.recall(f"{CALLS // 2:064x}")


if __name__ == "__main__":
    main()
