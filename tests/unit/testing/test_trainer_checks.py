"""Every check of trainers can fail: for each a trainer that it
refuses, the built-in one but for one thing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.contracts import Jobs, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.records import Fault, RunState
from rewardsmith.testing import trainers as suite
from rewardsmith.testing.policies import save_policy
from rewardsmith.testing.trainers import TrainerCase
from rewardsmith.training.population.trainer import PopulationTrainer
from tests.point import POINT

Watch = Callable[[TrainingProgress], None]
Results = Sequence[TrainingResult]


class Half:
    can_race = True


class Unsure(PopulationTrainer):
    can_race: Any = "perhaps"


class Undecided(PopulationTrainer):
    can_start: Any = None


def telling(change: Callable[[Results], Results]) -> Any:
    """The trainer that gives other results."""

    class Broken(PopulationTrainer):
        def train(self, jobs: Jobs, observe: Watch) -> Iterator[Results]:
            for results in super().train(jobs, observe):
                yield change(results)

    return Broken


def each(**changes: Any) -> Any:
    """The trainer whose results all say the same."""
    return telling(lambda results: [replace(result, **changes) for result in results])


def observing(change: Callable[[TrainingProgress], TrainingProgress | None]) -> Any:
    """The trainer that tells of other progress."""

    class Broken(PopulationTrainer):
        def train(self, jobs: Jobs, observe: Watch) -> Iterator[Results]:
            def tell(progress: TrainingProgress) -> None:
                if told := change(progress):
                    observe(told)

            return super().train(jobs, tell)

    return Broken


class Reading:
    """Jobs with something changed."""

    def __init__(self, jobs: Jobs, change: Callable[[TrainingJob], TrainingJob]) -> None:
        self.jobs, self.change, self.width, self.folders = jobs, change, jobs.width, jobs.folders
        self.taken = 0

    def take(self, *, wait: bool) -> Sequence[TrainingJob]:
        found = [self.change(job) for job in self.jobs.take(wait=wait)]
        self.taken += len(found)
        return found


class Handful(Reading):
    def take(self, *, wait: bool) -> Sequence[TrainingJob]:
        return () if self.taken else super().take(wait=wait)


def reading(change: Callable[[TrainingJob], TrainingJob]) -> Any:
    """The trainer that takes jobs for others."""

    class Broken(PopulationTrainer):
        def train(self, jobs: Jobs, observe: Watch) -> Iterator[Results]:
            return super().train(Reading(jobs, change), observe)

    return Broken


def moved(job: TrainingJob) -> TrainingJob:
    return replace(job, policy=str(Path(job.policy).with_name("elsewhere.pt")))


class Sharing(PopulationTrainer):
    """What is trained later has another seed."""

    def train(self, jobs: Jobs, observe: Watch) -> Iterator[Results]:
        count = itertools.count()
        return super().train(Reading(jobs, lambda job: replace(job, seed=job.seed + next(count))), observe)


class First(PopulationTrainer):
    """Takes the first jobs, and no others."""

    def train(self, jobs: Jobs, observe: Watch) -> Iterator[Results]:
        return super().train(Handful(jobs, lambda job: job), observe)


class Restless(PopulationTrainer):
    """Gives results though there are no jobs."""

    def train(self, jobs: Jobs, observe: Watch) -> Iterator[Results]:
        yield [TrainingResult("restless", RunState.TRAINED)]
        yield from super().train(jobs, observe)


class Saving(PopulationTrainer):
    """Saves a policy for every job, and another one than it trained."""

    def train(self, jobs: Jobs, observe: Watch) -> Iterator[Results]:
        def begin(job: TrainingJob) -> TrainingJob:
            save_policy(Path(job.policy), POINT)
            return moved(job)

        return super().train(Reading(jobs, begin), observe)


def blamed(results: Results) -> Results:
    return [replace(result, fault=Fault.CRASHED) if result.fault else result for result in results]


def without_cause(results: Results) -> Results:
    return [replace(result, cause="") for result in results]


BROKEN: dict[Callable[[TrainerCase], None], tuple[Any, ...]] = {
    suite.it_has_all_parts: (Half, Unsure, Undecided),
    suite.every_job_gets_one_result: (
        telling(lambda results: results[:1]), telling(lambda results: [*results, *results]),
        each(env_steps=0),
        each(cause="why not"), each(progress=()), each(components=()),
    ),
    suite.a_slot_equals_the_same_program_alone: (Sharing, reading(moved)),
    suite.jobs_may_come_while_others_are_trained: (First, Sharing),
    suite.without_jobs_it_is_over: (Restless,),
    suite.the_seed_matters: (reading(lambda job: replace(job, seed=1)),),
    suite.bad_programs_cost_only_themselves: (telling(blamed), telling(without_cause), Saving),
    suite.progress_is_told: (
        observing(lambda _: None), observing(lambda told: replace(told, total_steps=told.total_steps + 1)),
        observing(lambda told: replace(told, env_steps=told.total_steps - told.env_steps)),
        observing(lambda told: replace(told, success=(("b", None),))),
    ),
    suite.the_times_of_trainings_add_up: (each(wall_s=0.0), each(wall_s=1e6)),
    suite.a_saved_policy_plays_as_it_was_scored: (reading(moved),),
    suite.a_policy_is_carried_on: (reading(lambda job: replace(job, start="")),),
    suite.what_begins_from_a_policy_gives_the_same_alone: (Sharing,),
}  # fmt: skip


@pytest.mark.parametrize("check", suite.CHECKS)
def test_a_sound_trainer_passes(check: Callable[[TrainerCase], None]):
    check(TrainerCase(PopulationTrainer, task=POINT))


@pytest.mark.parametrize("check", suite.CHECKS)
def test_broken_trainers_are_refused(check: Callable[[TrainerCase], None]):
    for broken in BROKEN[check]:
        with pytest.raises(AssertionError):
            check(TrainerCase(broken, task=POINT))
