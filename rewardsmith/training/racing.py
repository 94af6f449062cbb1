"""Racing: which trainings end early. The rule itself is :class:`rewardsmith.contracts.Race`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rewardsmith.contracts import Race, TrainingJob
from rewardsmith.records import Rung, Score, State, TrainingResult


class Racetrack:
    """Where the jobs of one queue stand at every rung.

    A job is compared with the jobs before it in the queue and with earlier candidates only. Those before it entered
    before it, or with it, so they have reached a rung by the time that it does, or never will.
    """

    def __init__(self, race: Race | None, jobs: Sequence[TrainingJob], epochs: int) -> None:
        """Nobody has reached a rung yet.

        Args:
            race: ``None``: there are no rungs.
            jobs: The queue.
            epochs: Policy updates of a whole training.
        """
        self._race = race
        self._places = {job.candidate: place for place, job in enumerate(jobs)}
        self._counted = {job.candidate for job in jobs if job.first}
        self._rungs = rung_epochs(race, epochs) if race else []
        self._scores: list[dict[str, float]] = [{} for _ in self._rungs]

    def in_order(self, jobs: Sequence[TrainingJob]) -> list[TrainingJob]:
        """Jobs as they stood in the queue."""
        return sorted(jobs, key=lambda job: self._places[job.candidate])

    def rung(self, epochs: int) -> int | None:
        """The number of the rung at so many updates, if there is one."""
        return self._rungs.index(epochs) if epochs in self._rungs else None

    def arrive(self, rung: int, job: TrainingJob, env_steps: int, score: Score) -> Rung:
        """Note the score of a job at a rung; everyone who arrives at the same time does so in the order of the queue."""
        place = self._places[job.candidate]
        own = [mean for name, mean in self._scores[rung].items() if self._places[name] < place]
        if job.candidate in self._counted:
            self._scores[rung][job.candidate] = score.mean
        return _compared(job, rung, env_steps, score, own)

    def verdict(self, rung: Rung) -> str:
        """Why a job that stood so is evicted; nothing where it goes on."""
        assert self._race, "without a race there is no rung"
        return eviction(self._race, rung)


def rung_epochs(race: Race, epochs: int) -> list[int]:
    """The policy updates after which a race looks at a training of so many."""
    marks = dict.fromkeys(max(1, round(share * epochs)) for share in race.rungs)
    return [mark for mark in marks if mark < epochs]  # a short training has fewer


def eviction(race: Race, rung: Rung) -> str:
    """Why a job that stood so at a rung is evicted; nothing where it goes on."""
    if race.allows(rung.better, rung.rivals):
        return ""
    return (
        f"evicted after {rung.env_steps:,} steps: {rung.better} of {rung.rivals} earlier candidates had a higher true score "
        f"there than {rung.score.mean:.3f}; racing keeps the best {race.keep:.0%}"
    )


def cut(result: TrainingResult, job: TrainingJob, race: Race, marks: Sequence[int], epoch_steps: int) -> TrainingResult:
    """What a whole training would have given in a race.

    Args:
        result: Of the whole training, which was looked at after all of ``marks``, and perhaps more often.
        job: With everybody that it is compared with.
        race: The race.
        marks: Its rungs, in policy updates.
        epoch_steps: Environment steps of one update.
    """
    seen = {rung.env_steps: rung.score for rung in result.rungs}
    rungs: list[Rung] = []
    for number, mark in enumerate(marks):
        rungs.append(_compared(job, number, mark * epoch_steps, seen[mark * epoch_steps], ()))
        if cause := eviction(race, rungs[-1]):
            return replace(
                result,
                state=State.EVICTED,
                env_steps=mark * epoch_steps,
                wall_s=result.wall_s * mark * epoch_steps / result.env_steps,
                components=tuple(replace(curve, values=curve.values[:mark]) for curve in result.components),
                progress=tuple(replace(curve, values=curve.values[:mark]) for curve in result.progress),
                score=None,
                cause=cause,
                rungs=tuple(rungs),
            )
    return replace(result, rungs=tuple(rungs))


def left_over(jobs: Sequence[TrainingJob], ended: Mapping[str, Sequence[Rung]]) -> list[TrainingJob]:
    """Jobs without a result, each to be compared with those that have one and stood before it in the queue.

    Args:
        jobs: The queue.
        ended: What those with a result showed at their rungs, by candidate.
    """
    left: list[TrainingJob] = []
    before: list[Sequence[Rung]] = []
    for job in jobs:
        if job.candidate not in ended:
            left.append(with_rivals(job, before))
        elif job.first:
            before.append(ended[job.candidate])
    return left


def _compared(job: TrainingJob, number: int, env_steps: int, score: Score, own: Sequence[float]) -> Rung:
    """A score at a rung beside those of a job's rivals and of others."""
    rivals = [*(job.rivals[number] if number < len(job.rivals) else ()), *own]
    return Rung(env_steps, score, len(rivals), sum(rival > score.mean for rival in rivals))


def with_rivals(job: TrainingJob, before: Sequence[Sequence[Rung]]) -> TrainingJob:
    """A job that is compared with more candidates, given by what each showed at its rungs."""
    depth = max((len(rungs) for rungs in before), default=0)
    known = [list(scores) for scores in job.rivals] + [[] for _ in range(depth - len(job.rivals))]
    for rungs in before:
        for number, rung in enumerate(rungs):
            known[number].append(rung.score.mean)
    return replace(job, rivals=tuple(map(tuple, known)))
