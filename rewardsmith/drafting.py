"""Write, check, repair: from proposed candidates to accepted programs, or a reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rewardsmith.contracts import Brief, Observer, Parent, Repair
from rewardsmith.feedback.reflection import reflect
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate, Draft, State, Verdict
from rewardsmith.seeds import derive
from rewardsmith.study import Study


def draft(study: Study, parts: Parts, candidates: Sequence[Candidate], observer: Observer) -> None:
    """Bring every proposed candidate to ACCEPTED or REJECTED.

    All candidates are written in one round of concurrent requests; those that the guard refuses go back to
    the writer with the verdict, ``repairs`` times at most.
    """
    orders = {candidate.id: (candidate, brief(study, parts, candidate)) for candidate in candidates if candidate.state == State.PROPOSED}
    for attempt in range(1, study.config.repairs + 2):
        if not orders:
            return
        drafts = parts.writer.write([order for _, order in orders.values()], study.store.add_call)
        for answer in drafts:
            candidate, order = orders.pop(answer.candidate)
            verdict = _judge(parts, answer)
            candidate = _advance(candidate, answer, verdict, last=attempt > study.config.repairs)
            study.save(candidate)
            observer.candidate(candidate)
            if candidate.state == State.PROPOSED:
                orders[candidate.id] = (candidate, replace(order, repair=Repair(answer.source, verdict.text, attempt)))


def brief(study: Study, parts: Parts, candidate: Candidate) -> Brief:
    """The order that goes to the writer for one candidate."""
    known = [study.store.candidate(identity) for identity in candidate.parents]
    parents = tuple(Parent(parent, reflect(parent)) for parent in known if parent)
    return Brief(candidate.id, parts.task, candidate.operator, parents, derive("writer", study.config.seed, candidate.id))


def _judge(parts: Parts, answer: Draft) -> Verdict:
    if not answer.source:
        return Verdict(False, "writer", message=answer.error or "there is no code in the reply.")
    return parts.guard.check(answer.source, parts.task)


def _advance(candidate: Candidate, answer: Draft, verdict: Verdict, *, last: bool) -> Candidate:
    refused = State.REJECTED if last else State.PROPOSED
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
