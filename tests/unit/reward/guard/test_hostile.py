"""Every hostile or broken program is refused, by the layer that must
refuse it, in time and without a trace."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hostile_programs import HOSTILE, Hostile

from rewardsmith.contracts import Task
from rewardsmith.reward.guard import Guard

LINELESS = ("there is no code", "characters, 8000 are allowed", "exactly one function")


@pytest.mark.parametrize("program", HOSTILE, ids=[f"{program.kind}-{program.name}" for program in HOSTILE])
def test_refused(
    program: Hostile, guard: Guard, reach: Task, watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(watched)
    guard.limits(reach)  # waits for a new child where the last program broke one
    started = time.monotonic()
    verdict = guard.check(program.source, reach)
    assert time.monotonic() - started < 5.0
    assert not verdict.accepted
    assert verdict.layer == program.layer, verdict.text
    assert verdict.message
    assert verdict.program == ""
    assert [path.name for path in watched.iterdir()] == ["policy.pt"]


def test_static_refusals_name_a_line_of_the_source(guard: Guard, reach: Task) -> None:
    for program in HOSTILE:
        if program.layer in ("lexical", "syntax"):
            verdict = guard.check(program.source, reach)
            known = any(part in verdict.message for part in LINELESS)
            assert known or 1 <= (verdict.line or 0) <= program.source.count("\n") + 1, (
                program.name,
                verdict.text,
            )


def test_the_collection_is_large_and_covers_every_kind() -> None:
    kinds = Counter(program.kind for program in HOSTILE)
    assert len(HOSTILE) >= 150
    assert len({(program.kind, program.name) for program in HOSTILE}) == len(HOSTILE)
    known = {
        "load-time code",
        "escape",
        "files",
        "tampering",
        "resources",
        "global state",
        "values",
        "text tricks",
        "neighbours",
    }
    assert set(kinds) == known
    assert min(kinds.values()) >= 10


def test_the_guard_still_accepts_afterwards(guard: Guard, reach: Task) -> None:
    assert guard.check(reach.human_reward, reach).text == "accepted"
