"""Every check of scorers can fail: for each a scorer that it
refuses, the built-in one but for one thing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import ScoringJob, Step
from rewardsmith.records import Score
from rewardsmith.testing import scorers as suite
from rewardsmith.testing.scorers import ScorerCase
from rewardsmith.training.heldout import HeldOutScorer
from tests.point import Point, PointEnv

Alive = Callable[[], None]


class FarEnv(PointEnv):
    def step(self, actions: Tensor) -> Step:
        step = super().step(actions)
        return replace(step, true_score=step.signals["tool_pos"][:, 0])


class Far(Point):
    """The farther to the right, the better."""

    has_metric, env = True, FarEnv


class Half:
    def __init__(self, *_: object) -> None: ...


def changed(change: Callable[[list[Score]], list[Score]]) -> Any:
    """The scorer whose scores are changed."""

    class Broken(HeldOutScorer):
        def score(self, jobs: Sequence[ScoringJob], alive: Alive) -> list[Score]:
            return change(super().score(jobs, alive))

    return Broken


def told(change: Callable[[ScoringJob], ScoringJob]) -> Any:
    """The scorer whose jobs are changed."""

    class Broken(HeldOutScorer):
        def score(self, jobs: Sequence[ScoringJob], alive: Alive) -> list[Score]:
            scores = super().score([change(job) for job in jobs], alive)
            return [replace(score, seed=job.seed) for score, job in zip(scores, jobs, strict=True)]

    return Broken


class Silent(HeldOutScorer):
    def score(self, jobs: Sequence[ScoringJob], alive: Alive) -> list[Score]:
        return super().score(jobs, lambda: None)


class Trusting(HeldOutScorer):
    """Reads files as they are."""

    def score(self, jobs: Sequence[ScoringJob], alive: Alive) -> list[Score]:
        for job in jobs:
            torch.load(job.policy, weights_only=True)
        return super().score(jobs, alive)


class Forgiving(HeldOutScorer):
    """A policy that is not there has the score 0."""

    def score(self, jobs: Sequence[ScoringJob], alive: Alive) -> list[Score]:
        if all(Path(job.policy).exists() for job in jobs):
            return super().score(jobs, alive)
        return [Score(0.0, 0.0, job.episodes, seed=job.seed) for job in jobs]


CLOCK = itertools.count()


def later(scores: list[Score]) -> list[Score]:
    return [replace(score, mean=score.mean + next(CLOCK)) for score in scores]


def relative(scores: list[Score]) -> list[Score]:
    return [replace(score, mean=score.mean - max(other.mean for other in scores)) for score in scores]


def by_mean(scores: list[Score]) -> list[Score]:
    return sorted(scores, key=lambda score: score.mean)


BROKEN: dict[Callable[[ScorerCase], None], tuple[Any, ...]] = {
    suite.it_has_all_parts: (Half,),
    suite.every_job_gets_one_score: (
        changed(lambda scores: scores[:1]),
        changed(lambda scores: [replace(score, mean=float("nan")) for score in scores]),
        changed(lambda scores: [replace(score, seed=0) for score in scores]),
        changed(lambda scores: [replace(score, episodes=1) for score in scores]),
        changed(lambda scores: [replace(score, standard_error=-1.0) for score in scores]),
    ),
    suite.scores_are_in_the_order_of_jobs: (changed(by_mean),),
    suite.the_same_seed_gives_the_same_score: (changed(later),),
    suite.another_seed_gives_other_episodes: (told(lambda job: replace(job, seed=1)),),
    suite.side_by_side_each_has_what_it_has_alone: (changed(relative),),
    suite.it_says_that_it_is_alive: (Silent,),
    suite.what_is_no_policy_is_refused: (Trusting, Forgiving),
    suite.episodes_are_kept_where_asked: (
        told(lambda job: replace(job, kept="")),
        told(lambda job: replace(job, kept=job.policy + "-kept.pt")),
    ),
}


@pytest.mark.parametrize("check", suite.CHECKS)
def test_a_sound_scorer_passes(check: Callable[[ScorerCase], None]):
    check(ScorerCase(HeldOutScorer, Far()))


@pytest.mark.parametrize("check", suite.CHECKS)
def test_broken_scorers_are_refused(check: Callable[[ScorerCase], None]):
    for broken in BROKEN[check]:
        with pytest.raises(AssertionError):
            check(ScorerCase(broken, Far()))
