"""The search loop: propose, write, check, train, score, tell, each as soon as it can be.

It ends with the budget. Everything is in the store before the strategy hears of it, and what the
store knows is not made again: resuming a study is running this very loop on its folder.
"""

from __future__ import annotations

from rewardsmith.budget import Budget
from rewardsmith.contracts import Observer
from rewardsmith.drafting import StudyLedger
from rewardsmith.errors import NothingTrainedError
from rewardsmith.event_replay import names_from, replay
from rewardsmith.finals import compare_with_baselines, train_finalists
from rewardsmith.origins import keep_origin
from rewardsmith.parts import Parts
from rewardsmith.records import MOST_ASKED, Candidate, Event, Purpose, Trial
from rewardsmith.schedule import ready
from rewardsmith.spending import count, spend
from rewardsmith.study import Study
from rewardsmith.training_desk import TrainingDesk
from rewardsmith.writing_desk import WritingDesk


def run(study: Study, parts: Parts, observer: Observer) -> None:
    """Search, choose the winner among the best on fresh seeds, and compare it with the baselines.

    The seeds of the comparison are others again. Raises: NothingTrainedError: The budget is spent
    and no candidate has a score. ExecutionError: The machine fails again and again; the study can
    be resumed.
    """
    if study.finished:  # with fewer candidates
        study.store.put_value("finished", "")
    budget = _budget(study, parts.settings.whole_steps)
    trainings = TrainingDesk(study, parts, budget, observer)
    search(study, parts, budget, trainings, observer)
    study.store.put_value("stopped", budget.stopped)
    if budget.stopped:
        observer.stage(f"stopped by {budget.stopped}")
    if not budget.late:
        train_finalists(study, parts, trainings, observer)
        if study.best or not budget.stopped:
            compare_with_baselines(study, parts, trainings, observer)
        study.store.put_value("finished", "yes")
    if study.best is None:
        raise NothingTrainedError(study.why_nothing(budget.stopped))


def search(study: Study, parts: Parts, budget: Budget, trainings: TrainingDesk, observer: Observer) -> None:
    """Spend the budget."""
    asked = replay(study, parts.strategy, parts.beliefs)
    keep_origin(study.store, parts.task)
    trainings.widen(len(asked))
    trainings.resume()
    with WritingDesk(study, parts, StudyLedger(study.store, budget), budget, observer) as writing:
        while True:
            study.note_seconds(budget.seconds)
            before = len(study.store.events())
            count(study, budget, asked)
            tell(study, parts, budget, trainings, asked)
            count(study, budget, asked)
            ask(study, parts, budget, trainings, asked, observer)
            begun = writing.begin(asked)
            begun |= trainings.begin(ready(study, parts, asked, observer))
            if writing.busy or trainings.busy:
                trainings.wait(0.0 if writing.settle(wait_for_one=not trainings.busy) else writing.poll_s)
            elif not begun and len(study.store.events()) == before:
                return  # what is done as soon as it is begun leaves more to do


def ask(
    study: Study,
    parts: Parts,
    budget: Budget,
    trainings: TrainingDesk,
    asked: dict[str, Trial],
    observer: Observer,
) -> None:
    """Let the strategy propose as far as there is room, and commit what it proposed."""
    strategy, config = parts.strategy, study.config
    room = budget.remaining if strategy.barrier else config.in_flight - len(asked)
    if not budget.allows() or room <= 0 or (strategy.barrier and asked):
        return
    names = names_from(budget.proposed, min(room, budget.remaining, MOST_ASKED))
    proposals = strategy.ask(names)
    if not proposals:
        return
    iteration = sum(event.kind == "asked" for event in study.store.events())
    made = [
        Candidate(name, iteration, proposal.operator, proposal.parents, proposal.follow_ups)
        for name, proposal in zip(names, proposals, strict=False)
    ]
    with study.store.transaction():
        for candidate in made:
            study.store.put_candidate(candidate)
        reason = f"room for {len(names)} of {budget.remaining} trainings that are left"
        study.store.add_event(Event("asked", tuple(candidate.id for candidate in made), len(names), reason))
    budget.spend(len(made))
    asked.update({candidate.id: Trial(candidate) for candidate in made})
    trainings.widen(len(asked))
    observer.stage(f"iteration {iteration}: {len(made)} programs to write and train")


def tell(
    study: Study, parts: Parts, budget: Budget, trainings: TrainingDesk, asked: dict[str, Trial]
) -> None:
    """Tell the strategy of candidates that are at their end.

    It hears of a whole batch in the order of the proposals, or of each by itself.
    """
    trials = [trial for name in asked if (trial := study.trial(name))]
    ended = [trial for trial in trials if trial.final and settled(trial)]
    if not ended or (parts.strategy.barrier and len(ended) < len(asked)):
        return
    known = spend(study, parts, budget, trainings, ended)
    if not known or (parts.strategy.barrier and len(known) < len(asked)):
        return
    study.store.add_event(Event("told", tuple(trial.id for trial in known)))
    parts.strategy.tell(parts.beliefs.told(known))
    for trial in known:
        del asked[trial.id]


def settled(trial: Trial) -> bool:
    """Whether all questions about a trained candidate are answered."""
    return not trial.score or set(trial.candidate.follow_ups) <= set(trial.candidate.followed_up)


def _budget(study: Study, whole_steps: int = 1) -> Budget:
    config = study.config
    earlier = float(study.store.value("seconds") or 0.0)
    return Budget(
        config.candidates,
        config.max_usd,
        config.max_tokens,
        config.max_hours,
        earlier,
        proposed=len(study.candidates),
        confirming=len(study.runs_for(Purpose.CONFIRM)),
        max_steps=config.max_steps,
        whole_steps=whole_steps,
    )
