"""A resumed search: the strategy is asked and told again what the store says that it was asked and told."""

from __future__ import annotations

from rewardsmith.contracts import Strategy
from rewardsmith.errors import StoreError
from rewardsmith.records import Candidate, Proposal, Trial
from rewardsmith.study import Study


def replay(study: Study, strategy: Strategy) -> dict[str, Trial]:
    """Bring a new strategy to where the search was.

    Returns:
        Candidates that it proposed and was not told of, by id in the order of the proposals.

    Raises:
        StoreError: It now proposes something else: the config or the program changed since.
    """
    asked: dict[str, Trial] = {}
    known, proposed = study.store.candidates(), 0
    for event in study.store.events():
        if event.kind == "asked":
            names = [f"c{number:03d}" for number in range(proposed, proposed + event.limit)]
            proposals = strategy.ask(names)
            _check(study, [known.get(name) for name in event.candidates], proposals)
            proposed += len(event.candidates)
            asked.update({name: Trial(known[name]) for name in event.candidates})
            continue
        trials = [trial for name in event.candidates if (trial := study.trial(name)) and trial.final]
        if len(trials) != len(event.candidates) or any(trial.id not in asked for trial in trials):
            raise _other(study, f"it was told of {', '.join(event.candidates)}, which are not at their end or not proposed")
        strategy.tell(trials)
        for trial in trials:
            del asked[trial.id]
    return asked


def _check(study: Study, recorded: list[Candidate | None], proposals: list[Proposal]) -> None:
    if len(recorded) != len(proposals):
        raise _other(study, f"it proposed {len(recorded)} programs, and now proposes {len(proposals)}")
    for candidate, proposal in zip(recorded, proposals, strict=True):
        if candidate is None:
            raise _other(study, "a candidate that it proposed is missing")
        if (candidate.operator, candidate.parents, candidate.follow_ups) != (proposal.operator, proposal.parents, proposal.follow_ups):
            raise _other(
                study,
                f"{candidate.id} is recorded as {candidate.operator} of {candidate.parents}, but the strategy now proposes "
                f"{proposal.operator} of {proposal.parents}",
            )


def _other(study: Study, what: str) -> StoreError:
    return StoreError(f"{study.folder} does not fit its strategy: {what}. The config or the program changed since; start a new study.")
