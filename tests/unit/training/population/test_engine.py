"""The engine with real physics at a tiny size: what a job gives hangs on the job alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import SPARSE, Race, Task, TrainingJob, TrainingProgress
from rewardsmith.records import Fault, Rung, RunState
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.training import episodes
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.ppo import PpoSettings
from tests.conftest import TINY
from tests.training import EPISODES, Feed, Trained, files_of, scored
from tests.training import train as run

QUICK = replace(TINY, env_steps=640)
"""Four epochs."""
LENIENT = Race((0.5,), keep=0.9, episodes=4)
"""Evicts nobody who has fewer than ten rivals."""
BETTER = tuple((f"c{number:03d}-search-0", (2.0,)) for number in range(100, 139))
"""Of 40 to 45 candidates that race lets ``ceil(0.9 * n) <=
41`` go on, but no success is above 1."""
NAN = """
def compute_reward(actions: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    bad = torch.sqrt(actions[:, 0] - 10.0)
    return (bad, {'bad': bad})
"""
SLOW = """
def compute_reward(actions: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    a = actions[:, 0].abs().sum() + 1.0
    while bool(a < 1e6):
        a = a + 1.0
    return (actions[:, 0] + 0.0 * a, {'a': actions[:, 0]})
"""
"""A million turns: some seconds of an epoch, half a second on a
processor five times as fast as those known."""
NO_PROGRAM = "def compute_reward(:"


Train = Callable[..., Trained]


@pytest.fixture
def train(tmp_path: Path) -> Train:
    """Trains on a new trainer, and scores, files in a new folder."""
    runs = 0

    def go(
        task: Task,
        jobs: Sequence[TrainingJob],
        race: Race | None = None,
        feed: Callable[..., Feed] = Feed,
        **changes: object,
    ) -> Trained:
        nonlocal runs
        folder, runs = tmp_path / str(runs), runs + 1
        settings: PpoSettings = replace(QUICK, **changes)  # pyright: ignore[reportArgumentType]
        placed = [
            replace(
                job,
                race=race,
                policy=str(folder / job.policy),
                episodes=job.episodes and str(folder / job.episodes),
            )
            for job in jobs
        ]
        told: list[TrainingProgress] = []
        results = run(PopulationTrainer(task, settings, threads=2), feed(placed), told.append)
        scores = scored(task, placed, results)
        return Trained(results, scores, files_of(placed), told)

    return go


def job(name: str, program: str = SPARSE, seed: int = 1, **changes: object) -> TrainingJob:
    return replace(TrainingJob(name, program, seed, f"{name}.pt", evaluation_seed=7), **changes)  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module", params=["franka-reach", "cartpole"])
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


@pytest.fixture(params=[1, 3])
def raced(request: pytest.FixtureRequest, train: Train, reach: Task, human_program: str) -> Trained:
    """The second of three is hopeless."""
    jobs = [job("a", human_program), job("b", human_program, 2, rivals=BETTER), job("c", human_program, 3)]
    jobs = [replace(each, episodes=f"{each.run}.episodes.pt") for each in jobs]
    return train(reach, jobs, LENIENT, slots=request.param)


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
        f"than {rung.score.mean:.3f}; "
        "racing keeps the best 90%"
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


def test_episodes_are_kept(train: Train, reach: Task, tmp_path: Path):
    played = tmp_path / "deep" / "down" / "episodes.pt"
    found = train(
        reach, [job("a", SPARSE, episodes=str(played)), job("nan", NAN, episodes=str(tmp_path / "nan.pt"))]
    )
    stored = episodes.load(played)
    assert set(stored.signals) == {signal.name for signal in reach.signals}
    for signal in reach.signals:
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


def test_progress_shrinks_where_a_race_ends_a_training(raced: Trained):
    steps = [progress.env_steps for progress in raced.told]
    assert steps == sorted(steps)
    assert (raced.told[0].total_steps, raced.told[-1].total_steps) == (
        3 * QUICK.env_steps,
        int(2.5 * QUICK.env_steps),
    )
    assert steps[-1] == raced.told[-1].total_steps


def test_a_trainer_is_used_again(reach: Task, human_program: str, tmp_path: Path):
    """It keeps its simulations, with whatever was in them."""
    used = PopulationTrainer(reach, replace(QUICK, slots=2), threads=2)

    def jobs(*names: str) -> list[TrainingJob]:
        return [TrainingJob(name, human_program, len(name), str(tmp_path / f"{name}.pt")) for name in names]

    next(used.train(Feed(jobs("x", "xx", "xxx")), lambda _: None))  # somebody loses interest
    run(used, jobs("x", "xx", "xxx"))
    assert run(used, jobs("aaaa")) == run(PopulationTrainer(reach, QUICK, threads=2), jobs("aaaa"))


@pytest.mark.usefixtures("unchecked")
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


def test_the_rung_record_is_what_was_compared(train: Train, reach: Task):
    """Nobody is ahead of the first one, and everybody is counted once."""
    found = train(reach, [job("a", repeats="z"), job("b"), job("c")], LENIENT, slots=2)
    assert [found.of(name).rungs[0].rivals for name in "abc"] == [0, 0, 1]
    assert all(isinstance(found.of(name).rungs[0], Rung) for name in "abc")


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
