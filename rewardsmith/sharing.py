"""Trainings that searches of one comparison have in common are made once.

A training hangs on its program, its seed, the settings and the held-out episodes, and on nothing else: a slot computes what it would
alone, bit for bit. Searches from the same seed often ask for the same one (their first draws, or a winner that two of them
found). Each still counts it as its own, so budgets compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from rewardsmith.contracts import Race, Trainer, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.errors import StoreError
from rewardsmith.files import read_bytes, write_whole
from rewardsmith.records import Rung, State, TrainingResult
from rewardsmith.study import FINAL, SEARCH, Study
from rewardsmith.training import episodes, policy_file
from rewardsmith.training.racing import cut, rung_epochs, with_rivals

_Key = tuple[str, int, int]
"""Program, training seed, evaluation seed."""


class SharedTrainings:
    """A trainer (see :class:`rewardsmith.contracts.Trainer`) that first looks whether another study has the result."""

    def __init__(self, trainer: Trainer, others: Sequence[Study], settings: TrainingSettings) -> None:
        """Remember what other studies trained.

        Args:
            trainer: For all that is not known.
            others: Studies with the same task, trainer, settings and number of held-out episodes.
            settings: Of every training.
        """
        self._trainer, self._settings = trainer, settings
        self._known: dict[_Key, tuple[TrainingResult, Path]] = {}
        for study in others:
            for program, purpose, result in _trainings(study):
                if result.state == State.SCORED:
                    self._known[program, result.seed, study.evaluation_seed(purpose)] = result, study.policy_path(result.candidate)

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        """Yield what is known, policies copied; then train the rest.

        A race is held with what is known of every rung: a training that another study made longer ends where it would have.
        Where its episodes are asked for as well (for screening), all are trained.
        """
        if race:
            yield from self._raced(jobs, evaluation_seed, observe, race)
            return
        due: list[TrainingJob] = []
        for job in jobs:
            result = self._find(job, evaluation_seed)
            if result is None:
                due.append(job)
            else:
                yield self._copied(result, job, evaluation_seed)
        if due:
            yield from self._trainer.train(due, evaluation_seed, observe)

    def _raced(
        self, jobs: Sequence[TrainingJob], evaluation_seed: int, observe: Callable[[TrainingProgress], None], race: Race
    ) -> Iterator[TrainingResult]:
        """Neighbours in the queue that are known, or that are not, are taken together, and each is compared with all before it."""
        before: list[Sequence[Rung]] = []
        marks = rung_epochs(race, self._settings.epochs)
        for known, group in groupby(jobs, key=lambda job: self._stands(job, evaluation_seed, race, marks)):
            if known:
                for job in group:
                    result = self._find(job, evaluation_seed)
                    assert result, "it was there a moment ago"
                    result = cut(result, with_rivals(job, before), race, marks, self._settings.epoch_steps)
                    before += [result.rungs] if job.first else []
                    yield self._copied(result, job, evaluation_seed)
                continue
            members, rungs = list(group), dict[str, Sequence[Rung]]()
            for result in self._trainer.train([with_rivals(job, before) for job in members], evaluation_seed, observe, race):
                rungs[result.candidate] = result.rungs
                yield result
            before += [rungs[job.candidate] for job in members if job.first]

    def _find(self, job: TrainingJob, evaluation_seed: int) -> TrainingResult | None:
        known = self._known.get((job.program, job.seed, evaluation_seed))
        return known[0] if known and known[1].is_file() else None

    def _stands(self, job: TrainingJob, evaluation_seed: int, race: Race, marks: Sequence[int]) -> bool:
        """Whether a training is known, at all rungs, and all that it may have to leave behind."""
        if job.episodes:
            return False  # an evicted one leaves what it played at its last rung, of which a whole training keeps the score only
        result = self._find(job, evaluation_seed)
        seen = {rung.env_steps for rung in result.rungs if rung.score.episodes == race.episodes} if result else set()
        return result is not None and {mark * self._settings.epoch_steps for mark in marks} <= seen

    def _copied(self, result: TrainingResult, job: TrainingJob, evaluation_seed: int) -> TrainingResult:
        """A known result as that of this job. What a policy was at a rung is not kept, so an evicted one has none."""
        if not result.score:
            return replace(result, candidate=job.candidate, policy="")
        _, policy = self._known[job.program, job.seed, evaluation_seed]
        _copy(policy, job.policy, policy_file.MOST_BYTES)
        if job.episodes and (played := policy.with_name("episodes.pt")).is_file():
            _copy(played, job.episodes, episodes.MOST_BYTES)
        return replace(result, candidate=job.candidate, policy=job.policy)


def _copy(source: Path, target: str, most: int) -> None:
    try:
        write_whole(Path(target), read_bytes(source, most))
    except OSError as error:
        raise StoreError(f"cannot copy {source} to {target}: {error.strerror}. Make room, or remove the first to train anew.") from error


def _trainings(study: Study) -> Iterator[tuple[str, str, TrainingResult]]:
    programs = {candidate.id: candidate.program for candidate in study.candidates}
    for candidate in study.candidates:
        if candidate.training:
            yield candidate.program, SEARCH, candidate.training
    for run in study.finals:
        kind, _, winner = run.reward.partition(":")
        if kind == "best" and winner in programs:
            yield programs[winner], FINAL, run.training
