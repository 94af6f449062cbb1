"""Racing: which trainings end early. The rule itself is :class:`rewardsmith.contracts.Race`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rewardsmith.contracts import Race, TrainingJob
from rewardsmith.records import Rung, Score


class Racetrack:
    """Where the jobs of one queue stand at every rung.

    A job is compared with jobs of its group before it in the queue and with earlier runs only.
    Those before it entered before or with it, so they have reached a rung by the time it does, or
    never will.
    """

    def __init__(self, epochs: int) -> None:
        """Nobody has reached a rung yet; a whole training has so many policy updates."""
        self._epochs = epochs
        self._places: dict[str, int] = {}
        self._groups: dict[str, str] = {}
        self._counted: set[str] = set()
        self._scores: dict[str, dict[int, float]] = {}
        """By run and rung."""

    def enter(self, jobs: Sequence[TrainingJob]) -> None:
        """More jobs queue up. One that was there before keeps its place."""
        for job in jobs:
            self._places.setdefault(job.run, len(self._places))
            self._groups[job.run] = job.group
            if not job.repeats:
                self._counted.add(job.run)

    def in_order(self, jobs: Sequence[TrainingJob]) -> list[TrainingJob]:
        """Jobs as they stood in the queue."""
        return sorted(jobs, key=lambda job: self._places[job.run])

    def rung(self, job: TrainingJob, epochs: int) -> int | None:
        """The number of the rung at so many updates, if there is one."""
        marks = rung_epochs(job.race, self._epochs) if job.race else []
        return marks.index(epochs) if epochs in marks else None

    def arrive(self, rung: int, job: TrainingJob, env_steps: int, score: Score) -> Rung:
        """Note the score of a job at a rung.

        Everyone who arrives at the same time does so in the order of the queue.
        """
        before = {run: scores[rung] for run, scores in job.rivals if rung < len(scores)}
        place = self._places[job.run]
        alike = (run for run in self._scores if self._groups[run] == job.group)
        ahead = {run: self._scores[run][rung] for run in alike if rung in self._scores[run]}
        before |= {run: mean for run, mean in ahead.items() if self._places[run] < place}
        before.pop(job.repeats, None)
        if job.run in self._counted:
            self._scores.setdefault(job.run, {})[rung] = score.mean
        return Rung(env_steps, score, len(before), sum(other > score.mean for other in before.values()))

    def verdict(self, job: TrainingJob, rung: Rung) -> str:
        """Why a job that stood so is evicted; nothing where it goes on."""
        assert job.race, "without a race there is no rung"
        return eviction(job.race, rung)


def rung_epochs(race: Race, epochs: int) -> list[int]:
    """The policy updates after which a race looks at a training of so many."""
    marks = dict.fromkeys(max(1, round(share * epochs)) for share in race.rungs)
    return [mark for mark in marks if mark < epochs]  # a short training has fewer


def eviction(race: Race, rung: Rung) -> str:
    """Why a job that stood so at a rung is evicted; nothing where it goes on."""
    if race.allows(rung.better, rung.rivals):
        return ""
    return (
        f"evicted after {rung.env_steps:,} steps: {rung.better} of {rung.rivals} earlier "
        f"candidates had a higher true score there than {rung.score.mean:.3f}; racing keeps the "
        f"best {race.keep:.0%}"
    )


def with_rivals(job: TrainingJob, before: Mapping[str, Sequence[Rung]]) -> TrainingJob:
    """A job that is compared with more runs, given by what each showed at its rungs."""
    known = dict(job.rivals) | {
        run: tuple(rung.score.mean for rung in rungs) for run, rungs in before.items() if rungs
    }
    known.pop(job.repeats, None)
    return replace(job, rivals=tuple(known.items()))
