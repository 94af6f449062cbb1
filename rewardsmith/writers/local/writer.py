"""The writer for a model file of the user's choice."""

from __future__ import annotations

from rewardsmith.config import LanguageModelOptions
from rewardsmith.usage import Price
from rewardsmith.writers.chat import ChatWriter
from rewardsmith.writers.local.model import LocalModel

_NO_MONEY = Price(0.0, 0.0)


class LocalWriter(ChatWriter):
    """Asks a small language model in this process, held to programs by a grammar."""

    name = "local"

    def __init__(self, options: LanguageModelOptions) -> None:
        """Find the model file.

        Raises:
            WriterError: It is missing, or the library is.
        """
        backend = LocalModel(options)
        super().__init__(backend, _NO_MONEY, options.max_tokens, resends=0)
        self.notice = f"small local model, expect weak rewards: {backend.model}"
