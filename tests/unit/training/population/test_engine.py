"""The engine with real physics at a tiny size: what a job gives hangs on the job alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from engine_jobs import NAN, NO_PROGRAM, QUICK, SLOW, Train, job

from rewardsmith.contracts import SPARSE, Task, TrainingJob, readable
from rewardsmith.records import Fault, RunState
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.training import episodes
from rewardsmith.training.population.trainer import PopulationTrainer
from tests.quick import first_is_quick
from tests.training import EPISODES, Feed
from tests.training import train as run


@pytest.fixture(scope="module", params=first_is_quick(["franka-reach", "cartpole"]))
def task(request: pytest.FixtureRequest) -> Task:
    """The second has a single action, which rounded differently once."""
    return TASKS.load(request.param)


@pytest.fixture(scope="module")
def good(task: Task, guard: Guard) -> str:
    return guard.check(task.human_reward, task).program


def test_neither_slots_nor_lanes_nor_neighbours_decide_anything(train: Train, task: Task, good: str):
    other = good.replace("0.05", "0.3").replace("5.0", "3.0")
    jobs = [job("a", good), job("b", other, 2), job("c", SPARSE, 3), job("d", good, 4), job("e", other, 5)]
    jobs = [replace(each, episodes=f"{each.run}.episodes.pt") for each in jobs]
    alone = {each.run: train(task, [each]) for each in jobs}
    assert {alone[name].of(name).state for name in "abcde"} == {RunState.TRAINED}
    assert not alone["a"].same(alone["d"], "a", "d")  # it can tell them apart
    for slots in (2, 5):
        for overlap in (True, False):
            together = train(task, jobs, slots=slots, overlap=overlap)
            assert sorted(together.results) == list("abcde")
            assert max(len(progress.success) for progress in together.told) == slots
            assert all(alone[name].same(together, name) for name in "abcde"), (slots, overlap)


def test_a_job_that_diverges_frees_its_slot_and_disturbs_nobody(
    train: Train, reach: Task, human_program: str
):
    jobs = [job("a", human_program), job("nan", NAN, 2), job("b", human_program, 3)]
    found = train(reach, jobs, slots=2)
    assert found.order == "nan a b"
    assert (found.of("nan").fault, found.of("nan").env_steps) == (Fault.DIVERGED, QUICK.epoch_steps)
    assert [tuple(name for name, _ in progress.success) for progress in found.told[:3]] == [
        ("a", "nan"),
        ("a", "b"),
        ("a", "b"),
    ]
    assert len(found.told) == QUICK.epochs + 1
    assert "nan" not in found.files
    for each in (jobs[0], jobs[2]):
        assert found.same(train(reach, [each]), each.run)


def test_a_program_that_does_not_compile_never_takes_a_slot(train: Train, reach: Task, human_program: str):
    found = train(reach, [job("text", NO_PROGRAM), job("a", human_program), job("late", NO_PROGRAM)], slots=1)
    assert found.order == "text a late"
    assert [found.of(name).fault for name in ("text", "late")] == [Fault.CRASHED] * 2
    assert "does not compile" in found.of("text").cause
    assert found.of("text").env_steps == found.of("late").env_steps == 0
    assert {name for progress in found.told for name, _ in progress.success} == {"a"}
    assert found.same(train(reach, [job("a", human_program)]), "a")


def test_nothing_but_bad_programs(train: Train, reach: Task):
    found = train(reach, [job("one", NO_PROGRAM), job("two", NO_PROGRAM)], slots=1)
    assert [(result.state, result.fault) for result in found.results.values()] == [
        (RunState.FAILED, Fault.CRASHED)
    ] * 2


def test_episodes_are_kept(train: Train, reach: Task, tmp_path: Path):
    played = tmp_path / "deep" / "down" / "episodes.pt"
    found = train(
        reach, [job("a", SPARSE, episodes=str(played)), job("nan", NAN, episodes=str(tmp_path / "nan.pt"))]
    )
    stored = episodes.load(played)
    assert set(stored.signals) == {signal.name for signal in readable(reach.signals)}
    for signal in readable(reach.signals):
        value = stored.signals[signal.name]
        assert value.shape == (EPISODES, episodes.SNAPSHOTS, *signal.shape)
        assert value.dtype == torch.float32
        assert value.isfinite().all()
    assert stored.alive.shape == (EPISODES, episodes.SNAPSHOTS)
    assert stored.alive[:, 0].all()
    assert stored.true_score.shape == stored.success.shape == (EPISODES,)
    assert torch.equal(stored.true_score, stored.success.float())
    assert float(stored.true_score.mean()) == pytest.approx(found.scores["a"].mean)
    assert not (tmp_path / "nan.pt").exists()


def test_progress_is_that_of_all_together(train: Train, reach: Task, human_program: str):
    """Three trainings of four epochs in two slots; the second of them ends in its first epoch."""
    found = train(reach, [job("a", human_program), job("nan", NAN), job("b", human_program, 2)], slots=2)
    epoch = QUICK.epoch_steps
    assert [progress.env_steps for progress in found.told] == [
        2 * epoch,
        4 * epoch,
        6 * epoch,
        8 * epoch,
        9 * epoch,
    ]
    assert [progress.total_steps for progress in found.told] == [9 * epoch] * 5
    assert all(progress.note == "" for progress in found.told)


def test_a_trainer_is_used_again(reach: Task, human_program: str, tmp_path: Path):
    """It keeps its simulations, with whatever was in them."""
    used = PopulationTrainer(reach, replace(QUICK, slots=2), threads=2)

    def jobs(*names: str) -> list[TrainingJob]:
        return [TrainingJob(name, human_program, len(name), str(tmp_path / f"{name}.pt")) for name in names]

    next(used.train(Feed(jobs("x", "xx", "xxx")), lambda _: None))  # somebody loses interest
    run(used, jobs("x", "xx", "xxx"))
    assert run(used, jobs("aaaa")) == run(PopulationTrainer(reach, QUICK, threads=2), jobs("aaaa"))


@pytest.mark.usefixtures("unchecked")
@pytest.mark.slow
def test_a_slow_program_ends_and_its_neighbours_are_what_they_are_alone(
    train: Train, reach: Task, human_program: str
):
    jobs = [
        job("a", human_program),
        job("slow", SLOW, 2),
        job("b", human_program, 3),
        job("c", human_program, 4),
    ]
    found = train(reach, jobs, slots=3)
    result = found.of("slow")
    assert (result.state, result.fault, result.env_steps) == (
        RunState.FAILED,
        Fault.TIMED_OUT,
        QUICK.epoch_steps,
    )
    assert "slow" not in found.files
    assert "computing the reward took" in result.cause
    assert found.order.startswith("slow ")
    for each in (jobs[0], jobs[2], jobs[3]):
        assert found.same(train(reach, [each]), each.run)


def test_jobs_that_come_while_others_train_enter_free_slots(train: Train, reach: Task, human_program: str):
    """Three slots, one job at first. Two come after two epochs, one after
    three, who waits, and one when all are done."""
    jobs = [job(name, human_program, seed) for seed, name in enumerate("abcde")]

    def by_and_by(placed: Sequence[TrainingJob]) -> Feed:
        a, b, c, d, e = placed
        return Feed([a], (), [b, c], [d], *[()] * 20, [e], width=3)

    found = train(reach, jobs, feed=by_and_by)
    assert ["".join(sorted(dict(progress.success))) for progress in found.told] == [
        *("a", "a", "abc", "abc", "bcd", "bcd", "d", "d"),
        *("e",) * 4,
    ]
    for each in jobs:
        assert found.same(train(reach, [each]), each.run)
