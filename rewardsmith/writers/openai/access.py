"""Where the model is and how to get in: model, address and key from options, file or environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rewardsmith.config import LanguageModelOptions
from rewardsmith.errors import WriterError

_DEFAULT_URL = "https://api.openai.com/v1"
_NO_KEY = "none"
"""What local servers, which want no key, are sent."""
_SECRET_CHARS = 8
"""Shorter keys, such as ``EMPTY``, guard nothing, and blotting them out would garble replies."""


@dataclass(frozen=True)
class Access:
    """A model behind an address. The key is left out of ``repr`` so that no log can show it."""

    model: str
    base_url: str
    key: str = field(repr=False)

    def redact(self, text: str) -> str:
        """Remove the key from text that a server or a library made."""
        return text.replace(self.key, "[key]") if len(self.key) >= _SECRET_CHARS else text


def resolve(options: LanguageModelOptions, environment: Mapping[str, str] = os.environ) -> Access:
    """Find model, address and key.

    Raises:
        WriterError: The model or the key is missing, or the address is none; the message names the flag and the variable.
    """
    model = options.model or environment.get("REWARDSMITH_MODEL") or environment.get("OPENAI_MODEL")
    if not model:
        raise WriterError("no language model is named. Give --llm.model NAME or set REWARDSMITH_MODEL.")
    base_url = options.base_url or environment.get("OPENAI_BASE_URL") or _DEFAULT_URL
    _check_address(base_url)
    return Access(model, base_url, _key(options, base_url, environment))


def _check_address(base_url: str) -> None:
    """Refuse what is no address, and an address with a secret in it: addresses are shown and recorded."""
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise WriterError(f"the base URL is not an address: {error}. Give --llm.base-url such as http://127.0.0.1:8000/v1.") from None
    if parts.username or parts.password or parts.query:
        raise WriterError(
            f"the base URL for {host} has a user, a password or a query, which would be recorded with the study. "
            "Give the address alone, and the key by the variable of --llm.key-variable."
        )
    if parts.scheme not in ("http", "https") or not host:
        raise WriterError(f"the base URL {base_url!r} is not an http address. Give --llm.base-url such as http://127.0.0.1:8000/v1.")


def _key(options: LanguageModelOptions, base_url: str, environment: Mapping[str, str]) -> str:
    if options.key_file:
        place = f"the key file {options.key_file}"
        try:
            key = Path(options.key_file).expanduser().read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise WriterError(
                f"cannot read {place}: {getattr(error, 'strerror', None) or 'it is no text'}. Check --llm.key-file."
            ) from None
    else:
        place = f"the variable {options.key_variable}"
        key = environment.get(options.key_variable, "").strip()
    if not key.isascii() or not key.isprintable():
        raise WriterError(f"the key in {place} has characters that no key has, such as line breaks. Set it to the key alone.")
    if key:
        return key
    if base_url == _DEFAULT_URL:
        raise WriterError(
            f"no key for {base_url}: {place} {'is empty' if options.key_file else 'is not set'}. Set it, or give --llm.key-file FILE, "
            "or --llm.base-url URL of a server that wants no key."
        )
    return _NO_KEY
