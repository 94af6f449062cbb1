"""The search loop.

Propose, write, guard, train, score, commit, tell - until the budget is spent. Everything is
in the store before the strategy hears of it, and a candidate that the store already knows is not
made again: resuming a study is running this very loop on its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rewardsmith.admission import admitted
from rewardsmith.budget import Budget
from rewardsmith.contracts import SPARSE, Observer, Race, TrainingJob, TrainingProgress
from rewardsmith.drafting import StudyLedger, draft, follow_up
from rewardsmith.errors import NothingTrainedError
from rewardsmith.parts import Parts
from rewardsmith.queue import job_of, jobs, line_up, race_of
from rewardsmith.records import Candidate, FinalRun, State, TrainingResult
from rewardsmith.seeds import derive
from rewardsmith.study import FINAL, SEARCH, Study


def run(study: Study, parts: Parts, observer: Observer) -> None:
    """Search, then compare the winner with the baselines on fresh seeds.

    Raises:
        NothingTrainedError: The budget is spent and no candidate has a score.
    """
    budget = _budget(study)
    try:
        search(study, parts, budget, observer)
    finally:
        study.store.put_value("seconds", str(budget.seconds))
    study.store.put_value("stopped", budget.stopped)
    if budget.stopped:
        observer.stage(f"stopped by {budget.stopped}")
    if not budget.late:
        if study.best:
            compare_with_baselines(study, parts, observer)
        study.store.put_value("finished", "yes")
    if study.best is None:
        raise NothingTrainedError(study.why_nothing(budget.stopped))


def search(study: Study, parts: Parts, budget: Budget, observer: Observer) -> None:
    """Spend the budget."""
    ledger = StudyLedger(study.store, budget)
    iteration = 0
    while budget.allows():
        planned = study.horizon - budget.proposed  # what was proposed must not hang on a limit that changed since
        proposals = parts.strategy.ask(planned if planned > 0 else budget.remaining)[: budget.remaining]
        if not proposals:
            return
        candidates = [study.claim(proposal, budget.proposed + n, iteration) for n, proposal in enumerate(proposals)]
        budget.spend(len(proposals))
        develop(study, parts, candidates, ledger, budget, observer)
        wanted = {candidate.id: proposal.follow_ups for candidate, proposal in zip(candidates, proposals, strict=True)}
        budget.stop(follow_up(study, parts, _current(study, candidates), wanted, ledger))
        if budget.stopped:  # not told: the strategy hears of an iteration once all of it is final
            return
        parts.strategy.tell(_current(study, candidates))
        iteration += 1


def develop(study: Study, parts: Parts, candidates: Sequence[Candidate], ledger: StudyLedger, budget: Budget, observer: Observer) -> None:
    """Write and train until every candidate is final; a training's error goes back to the writer like the guard's."""
    due = [candidate for candidate in candidates if not candidate.state.final]
    while due and not budget.stopped:
        observer.stage(f"iteration {candidates[0].iteration}: writing {len(due)} programs")
        budget.stop(draft(study, parts, due, ledger, observer))
        if not budget.late:
            train(study, parts, _current(study, due), observer)
        budget.stop(budget.late)
        due = [candidate for candidate in _current(study, due) if not candidate.state.final]


def train(study: Study, parts: Parts, candidates: Sequence[Candidate], observer: Observer) -> None:
    """Train and score every accepted candidate, and commit each result as it comes."""
    if not any(candidate.state == State.ACCEPTED for candidate in candidates):
        return
    iteration = candidates[0].iteration
    queued = [admitted(study, parts, c) if c.state == State.ACCEPTED else c for c in line_up(study, iteration, observer)]
    accepted = {candidate.id: candidate for candidate in queued if candidate.state == State.ACCEPTED}
    observer.stage(f"iteration {iteration}: training {len(accepted)} policies")
    for result in _trained(study, parts, jobs(study, queued, list(accepted.values())), SEARCH, observer.progress, race_of(study)):
        candidate = accepted[result.candidate].trained(result)
        if result.state in (State.CRASHED, State.DIVERGED) and candidate.attempts <= study.config.repairs:
            candidate = replace(candidate, state=State.PROPOSED)
        study.save(candidate)
        observer.candidate(candidate)


def compare_with_baselines(study: Study, parts: Parts, observer: Observer) -> None:
    """Train the winner and the baselines under one budget, on fresh seeds and fresh episodes.

    The winner was chosen by its score, so that score is biased upwards; these runs are not.
    """
    best = study.best
    assert best is not None
    rewards = [f"best:{best.id}", *(["human", SPARSE] if study.config.baselines else [])]
    done = {run.id for run in study.finals}
    due = {
        identity: (reward, number)
        for number in range(study.config.final_seeds)
        for reward in rewards
        if (identity := f"{reward.split(':')[0]}-{number}") not in done
    }
    programs = {reward: _program(study, parts, best, reward) for reward in dict.fromkeys(reward for reward, _ in due.values())}
    runs = [job_of(study, i, programs[reward], derive("final", study.config.seed, n)) for i, (reward, n) in due.items()]
    if runs:
        observer.stage(f"final comparison on fresh seeds: {', '.join(programs)}")
    for result in _trained(study, parts, runs, FINAL, observer.progress):
        final = FinalRun(result.candidate, due[result.candidate][0], result)
        study.store.put_final(final)
        observer.final(final)


def _program(study: Study, parts: Parts, best: Candidate, reward: str) -> str:
    """What a row of the closing comparison is trained on."""
    if reward == "human":
        return parts.guard.check(parts.task.human_reward, parts.task).program
    return SPARSE if reward == SPARSE else admitted(study, parts, best).program


def _trained(
    study: Study,
    parts: Parts,
    due: Sequence[TrainingJob],
    purpose: str,
    observe: Callable[[TrainingProgress], None],
    race: Race | None = None,
) -> Iterable[TrainingResult]:
    """Results with paths relative to the study."""
    if not due:
        return []
    results = parts.trainer.train(due, study.evaluation_seed(purpose), observe, race)
    return (replace(result, policy=study.relative(result.policy)) for result in results)


def _budget(study: Study) -> Budget:
    config = study.config
    return Budget(
        config.candidates, config.max_usd, config.max_tokens, config.max_hours, earlier_s=float(study.store.value("seconds") or 0.0)
    )


def _current(study: Study, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates as the store has them now."""
    return [known for candidate in candidates if (known := study.store.candidate(candidate.id))]
