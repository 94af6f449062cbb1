"""Drafts and answers of the writer: several at a time, in threads.

What comes back is checked and committed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from types import TracebackType
from typing import Self

from rewardsmith.budget import Budget
from rewardsmith.contracts import ALIGN, VERIFY, Brief, Observer
from rewardsmith.drafting import StudyLedger, brief, drafted, informed, judge, question
from rewardsmith.parts import Parts
from rewardsmith.people import put, waiting
from rewardsmith.records import Candidate, CandidateState, Draft
from rewardsmith.study import Study
from rewardsmith.writers.storable import storable_record

_POLL_S = 0.1
"""While replies are under way, trainings, and what the writer tells, are listened to for so long
at a time."""


class WritingDesk:
    """Lets the writer write what is due, and commits what it wrote."""

    def __init__(
        self, study: Study, parts: Parts, ledger: StudyLedger, budget: Budget, observer: Observer
    ) -> None:
        """Ask nothing yet."""
        self._study, self._parts, self._ledger, self._budget, self._observer = (
            study,
            parts,
            ledger,
            budget,
            observer,
        )
        self._threads = ThreadPoolExecutor(max(1, parts.writer.concurrency), "writer")
        self._open: dict[Future[Draft], Brief] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """An error waits for what is under way, for it is paid; an interruption does not."""
        # first, or a thread that is let go begins what is due next
        self._threads.shutdown(wait=False, cancel_futures=True)
        if kind is not None and not issubclass(kind, Exception):
            self._parts.writer.close()
        self._threads.shutdown()

    @property
    def busy(self) -> bool:
        """Whether anything is being written."""
        return bool(self._open)

    @property
    def poll_s(self) -> float:
        """How long to wait for trainings before replies are looked for."""
        return _POLL_S if self._open else 1.0

    def begin(self, names: Iterable[str]) -> bool:
        """Begin what is due for some candidates.

        That is their next drafts, and questions about those that are trained.

        Returns:
            Whether any got the program of a person, which is done at once.
        """
        given = False
        asked = {order.candidate for order in self._open.values()}
        for name in names:
            if name in asked or self._budget.stopped:
                continue
            trial = self._study.trial(name)
            assert trial, "what was asked for is in the store"
            proposed = trial.candidate.state == CandidateState.PROPOSED
            if proposed and self._take_over(trial.candidate):
                given = True
                continue
            order = (
                brief(self._study, self._parts, trial.candidate)
                if proposed
                else question(self._study, self._parts, trial)
            )
            if order:
                self._open[self._threads.submit(self._parts.writer.write, order, self._ledger)] = order
        return given

    def _take_over(self, candidate: Candidate) -> bool:
        """Give a candidate that nothing was written for the program that a person gave, if any did.

        Its strategy hears of it as of any other. Nobody repairs it: it is the person's.
        """
        store = self._study.store
        given = waiting(store) if not candidate.attempts else None
        if given is None or any(call.candidate == candidate.id for call in store.calls()):
            return False
        number, program = given
        answer = Draft(candidate.id, f"Given by a person: {program.name}.", program.source)
        made = drafted(candidate, answer, judge(self._parts, answer), repairs=0)
        with store.transaction():
            put(store, number, replace(program, candidate=candidate.id))
            self._study.save(replace(made, origin="person"))
        if trial := self._study.trial(candidate.id):
            self._observer.trial(trial)
        return True

    def settle(self, *, wait_for_one: bool = False) -> bool:
        """Commit what has come back.

        Args:
            wait_for_one: Wait until there is something.

        Returns:
            Whether there was anything.

        Raises:
            WriterError: No draft can be had now; the candidates stay as they are.
        """
        done: set[Future[Draft]] = set()
        while self._open and not done:
            done = wait(self._open, _POLL_S if wait_for_one else 0.0, FIRST_COMPLETED).done
            for text in self._ledger.heard():
                self._observer.note(text)
            if not wait_for_one:
                break
        for future in sorted(done, key=lambda future: self._open[future].candidate):
            self._commit(self._open.pop(future), future.result())
        return bool(done)

    def _commit(self, order: Brief, answer: Draft) -> None:
        if answer.withheld:
            self._budget.stop(answer.withheld)
            return
        answer = storable_record(answer)
        candidate = self._study.store.candidates()[order.candidate]
        if order.operator in (ALIGN, VERIFY):
            self._study.save(informed(candidate, order.operator, answer))
        else:
            self._study.save(
                drafted(candidate, answer, judge(self._parts, answer), self._study.config.repairs)
            )
        if trial := self._study.trial(order.candidate):
            self._observer.trial(trial)
