"""The writer behind all language models: prompts out, replies in.

Every call is reserved, recorded, and never paid twice.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from rewardsmith.contracts import Brief, Ledger, Quote
from rewardsmith.errors import WriterError
from rewardsmith.records import Call, Draft
from rewardsmith.usage import Price, Usage
from rewardsmith.writers.answers import read
from rewardsmith.writers.backend import Answer, Backend, Parameters, UnreachableError
from rewardsmith.writers.desk import Counter, Desk
from rewardsmith.writers.prompts import Message, Prompt, as_text, render, without_oldest

_BYTES_PER_TOKEN = 3
"""Fewer than the four or so of English text and code, so that quotes are not too low."""
_ROUNDS = 3
"""As many rounds of requests without any answer, each after the backend's own retries, and the
server is taken for down."""


class ChatWriter:
    """Renders briefs, asks a :class:`Backend` many at a time and reads the replies.

    Requests are single samples, since ``n`` is not honoured everywhere. A reply can only ever reach
    the candidate that it was asked for.
    """

    notice: str
    """What stands behind it; a subclass says it."""

    def __init__(self, backend: Backend, price: Price | None, reply_tokens: int, resends: int) -> None:
        """Stand before a model.

        Args:
            backend: The model.
            price: ``None`` where it is unknown.
            reply_tokens: Limit of one reply.
            resends: How often a request without an answer may be sent, and perhaps paid, again.
        """
        self._backend, self._price = backend, price
        self._reply_tokens, self._resends = reply_tokens, resends
        self._counter = Counter()

    def prompt(self, brief: Brief) -> str:
        """The messages that would be sent."""
        return as_text(render(brief))

    def quote(self, brief: Brief) -> Quote:
        """The prompt, counted from its bytes, and the longest reply."""
        return self._quote(render(brief))

    @property
    def concurrency(self) -> int:
        """Requests in flight, as many as the backend takes."""
        return self._backend.concurrency

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        """Send a request and wait for its answer.

        Raises:
            WriterError: The model cannot be reached, or refuses. Answers until then are recorded.
        """
        return self._counter.serve(self._backend, lambda desk: self._answer(brief, desk), ledger)

    def close(self) -> None:
        """Give up what is in flight; that is recorded, too, for it may be charged."""
        self._counter.close()

    async def _answer(self, brief: Brief, desk: Desk) -> Draft:
        """One draft; whatever goes wrong with it, no further request is sent.

        Raises:
            Exception: Whatever it is.
        """
        try:
            return await self._draft(brief, desk)
        except Exception as failure:
            desk.fail(failure)
            raise

    async def _draft(self, brief: Brief, desk: Desk) -> Draft:
        """From the ledger's memory or else from the model.

        A request that is too long is made again without the oldest part of its history.

        Raises:
            WriterError: Nothing answers, or the request is too long without any history, too.
        """
        shown: Brief | None = brief
        why = ""
        while shown is not None:
            order = self._order(shown)
            if call := desk.ledger.recall(order.key):
                return read(brief, call)
            try:
                async with desk.places:
                    return await self._answered(order, desk)
            except _TooLongError as refusal:
                why, shown = str(refusal), without_oldest(shown)
            if shown is not None:
                desk.ledger.tell(
                    f"{brief.candidate}: the request is too long, and is made again without the oldest "
                    f"part of its history: {why}"
                )
        raise WriterError(
            f"the request for {brief.candidate} is too long, and there is no history to leave out: {why} "
            "Give a lower --llm.max-tokens, or another --llm.model."
        )

    async def _answered(self, order: _Order, desk: Desk) -> Draft:
        """Ask, and ask again where no answer came, which is no fault of the model.

        Raises:
            _TooLongError: Only a shorter request may be answered.
            WriterError: No answer comes, to this request or to any.
        """
        who, silence = order.brief.candidate, desk.silence
        for sends in range(1, 2 + self._resends):
            if limit := await desk.admit(order.quote):
                return Draft(who, withheld=limit)
            sent_at = time.monotonic()
            call, answer = await self._send(order, desk)
            if answer.answered or answer.too_long:
                silence.end()
                if answer.too_long:
                    raise _TooLongError(call.error)
                return read(order.brief, call)
            silence.add(sent_at)
            if silence.rounds >= _ROUNDS or sends > self._resends:
                raise self._silent(who, max(sends, silence.requests), call.error)
            desk.ledger.tell(f"{who} is asked for again: {call.error}")
        raise AssertionError("the last send returns or raises")

    def _silent(self, who: str, requests: int, error: str) -> WriterError:
        many = f"answered none of the last {requests} requests, the last one"
        return WriterError(
            f"{self._backend.address} {many if requests > 1 else 'did not answer the request'} for {who}: "
            f"{error.rstrip('.')}. That counts against no candidate. Check the server."
        )

    async def _send(self, order: _Order, desk: Desk) -> tuple[Call, Answer]:
        """Ask once and record what became of it, whatever that is."""
        started = time.monotonic()
        answer = Answer(answered=False, error="interrupted before the reply came.")
        try:
            answer = await self._backend.ask(order.prompt, order.parameters, desk.ledger.tell)
        except WriterError as refusal:
            desk.fail(refusal)
            usage = Usage() if isinstance(refusal, UnreachableError) else Usage(calls=1)
            answer = Answer(answered=False, error=str(refusal), usage=usage)
            raise
        finally:
            call = self._call(order, answer, time.monotonic() - started)
            await desk.settle(order.quote, call)
        return call, answer

    def _order(self, brief: Brief) -> _Order:
        prompt = render(brief)
        parameters = self._backend.parameters(brief)
        key = request_key(self._backend.address, self._backend.model, prompt, parameters, brief)
        return _Order(brief, prompt, parameters, key, self._quote(prompt))

    def _quote(self, prompt: Prompt) -> Quote:
        size = sum(len(message.content.encode()) for message in prompt.messages)
        return Quote(size // _BYTES_PER_TOKEN + 1, self._reply_tokens, self._price)

    def _call(self, order: _Order, answer: Answer, latency_s: float) -> Call:
        usd = self._price.of(answer.usage) if self._price else None
        return Call(
            candidate=order.brief.candidate,
            attempt=order.brief.attempt,
            model=self._backend.model,
            messages=messages_text(answer.messages or order.prompt.messages),
            parameters=_canonical(answer.parameters or order.parameters),
            template=order.prompt.template,
            reply=answer.text,
            finish_reason=answer.finish_reason,
            error=answer.error,
            latency_s=latency_s,
            usage=replace(answer.usage, usd=usd),
            operator=order.brief.operator,
            request=order.key,
            answered=answer.answered,
            tries=answer.tries,
            logprobs=answer.logprobs,
        )


class _TooLongError(Exception):
    """Only a shorter request may be answered."""


@dataclass(frozen=True)
class _Order:
    """One request, before it is sent."""

    brief: Brief
    prompt: Prompt
    parameters: Parameters
    key: str
    quote: Quote


def request_key(address: str, model: str, prompt: Prompt, parameters: Parameters, brief: Brief) -> str:
    """What makes a request the same as another: its content, and the draft it is for."""
    content = {
        "base_url": address,
        "model": model,
        "messages": messages_text(prompt.messages),
        "parameters": dict(parameters),
        "candidate": brief.candidate,
        "attempt": brief.attempt,
    }
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def messages_text(messages: Sequence[Message]) -> str:
    """The messages as they are sent and recorded, JSON."""
    return json.dumps([asdict(message) for message in messages])


def _canonical(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
