"""Write, check, repair: from a proposed candidate to an accepted program, or a reason why not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue

from rewardsmith.budget import Budget
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import (
    ALIGN,
    VERIFY,
    Brief,
    Parent,
    Quote,
    Repair,
    Task,
    TaskSheet,
    TrainerSettings,
)
from rewardsmith.feedback.feedback import Seen, gather
from rewardsmith.heritage import told_before
from rewardsmith.parts import Parts
from rewardsmith.people import remarks, wishes
from rewardsmith.records import Call, Candidate, CandidateState, Draft, Trial, Verdict
from rewardsmith.seeds import derive
from rewardsmith.store.sqlite import Store
from rewardsmith.study import Study
from rewardsmith.study_values import IN_FLIGHT, LOST
from rewardsmith.templates import render
from rewardsmith.usage import Usage
from rewardsmith.writers.storable import storable_record

_STARTS = {
    "parent": (
        "Where a parent of the program has a policy, training begins from that, and not from nothing.",
    ),
    "best": ("Once there is a policy, training begins from the best so far, and not from nothing.",),
}
FOLLOW_UPS = (ALIGN, VERIFY)
"""In the order in which they are asked: the rating sees the new description."""


class StudyLedger:
    """A study's calls and budget, as writers see them (see :class:`rewardsmith.contracts.Ledger`).

    What is set aside for calls in flight is in the store before they are sent. A process that is
    killed leaves it there, and as nobody knows what these calls cost, it then counts as spent.
    """

    def __init__(self, store: Store, budget: Budget) -> None:
        """Count what the study spent before."""
        self._store, self._budget, self._lock = store, budget, threading.Lock()
        self._told: SimpleQueue[str] = SimpleQueue()
        for call in store.calls():
            budget.count(call.usage, call.quoted_tokens, call.quoted_usd)
        lost, in_flight = _amounts(store.value(LOST)), _amounts(store.value(IN_FLIGHT))
        self._lost = lost[0] + in_flight[0], lost[1] + in_flight[1]
        budget.count(Usage(unmetered=1), *self._lost)
        with store.transaction():
            store.put_value(LOST, json.dumps(self._lost))
            store.put_value(IN_FLIGHT, json.dumps((0, 0.0)))

    def recall(self, request: str) -> Call | None:
        """The recorded answer."""
        return self._store.answer(request)

    def reserve(self, quote: Quote) -> str:
        """Ask the budget."""
        with self._lock:
            limit = self._budget.reserve(quote)
            if not limit:
                self._store.put_value(IN_FLIGHT, json.dumps(self._budget.reserved))
            return limit

    def settle(self, quote: Quote, call: Call) -> None:
        """Record first: what was paid must not be lost."""
        call = storable_record(replace(call, quoted_tokens=quote.tokens, quoted_usd=quote.usd))
        with self._lock:
            tokens, usd = self._budget.reserved
            left = max(0, tokens - quote.tokens), max(0.0, usd - (quote.usd or 0.0))
            with self._store.transaction():
                self._store.add_call(call)
                self._store.put_value(IN_FLIGHT, json.dumps(left))
            self._budget.settle(quote, call.usage)

    def tell(self, text: str) -> None:
        """Keep it for the thread that shows such lines."""
        self._told.put(text)

    def heard(self) -> Iterator[str]:
        """What was told since the last time."""
        with suppress(Empty):
            while True:
                yield self._told.get_nowait()


def _amounts(text: str | None) -> tuple[int, float]:
    """Tokens and USD."""
    tokens, usd = json.loads(text) if text else (0, 0.0)
    return int(tokens), float(usd)


def brief(study: Study, parts: Parts, candidate: Candidate) -> Brief:
    """The order that goes to the writer for the next draft of a candidate."""
    refused, fresh_after = candidate.attempts, study.config.fresh_after
    start_over = refused % fresh_after == 0 if fresh_after else refused == 0
    seen = surroundings(study, parts.task, candidate.id)
    parents = [trial for identity in candidate.parents if (trial := seen.trials.get(identity))]
    return Brief(
        candidate=candidate.id,
        task=sheet(study.config, parts),
        operator=candidate.operator,
        parents=tuple(parent_of(trial, seen) for trial in parents),
        seed=derive("writer", study.config.seed, candidate.id),
        repair=None if start_over else Repair(candidate.source, candidate.reason, refused),
        attempt=refused + 1,
        notes=wishes(study.store),
    )


def sheet(config: StudyConfig, parts: Parts) -> TaskSheet:
    """What the writer of a study may know of its task."""
    return TaskSheet.of(parts.task, config.told, training_facts(config, parts.settings, parts.task))


def training_facts(config: StudyConfig, settings: TrainerSettings, task: Task) -> tuple[str, ...]:
    """How policies are trained and scored, in sentences."""
    horizon = f"An episode has {task.horizon} control steps."
    outline = (*settings.outline, *_STARTS.get(config.start_policy, ()))
    if task.has_metric:
        return (*outline, horizon)
    # two standard errors at a rate of one half, where they are largest
    noise = (1.0 / config.episodes) ** 0.5
    return (
        *outline,
        horizon,
        f"A true score is the mean of {config.episodes} episodes of one training: differences below "
        f"{noise:.2f} say little.",
    )


def surroundings(study: Study, task: Task | None, asked: str = "") -> Seen:
    """What is around the candidates of a study when feedback is gathered.

    Args:
        study: The study.
        task: Its task. It need not be installed where a study is looked at; then nothing is
            diagnosed.
        asked: The candidate that is to be written: only what its strategy knew when it proposed it
            is around. So its prompt, and with it the answer that is paid for, does not hang on what
            else has come in since. Nothing: all there is.
    """
    known = told_before(study, asked) if asked else None
    trials = {trial.id: trial for trial in study.trials if known is None or trial.id in known}
    said = remarks(study.store)
    if task is None:
        return Seen([part for part in study.config.told if part != "diagnoses"], trials, 0, False, said)
    return Seen(study.config.told, trials, task.horizon, not task.has_metric, said)


def parent_of(trial: Trial, seen: Seen) -> Parent:
    """A parent with what its writer is told of it."""
    feedback = gather(trial, seen)
    if not feedback.ancestry:
        return Parent(trial, feedback.text)
    return Parent(trial, feedback.text, feedback.summary, render("path", ancestry=feedback.ancestry))


def question(study: Study, parts: Parts, trial: Trial) -> Brief | None:
    """The next question about a trained candidate; ``None`` where none is open.

    As in RF-Agent (arXiv 2602.23876, section on reasoning), only trained programs are asked about,
    and the rating sees the new description and the final code, but no training result.
    """
    candidate = trial.candidate
    wanted = (
        name for name in FOLLOW_UPS if name in candidate.follow_ups and name not in candidate.followed_up
    )
    operator = next(wanted, "") if trial.score else ""
    seed = derive("writer", study.config.seed, candidate.id, operator)
    return (
        Brief(candidate.id, sheet(study.config, parts), operator, (Parent(trial, ""),), seed)
        if operator
        else None
    )


def judge(parts: Parts, answer: Draft) -> Verdict:
    """What the guard says of a draft; one without a program is refused."""
    if not answer.source:
        return Verdict(False, "writer", message=answer.error or "there is no code in the reply.")
    return parts.guard.check(answer.source, parts.task)


def drafted(candidate: Candidate, answer: Draft, verdict: Verdict, repairs: int) -> Candidate:
    """The candidate with one more draft; refused ``repairs`` times, it is at its end."""
    refused = CandidateState.REJECTED if candidate.attempts >= repairs else CandidateState.PROPOSED
    return replace(
        candidate,
        state=CandidateState.ACCEPTED if verdict.accepted else refused,
        idea=answer.idea,
        source=answer.source,
        plan=answer.plan,
        program=verdict.program,
        reason="" if verdict.accepted else verdict.text,
        attempts=candidate.attempts + 1,
    )


def informed(candidate: Candidate, operator: str, answer: Draft) -> Candidate:
    """The candidate with the answer to a question; an answer that failed changes nothing."""
    return replace(
        candidate,
        idea=answer.idea if operator == ALIGN and answer.idea else candidate.idea,
        judgement=answer.judgement if operator == VERIFY else candidate.judgement,
        followed_up=(*candidate.followed_up, operator),
    )
