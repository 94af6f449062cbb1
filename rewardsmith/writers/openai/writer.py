"""One request per draft, many at a time, every one recorded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import openai
from openai.types.chat import ChatCompletion

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief
from rewardsmith.errors import WriterError
from rewardsmith.records import Call, Draft, Usage
from rewardsmith.reward.extract import extract
from rewardsmith.writers.openai.access import resolve
from rewardsmith.writers.prompts import Prompt, as_text, render

_HOPELESS = (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError)
"""Answers that no other request would change."""


class OpenAIWriter:
    """Asks a language model over the chat-completions protocol.

    Requests are single samples (``n`` is not honoured everywhere). The client library retries 408, 409,
    429, 5xx and broken connections, and keeps to Retry-After.
    """

    name = "openai"

    def __init__(self, options: LanguageModelOptions) -> None:
        """Find model, address and key.

        Raises:
            WriterError: One of them is missing.
        """
        self._options = options
        self._access = resolve(options)
        self._client = openai.OpenAI(
            api_key=self._access.key, base_url=self._access.base_url, timeout=options.timeout_s, max_retries=options.retries
        )

    @property
    def notice(self) -> str:
        """Which model writes."""
        return f"language model: {self._access.model} at {self._access.base_url}"

    def prompt(self, brief: Brief) -> str:
        """The messages that would be sent."""
        return as_text(render(brief))

    def write(self, briefs: Sequence[Brief], record: Callable[[Call], None]) -> list[Draft]:
        """Send all requests, ``concurrency`` at a time, and wait for every answer.

        Raises:
            WriterError: The endpoint cannot be reached, or refuses the key or the model.
        """
        pool = ThreadPoolExecutor(self._options.concurrency)
        try:
            return list(pool.map(lambda brief: self._answer(brief, record), briefs))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _answer(self, brief: Brief, record: Callable[[Call], None]) -> Draft:
        prompt, started = render(brief), time.monotonic()
        reply = finish = error = ""
        usage = Usage(calls=1)
        try:
            completion = self._request(prompt)
            reply, finish = _content(completion)
            usage = _usage(completion)
        except _HOPELESS as refusal:
            raise WriterError(
                f"{self._access.base_url} refuses the request for model {self._access.model}: {self._say(refusal)}. "
                "Check the key and --llm.model."
            ) from None
        except openai.APITimeoutError:
            error = f"the model did not answer within {self._options.timeout_s:g} s."
        except openai.APIConnectionError as failure:
            cause = failure.__cause__ or failure
            raise WriterError(f"cannot reach {self._access.base_url}: {self._say(cause)}. Check --llm.base-url and the network.") from None
        except (openai.OpenAIError, ValueError) as failure:  # ValueError: the body is no JSON
            error = f"the request failed: {self._say(failure)}."
        error = error or _complaint(reply, finish)
        record(self._call(brief, prompt, reply, finish, error, time.monotonic() - started, usage))
        if error:
            return Draft(brief.candidate, error=error, usage=usage)
        parts = extract(reply)
        return Draft(brief.candidate, parts.idea, parts.source, usage=usage, error="" if parts.source else "there is no code in the reply.")

    def _request(self, prompt: Prompt) -> ChatCompletion:
        return self._client.chat.completions.create(
            model=self._access.model,
            messages=[{"role": message.role, "content": message.content} for message in prompt.messages],  # pyright: ignore[reportArgumentType]
            temperature=self._options.temperature,
            max_completion_tokens=self._options.max_tokens,
        )

    def _call(self, brief: Brief, prompt: Prompt, reply: str, finish: str, error: str, latency_s: float, usage: Usage) -> Call:
        parameters = {"temperature": self._options.temperature, "max_completion_tokens": self._options.max_tokens}
        return Call(
            candidate=brief.candidate,
            attempt=brief.repair.attempt + 1 if brief.repair else 1,
            model=self._access.model,
            messages=json.dumps([asdict(message) for message in prompt.messages]),
            parameters=json.dumps(parameters),
            template=prompt.template,
            reply=reply,
            finish_reason=finish,
            error=error,
            latency_s=latency_s,
            usage=usage,
        )

    def _say(self, error: BaseException) -> str:
        return self._access.redact(" ".join(str(error).split()))[:300] or type(error).__name__


def _content(completion: ChatCompletion) -> tuple[str, str]:
    """Text and finish reason of the first choice.

    Raises:
        ValueError: The answer is no chat completion.
    """
    if not isinstance(completion, ChatCompletion) or completion.choices is None:  # servers answer what they like
        raise ValueError("the answer is not a chat completion")
    if not completion.choices or completion.choices[0].message is None:
        return "", "no choices"
    return completion.choices[0].message.content or "", completion.choices[0].finish_reason or ""


def _usage(completion: ChatCompletion) -> Usage:
    counted = completion.usage
    if counted is None:
        return Usage(calls=1)
    return Usage(1, counted.prompt_tokens or 0, counted.completion_tokens or 0)


def _complaint(reply: str, finish: str) -> str:
    """Why an answer that came is still none."""
    if finish == "length":
        return "the reply was cut off at the token limit. Answer more briefly."
    return "" if reply.strip() else "the reply is empty."
