"""Write, check, repair: from proposed candidates to accepted programs, or a reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rewardsmith.budget import Budget
from rewardsmith.contracts import ALIGN, VERIFY, Brief, Observer, Parent, Quote, Repair
from rewardsmith.feedback.reflection import reflect
from rewardsmith.parts import Parts
from rewardsmith.records import Call, Candidate, Draft, State, Verdict
from rewardsmith.seeds import derive
from rewardsmith.store.sqlite import Store
from rewardsmith.study import Study
from rewardsmith.writers.storable import storable_record


class StudyLedger:
    """A study's calls and its budget, as writers see them (see :class:`rewardsmith.contracts.Ledger`)."""

    def __init__(self, store: Store, budget: Budget) -> None:
        """Count what the study spent before."""
        self._store, self._budget = store, budget
        for call in store.calls():
            budget.count(call.usage)

    def recall(self, request: str) -> Call | None:
        """The recorded answer."""
        return self._store.answer(request)

    def reserve(self, quote: Quote) -> str:
        """Ask the budget."""
        return self._budget.reserve(quote)

    def settle(self, quote: Quote, call: Call) -> None:
        """Record first: what was paid must not be lost."""
        self._store.add_call(storable_record(call))
        self._budget.settle(quote, call.usage)


def draft(study: Study, parts: Parts, candidates: Sequence[Candidate], ledger: StudyLedger, observer: Observer) -> str:
    """Bring every proposed candidate to ACCEPTED or REJECTED, as far as the budget allows.

    All candidates are written in one round of concurrent requests; those that the guard refuses go back to
    the writer with the verdict, ``repairs`` times at most. How far a candidate is stands in its record, so
    an interrupted repair goes on where it was.

    Returns:
        The limit of the budget for which a candidate was not written, if there is one.
    """
    limit = ""
    due = [candidate for candidate in candidates if candidate.state == State.PROPOSED]
    while due:
        answers = parts.writer.write([brief(study, parts, candidate) for candidate in due], ledger)
        refused: list[Candidate] = []
        for candidate, answer in zip(due, answers, strict=True):
            assert answer.candidate == candidate.id, "a writer answers in the order of its briefs"
            if answer.withheld:
                limit = answer.withheld
                continue
            answer = storable_record(answer)
            candidate = _advance(candidate, answer, _judge(parts, answer), repairs=study.config.repairs)
            study.save(candidate)
            observer.candidate(candidate)
            if candidate.state == State.PROPOSED:
                refused.append(candidate)
        due = refused
    return limit


def brief(study: Study, parts: Parts, candidate: Candidate) -> Brief:
    """The order that goes to the writer for the next draft of one candidate."""
    refused, fresh_after = candidate.attempts, study.config.fresh_after
    start_over = refused % fresh_after == 0 if fresh_after else refused == 0
    return Brief(
        candidate=candidate.id,
        task=parts.task,
        operator=candidate.operator,
        parents=_parents(study, candidate),
        seed=derive("writer", study.config.seed, candidate.id),
        repair=None if start_over else Repair(candidate.source, candidate.reason, refused),
        attempt=refused + 1,
    )


def follow_up(
    study: Study, parts: Parts, candidates: Sequence[Candidate], wanted: Mapping[str, tuple[str, ...]], ledger: StudyLedger
) -> str:
    """Ask the writer about trained candidates, first to describe them, then to rate them.

    As in RF-Agent (arXiv 2602.23876, section on reasoning), only trained programs are asked about, and the
    rating sees the new description and the final code, but no training result.

    Args:
        study: Where the answers are kept.
        parts: Holds the writer.
        candidates: Those of this iteration.
        wanted: Operators by candidate id.
        ledger: Of the study.

    Returns:
        The limit of the budget for which a question was not asked, if there is one.
    """
    limit = ""
    latest = {candidate.id: candidate for candidate in candidates}
    for operator in (ALIGN, VERIFY):
        due = [c for c in latest.values() if c.score and operator in wanted[c.id] and operator not in c.followed_up]
        orders = [Brief(c.id, parts.task, operator, (Parent(c, ""),), derive("writer", study.config.seed, c.id, operator)) for c in due]
        for candidate, answer in zip(due, parts.writer.write(orders, ledger) if orders else (), strict=True):
            limit = limit or answer.withheld
            if not answer.withheld:
                latest[candidate.id] = _informed(candidate, operator, storable_record(answer))
                study.save(latest[candidate.id])
    return limit


def _parents(study: Study, candidate: Candidate) -> tuple[Parent, ...]:
    known = [study.store.candidate(identity) for identity in candidate.parents]
    return tuple(Parent(parent, reflect(parent)) for parent in known if parent)


def _judge(parts: Parts, answer: Draft) -> Verdict:
    if not answer.source:
        return Verdict(False, "writer", message=answer.error or "there is no code in the reply.")
    return parts.guard.check(answer.source, parts.task)


def _advance(candidate: Candidate, answer: Draft, verdict: Verdict, repairs: int) -> Candidate:
    refused = State.REJECTED if candidate.attempts >= repairs else State.PROPOSED
    return replace(
        candidate,
        state=State.ACCEPTED if verdict.accepted else refused,
        idea=answer.idea,
        source=answer.source,
        plan=answer.plan,
        program=verdict.program,
        reason="" if verdict.accepted else verdict.text,
        attempts=candidate.attempts + 1,
        usage=candidate.usage + answer.usage,
    )


def _informed(candidate: Candidate, operator: str, answer: Draft) -> Candidate:
    """The candidate with the answer to a follow-up; an answer that failed changes nothing but the bill."""
    return replace(
        candidate,
        idea=answer.idea if operator == ALIGN and answer.idea else candidate.idea,
        judgement=answer.judgement if operator == VERIFY else candidate.judgement,
        followed_up=(*candidate.followed_up, operator),
        usage=candidate.usage + answer.usage,
    )
