"""Every check of writers can fail: for each one that it refuses.
They ask nobody, and count as if they did."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rewardsmith.contracts import ALIGN, VERIFY, Brief, Ledger, Quote, Writer
from rewardsmith.records import Call, Draft
from rewardsmith.testing import writers as suite
from rewardsmith.testing.briefs import SOURCE
from rewardsmith.usage import Usage

REPLIES = itertools.count()


class Sound:
    name, notice, concurrency = "sound", "answers by itself", 2

    def __init__(self) -> None:
        self.closed = 0

    def prompt(self, brief: Brief) -> str:
        return f"The goal: {brief.task.description}"

    def quote(self, brief: Brief) -> Quote | None:
        return Quote(200, 100, None)

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        quote = Quote(200, 100, None)
        request = self.request(brief)
        call = ledger.recall(request)
        if call is None:
            if limit := ledger.reserve(quote):
                return self.draft(brief, Draft(brief.candidate, withheld=limit))
            call = self.call(brief, request)
            ledger.settle(quote, call)
        return self.draft(brief, self.read(brief, call))

    def request(self, brief: Brief) -> str:
        return f"{brief.candidate} {brief.operator} {brief.attempt}"

    def call(self, brief: Brief, request: str) -> Call:
        return Call(
            brief.candidate, brief.attempt, "m", self.prompt(brief), "{}", "t", self.reply(), "stop", "", 0.1,
            Usage(1, 10, 10),
            operator=brief.operator, request=request, answered=True,
        )  # fmt: skip

    def reply(self) -> str:
        return "near is good"

    def read(self, brief: Brief, call: Call) -> Draft:
        if brief.operator == VERIFY:
            return Draft(brief.candidate, judgement=0.5, usage=call.usage)
        return Draft(brief.candidate, call.reply, "" if brief.operator == ALIGN else SOURCE, usage=call.usage)

    def draft(self, brief: Brief, draft: Draft) -> Draft:
        return draft

    def close(self) -> None:
        self.closed += 1


def but(**changes: Any) -> Any:
    """The writer with something changed."""
    return type("Broken", (Sound,), changes)


def drafting(**changes: Any) -> Any:
    """The writer whose drafts all say the same."""
    return but(draft=lambda self, brief, draft: replace(draft, **changes))


def calling(**changes: Any) -> Any:
    """The writer whose calls all say the same."""
    return but(call=lambda self, brief, request: replace(Sound.call(self, brief, request), **changes))


class Half:
    name = "half"


class Repairless(Sound):
    def draft(self, brief: Brief, draft: Draft) -> Draft:
        return replace(draft, source="") if brief.repair else draft


class Once(Sound):
    """May be closed once."""

    def close(self) -> None:
        super().close()
        assert self.closed == 1, "closed twice"


class Secretive(Sound):
    """Neither reserves nor settles."""

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        return self.read(brief, self.call(brief, ""))


class Paying(Sound):
    """Asks, whatever the ledger says."""

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        ledger.reserve(Quote(200, 100, None))
        call = self.call(brief, self.request(brief))
        ledger.settle(Quote(200, 100, None), call)
        return self.read(brief, call)


class Probing(Sound):
    """Makes a call of its own before each."""

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        ledger.settle(Quote(0, 0, None), self.call(brief, "probe"))
        return super().write(brief, ledger)


class Forgetful(Sound):
    """Gives another idea when it is asked again, though the answer is recorded."""

    def draft(self, brief: Brief, draft: Draft) -> Draft:
        return replace(draft, idea=f"idea {next(REPLIES)}")


BROKEN: dict[Callable[[Writer], None], tuple[Any, ...]] = {
    suite.it_has_all_parts: (Half,),
    suite.it_says_what_it_is: (but(name=""), but(notice=""), but(notice="two\nlines"), but(concurrency=0)),
    suite.every_operator_gets_a_program_that_passes_the_guard: (
        drafting(source="import os"), drafting(idea=""), drafting(error="no"), drafting(candidate="c999"),
    ),
    suite.follow_ups_get_a_description_and_a_rating: (
        drafting(source=SOURCE), drafting(judgement=None), drafting(judgement=7.0), drafting(idea=""),
    ),
    suite.a_repair_gets_another_program: (Repairless,),
    suite.it_may_be_closed_before_any_work_and_twice: (Once,),
    suite.it_may_be_closed_after_work_and_twice: (Once, drafting(source="")),
    suite.prompt_and_quote_spend_nothing: (
        but(prompt=lambda self, brief: ""), but(quote=lambda self, brief: Quote(0, 100, None)), Probing,
    ),
    suite.every_call_is_reserved_recorded_and_counted: (
        Secretive, Probing, calling(answered=False), calling(request=""), calling(template=""),
        calling(messages="hello"), calling(attempt=2), calling(candidate="c001"),
    ),
    suite.what_the_ledger_recalls_is_not_paid_again: (Paying, Forgetful),
    suite.what_the_budget_forbids_is_withheld: (Paying, drafting(withheld="")),
    suite.calls_are_kept_by_a_real_store: (
        Forgetful, but(reply=lambda _: str(next(REPLIES)), request=lambda *_: str(next(REPLIES))),
    ),
}  # fmt: skip


@pytest.fixture(params=suite.CHECKS)
def check(request: pytest.FixtureRequest) -> Callable[[Writer], None]:
    return request.param


def test_a_sound_writer_passes(check: Callable[[Writer], None]):
    check(Sound())


def test_broken_writers_are_refused(check: Callable[[Writer], None]):
    for broken in BROKEN[check]:
        with pytest.raises(AssertionError):
            check(broken())
