"""Which language model a search asks, and how to reach it."""

from __future__ import annotations

from dataclasses import dataclass

from rewardsmith.errors import UsageError
from rewardsmith.ranges import check_ranges
from rewardsmith.usage import MAX_PRICE


@dataclass(frozen=True)
class LanguageModelOptions:
    """Which language model, and how to reach it.

    Keys come from the environment or a file, never from a flag.
    """

    model: str | None = None
    """Name of the model; else REWARDSMITH_MODEL, else OPENAI_MODEL.
    For the `local` writer: a GGUF file."""
    base_url: str | None = None
    """Address of an OpenAI-compatible endpoint; else OPENAI_BASE_URL, else OpenAI's own."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable that holds the key."""
    key_file: str | None = None
    """File that holds the key, instead of the variable."""
    temperature: float = 1.0
    max_tokens: int = 4096
    """Limit of one reply, hidden reasoning included."""
    reasoning_effort: str | None = None
    """Such as `low` or `high`, for models that think; sent as it is."""
    logprobs: bool = False
    """Ask for the probabilities of the tokens, and keep them with the call."""
    concurrency: int = 8
    """Requests in flight."""
    timeout_s: float = 180.0
    """For one reply, from the first byte sent to the last received."""
    retries: int = 4
    """Of a request that met 408, 409, 5xx or a broken connection. 429 is
    waited out, by all requests together."""
    pause_s: float = 1.0
    """First pause before a retry; pauses double. Retry-After goes before."""
    price_prompt: float | None = None
    """USD per million prompt tokens, instead of the built-in table's."""
    price_completion: float | None = None
    """USD per million completion tokens, instead of the built-in table's."""
    price_cached: float | None = None
    """USD per million cached prompt tokens; left out: as other prompt tokens."""
    threads: int | None = None
    """Of the `local` writer; left out: one less than there are cores."""
    replay: str | None = None
    """Study whose recorded replies the `replay` writer gives; on
    the command line `--from STUDY`."""

    def check(self) -> None:
        """Refuse impossible numbers.

        Raises:
            UsageError: Naming the field, its value and what is allowed.
        """
        counts = {
            "max_tokens": (1, 10**7),
            "concurrency": (1, 1024),
            "retries": (0, 100),
            "threads": (1, 1024),
        }
        check_ranges("llm.", vars(self), {**counts, "temperature": (0, 100), "pause_s": (0, 3_600)})
        check_ranges(
            "llm.",
            vars(self),
            dict.fromkeys(("price_prompt", "price_completion", "price_cached"), (0, MAX_PRICE)),
        )
        if not 0 < self.timeout_s <= 1e6:
            raise UsageError(
                f"llm.timeout_s is {self.timeout_s:g}; give a value above 0, and at most a million."
            )
        if (self.price_prompt is None) != (self.price_completion is None):
            raise UsageError("llm.price_prompt and llm.price_completion go together; give both, or neither.")
