"""What a writer owes a search (see :class:`rewardsmith.contracts.Writer`).

A check takes a writer that was just made. It asks for programs for ``franka-reach``, by every
operator of the built-in strategies (:func:`rewardsmith.testing.briefs.brief`): let whatever stands
behind the writer, such as a server on this machine, answer them. Nothing else is asked, so the
answers can also be recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rewardsmith.budget import Budget
from rewardsmith.contracts import ALIGN, VERIFY, Repair, Writer
from rewardsmith.drafting import StudyLedger
from rewardsmith.registry import missing_parts
from rewardsmith.store.sqlite import Store
from rewardsmith.testing.briefs import ASKED, SOURCE, CountingLedger, brief, reach, write_all
from rewardsmith.testing.guarding import shared_guard

__all__ = ["CHECKS"]

_LIMIT = "max_usd of 1 USD"


def it_has_all_parts(writer: Writer) -> None:
    """It offers what the protocol lists."""
    missing = missing_parts(writer, Writer)
    assert not missing, f"it lacks {', '.join(missing)}. Add what rewardsmith.contracts.Writer lists"


def it_says_what_it_is(writer: Writer) -> None:
    """A name, one line about what stands behind it, and how many threads it may have."""
    assert writer.name, "its name is empty. Give the one that it is registered under"
    assert writer.notice, "its notice is empty. Say in one line what stands behind it"
    assert "\n" not in writer.notice, f"its notice has several lines: {writer.notice!r}. Say it in one"
    assert writer.concurrency >= 1, f"concurrency is {writer.concurrency}. One thread has to write at least"


def every_operator_gets_a_program_that_passes_the_guard(writer: Writer) -> None:
    """Asked by as many threads as it allows, with parents that have the plan it gave itself."""
    plan = writer.write(brief("initial"), CountingLedger()).plan
    orders = [brief(operator, plan) for operator in ASKED]
    drafts = write_all(writer, orders, CountingLedger())
    for order, draft in zip(orders, drafts, strict=True):
        who = f"the draft for {order.operator!r}"
        assert draft.candidate == order.candidate, (
            f"{who} is of {draft.candidate}, and asked for was {order.candidate}"
        )
        assert draft.error == "", f"{who} has the error {draft.error!r}"
        assert draft.idea, f"{who} has no idea. Say in words what the program pays for"
        verdict = shared_guard().check(draft.source, reach())
        assert verdict.accepted, f"the guard refuses {who}: {verdict.text}"


def follow_ups_get_a_description_and_a_rating(writer: Writer) -> None:
    """``align`` asks for an idea, ``verify`` for a number from -1 to 1; neither for a program."""
    aligned = writer.write(brief(ALIGN), CountingLedger())
    judged = writer.write(brief(VERIFY), CountingLedger())
    assert aligned.idea, "align got no idea. Describe the parent anew"
    for draft in (aligned, judged):
        assert draft.source == "", f"a question about a program got a program: {draft.source[:80]!r}"
    value = judged.judgement
    assert value is not None, "verify got no judgement. Rate the parent"
    assert -1.0 <= value <= 1.0, f"verify got the judgement {value}. It is from -1 to 1"


def a_repair_gets_another_program(writer: Writer) -> None:
    """Told what was wrong with the first draft, it gives a second."""
    refused = Repair(SOURCE, "syntax: 'cube' is not a signal.", 1)
    draft = writer.write(brief("initial", repair=refused, attempt=2), CountingLedger())
    assert draft.source, f"a repair got no program: {draft.error or 'without an error'}"


def it_may_be_closed_before_any_work_and_twice(writer: Writer) -> None:
    """Whatever ends a search closes its writer."""
    writer.close()
    writer.close()


def it_may_be_closed_after_work_and_twice(writer: Writer) -> None:
    """It gives a program first."""
    draft = writer.write(brief("initial"), CountingLedger())
    assert draft.source, f"it gave no program: {draft.error or 'without an error'}"
    writer.close()
    writer.close()


def prompt_and_quote_spend_nothing(writer: Writer) -> None:
    """A dry run shows them; a quote has the size of the prompt and the limit of the reply."""
    order, ledger = brief("initial"), CountingLedger()
    assert writer.prompt(order), "its prompt is empty. Show what would be sent, or say that nothing is"
    quote = writer.quote(order)
    if quote is not None:
        known = quote.prompt_tokens > 100 and quote.completion_tokens > 0
        assert known, (
            f"it quotes {quote.prompt_tokens} and {quote.completion_tokens} tokens. The task alone takes "
            "more than 100"
        )
    draft = writer.write(order, ledger)
    spent = (
        f"after prompt and quote, a call for the same brief was made {len(ledger.calls)} times for "
        f"{draft.candidate}"
    )
    assert len(ledger.calls) <= 1, f"{spent}. They spend nothing"


def every_call_is_reserved_recorded_and_counted(writer: Writer) -> None:
    """One call at most for a first draft, settled with all that makes it found again."""
    ledger = CountingLedger()
    draft = writer.write(brief("initial"), ledger)
    # What costs nothing, such as a replay, need not be reserved, and may be recorded nevertheless.
    calls, usage = len(ledger.calls), draft.usage.calls
    assert usage == ledger.reserved, (
        f"the draft counts {usage} calls, and {ledger.reserved} were reserved. Reserve each before"
    )
    assert usage <= calls <= 1, (
        f"the draft counts {usage} calls, and {calls} were settled. Settle each as it comes in, once"
    )
    for call in ledger.calls:
        whose = call.candidate, call.operator, call.attempt
        assert whose == ("c000", "initial", 1), (
            f"a call is recorded for {whose}, and the brief was ('c000', 'initial', 1)"
        )
        assert call.answered, "a call whose answer was used is recorded as not answered"
        assert call.request, "a call has no key of its request, so it can never be recalled"
        assert call.template, "a call does not name its template"
        assert "goal" in call.messages, (
            "the messages of a call do not tell of the task's goal. Record what was sent"
        )


def what_the_ledger_recalls_is_not_paid_again(writer: Writer) -> None:
    """The same brief gets the same draft from the recorded answer."""
    ledger = CountingLedger()
    first = writer.write(brief("initial"), ledger)
    before = len(ledger.calls), ledger.reserved
    again = writer.write(brief("initial"), ledger)
    assert again == first, "an answer that the ledger has gave another draft than when it came in"
    after = len(ledger.calls), ledger.reserved
    assert after == before, (
        f"calls and reservations went from {before} to {after} for an answer that the ledger has"
    )


def what_the_budget_forbids_is_withheld(writer: Writer) -> None:
    """Where a call is needed and the ledger names a limit, nothing is asked.

    The draft says which limit it is.
    """
    ledger, order = CountingLedger(limit=_LIMIT), brief("initial")
    draft = writer.write(order, ledger)
    paid = writer.quote(order) is not None
    wanted = _LIMIT if paid else ""
    assert draft.withheld == wanted, f"withheld is {draft.withheld!r}, not {wanted!r}. Give what reserve says"
    assert not (paid and ledger.calls), "the budget forbade a call, and it was made"


def calls_are_kept_by_a_real_store(writer: Writer) -> None:
    """Whatever is in an answer, a study can hold it, and another process recalls it."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "kept.db", create=True)
        try:
            draft = writer.write(brief("initial"), StudyLedger(store, Budget(1)))
            again = writer.write(brief("initial"), StudyLedger(store, Budget(1)))
        finally:
            store.close()
    assert again == draft, (
        f"the study recalled another draft: {replace(again, source='')}, not {replace(draft, source='')}"
    )


CHECKS: tuple[Callable[[Writer], None], ...] = (
    it_has_all_parts,
    it_says_what_it_is,
    every_operator_gets_a_program_that_passes_the_guard,
    follow_ups_get_a_description_and_a_rating,
    a_repair_gets_another_program,
    it_may_be_closed_before_any_work_and_twice,
    it_may_be_closed_after_work_and_twice,
    prompt_and_quote_spend_nothing,
    every_call_is_reserved_recorded_and_counted,
    what_the_ledger_recalls_is_not_paid_again,
    what_the_budget_forbids_is_withheld,
    calls_are_kept_by_a_real_store,
)
