"""Where the model is and how to get in: model, address and key from options, file or environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rewardsmith.config import LanguageModelOptions
from rewardsmith.errors import WriterError

_DEFAULT_URL = "https://api.openai.com/v1"
_NO_KEY = "none"
"""What local servers, which want no key, are sent."""


@dataclass(frozen=True)
class Access:
    """A model behind an address. The key is left out of ``repr`` so that no log can show it."""

    model: str
    base_url: str
    key: str = field(repr=False)

    def redact(self, text: str) -> str:
        """Remove the key from text that a server or a library made."""
        return text.replace(self.key, "[key]") if self.key != _NO_KEY else text


def resolve(options: LanguageModelOptions, environment: Mapping[str, str] = os.environ) -> Access:
    """Find model, address and key.

    Raises:
        WriterError: The model or the key is missing; the message names the flag and the variable.
    """
    model = options.model or environment.get("REWARDSMITH_MODEL") or environment.get("OPENAI_MODEL")
    if not model:
        raise WriterError("no language model is named. Give --llm.model NAME or set REWARDSMITH_MODEL.")
    base_url = options.base_url or environment.get("OPENAI_BASE_URL") or _DEFAULT_URL
    return Access(model, base_url, _key(options, base_url, environment))


def _key(options: LanguageModelOptions, base_url: str, environment: Mapping[str, str]) -> str:
    if options.key_file:
        try:
            key = Path(options.key_file).expanduser().read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise WriterError(f"cannot read the key file {options.key_file}: {error}. Check --llm.key-file.") from None
    else:
        key = environment.get(options.key_variable, "").strip()
    if key:
        return key
    if base_url == _DEFAULT_URL:
        raise WriterError(
            f"no key for {base_url}: the variable {options.key_variable} is not set. Set it, or give --llm.key-file FILE, "
            "or --llm.base-url URL of a server that wants no key."
        )
    return _NO_KEY
