from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Race, ScoringJob, Task, TrainingJob
from rewardsmith.records import (
    Candidate,
    CandidateState,
    Event,
    Purpose,
    Run,
    RunState,
    Score,
    program_hash,
)
from rewardsmith.reward.guard import Guard
from rewardsmith.schedule import new_run, ready, submit
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.racing import with_rivals
from tests.builders import save_policy
from tests.scheduling import EVICTED, FAILED, SOURCE, TRAINED, Asked, Search, rungs, subjects


@pytest.fixture
def search(tmp_path: Path, guard: Guard, reach: Task) -> Iterator[Search]:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", seed=5, racing="on")) as made:
        yield Search(made, guard, reach)


def by_rung(job: TrainingJob) -> tuple[list[float], ...]:
    """With which scores a job is compared, rung by rung."""
    depth = max((len(scores) for _, scores in job.rivals), default=0)
    return tuple(
        sorted(scores[rung] for _, scores in job.rivals if rung < len(scores)) for rung in range(depth)
    )


def compared(
    queue: list[TrainingJob], outcome: dict[str, tuple[float, ...]]
) -> dict[str, tuple[list[float], ...]]:
    """With which scores each job is compared if all of them end so: its
    rivals, and those before it in this queue."""
    found: dict[str, tuple[list[float], ...]] = {}
    for place, (name, job) in enumerate(zip(subjects(queue), queue, strict=True)):
        before = {
            other.run: rungs(*outcome[subject])
            for subject, other in zip(subjects(queue)[:place], queue, strict=False)
            if not other.repeats
        }
        found[name] = by_rung(with_rivals(job, before))
    return found


def test_rivals_are_of_earlier_iterations_and_from_before_in_the_queue(search: Search):
    for identity, iteration, scores in (
        ("c000", 0, (0.1, 0.2)),
        ("c001", 0, (0.3,)),
        ("c002", 1, (0.4, 0.5)),
    ):
        search.trained(search.waiting(identity, iteration), *scores)
    for identity in ("c003", "c004", "c005"):
        search.waiting(identity)
    assert subjects(search.due()) == ["c003", "c004", "c005"]
    search.trained(search.study.store.candidates()["c004"], 0.6)
    search.trained(search.waiting("c006", 2), 0.9)
    third, fifth = search.due()
    assert (third.run, by_rung(third)) == ("c003-search-0", ([0.1, 0.3, 0.4], [0.2, 0.5]))
    assert (fifth.run, by_rung(fifth)) == ("c005-search-0", ([0.1, 0.3, 0.4, 0.6], [0.2, 0.5]))


def test_those_that_are_due_themselves_are_no_rivals_from_outside(search: Search):
    for number in range(3):
        search.waiting(f"c{number:03d}", 0)
    found = search.due(0)
    assert [job.run for job in found] == ["c000-search-0", "c001-search-0", "c002-search-0"]
    assert [job.rivals for job in found] == [(), (), ()]
    assert not any(job.repeats for job in found)
    assert len({job.seed for job in found}) == 3
    assert search.due(0) == found  # after an interruption


def test_a_job_says_where_its_files_go(search: Search):
    candidate = search.waiting("c000", 0)
    (job,) = search.due(0)
    (run,) = search.study.runs
    assert (job.program, job.policy, job.episodes) == (
        candidate.program,
        str(search.study.policy_path(run)),
        "",
    )
    assert job.evaluation_seed == search.study.evaluation_seed(Purpose.SEARCH)
    search.study.config = replace(search.study.config, screening="order")
    (job,) = search.due(0)
    assert job.episodes == str(search.study.episodes_path(run))


def test_of_a_repaired_candidate_the_first_training_counts(search: Search):
    first = search.waiting("c000", 0)
    search.waiting("c001", 0)
    search.due(0)
    search.trained(first, 0.1, state=FAILED)
    (other,) = search.due(0)  # while c000 is with the writer
    assert (other.run, by_rung(other)) == ("c001-search-0", ([0.1],))
    repaired = search.waiting("c000", 0, SOURCE.replace("0]", "1]"))
    other, again = search.due(0)
    assert (again.run, again.repeats, by_rung(again)) == ("c000-search-1", "c000-search-0", ())
    assert (other.run, other.repeats, by_rung(other)) == ("c001-search-0", "", ([0.1],))
    assert again.seed == search.study.runs[0].seed
    search.trained(repaired, 0.8, 0.9)
    (left,) = search.due(0)
    assert (left.run, by_rung(left)) == ("c001-search-0", ([0.1],))


def test_one_that_failed_before_any_rung_is_nobodys_rival(search: Search):
    first = search.waiting("c000", 0)
    search.trained(first, state=FAILED)
    search.trained(search.waiting("c000", 0, SOURCE.replace("0]", "1]")), 0.8, 0.9)
    search.waiting("c001", 0)
    (job,) = search.due(0)
    assert job.rivals == ()


OUTCOME = {"c002": (0.5, 0.4), "c003": (0.2,), "c004": (0.7, 0.9), "c005": (0.1,), "c006": (0.6, 0.6)}


@pytest.mark.parametrize(
    "finished",
    [(), ("c002",), ("c003",), ("c004", "c006"), ("c003", "c005"), ("c002", "c003", "c004", "c005")],
)
def test_an_interrupted_race_compares_with_the_same_candidates(search: Search, finished: tuple[str, ...]):
    """Whoever was done when it was interrupted."""
    search.trained(search.waiting("c000", 0), 0.3, 0.2)
    search.trained(search.waiting("c001", 0), 0.9, state=EVICTED)
    candidates = {identity: search.waiting(identity) for identity in OUTCOME}
    whole = compared(search.due(), OUTCOME)
    for identity in finished:
        search.trained(
            candidates[identity],
            *OUTCOME[identity],
            state=TRAINED if len(OUTCOME[identity]) == 2 else EVICTED,
        )
    left = compared(search.due(), OUTCOME)
    assert left == {identity: rivals for identity, rivals in whole.items() if identity not in finished}
    assert whole["c006"] == (sorted([0.3, 0.9, 0.5, 0.2, 0.7, 0.1]), sorted([0.2, 0.4, 0.9]))


def test_what_is_trained_and_not_scored_is_only_scored(search: Search):
    run = search.trained(search.waiting("c000", 0), scored=False)
    asked = search.go_on(0)
    assert asked.trainings == []
    policy, seed = str(search.study.policy_path(run)), search.study.evaluation_seed(Purpose.SEARCH)
    assert asked.scorings == [ScoringJob("c000-search-0", policy, seed, search.study.config.episodes)]


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.LOST])
def test_what_was_under_way_is_trained_again(search: Search, state: RunState):
    run = search.trained(search.waiting("c000", 0), state=state)
    (job,) = search.due(0)
    assert (job.run, job.seed) == (run.id, run.seed)


def test_a_race_waits_for_the_whole_iteration_and_without_one_nobody_does(search: Search):
    search.waiting("c000")
    search.study.save(Candidate("c001", 1, "initial"))
    assert search.ready() == []
    search.strategy.barrier = False  # pyright: ignore[reportAttributeAccessIssue]
    assert [candidate.id for candidate in search.ready()] == ["c000"]
    search.strategy.barrier = True
    search.study.config = replace(search.study.config, racing="off")
    assert [candidate.id for candidate in search.ready()] == ["c000"]


def test_a_race_is_that_of_the_config_and_of_the_search_alone(search: Search):
    run = search.trained(candidate := search.waiting("c000", 0), state=RunState.QUEUED)
    asked = Asked()

    def race(run: Run) -> Race | None:
        submit(search.study, search.parts(asked), run, candidate.program)
        return asked.trainings[-1].race

    assert race(run) == Race()
    assert race(replace(run, id="c000-finalist-0", purpose=Purpose.FINALIST)) is None
    search.study.config = replace(search.study.config, racing="off")
    assert race(run) is None


def test_a_run_says_what_is_due_and_with_which_settings(search: Search):
    """The device is the last of them, as in all studies."""
    candidate = search.waiting("c000", 0)
    parts = search.parts(Asked())
    parts.settings = PpoSettings(env_steps=9_000, envs=100, rollout=10)
    run = new_run(parts, "c000", candidate.program, Purpose.FINAL, 2, 77)
    assert (run.id, run.subject, run.purpose, run.seed, run.due_steps) == (
        "c000-final-2", "c000", Purpose.FINAL, 77, 9_000
    )  # fmt: skip
    assert run.program == program_hash(candidate.program)
    settings = json.loads(run.settings)
    assert settings == json.loads(json.dumps(asdict(parts.settings)))
    assert list(settings)[-1] == "device"


def test_a_training_of_the_search_begins_where_its_record_says(search: Search, reach: Task):
    """Also once better ones are known, after a repair, and in another process."""
    study = search.study
    study.config = replace(study.config, racing="off", start_policy="best", start_share=0.5)
    for name, score in (("c000", 0.5), ("c001", 0.75)):
        run = search.trained(search.waiting(name, 0), scored=False)
        study.store.put_run(replace(run, policy=f"runs/{run.id}/policy.pt"))
        save_policy(study.policy_path(run), reach)
        study.store.put_score(run.id, Score(score, 0.1, 8, seed=study.evaluation_seed(Purpose.SEARCH)))
    for event in (Event("told", ("c000",)), Event("asked", ("c002",), 1), Event("told", ("c001",))):
        study.store.add_event(event)
    candidate = search.waiting("c002")
    (first,), (again,) = search.due(), search.due()
    path = str(study.policy_path(study.store.runs()["c000-search-0"]))
    assert (first.start, first.start_share) == (path, 0.5)
    assert again == first
    search.trained(candidate, state=FAILED)
    search.waiting("c002", source=SOURCE.replace("0]", "1]"))
    (repaired,) = search.due()
    assert (repaired.run, repaired.start) == ("c002-search-1", path)
    fresh = new_run(search.parts(Asked()), "c002", candidate.program, Purpose.CONFIRM, 0, 1)
    submit(study, search.parts(asked := Asked()), fresh, candidate.program)
    assert asked.trainings[0].start == ""


def test_what_is_begun_is_the_program_and_not_the_candidate(search: Search):
    """One that is trained is not due; one that was repaired since then is, and others beside it."""
    search.study.config = replace(search.study.config, racing="off")
    search.trained(search.waiting("c000"), 0.5)
    search.waiting("c001")
    search.study.save(Candidate("c002", 1, "initial"))
    search.study.save(Candidate("c003", 1, "initial", state=CandidateState.REJECTED))
    assert [candidate.id for candidate in search.ready()] == ["c001"]
    search.waiting("c000", source=SOURCE.replace("0]", "1]"))
    assert [candidate.id for candidate in search.ready()] == ["c000", "c001"]


def test_each_iteration_waits_for_its_own_only(search: Search):
    search.waiting("c000", 0)
    search.study.save(Candidate("c001", 0, "initial"))
    search.waiting("c002", 1)
    names = ["c000", "c001", "c002"]
    parts, observer = search.parts(Asked()), search.observer
    assert [candidate.id for candidate in ready(search.study, parts, names, observer)] == ["c002"]
    assert ready(search.study, parts, names[:2], observer) == []
    search.study.config = replace(search.study.config, racing="off", screening="order")
    assert [candidate.id for candidate in ready(search.study, parts, names, observer)] == ["c002"]
    search.study.config = replace(search.study.config, screening="off")
    assert [candidate.id for candidate in ready(search.study, parts, names, observer)] == ["c000", "c002"]
