"""After the search: the winner is chosen on fresh seeds, and then told of on others.

The best score of a search is the highest of many noisy ones, so it is biased upwards. The best few
are trained again; the best mean of these wins; and what is reported of it comes from runs that
chose nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from rewardsmith.baselines import BASELINES, HUMAN, baselines
from rewardsmith.contracts import Observer
from rewardsmith.parts import Parts
from rewardsmith.records import Purpose, Run, Trial
from rewardsmith.schedule import new_run, program_of
from rewardsmith.seeds import derive
from rewardsmith.study import Study
from rewardsmith.training_desk import TrainingDesk, at_its_end


def train_finalists(study: Study, parts: Parts, trainings: TrainingDesk, observer: Observer) -> None:
    """Train the best of the search again.

    So the winner is chosen by scores that nothing else chose.
    """
    chosen = finalists(study)
    if len(chosen) < 2:
        return
    due = [
        new_run(
            parts,
            trial.id,
            trial.candidate.program,
            Purpose.FINALIST,
            number,
            _seed(study, "finalist", number),
        )
        for trial in chosen
        for number in range(study.config.finalist_seeds)
    ]
    observer.stage(f"the best {len(chosen)} on fresh seeds: {', '.join(trial.id for trial in chosen)}")
    programs = {trial.id: program_of(study, parts, trial.candidate) for trial in chosen}
    _train(study, trainings, [(run, programs[run.subject]) for run in due])


def finalists(study: Study) -> list[Trial]:
    """The best candidates of the search, the first of equals first.

    As many as the config says, no program twice.
    """
    scored = sorted(
        (trial for trial in study.trials if trial.score), key=lambda trial: -(trial.fitness or 0.0)
    )
    distinct = {trial.candidate.program: trial for trial in reversed(scored)}
    return [trial for trial in scored if distinct[trial.candidate.program] is trial][
        : study.config.finalist_count
    ]


def compare_with_baselines(study: Study, parts: Parts, trainings: TrainingDesk, observer: Observer) -> None:
    """Train the winner and the baselines under one budget, on fresh seeds and fresh episodes."""
    winner = study.winner
    programs = {winner.id: program_of(study, parts, winner.candidate)} if winner else {}
    if study.config.baselines:
        programs |= {name: _baseline(parts, name) for name in baselines(parts.task)}
    due = [
        (new_run(parts, name, program, _purpose(name), number, _seed(study, "final", number)), program)
        for number in range(study.config.final_seeds)
        for name, program in programs.items()
    ]
    if due:
        observer.stage(f"final comparison on fresh seeds: {', '.join(programs)}")
    _train(study, trainings, due)


def _train(study: Study, trainings: TrainingDesk, due: Sequence[tuple[Run, str]]) -> None:
    """Train and score what is not at its end yet."""
    trainings.widen(len(due))
    known = study.store.runs()
    for run, program in due:
        run = known.get(run.id, run)
        if not at_its_end(study, run):
            trainings.queue(run, program)
    while trainings.busy:
        trainings.wait(1.0)


def _baseline(parts: Parts, name: str) -> str:
    """What a job has as its program."""
    return parts.guard.check(parts.task.human_reward, parts.task).program if name == HUMAN else name


def _purpose(name: str) -> Purpose:
    return Purpose.BASELINE if name in BASELINES else Purpose.FINAL


def _seed(study: Study, what: str, number: int) -> int:
    return derive(what, study.config.seed, number)
