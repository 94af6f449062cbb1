"""Before a strategy hears of a new leader: an optimiser looks for better numbers of its program.

Structure by the writer, numbers by an optimiser, as in URDP and R* (see docs/strategies.md). The
settings race each other on the seed of the leader's own training; the best of them is believed only
if it also beats the written numbers on a fresh seed, for the best of many scores is the luckiest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rewardsmith.budget import Budget
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.heritage import told_before
from rewardsmith.parts import Parts
from rewardsmith.records import (
    Event,
    Purpose,
    Run,
    Trial,
    TunedNumber,
    TunedNumbers,
    program_hash,
    run_id,
)
from rewardsmith.reward.guard.static import check_source
from rewardsmith.schedule import new_run, program_of
from rewardsmith.seeds import derive
from rewardsmith.study import Study
from rewardsmith.training_desk import TrainingDesk, at_its_end
from rewardsmith.tuning.numbers import Number, find_numbers, with_numbers

_AT_A_TIME = 8
_FEWEST = 4
"""Programs that a leader leads, itself included, and settings that are worth beginning with."""
_FRESH = 2
"""Trainings on the fresh seed."""
Values = Mapping[str, float]


def tune(
    study: Study, parts: Parts, budget: Budget, trainings: TrainingDesk, batch: Sequence[Trial]
) -> Sequence[Trial]:
    """Decide whether there is a new leader, and queue what is due of its settings.

    Returns:
        Those of the batch of whom nothing is left to find out, with what was found.
    """
    if not study.config.tune or budget.stopped or budget.late:
        return batch
    _decide(study, parts, budget, batch)
    settings = {name: event.limit for event in _decisions(study) for name in event.candidates}
    ready: list[Trial] = []
    for trial in batch:
        if trial.id in settings and not trial.candidate.tuned:
            search = _NumberSearch(study, parts, trainings, trial, settings[trial.id])
            # first, for it is asked at every report, and to look further takes a while
            if trainings.works_on(trial.id) or not search.advance():
                continue
        ready.append(trial)
    return [trial for one in ready if (trial := study.trial(one.id))]


def spent_on_tuning(study: Study, whole_steps: int) -> int:
    """What all of that took, in whole trainings; what may yet be trained is set aside."""
    if not _decisions(study):
        return 0
    under_way = set_aside(study)
    runs = study.runs_for(Purpose.TUNE, Purpose.TUNED)
    steps = sum(run.env_steps for run in runs if run.subject not in under_way)
    return sum(under_way.values()) + math.ceil(steps / whole_steps)


def set_aside(study: Study) -> dict[str, int]:
    """Trainings that are set aside for candidates whose numbers are still looked for."""
    told, candidates = told_before(study), study.store.candidates()
    tuned = {name for name, candidate in candidates.items() if candidate.tuned}
    chosen = {name: event.limit for event in _decisions(study) for name in event.candidates}
    return {name: limit + _FRESH for name, limit in chosen.items() if name not in told | tuned}


def _decisions(study: Study) -> list[Event]:
    return [event for event in study.store.events() if event.kind == "tune"]


def _decide(study: Study, parts: Parts, budget: Budget, batch: Sequence[Trial]) -> None:
    """Note that the best of a batch is to be tuned, if it is better than all that were told of.

    Of a batch that is told of as a whole, one is: else one after the other would lead it, once the
    fresh seed showed that the one before was only lucky.
    """
    chosen = {name for event in _decisions(study) for name in event.candidates}
    told = told_before(study)
    scored = [trial for trial in batch if trial.score]
    before = [trial for trial in study.trials if trial.id in told and trial.score]
    leader = max(scored, key=_measured, default=None)
    if leader is None or len(scored) + len(before) < _FEWEST:
        return
    rivals = {trial.id for trial in batch} if parts.strategy.barrier else {leader.id}
    if chosen & rivals:
        return
    settings = min(study.config.tune, budget.remaining - _FRESH)
    learning = parts.task.has_metric or 0.0 < _measured(leader) < 1.0  # neither nothing nor all
    leads = _measured(leader) > max(map(_measured, before), default=-math.inf)
    if not (learning and leads and _has_numbers(leader)) or settings < min(_FEWEST, study.config.tune):
        return
    others = [trial for trial in (*before, *scored) if trial.id != leader.id]
    reason = (
        f"{leader.id} leads {len(others) + 1} programs with {_measured(leader):.3f}, the next has "
        f"{max(map(_measured, others)):.3f}: {settings} other settings of its numbers"
    )
    study.store.add_event(Event("tune", (leader.id,), settings, reason))


def _measured(trial: Trial) -> float:
    return -math.inf if trial.measured is None else trial.measured


def _has_numbers(trial: Trial) -> bool:
    try:
        return bool(find_numbers(trial.candidate.source))
    except UsageError:
        return False


@dataclass(frozen=True)
class _NumberSearch:
    """Goes on from what the store has, so that an interrupted one gives the same."""

    study: Study
    parts: Parts
    trainings: TrainingDesk
    trial: Trial
    settings: int

    def advance(self) -> bool:
        """Queue what is due.

        Returns:
            Whether it is at its end, and the candidate has what came of it.
        """
        from rewardsmith.tuning.tuner import Tuner  # an extra, and slow to import

        assert self.trial.score, "who leads has a score"
        candidate, numbers = self.trial.candidate, find_numbers(self.trial.candidate.source)
        tuner = Tuner(numbers, derive("tune", self.study.config.seed, candidate.id))
        tuner.ask(1)  # the written ones
        tuner.tell([(self.trial.score.mean, 1.0)])
        tried: list[tuple[Values, Run | None]] = []
        while len(tried) < self.settings:
            asked = tuner.ask(min(_AT_A_TIME, self.settings - len(tried)))
            texts = [with_numbers(candidate.source, numbers, values) for values in asked]
            runs = self._trained(texts, len(tried))
            if not all(run is None or at_its_end(self.study, run) for run in runs):
                return False
            tuner.tell([self._told(run) for run in runs])
            tried += zip(asked, runs, strict=True)
        return self._conclude(numbers, tried, tuner.importance())

    def _trained(self, texts: Sequence[str], first: int) -> list[Run | None]:
        """The runs of some settings, queued where they are not; ``None`` for a refused program."""
        runs: list[Run | None] = []
        self.trainings.widen(len(texts))
        for number, text in enumerate(texts, first):
            known = self._known(Purpose.TUNE, number)
            if known and at_its_end(self.study, known):
                self._check(known, text)
                runs.append(known)
                continue
            verdict = self.parts.guard.check(text, self.parts.task)
            assert self.trial.run
            seed = self.trial.run.seed  # that of the written numbers: the same luck for all
            runs.append(
                self._queued(verdict.program, Purpose.TUNE, number, seed) if verdict.accepted else None
            )
        return runs

    def _conclude(
        self,
        numbers: Sequence[Number],
        tried: Sequence[tuple[Values, Run | None]],
        importance: Mapping[str, float],
    ) -> bool:
        """Compare the best setting with the written one on a fresh seed, and keep the better.

        Returns:
            Whether that is done.
        """
        assert self.trial.score
        scores = [(score.mean, values) for values, run in tried if run and (score := self.study.score(run))]
        best, values = max(scores, key=lambda one: one[0], default=(-math.inf, {}))
        candidate, kept = self.trial.candidate, True
        text, program = with_numbers(candidate.source, numbers, values), ""
        if best > self.trial.score.mean:
            program = self.parts.guard.check(text, self.parts.task).program
            written = program_of(self.study, self.parts, candidate)
            runs = [self._fresh(number, one) for number, one in enumerate((written, program))]
            if not all(at_its_end(self.study, run) for run in runs):
                return False
            old, new = map(self.study.score, runs)
            kept = new is None or (old is not None and new.mean <= old.mean)
        moved = [
            TunedNumber(one.name, one.value, values.get(one.name, one.value), importance.get(one.name))
            for one in sorted(numbers, key=lambda one: -importance.get(one.name, 0.0))
        ]
        tuned = TunedNumbers(candidate.source, len(tried), tuple(moved), kept)
        better = candidate if kept else replace(candidate, source=text, program=program)
        self.study.save(replace(better, tuned=tuned))
        return True

    def _fresh(self, number: int, program: str) -> Run:
        """A run on the fresh seed, queued where it is not."""
        known = self._known(Purpose.TUNED, number)
        if known and at_its_end(self.study, known):
            return known
        seed = derive("tuned", self.study.config.seed, self.trial.id)
        self.trainings.widen(_FRESH)
        return self._queued(program, Purpose.TUNED, number, seed)

    def _queued(self, program: str, purpose: Purpose, number: int, seed: int) -> Run:
        assert self.trial.run
        run = new_run(self.parts, self.trial.id, program, purpose, number, seed)
        run = replace(run, start=self.trial.run.start)  # from where the written numbers began
        known = self._known(purpose, number)
        if known and known.program != run.program:
            raise self._other(known)
        self.trainings.queue(known or run, program)
        return self.study.store.runs()[run.id]

    def _known(self, purpose: Purpose, number: int) -> Run | None:
        return self.study.store.runs().get(run_id(self.trial.id, purpose, number))

    def _told(self, run: Run | None) -> tuple[float, float] | None:
        """As :meth:`rewardsmith.tuning.tuner.Tuner.tell` wants it."""
        if run is None:
            return None
        if score := self.study.score(run):
            return score.mean, 1.0
        return (run.rung.score.mean, run.rung.env_steps / run.due_steps) if run.rung else None

    def _check(self, run: Run, text: str) -> None:
        if program_hash(check_source(text, self.parts.task.signals).program) != run.program:
            raise self._other(run)

    def _other(self, run: Run) -> StoreError:
        return StoreError(
            f"{self.study.folder} does not fit its optimiser: {run.id} was trained with other numbers than "
            "it now proposes. Its version changed since; start a new study."
        )
