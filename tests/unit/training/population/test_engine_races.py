"""Races: who goes on hangs on a job and its rivals, not on slots, order or time."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from engine_jobs import QUICK, Train, job

from rewardsmith.contracts import Race, Task
from rewardsmith.records import Rung, RunState
from tests.training import Feed, Trained

LENIENT = Race((0.5,), keep=0.9, episodes=4)
"""Evicts nobody who has fewer than ten rivals."""
BETTER = tuple((f"c{number:03d}-search-0", (2.0,)) for number in range(100, 139))
"""Of 40 to 45 candidates that race lets ``ceil(0.9 * n) <= 41`` go on; no success is above 1."""


@pytest.fixture(scope="module", params=[1, 3])
def raced(request: pytest.FixtureRequest, train_once: Train, reach: Task, human_program: str) -> Trained:
    """The second of three is hopeless."""
    jobs = [job("a", human_program), job("b", human_program, 2, rivals=BETTER), job("c", human_program, 3)]
    jobs = [replace(each, episodes=f"{each.run}.episodes.pt") for each in jobs]
    return train_once(reach, jobs, LENIENT, slots=request.param)


def test_a_race_ends_the_hopeless(raced: Trained):
    result = raced.of("b")
    (rung,) = result.rungs
    assert result.state == RunState.EVICTED
    assert result.env_steps == rung.env_steps == QUICK.env_steps // 2
    assert (rung.rivals, rung.better, rung.score.episodes) == (
        40,
        39 + (raced.of("a").rungs[0].score.mean > rung.score.mean),
        4,
    )
    assert result.cause == (
        f"evicted after 320 steps: {rung.better} of 40 earlier candidates had a higher true score there "
        f"than {rung.score.mean:.3f}; racing keeps the best 90%"
    )
    assert {len(curve.values) for curve in (*result.components, *result.progress)} == {2}
    assert raced.files["b"]["parameters"].isfinite().all()
    assert raced.files["b"]["true_score"].shape == (4,)


def test_a_race_leaves_the_others_as_they_are(raced: Trained, train: Train, reach: Task, human_program: str):
    for name, seed, rivals in (("a", 1, 0), ("c", 3, 2)):
        free = train(reach, [job(name, human_program, seed, episodes=f"{name}.episodes.pt")])
        result = raced.of(name)
        assert result.state == RunState.TRAINED
        assert [(rung.env_steps, rung.rivals) for rung in result.rungs] == [(320, rivals)]
        assert replace(result, rungs=()) == free.of(name)
        assert raced.scores[name] == free.scores[name]
        assert all(torch.equal(value, raced.files[name][key]) for key, value in free.files[name].items())


def test_rungs_are_told_once(raced: Trained):
    told = [pair for progress in raced.told for pair in progress.rungs]
    assert sorted(name for name, _ in told) == ["a", "b", "c"]
    assert dict(told) == {name: raced.of(name).rungs[0] for name in "abc"}


@pytest.mark.slow
def test_slots_decide_nothing_in_a_race(train: Train, reach: Task, human_program: str):
    """The first and the third have rivals whom they beat or do not beat by luck."""
    race = Race((0.25, 0.5), keep=0.5, episodes=8)
    rivals = tuple((f"c10{number}-search-0", (mean, mean)) for number, mean in enumerate((0.0, 0.125, 0.25)))
    jobs = [
        job(name, human_program, seed, rivals=() if seed % 2 else rivals) for seed, name in enumerate("abcd")
    ]
    one, two, four = (train(reach, jobs, race, slots=slots, env_steps=1_280) for slots in (1, 2, 4))
    for each in jobs:
        assert one.same(two, each.run), each.run
        assert one.same(four, each.run), each.run
    assert {len(one.of(name).rungs) for name in "abcd"} <= {1, 2}


def test_progress_shrinks_where_a_race_ends_a_training(raced: Trained):
    steps = [progress.env_steps for progress in raced.told]
    assert steps == sorted(steps)
    assert (raced.told[0].total_steps, raced.told[-1].total_steps) == (
        3 * QUICK.env_steps,
        int(2.5 * QUICK.env_steps),
    )
    assert steps[-1] == raced.told[-1].total_steps


def test_the_rung_record_is_what_was_compared(train: Train, reach: Task):
    """Nobody is ahead of the first one, and everybody is counted once."""
    found = train(reach, [job("a", repeats="z"), job("b"), job("c")], LENIENT, slots=2)
    assert [found.of(name).rungs[0].rivals for name in "abc"] == [0, 0, 1]
    assert all(isinstance(found.of(name).rungs[0], Rung) for name in "abc")


def test_a_race_is_the_same_for_jobs_that_come_by_and_by(train: Train, reach: Task, human_program: str):
    race = Race((0.25, 0.5), keep=0.5, episodes=8)
    jobs = [job(name, human_program, seed) for seed, name in enumerate("abcd")]
    at_once = train(reach, jobs, race)
    by_and_by = train(
        reach, jobs, race, feed=lambda placed: Feed(placed[:1], (), placed[1:3], placed[3:], width=2)
    )
    for each in jobs:
        assert at_once.same(by_and_by, each.run), each.run
    assert [at_once.of(name).rungs[0].rivals for name in "abcd"] == [0, 1, 2, 3]
