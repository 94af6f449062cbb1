"""The writer that gives recorded replies again: a search without a network, and without a price."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import ALIGN, VERIFY, Brief, Ledger, Quote
from rewardsmith.errors import UsageError, WriterError
from rewardsmith.records import Call, Candidate, Draft
from rewardsmith.shown import quoted
from rewardsmith.store.old import open_store
from rewardsmith.store.packed import is_database
from rewardsmith.usage import Usage
from rewardsmith.writers.answers import read

_FREE = Quote(0, 0, None)


class ReplayWriter:
    """Answers briefs with what the same candidate got in another study, by operator and attempt.

    Programs do not depend on the wording of the prompt any more, so a replay survives new templates
    and small differences in training; it ends where the search itself takes another way. A
    candidate without recorded calls, as the grammar writer makes them, gets the draft that was kept
    with it.
    """

    name = "replay"
    concurrency = 1
    notice: str

    def __init__(self, options: LanguageModelOptions) -> None:
        """Read the recorded study.

        Raises:
            UsageError: None is named, or it is none.
        """
        if not options.replay:
            raise UsageError(
                "the replay writer needs recorded replies. Give the study that has them with --from STUDY."
            )
        self._folder = Path(options.replay)
        if not is_database(database := self._folder / "study.db"):
            raise UsageError(
                f"{self._folder} is not a study folder (study.db is missing). Give the --out of a search "
                "with --from."
            )
        store = open_store(database, write=False)
        self._candidates = store.candidates()
        self._calls: dict[tuple[str, str, int], Call] = {}
        # an answer overrules the losses before it
        for call in sorted(store.calls(), key=lambda call: call.answered):
            self._calls[call.candidate, call.operator, call.attempt] = call
        self._asked = {call.candidate for call in self._calls.values()}
        store.close()
        self.notice = f"replay of {self._folder}: recorded replies, no model is asked"

    def prompt(self, brief: Brief) -> str:
        """There is none."""
        return f"({self.notice}; nothing is sent for {brief.candidate})"

    def quote(self, brief: Brief) -> Quote | None:
        """Nothing is paid."""
        del brief

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        """Answer from the record, and record that again as a free call: a new study stands alone.

        Raises:
            WriterError: The search took another way than the recorded one, or goes beyond its end.
        """
        known = self._known(brief)
        if known.id not in self._asked:
            return _kept(known, brief)
        call = self._calls.get((brief.candidate, brief.operator, brief.attempt))
        if call is None:
            return Draft(
                brief.candidate,
                error=f"{self._folder} has no reply for draft {brief.attempt} of {brief.candidate}.",
            )
        if not call.answered and not _counted(known, brief):
            raise WriterError(
                f"{self._folder} has no answer for {brief.candidate} ({brief.operator}, draft "
                f"{brief.attempt}): its search ended before one came. Resume that search first."
            )
        call = replace(call, usage=Usage(), latency_s=0.0)
        if not ledger.recall(call.request):
            ledger.settle(_FREE, call)
        return read(brief, call)

    def close(self) -> None:
        """There is nothing to end."""

    def _known(self, brief: Brief) -> Candidate:
        """The recorded candidate, if it came about in the same way."""
        known = self._candidates.get(brief.candidate)
        if known is None:
            raise WriterError(
                f"{self._folder} has no candidate {brief.candidate}, only {len(self._candidates)} in all. "
                f"Give the config of the recorded search: --config {quoted(self._folder / 'config.yaml')}."
            )
        parents = tuple(parent.candidate.id for parent in brief.parents)
        if brief.operator not in (ALIGN, VERIFY) and (known.operator, known.parents) != (
            brief.operator,
            parents,
        ):
            raise WriterError(
                f"{brief.candidate} was {known.operator} of {known.parents} in {self._folder} and "
                f"is {brief.operator} of {parents} now, so its reply belongs to another program. "
                "Give the config of the recorded search: --config "
                f"{quoted(self._folder / 'config.yaml')}. If you did, trainings came out otherwise here "
                "than there, and the replay ends."
            )
        return known


def _counted(known: Candidate, brief: Brief) -> bool:
    """Whether a request without an answer was taken for one, as it was in earlier versions."""
    if brief.operator in (ALIGN, VERIFY):
        return brief.operator in known.followed_up
    return known.attempts >= brief.attempt


def _kept(known: Candidate, brief: Brief) -> Draft:
    if brief.operator == VERIFY:
        return Draft(known.id, judgement=known.judgement)
    return Draft(known.id, known.idea, "" if brief.operator == ALIGN else known.source, known.plan)
