"""What the next environment steps are spent on: new programs, other numbers, or a second look.

Before a strategy hears of a batch, and proposes new programs, the best of the batch may get other
numbers, and the doubtful ones may be trained again. All of it is paid from the same budget, and
what was decided is kept as events with reasons (see :class:`rewardsmith.records.Event`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rewardsmith.budget import Budget
from rewardsmith.confirming import confirm
from rewardsmith.parts import Parts
from rewardsmith.records import IN_SEARCH, Purpose, Trial
from rewardsmith.retuning import set_aside, spent_on_tuning, tune
from rewardsmith.study import Study
from rewardsmith.training_desk import TrainingDesk


def count(study: Study, budget: Budget, asked: Mapping[str, Trial]) -> None:
    """Bring the budget up to what other numbers take, and to the steps that all of it takes.

    Args:
        study: Of the search.
        budget: Of the search.
        asked: Candidates that the strategy was not told of; what is not trained counts as a whole.
    """
    budget.tuning = spent_on_tuning(study, budget.whole_steps)
    if budget.max_steps is None:
        return
    runs = [run for run in study.runs_for(*IN_SEARCH) if run.state.ended]
    trained = {run.subject for run in runs if run.purpose == Purpose.SEARCH}
    due = sum(name not in trained for name in asked) + sum(set_aside(study).values())
    budget.steps = sum(run.env_steps for run in runs) + due * budget.whole_steps


def spend(
    study: Study, parts: Parts, budget: Budget, trainings: TrainingDesk, batch: Sequence[Trial]
) -> Sequence[Trial]:
    """Queue what is due for candidates that are trained, before their strategy hears of them.

    Returns:
        Those of whom nothing is left to find out; the strategy may be told.
    """
    known = tune(study, parts, budget, trainings, batch)
    return confirm(study, parts, budget, trainings, known) if len(known) == len(batch) else known
