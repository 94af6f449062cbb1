"""One endpoint: requests with retries, a shared rate limit, and a memory for refused parameters."""

from __future__ import annotations

import asyncio
import json
import re
import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import openai

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief
from rewardsmith.errors import WriterError
from rewardsmith.usage import Usage
from rewardsmith.writers.backend import UNMETERED, Answer, Parameters, SilentError
from rewardsmith.writers.openai.access import Access
from rewardsmith.writers.openai.address import shown
from rewardsmith.writers.openai.backoff import Gate, pause, retry_after
from rewardsmith.writers.openai.client import CUT, BoundedClient
from rewardsmith.writers.openai.replies import Reply, read_reply
from rewardsmith.writers.prompts import Prompt
from rewardsmith.writers.storable import one_line

_HOPELESS = (401, 402, 403, 404)
"""No key, no money, no right, no such model: answers that no other request would change."""
_PASSING = (408, 409, 425, 500, 502, 503, 504, 520, 522, 524, 529)
"""Answers that the same request may not get again."""
_CONNECT_S = 15.0
_PATIENCE_S = 900.0
"""How long one request waits for a rate limit to pass."""
_DAY_S = 86_400.0
_LOST_ROUNDS = 3
"""As many requests without any answer as are in flight, so many times
over, and the endpoint is taken for dead."""


class Endpoint:
    """A :class:`rewardsmith.writers.backend.Backend` over HTTP.

    The library's own retries are off: they would not share a rate limit.
    """

    def __init__(self, access: Access, options: LanguageModelOptions) -> None:
        """Connect to nothing yet."""
        self._access, self._options = access, options
        self.model, self.address, self.concurrency = access.model, access.base_url, options.concurrency
        self._gate = Gate(options.pause_s)
        self._refused: set[str] = set()
        self._lost = 0
        self._client: openai.AsyncOpenAI

    async def __aenter__(self) -> Self:
        """Open a connection pool."""
        try:
            self._client = openai.AsyncOpenAI(
                api_key=self._access.key,
                base_url=self._access.base_url,
                max_retries=0,
                # the whole reply has its own clock, see `_post`
                timeout=openai.Timeout(None, connect=_CONNECT_S),
                http_client=BoundedClient(),
            )
        except (
            Exception
        ) as failure:  # of whatever the library reads from the environment, such as proxies and headers
            raise WriterError(
                f"no connection to {self.address} can be prepared: {self._say(failure)}. Check the address."
            ) from failure
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
        }

    async def ask(self, prompt: Prompt, parameters: Parameters) -> Answer:
        """Send until there is an answer or none can be hoped for.

        Raises:
            WriterError: The endpoint cannot be reached, refuses the key or the model, or has
                stopped answering.
        """
        failures, tries, begun = 0, 0, time.monotonic()
        while True:
            await self._gate.wait()
            sent, tries = self._accepted(parameters), tries + 1
            try:
                reply = await self._post(prompt, sent)
            except openai.APIStatusError as refusal:
                if self._drop_named(refusal, sent):
                    continue
                self._give_up_where_hopeless(refusal, waited_s=time.monotonic() - begun)
                wait_s = retry_after(refusal.response.headers)
                if refusal.status_code == 429:
                    self._gate.close(wait_s)
                    continue
                failures += 1
                if refusal.status_code not in _PASSING or failures > self._options.retries:
                    return self._unanswered(
                        f"the request failed: {self._say(refusal)}", sent, tries, Usage(calls=1)
                    )
                await self._rest(failures, wait_s)
            except TimeoutError:
                return self._unanswered(
                    f"no reply within {self._options.timeout_s:g} s (--llm.timeout-s).", sent, tries
                )
            except openai.APIConnectionError as failure:
                failures += 1
                if not _never_connected(failure):
                    await self._rest(failures, None)
                    return self._unanswered(
                        f"the connection broke before the reply came: {self._say(failure)}.",
                        sent,
                        tries,
                        again=True,
                    )
                if failures > self._options.retries:
                    raise self._unreachable(failure) from None
                await self._rest(failures, None)
            except UnicodeError as failure:  # a header or a message that no encoding has
                raise WriterError(
                    f"the request cannot be sent: {self._say(failure)}. Check the model and the environment."
                ) from failure
            else:
                return self._answered(reply, sent, tries)

    async def _post(self, prompt: Prompt, parameters: Parameters) -> Reply:
        """One request.

        Its clock runs over all of it: a server that drips bytes for ever is not waited for.
        """
        messages: Any = [{"role": message.role, "content": message.content} for message in prompt.messages]
        # names that the library's stub knows, in a form it cannot check
        options: dict[str, Any] = dict(parameters)
        async with asyncio.timeout(self._options.timeout_s):
            response = await self._client.chat.completions.with_raw_response.create(
                model=self.model, messages=messages, **options
            )
        return read_reply(response.content, response.http_response.extensions.get(CUT, ""))

    def _answered(self, reply: Reply, sent: Parameters, tries: int) -> Answer:
        self._gate.relax()
        self._lost = 0
        text, finish, error = (
            self._access.redact(part) for part in (reply.text, reply.finish_reason, reply.error)
        )
        return Answer(text, finish, error, usage=reply.usage, parameters=sent, tries=tries)

    def _unanswered(
        self, error: str, sent: Parameters, tries: int, usage: Usage = UNMETERED, again: bool = False
    ) -> Answer:
        """A request without an answer. Without a usage nobody knows what it cost.

        Raises:
            SilentError: None of the last requests was answered.
        """
        self._lost += 1
        if self._lost >= _LOST_ROUNDS * self.concurrency:
            raise SilentError(
                f"{self._access.base_url} answered none of the last {self._lost} requests, the "
                f"last one because: {error} Check the server, then `rewardsmith resume` the study.",
                usage,
            )
        return Answer(error=error, answered=False, again=again, usage=usage, parameters=sent, tries=tries)

    async def _rest(self, failures: int, retry_after_s: float | None) -> None:
        """At least the pause that doubles; a server that says "at once" is not believed."""
        await asyncio.sleep(max(pause(self._options.pause_s, failures - 1), retry_after_s or 0.0))

    def _accepted(self, wanted: Parameters) -> Parameters:
        """The parameters that this server takes.

        Older ones know the limit of a reply by its older name.
        """
        sent = {name: value for name, value in wanted.items() if name not in self._refused}
        if "max_completion_tokens" in self._refused and "max_tokens" not in self._refused:
            sent["max_tokens"] = wanted["max_completion_tokens"]
        return sent

    def _drop_named(self, refusal: openai.APIStatusError, sent: Parameters) -> bool:
        """Remember a parameter that the server's 400 or 422 names: no request has it again."""
        if refusal.status_code not in (400, 422):
            return False
        named = str(getattr(refusal, "param", None) or "").split(".")[-1]
        text = f"{named} {refusal.message} {json.dumps(refusal.body, default=str)}"
        found = (
            named if named in sent else next((name for name in sent if re.search(rf"\b{name}\b", text)), None)
        )
        # the last limit of a reply stays: without one, a call may cost more than its quote
        if found in (None, "max_tokens"):
            return False
        self._refused.add(found)
        return True

    def _give_up_where_hopeless(self, refusal: openai.APIStatusError, waited_s: float) -> None:
        """Raise where the search had better stop."""
        status = refusal.status_code
        if 300 <= status < 400:
            raise WriterError(
                f"{self._access.base_url} sends requests on ({status}) to "
                f"{self._redirect(refusal)}, and nothing is sent to an address that you did not "
                "give. If it is right, give it with --llm.base-url."
            ) from None
        if status in _HOPELESS or (status == 429 and "insufficient_quota" in str(refusal.body)):
            raise WriterError(
                f"{self._access.base_url} refuses the request for model {self.model}: {self._say(refusal)}. "
                "Check the key, the account and --llm.model."
            ) from None
        wait_s = retry_after(refusal.response.headers) or 0.0
        if (status == 429 or status in _PASSING) and waited_s + wait_s > _PATIENCE_S:
            asked = f"{wait_s:.0f} s" if wait_s < _DAY_S else "more than a day"
            raise WriterError(
                f"{self._access.base_url} puts requests off for too long ({self._say(refusal)}; it asks "
                f"for {asked} more). "
                "Wait, then `rewardsmith resume` the study; a lower --llm.concurrency helps."
            ) from None

    def _redirect(self, refusal: openai.APIStatusError) -> str:
        """Where a redirect points to, without what may be a secret in it."""
        place = urljoin(self._access.base_url, refusal.response.headers.get("location", ""))
        return self._access.redact(shown(place))

    def _unreachable(self, failure: openai.APIConnectionError) -> WriterError:
        cause = failure.__cause__ or failure
        return WriterError(
            f"cannot reach {self._access.base_url}: {self._say(cause)}. Check --llm.base-url and the network."
        )

    def _say(self, error: BaseException) -> str:
        return self._access.redact(one_line(str(error)))[:300].rstrip(".") or type(error).__name__


def _never_connected(failure: openai.APIConnectionError) -> bool:
    """Whether the request cannot have reached the server, and so cost nothing."""
    return type(failure.__cause__).__name__ in ("ConnectError", "ConnectTimeout", "UnsupportedProtocol")
