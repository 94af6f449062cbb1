"""Trainings that searches of one comparison have in common are made once.

A training hangs on its program, its seed, the settings and the held-out episodes, and on nothing else: a slot computes what it would
alone, bit for bit. Searches from the same seed often ask for the same one (their first draws, or a winner that two of them
found). Each still counts it as its own, so budgets compare.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rewardsmith.contracts import Race, Trainer, TrainingJob, TrainingProgress
from rewardsmith.records import State, TrainingResult
from rewardsmith.study import FINAL, SEARCH, Study

_Key = tuple[str, int, int]
"""Program, training seed, evaluation seed."""


class SharedTrainings:
    """A trainer (see :class:`rewardsmith.contracts.Trainer`) that first looks whether another study has the result."""

    def __init__(self, trainer: Trainer, others: Sequence[Study]) -> None:
        """Remember what other studies trained.

        Args:
            trainer: For all that is not known.
            others: Studies with the same task, trainer, settings and number of held-out episodes.
        """
        self._trainer = trainer
        self._known: dict[_Key, tuple[TrainingResult, Path]] = {}
        for study in others:
            for program, purpose, result in _trainings(study):
                if result.state == State.SCORED:
                    self._known[program, result.seed, study.evaluation_seed(purpose)] = result, study.folder / result.policy

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        """Yield what is known, policies copied; then train the rest.

        In a race, where a training ends hangs on who came before it in its own search, so nothing is shared.
        """
        if race:
            yield from self._trainer.train(jobs, evaluation_seed, observe, race)
            return
        due: list[TrainingJob] = []
        for job in jobs:
            known = self._known.get((job.program, job.seed, evaluation_seed))
            if known is None or not known[1].is_file():
                due.append(job)
                continue
            Path(job.policy).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(known[1], job.policy)
            yield replace(known[0], candidate=job.candidate, policy=job.policy)
        if due:
            yield from self._trainer.train(due, evaluation_seed, observe)


def _trainings(study: Study) -> Iterator[tuple[str, str, TrainingResult]]:
    programs = {candidate.id: candidate.program for candidate in study.candidates}
    for candidate in study.candidates:
        if candidate.training:
            yield candidate.program, SEARCH, candidate.training
    for run in study.finals:
        kind, _, winner = run.reward.partition(":")
        if kind == "best":
            yield programs[winner], FINAL, run.training
