"""The true score of saved policies: it hangs on policy and seed, and on nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import ScoringJob, Task
from rewardsmith.errors import UsageError
from rewardsmith.records import Score
from rewardsmith.registry import TASKS
from rewardsmith.training import episodes
from rewardsmith.training.heldout import HeldOutScorer, standard_error
from rewardsmith.training.policy_file import TrainedPolicy, save_slot
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from tests.cramped import cramped
from tests.quick import first_is_quick

EPISODES = 8


@pytest.fixture(scope="module")
def task() -> Task:
    """Its true score is a number of steps, so that hardly any two policies have the same."""
    return TASKS.load("cartpole")


def save(path: Path, task: Task, seed: int, hidden: tuple[int, ...] = (8,)) -> None:
    """A policy that learnt nothing and pushes hard."""
    env = task.make(1, 1)
    policy = StackedPolicy(env.observation_size, env.action_size, hidden, 0.6, [seed])
    policy.parameters = 3.0 * policy.parameters.detach()
    save_slot(path, TrainedPolicy(policy, RunningNormaliser(1, env.observation_size)), 0, hidden)


@pytest.fixture
def jobs(task: Task, tmp_path: Path) -> list[ScoringJob]:
    for seed in range(3):
        save(tmp_path / f"{seed}.pt", task, seed)
    return [ScoringJob(f"c00{seed}-search-0", str(tmp_path / f"{seed}.pt"), 7, EPISODES) for seed in range(3)]


def score(task: Task, due: Sequence[ScoringJob]) -> list[Score]:
    return HeldOutScorer(task, "cpu", 2).score(due, lambda: None)


def test_a_second_scoring_gives_the_same_bits(task: Task, jobs: list[ScoringJob]):
    """By a new scorer, and by one that scored other policies before,
    in a simulation with room for more."""
    used = HeldOutScorer(task, "cpu", 2)
    first = used.score(jobs, lambda: None)
    assert len({one.mean for one in first}) == 3
    assert {(one.scorer, one.seed, one.episodes, one.unstable) for one in first} == {
        ("heldout", 7, EPISODES, 0)
    }
    assert score(task, jobs) == used.score(jobs, lambda: None) == first
    assert used.score(jobs[1:2], lambda: None) == first[1:2]


def test_side_by_side_each_has_what_it_has_alone(task: Task, jobs: list[ScoringJob]):
    together = score(task, [jobs[2], jobs[0], jobs[1]])
    assert together == [score(task, [jobs[n]])[0] for n in (2, 0, 1)]


def test_another_seed_gives_other_episodes(task: Task, jobs: list[ScoringJob], tmp_path: Path):
    """Also of the same run in one scoring."""
    same, other = (replace(jobs[0], seed=seed, kept=str(tmp_path / f"{seed}-episodes.pt")) for seed in (7, 8))
    first, second = score(task, [same, other])
    assert (first.seed, second.seed) == (7, 8)
    assert first.mean != second.mean
    assert first == score(task, jobs[:1])[0]
    starts = [episodes.load(Path(job.kept)).signals["cart_pos"][:, 0] for job in (same, other)]
    assert not torch.equal(*starts)


def test_numbers_of_episodes_may_differ(task: Task, jobs: list[ScoringJob]):
    few, many = score(task, [jobs[0], replace(jobs[1], episodes=2 * EPISODES)])
    assert (few.episodes, many.episodes) == (EPISODES, 2 * EPISODES)
    assert few == score(task, jobs[:1])[0]


def test_it_says_that_it_is_alive_at_every_step(task: Task, jobs: list[ScoringJob]):
    steps: list[None] = []
    HeldOutScorer(task, "cpu", 1).score(jobs, lambda: steps.append(None))
    assert len(steps) == task.horizon


def test_episodes_are_kept_where_they_are_asked_for(task: Task, jobs: list[ScoringJob], tmp_path: Path):
    kept = tmp_path / "deep" / "episodes.pt"
    first, second = score(task, [replace(jobs[0], kept=str(kept)), jobs[1]])
    stored = episodes.load(kept)
    assert float(stored.true_score.mean()) == pytest.approx(first.mean)
    assert float(stored.true_score.double().std()) / math.sqrt(EPISODES) == pytest.approx(
        first.standard_error, rel=1e-5
    )
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["deep"]
    assert second.mean != first.mean


@pytest.mark.parametrize("room", first_is_quick([EPISODES, 2 * EPISODES, 4 * EPISODES]))
def test_where_memory_is_short_fewer_play_at_a_time_and_score_the_same(
    task: Task, jobs: list[ScoringJob], room: int
):
    assert score(cramped(task, room), jobs) == score(task, jobs)


def test_no_room_for_a_single_policy_is_an_error(task: Task, jobs: list[ScoringJob]):
    with pytest.raises(MemoryError):
        score(cramped(task, EPISODES - 1), jobs)


def test_a_policy_of_another_task_is_refused(task: Task, jobs: list[ScoringJob], reach: Task):
    with pytest.raises(UsageError, match="is a policy of another task"):
        score(reach, jobs[:1])


def test_policies_of_different_shapes_are_refused_together(
    task: Task, jobs: list[ScoringJob], tmp_path: Path
):
    save(tmp_path / "wide.pt", task, 0, hidden=(16,))
    with pytest.raises(UsageError, match="different layers"):
        score(task, [jobs[0], replace(jobs[1], policy=str(tmp_path / "wide.pt"))])


@pytest.mark.parametrize(
    ("successes", "episodes", "expected"),
    [
        (0, 128, 0.010625),  # rate 2 / 132 = 0.0151515; sqrt(0.0151515 * 0.9848485 / 132)
        (128, 128, 0.010625),
        (8, 16, 0.1118034),  # rate 10 / 20; sqrt(0.25 / 20)
    ],
)
def test_successes_are_never_certain(successes: int, episodes: int, expected: float):
    values = torch.zeros(episodes)
    values[:successes] = 1.0
    assert standard_error(values) == pytest.approx(expected, rel=1e-3)


def test_other_scores_have_the_usual_standard_error():
    assert standard_error(torch.tensor([1.0, 2.0, 3.0, 6.0])) == pytest.approx(1.0801234)  # sqrt(14 / 3) / 2
    assert standard_error(torch.tensor([3.0])) == 0.0
