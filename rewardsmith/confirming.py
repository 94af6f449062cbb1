"""Before a strategy hears of a batch: its promising programs are trained again on fresh seeds.

One score is half luck, and a strategy that picks parents by it climbs on noise. These trainings
count like candidates, so a search with them tries fewer programs.
"""

from __future__ import annotations

from collections.abc import Sequence

from rewardsmith.budget import Budget
from rewardsmith.parts import Parts
from rewardsmith.records import IN_SEARCH, Event, Purpose, Run, Trial
from rewardsmith.schedule import new_run, program_of
from rewardsmith.seeds import derive
from rewardsmith.study import Study
from rewardsmith.training_desk import TrainingDesk, at_its_end


def confirm(
    study: Study, parts: Parts, budget: Budget, trainings: TrainingDesk, batch: Sequence[Trial]
) -> Sequence[Trial]:
    """Queue what is due of that.

    Returns:
        The batch with what was found; nothing while trainings are left.
    """
    if not study.config.confirm or budget.stopped or budget.late:
        return batch
    known = study.store.runs()
    runs = [known.get(run.id, run) for run in _chosen(study, parts, budget, batch)]
    budget.confirming += sum(run.id not in known for run in runs)
    candidates = {trial.id: trial.candidate for trial in batch}
    if runs and all(run.id not in known for run in runs):
        _note(study, runs)
    for run in runs:
        if not at_its_end(study, run) and not trainings.has(run):
            trainings.widen(len(runs))
            trainings.queue(run, program_of(study, parts, candidates[run.subject]))
    known = study.store.runs()
    if not all(at_its_end(study, known[run.id]) for run in runs):
        return []
    return [trial for one in batch if (trial := study.trial(one.id))]


def _note(study: Study, runs: Sequence[Run]) -> None:
    """Keep what was decided, and why."""
    names = tuple(dict.fromkeys(run.subject for run in runs))
    reason = f"{len(runs)} trainings on fresh seeds: which of these is best is in doubt"
    study.store.add_event(Event("confirm", names, len(runs), reason))


def _chosen(study: Study, parts: Parts, budget: Budget, batch: Sequence[Trial]) -> list[Run]:
    """The same runs, whenever it is asked: nothing hangs on those that were made already."""
    names = {trial.id for trial in batch}
    others = sum(run.subject not in names for run in study.runs_for(Purpose.CONFIRM))
    room = budget.candidates - budget.proposed - budget.tuning - others
    if budget.max_steps is not None:
        runs = (run for run in study.runs_for(*IN_SEARCH) if run.state.ended)
        steps = sum(r.env_steps for r in runs if r.purpose != Purpose.CONFIRM or r.subject not in names)
        room = min(room, (budget.max_steps - steps) // budget.whole_steps)
    extra = min(round(study.config.confirm * len(batch)), room)
    programs = {trial.id: trial.candidate.program for trial in batch}
    return [
        new_run(
            parts,
            name,
            programs[name],
            Purpose.CONFIRM,
            number,
            derive("confirm", study.config.seed, name, number),
        )
        for name, count in parts.beliefs.doubtful(batch, extra).items()
        for number in range(count)
    ]
