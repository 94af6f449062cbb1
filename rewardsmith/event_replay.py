"""A resumed search: the strategy is asked and told again.

The store says what it was asked and told.
"""

from __future__ import annotations

from collections.abc import Sequence

from rewardsmith.contracts import Strategy
from rewardsmith.errors import StoreError
from rewardsmith.fitness import Beliefs
from rewardsmith.records import Proposal, Trial
from rewardsmith.study import Study


def replay(study: Study, strategy: Strategy, beliefs: Beliefs) -> dict[str, Trial]:
    """Bring a new strategy, and what is believed of its programs, to where the search was.

    Returns:
        Candidates that it proposed and was not told of, by id in the order of the proposals.

    Raises:
        StoreError: It now proposes something else, or what is recorded is no search: the config or
            the program changed since.
    """
    asked: dict[str, Trial] = {}
    known, proposed = {trial.id: trial for trial in study.trials}, 0
    for event in study.store.events():
        if missing := next((name for name in event.candidates if name not in known), ""):
            raise _other(study, f"{missing} is missing")
        if event.kind not in ("asked", "told"):
            continue
        trials = [known[name] for name in event.candidates]
        if event.kind == "asked":
            names = names_from(proposed, event.limit)
            _check(study, trials, names, strategy.ask(names))
            proposed += len(trials)
            asked.update({trial.id: trial for trial in trials})
            continue
        for trial in trials:
            if asked.pop(trial.id, None) is None or not trial.final:
                raise _other(
                    study, f"it was told of {trial.id}, which was not under way, or is not at its end"
                )
        strategy.tell(beliefs.told(trials))
    if stray := known.keys() - names_from(0, proposed):
        raise _other(study, f"it never proposed {min(stray)}")
    return asked


def names_from(number: int, count: int) -> list[str]:
    """What candidates are called, from a number on."""
    return [f"c{number:03d}" for number in range(number, number + count)]


def _check(
    study: Study, recorded: Sequence[Trial], names: Sequence[str], proposals: Sequence[Proposal]
) -> None:
    if len(recorded) != len(proposals):
        raise _other(study, f"it proposed {len(recorded)} programs, and now proposes {len(proposals)}")
    for trial, name, proposal in zip(recorded, names, proposals, strict=False):
        candidate = trial.candidate
        if candidate.id != name:
            raise _other(study, f"it proposed {candidate.id} where {name} comes next")
        if (candidate.operator, candidate.parents, candidate.follow_ups) != (
            proposal.operator,
            proposal.parents,
            proposal.follow_ups,
        ):
            raise _other(
                study,
                f"{candidate.id} is recorded as {candidate.operator} of {candidate.parents}, but "
                f"the strategy now proposes {proposal.operator} of {proposal.parents}",
            )


def _other(study: Study, what: str) -> StoreError:
    return StoreError(
        f"{study.folder} does not fit its strategy: {what}. The config or the program changed since; start "
        "a new study."
    )
