"""One endpoint: requests with retries, a shared rate limit, and a memory for what it refuses."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import urljoin

import openai

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief
from rewardsmith.errors import WriterError
from rewardsmith.usage import Usage
from rewardsmith.writers.backend import UNMETERED, Answer, Parameters, Tell, UnreachableError
from rewardsmith.writers.openai.access import Access
from rewardsmith.writers.openai.address import other_base, shown
from rewardsmith.writers.openai.backoff import Gate, Waits, pause
from rewardsmith.writers.openai.client import CUT
from rewardsmith.writers.openai.connection import connect, key_headers, proxies
from rewardsmith.writers.openai.habits import Habits
from rewardsmith.writers.openai.refusals import Refusal
from rewardsmith.writers.openai.replies import Reply, read_reply
from rewardsmith.writers.prompts import Message, Prompt
from rewardsmith.writers.storable import one_line

_PATIENCE_S = 900.0
"""How long one request waits for a rate limit to pass."""
_DAY_S = 86_400.0


class Endpoint:
    """A :class:`rewardsmith.writers.backend.Backend` over HTTP."""

    def __init__(self, access: Access, options: LanguageModelOptions) -> None:
        """Connect to nothing yet."""
        self._access, self._options = access, options
        self.model, self.address, self.concurrency = access.model, access.base_url, options.concurrency
        self._gate, self._waits, self._habits = Gate(options.pause_s), Waits(), Habits()
        self._client: openai.AsyncOpenAI

    async def __aenter__(self) -> Self:
        """Open a connection pool."""
        self._client = connect(self._access)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self._client.close()

    def parameters(self, brief: Brief) -> Parameters:
        """What a request asks for before the server refused any of it."""
        options, seed = self._options, (brief.seed + brief.attempt) % 2**31
        effort = {"reasoning_effort": options.reasoning_effort} if options.reasoning_effort else {}
        return {
            "temperature": options.temperature,
            "max_completion_tokens": options.max_tokens,
            "seed": seed,
            **effort,
            **({"logprobs": True} if options.logprobs else {}),
        }

    async def ask(self, prompt: Prompt, parameters: Parameters, tell: Tell) -> Answer:
        """Send until there is an answer or none can be hoped for.

        Raises:
            UnreachableError: Nobody listens at the address.
            WriterError: The endpoint refuses the key or the model, or puts requests off for ever.
        """
        failures, tries, begun = 0, 0, time.monotonic()
        while True:
            await self._gate.wait()
            tries += 1
            sent = _Sent(self._habits.messages(prompt), self._habits.parameters(parameters), tries)
            outcome = await self._outcome(sent, tell)
            if isinstance(outcome, Answer):
                return outcome
            if isinstance(outcome, openai.APIConnectionError):
                failures += 1
                if failures > self._options.retries:
                    raise self._unreachable(outcome) from None
                await self._rest(f"it cannot be reached: {self._cause(outcome)}.", failures, None, tell)
                continue
            said = f"{self._say(outcome.text)}."
            if outcome.too_long:
                return sent.unanswered(said, Usage(calls=1), too_long=True)
            if self._habits.learn(outcome, sent.messages, sent.parameters):
                continue
            self._give_up_where_hopeless(outcome, waited_s=time.monotonic() - begun)
            if outcome.rate_limited:
                self._say_wait(self._gate.close(outcome.wait_s), said, tell)
                continue
            failures += 1
            if not outcome.passing or failures > self._options.retries:
                hint = "" if outcome.status else self._did_you_mean()
                return sent.unanswered(f"the request failed: {said}{hint}", Usage(calls=1))
            await self._rest(said, failures, outcome.wait_s, tell)

    async def _outcome(self, sent: _Sent, tell: Tell) -> Answer | Refusal | openai.APIConnectionError:
        """Send once: an answer, a refusal, or the failure of a connection that never came about."""
        try:
            reply = await self._post(sent)
        except openai.APIStatusError as error:
            return Refusal.of(error)
        except TimeoutError:
            return sent.unanswered(f"no reply within {self._options.timeout_s:g} s (--llm.timeout-s).")
        except openai.APIConnectionError as failure:
            if _never_connected(failure):
                return failure
            why = f"the connection broke before the reply came: {self._say(failure)}."
            await self._rest(why, 1, None, tell)
            return sent.unanswered(why)
        except UnicodeError as failure:  # a header or a message that no encoding has
            raise WriterError(
                f"the request cannot be sent: {self._say(failure)}. Check the model and the environment."
            ) from failure
        return reply.refusal or await self._answered(reply, sent, tell)

    async def _post(self, sent: _Sent) -> Reply:
        """One request.

        Its clock runs over all of it: a server that drips bytes for ever is not waited for.
        """
        messages: Any = [{"role": message.role, "content": message.content} for message in sent.messages]
        # names that the library's stub knows, in a form it cannot check
        options: dict[str, Any] = {**sent.parameters, "extra_headers": key_headers(self._access)}
        async with asyncio.timeout(self._options.timeout_s):
            response = await self._client.chat.completions.with_raw_response.create(
                model=self.model, messages=messages, **options
            )
        return read_reply(response.content, response.http_response.extensions.get(CUT, ""))

    async def _answered(self, reply: Reply, sent: _Sent, tell: Tell) -> Answer:
        """What the server gave; where it was no answer, after a pause."""
        error = reply.error
        if reply.answered:
            self._gate.relax()
        else:
            error += self._did_you_mean()
            await self._rest(error, 1, None, tell)
        text, finish, error = (self._access.redact(part) for part in (reply.text, reply.finish_reason, error))
        return sent.answer(text, finish, error, reply)

    def _did_you_mean(self) -> str:
        """A hint where something answers that is no model, at an address without a version."""
        other = other_base(self.address)
        return f" Did you mean --llm.base-url {other}?" if other.endswith("/v1") else ""

    def _say_wait(self, seconds: float, why: str, tell: Tell) -> None:
        if self._waits.are_news(seconds):
            tell(f"waiting {_seconds(seconds)} for {self.address}: {why}")

    async def _rest(self, why: str, failures: int, retry_after_s: float | None, tell: Tell) -> None:
        """At least the pause that doubles; a server that says "at once" is not believed."""
        seconds = max(pause(self._options.pause_s, failures - 1), retry_after_s or 0.0)
        self._say_wait(seconds, self._access.redact(why), tell)
        await asyncio.sleep(seconds)

    def _give_up_where_hopeless(self, refusal: Refusal, waited_s: float) -> None:
        """Raise where the search had better stop."""
        if refusal.moved:
            raise WriterError(
                f"{self.address} sends requests on ({refusal.status}) to "
                f"{self._redirect(refusal)}, and nothing is sent to an address that you did not "
                "give. If it is right, give it with --llm.base-url."
            ) from None
        if refusal.hopeless:
            self._refuse(refusal)
        wait_s = refusal.wait_s or 0.0
        if (refusal.rate_limited or refusal.passing) and waited_s + wait_s > _PATIENCE_S:
            asked = f"{wait_s:.0f} s" if wait_s < _DAY_S else "more than a day"
            raise WriterError(
                f"{self.address} puts requests off for too long ({self._say(refusal.text)}; it asks "
                f"for {asked} more). "
                "Wait, then `rewardsmith resume` the study; a lower --llm.concurrency helps."
            ) from None

    def _refuse(self, refusal: Refusal) -> NoReturn:
        place = refusal.status in (404, 405) and not re.search(
            r"\bmodel\b", f"{refusal.text} {refusal.details}"
        )
        other = other_base(self.address) if place else ""
        raise WriterError(
            f"{self.address} refuses the request for model {self.model}: {self._say(refusal.text)}. "
            f"{f'Did you mean --llm.base-url {other}? ' if other else ''}"
            "Check the key, the account and --llm.model."
        ) from None

    def _redirect(self, refusal: Refusal) -> str:
        """Where a redirect points to, without what may be a secret in it."""
        return self._access.redact(shown(urljoin(self.address, refusal.location)))

    def _unreachable(self, failure: openai.APIConnectionError) -> UnreachableError:
        named = proxies()
        through = f" and the proxy that {named} names" if named else ""
        return UnreachableError(
            f"cannot reach {self.address}: {self._cause(failure)}. Check --llm.base-url and the "
            f"network{through}."
        )

    def _cause(self, failure: openai.APIConnectionError) -> str:
        return self._say(failure.__cause__ or failure)

    def _say(self, error: BaseException | str) -> str:
        return self._access.redact(one_line(str(error)))[:300].rstrip(".") or type(error).__name__


@dataclass(frozen=True)
class _Sent:
    """A request as it went out."""

    messages: tuple[Message, ...]
    parameters: Parameters
    tries: int

    def answer(self, text: str, finish: str, error: str, reply: Reply) -> Answer:
        """What came back, good or bad."""
        return Answer(
            text,
            finish,
            error,
            answered=reply.answered,
            usage=reply.usage,
            parameters=self.parameters,
            messages=self.messages,
            logprobs=reply.logprobs,
            tries=self.tries,
        )

    def unanswered(self, error: str, usage: Usage = UNMETERED, *, too_long: bool = False) -> Answer:
        """A request without an answer. Without a usage nobody knows what it cost."""
        return Answer(
            error=error,
            answered=False,
            too_long=too_long,
            usage=usage,
            parameters=self.parameters,
            messages=self.messages,
            tries=self.tries,
        )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _never_connected(failure: openai.APIConnectionError) -> bool:
    """Whether the request cannot have reached the server, and so cost nothing."""
    return type(failure.__cause__).__name__ in (
        "ConnectError", "ConnectTimeout", "ProxyError", "UnsupportedProtocol"
    )  # fmt: skip
