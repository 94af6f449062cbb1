"""The rows of a comparison: every search, and every method and baseline over its repeats."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from rewardsmith.baselines import HUMAN
from rewardsmith.contracts import SPARSE
from rewardsmith.errors import RewardsmithError
from rewardsmith.records import IN_SEARCH, Purpose, Score
from rewardsmith.registry import TASKS
from rewardsmith.reports.fairness import method
from rewardsmith.reports.spent import totals
from rewardsmith.reports.statistics import Estimate, Runs, error_of_mean, estimate_mean, human_normalised
from rewardsmith.study import Study
from rewardsmith.usage import Usage


@dataclass(frozen=True)
class SearchRow:
    """One search."""

    method: str
    """Strategy, with its preset behind a colon where one was chosen."""
    task: str
    seed: int
    folder: str
    winner: str | None
    search_score: float | None
    """The winner's score in the search; the highest of many, so biased upwards."""
    finalist_score: float | None
    """Mean of the fresh trainings that made it the winner; the
    highest of a few, so a little biased."""
    fresh_scores: tuple[float, ...]
    """Its further trainings that came to a score; they chose nothing."""
    candidates: int
    trainings: int
    """To find the winner, failed ones and those of finalists
    included; what tells of it comes on top."""
    env_steps: int
    training_s: float
    usage: Usage
    left_out: str
    """Why it takes no part in the comparison; empty where it does."""

    @property
    def score(self) -> float | None:
        """Mean of the winner's fresh trainings.

        ``None``: no winner, or none of its trainings came to a score.
        """
        return fmean(self.fresh_scores) if self.fresh_scores else None


@dataclass(frozen=True)
class MethodRow:
    """A strategy, or a baseline, over its repeats on one task."""

    name: str
    task: str
    runs: int
    """Searches, or trainings of the baseline."""
    seeds: tuple[int, ...]
    scores: tuple[float, ...]
    """Of the runs that have one, and their studies' seeds."""
    iqm: Estimate | None
    """Over all searches, those that failed included; ``None`` where
    nobody knows what a failure is worth."""
    mean: float | None
    """Of the same."""
    human_normalised: float | None
    """From the means over the runs, as Eureka has it; ``None`` where the human reward's mean cannot
    be told from the sparse one's, so that there is no unit."""
    standard_error: float | None = None
    """Of a baseline's mean."""


def search_row(study: Study, folder: str) -> SearchRow:
    """One search, shown under the name of its folder."""
    spent, winner = totals(study, *IN_SEARCH, Purpose.FINALIST), study.winner
    finals = [run for run in study.runs_for(Purpose.FINAL) if winner and run.subject == winner.id]
    fresh = [score.mean for run in finals if (score := study.score(run))]
    return SearchRow(
        method=method(study),
        task=study.config.task,
        seed=study.config.seed,
        folder=folder,
        winner=winner.id if winner else None,
        search_score=winner.fitness if winner and winner.score else None,
        finalist_score=study.finalists.get(winner.id) if winner else None,
        fresh_scores=tuple(fresh),
        candidates=spent.candidates,
        trainings=spent.trainings,
        env_steps=spent.env_steps,
        training_s=spent.training_s,
        usage=spent.usage,
        left_out=_left_out(study),
    )


def _left_out(study: Study) -> str:
    if not study.finished:
        return "it is not finished"
    return (
        "its winner was never to be trained again (final_seeds is 0)" if study.config.final_seeds == 0 else ""
    )


def baseline_rows(studies: Sequence[Study]) -> Iterator[MethodRow]:
    """Trainings of the baselines; one that several studies hold counts once."""
    known: dict[tuple[str, str, int, int], tuple[int, Score | None]] = {}
    for study in studies:
        for run in study.runs_for(Purpose.BASELINE):
            known[study.config.task, run.subject, run.seed, run.env_steps] = (
                study.config.seed,
                study.score(run),
            )
    for task, reward in dict.fromkeys((task, reward) for task, reward, _, _ in known):
        runs = [
            run for (of_task, of_reward, _, _), run in known.items() if (of_task, of_reward) == (task, reward)
        ]
        scores = [score for _, score in runs if score is not None]
        scored = [(seed, score.mean) for seed, score in runs if score is not None]
        yield replace(
            _method_row(reward, task, len(runs), scored, scored),
            standard_error=error_of_mean(
                [score.mean for score in scores], [score.standard_error for score in scores]
            ),
        )


def method_rows(searches: Sequence[SearchRow], baselines: Sequence[MethodRow]) -> Iterator[MethodRow]:
    """Every method on every task that it was tried on."""
    for task, name in dict.fromkeys((row.task, row.method) for row in searches):
        rows = [row for row in searches if (row.task, row.method) == (task, name)]
        scored = [(row.seed, row.score) for row in rows if row.score is not None]
        yield _method_row(
            name, task, len(rows), scored, _counted(rows, floor_of(task, baselines)), _scale(task, baselines)
        )


def overall_rows(searches: Sequence[SearchRow], baselines: Sequence[MethodRow]) -> Iterator[MethodRow]:
    """Human-normalised scores of methods that ran on all of several tasks, with known baselines."""
    scales = {
        task: scale
        for task in dict.fromkeys(row.task for row in searches)
        if (scale := _scale(task, baselines))
    }
    if len(scales) < 2:
        return
    for name in dict.fromkeys(row.method for row in searches):
        groups: list[Runs] = []
        for task, scale in scales.items():
            known = _counted(
                [row for row in searches if (row.task, row.method) == (task, name)], floor_of(task, baselines)
            )
            values = [
                (seed, value)
                for seed, score in known
                if (value := human_normalised(score, *scale)) is not None
            ]
            groups.append(
                Runs(
                    task,
                    tuple(seed for seed, _ in values),
                    tuple(min(max(value, 0.0), 3.0) for _, value in values),
                )
            )
        if all(group.scores for group in groups):
            seeds = tuple(seed for group in groups for seed in group.seeds)
            every = tuple(score for group in groups for score in group.scores)
            yield MethodRow(
                name, "all", len(every), seeds, every, estimate_mean(groups), fmean(every), fmean(every)
            )


def floor_of(task: str, baselines: Sequence[MethodRow]) -> float | None:
    """What a search without a score is worth: no success.

    In a metric, it is the sparse reward's mean, if that is known.
    """
    try:
        if not TASKS.load(task).has_metric:
            return 0.0
    except RewardsmithError:  # a task of a package that is not installed here may have a metric
        pass
    return next((row.mean for row in baselines if (row.task, row.name) == (task, SPARSE)), None)


def _counted(rows: Sequence[SearchRow], floor: float | None) -> list[tuple[int, float]]:
    """Seed and score of every search, for means.

    A failure counts as the floor; without one nothing can be said.
    """
    counted = [
        (row.seed, score) for row in rows if (score := floor if row.score is None else row.score) is not None
    ]
    return counted if len(counted) == len(rows) else []


def _method_row(
    name: str,
    task: str,
    runs: int,
    scored: Sequence[tuple[int, float]],
    counted: Sequence[tuple[int, float]],
    scale: tuple[float, float] | None = None,
) -> MethodRow:
    seeds, scores = tuple(seed for seed, _ in counted), tuple(score for _, score in counted)
    mean = fmean(scores) if scores else None
    return MethodRow(
        name=name,
        task=task,
        runs=runs,
        seeds=tuple(seed for seed, _ in scored),
        scores=tuple(score for _, score in scored),
        iqm=estimate_mean([Runs(task, seeds, scores)]) if scores else None,
        mean=mean,
        human_normalised=human_normalised(mean, *scale) if mean is not None and scale else None,
    )


def _scale(task: str, baselines: Sequence[MethodRow]) -> tuple[float, float] | None:
    """Mean scores of the human and of the sparse reward, where they can be told apart."""
    known = {row.name: row for row in baselines if row.task == task}
    human, sparse = known.get(HUMAN), known.get(SPARSE)
    if not human or not sparse or human.mean is None or sparse.mean is None:
        return None
    noise = math.hypot(human.standard_error or 0.0, sparse.standard_error or 0.0)
    return (human.mean, sparse.mean) if abs(human.mean - sparse.mean) > 2.0 * noise else None
