"""Whose policy a training begins from hangs on what the strategy knew, not on time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.errors import StoreError
from rewardsmith.heritage import best_policy, line_of_runs, start_file, start_of
from rewardsmith.records import Candidate, Event, Purpose, Rung, RunState, Score, Trial
from rewardsmith.registry import TASKS
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, save_policy, trained

Rule = Literal["scratch", "parent", "best"]


def saved(identity: str, score: float, **run: Any) -> Trial:
    """A candidate whose policy was kept."""
    return trained(identity, score, run={"policy": f"runs/{identity}-search-0/policy.pt", **run})


def evicted(identity: str, score: float) -> Trial:
    rungs = (Rung(50, Score(score, 0.1, 32), 3, 3),)
    raced = saved(identity, 0.0, state=RunState.EVICTED, rungs=rungs)
    return Trial(raced.candidate, raced.runs)


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    """Six candidates, of which the strategy was told of all but the last before it asked again."""
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as made:
        keep(
            made,
            saved("c000", 0.4),
            saved("c001", 0.6),
            trained("c002", None),
            evicted("c003", 0.7),
            saved("c004", 0.6),
            saved("c005", 0.9),
        )
        for event in (
            Event("asked", ("c000", "c001", "c002", "c003", "c004", "c005"), 6),
            Event("told", ("c000", "c001", "c002", "c003", "c004")),
            Event("asked", ("c006",), 1),
            Event("told", ("c005",)),
        ):
            made.store.add_event(event)
        yield made


def begun(study: Study, rule: Rule, *parents: str, identity: str = "c006") -> str:
    study.config = replace(study.config, start_policy=rule)
    return start_of(study, Candidate(identity, 1, "reflect", parents))


@pytest.mark.parametrize(
    ("parents", "start"),
    [
        (("c000",), "c000-search-0"),
        (("c000", "c001"), "c001-search-0"),
        (("c004", "c001"), "c001-search-0"),
        (("c001", "c003"), "c003-search-0"),
        (("c002",), ""),
        (("c002", "c000"), "c000-search-0"),
        (("c005",), ""),
        ((), ""),
    ],
    ids=["one", "the better", "the first of equals", "evicted", "failed", "one failed", "not told", "none"],
)
def test_a_parent_whose_policy_scored_highest(study: Study, parents: tuple[str, ...], start: str):
    assert begun(study, "parent", *parents) == start


def test_the_best_is_the_best_that_was_trained_to_the_end_when_it_was_proposed(study: Study):
    """Not c003, which racing ended, nor c005, of which the strategy heard later."""
    assert begun(study, "best") == "c001-search-0"
    assert begun(study, "best", "c000") == "c001-search-0"
    assert begun(study, "best", identity="c005") == ""


def test_without_the_option_all_begin_from_scratch(study: Study):
    assert begun(study, "scratch", "c000") == ""


def test_it_is_the_score_of_the_policy_and_not_the_worth_of_its_program(study: Study):
    """Confirming seeds made other policies."""
    keep_run(study, run_of("c000", Purpose.CONFIRM), Score(1.0, 0.01, 128))
    trial = study.trial("c000")
    assert trial
    assert trial.fitness == 0.7
    assert begun(study, "parent", "c000", "c001") == "c001-search-0"


@pytest.fixture
def child(study: Study, reach: Task) -> Any:
    save_policy(study.folder.resolve() / "runs" / "c001-search-0" / "policy.pt", reach)
    return run_of("c006", start="c001-search-0", state=RunState.QUEUED)


def test_a_policy_is_named_by_its_whole_path(study: Study, child: Any, reach: Task):
    assert start_file(study, child, reach) == str(study.folder.resolve() / "runs/c001-search-0/policy.pt")
    assert start_file(study, replace(child, start=""), reach) == ""


def damage(path: Path, task: str) -> None:
    if task == "gone":
        path.unlink()
    elif task == "cut":
        path.write_bytes(path.read_bytes()[:300])
    else:
        save_policy(path, TASKS.load(task))


@pytest.mark.parametrize(
    ("what", "message"),
    [("gone", "No such file"), ("cut", "is not a policy"), ("cartpole", "is a policy of another task")],
)
def test_a_policy_that_cannot_be_used_stops_the_search_before_anything_is_sent(
    study: Study, child: Any, reach: Task, what: str, message: str
):
    damage(study.folder / "runs/c001-search-0/policy.pt", what)
    with pytest.raises(StoreError, match=rf"c006-search-0 cannot begin from .* c001-search-0: .*{message}"):
        start_file(study, child, reach)


@pytest.mark.parametrize("start", ["c002-search-0", "c077-search-0"])
def test_so_does_a_run_that_has_none(study: Study, child: Any, reach: Task, start: str):
    with pytest.raises(StoreError, match=rf"policy of {start}, which has none. Restore the study"):
        start_file(study, replace(child, start=start), reach)


def test_a_line_of_runs_begins_with_the_oldest_and_goes_round_a_circle_once(study: Study):
    runs = [run_of(f"c00{n}", start=f"c00{n - 1}-search-0" if n > 6 else "") for n in (6, 7, 8)]
    for run in runs:
        study.store.put_run(run)
    assert line_of_runs(study, runs[2]) == runs
    assert line_of_runs(study, runs[0]) == runs[:1]
    study.store.put_run(replace(runs[0], start="c008-search-0"))
    assert [run.id for run in line_of_runs(study, runs[2])] == ["c006-search-0", "c007-search-0", runs[2].id]


def test_the_best_policy_is_of_any_training_of_a_candidate(study: Study):
    assert getattr(best_policy(study), "id", "") == "c005-search-0"
    for subject, purpose, score in (
        ("human", Purpose.BASELINE, 1.0),
        ("c000", Purpose.FINALIST, 0.95),
        ("c000", Purpose.FINAL, 0.95),
    ):
        run = run_of(subject, purpose, policy=f"runs/{subject}-{purpose}-0/policy.pt")
        keep_run(study, run, Score(score, 0.01, 128))
    keep_run(study, run_of("c001", Purpose.FINAL), Score(0.99, 0.01, 128))  # its policy is gone
    assert getattr(best_policy(study), "id", "") == "c000-finalist-0"


def test_without_a_score_there_is_no_best_policy(tmp_path: Path):
    with Study.create(tmp_path / "new", StudyConfig("franka-reach")) as study:
        keep(study, trained("c000", None))
        assert best_policy(study) is None
