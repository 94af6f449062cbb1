"""All of some trainings, or scorings, at once: for who has no search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rewardsmith.contracts import Executor, ScoringJob, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.records import RunState, Score


@dataclass(frozen=True)
class Ended:
    """A training at its end, and the score of its policy where it was trained to the end."""

    result: TrainingResult
    score: Score | None


def train_all(
    executor: Executor,
    jobs: Sequence[TrainingJob],
    episodes: int,
    observe: Callable[[TrainingProgress], None],
) -> Iterator[Ended]:
    """Train and score jobs; each is yielded as it ends.

    Args:
        executor: Where.
        jobs: Each scored on the held-out episodes of its ``evaluation_seed``.
        episodes: Held-out episodes per job.
        observe: Told about progress now and then.

    Raises:
        ExecutionError: The machine fails again and again.
    """
    executor.widen(len(jobs))
    for job in jobs:
        executor.train(job, ScoringJob(job.run, job.policy, job.evaluation_seed, episodes, job.episodes))
    results: dict[str, TrainingResult] = {}
    left = {job.run for job in jobs}
    while left:
        report = executor.next(1.0)
        if report is None:
            continue
        if report.progress:
            observe(report.progress)
        if report.lost:
            observe(
                replace(
                    TrainingProgress(0, 0, ()), note=f"{report.lost.run} begins anew: {report.lost.cause}"
                )
            )
        if report.result:
            results[report.result.run] = report.result
            if report.result.state != RunState.TRAINED:
                left.discard(report.result.run)
                yield Ended(report.result, None)
        if report.score:
            run, score = report.score
            left.discard(run)
            yield Ended(results[run], score)


def score_all(executor: Executor, jobs: Sequence[ScoringJob]) -> Iterator[tuple[str, Score]]:
    """Score saved policies; each run and its score are yielded as they come.

    Raises:
        ExecutionError: The machine fails again and again.
    """
    executor.widen(len(jobs))
    for job in jobs:
        executor.score(job)
    left = {job.run for job in jobs}
    while left:
        report = executor.next(1.0)
        if report and report.score:
            left.discard(report.score[0])
            yield report.score
