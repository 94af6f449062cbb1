"""The writer for any endpoint that speaks OpenAI's chat completions.

Such are OpenAI, vLLM, Ollama, llama.cpp and OpenRouter.
"""

from __future__ import annotations

from typing import Self

from rewardsmith.config import LanguageModelOptions
from rewardsmith.writers.chat import ChatWriter
from rewardsmith.writers.openai.access import resolve
from rewardsmith.writers.openai.endpoint import Endpoint
from rewardsmith.writers.prices import price_of


class OpenAIWriter(ChatWriter):
    """Asks a language model over HTTP."""

    name = "openai"

    def __init__(self, options: LanguageModelOptions, *, keyed: bool = True) -> None:
        """Find model, address, key and price.

        Args:
            options: Of the study.
            keyed: Whether anything is to be sent.

        Raises:
            WriterError: There is no model or no key, or the address is of no use.
        """
        access = resolve(options, keyed=keyed)
        price = price_of(options, access.base_url, access.model)
        super().__init__(Endpoint(access, options), price, options.max_tokens, options.retries)
        self.notice = f"language model: {access.model} at {access.base_url}" + (
            "" if price else " (price unknown)"
        )

    @classmethod
    def dry(cls, options: LanguageModelOptions) -> Self:
        """One that only shows prompts and quotes, for which no key is needed.

        Raises:
            WriterError: See above.
        """
        return cls(options, keyed=False)
