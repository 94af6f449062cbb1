"""The writer behind all language models: prompts out, replies in.

Every call is reserved, recorded, and never paid twice.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace

from rewardsmith.contracts import Brief, Ledger, Quote
from rewardsmith.errors import WriterError
from rewardsmith.records import Call, Draft
from rewardsmith.usage import Price, Usage
from rewardsmith.writers.answers import read
from rewardsmith.writers.backend import Answer, Backend, Parameters, SilentError
from rewardsmith.writers.desk import Counter, Desk
from rewardsmith.writers.prompts import Prompt, as_text, render

_BYTES_PER_TOKEN = 3
"""Fewer than the four or so of English text and code, so that quotes are not too low."""


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
            resends: How often a request whose reply was lost may be sent, and perhaps paid, again.
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
        """From the ledger's memory or else from the model."""
        order = self._order(brief)
        call = desk.ledger.recall(order.key)
        if call:
            return read(brief, call)
        for last in [*([False] * self._resends), True]:
            async with desk.places:
                if limit := await desk.admit(order.quote):
                    return Draft(brief.candidate, withheld=limit)
                call, again = await self._send(order, desk)
            if last or not again:
                return read(brief, call)
        raise AssertionError("the last send returns")

    async def _send(self, order: _Order, desk: Desk) -> tuple[Call, bool]:
        """Ask once and record what became of it, whatever that is.

        Returns:
            The call, and whether its reply was lost in a way that the next might not be.
        """
        started = time.monotonic()
        answer = Answer(answered=False, error="interrupted before the reply came.")
        try:
            answer = await self._backend.ask(order.prompt, order.parameters)
        except WriterError as refusal:
            desk.fail(refusal)
            usage = refusal.usage if isinstance(refusal, SilentError) else Usage(calls=1)
            answer = Answer(answered=False, error=str(refusal), usage=usage)
            raise
        finally:
            call = self._call(order, answer, time.monotonic() - started)
            await desk.settle(order.quote, call)
        return call, answer.again

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
            messages=messages_text(order.prompt),
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
        )


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
        "messages": messages_text(prompt),
        "parameters": dict(parameters),
        "candidate": brief.candidate,
        "attempt": brief.attempt,
    }
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def messages_text(prompt: Prompt) -> str:
    """The messages as they are sent and recorded, JSON."""
    return json.dumps([asdict(message) for message in prompt.messages])


def _canonical(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
