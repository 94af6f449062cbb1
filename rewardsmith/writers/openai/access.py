"""Where a model is and how to get in: model, address, key from options, file or environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from rewardsmith.config import LanguageModelOptions
from rewardsmith.errors import WriterError
from rewardsmith.files import read_named
from rewardsmith.writers.openai.address import check_address, check_no_key, of_completions

_DEFAULT_URL = "https://api.openai.com/v1"
_NO_KEY = "none"
"""What local servers, which want no key, are sent."""
_SECRET_CHARS = 8
"""Shorter keys, such as ``EMPTY``, guard nothing, and blotting them out would garble replies."""
_RANDOM_CHARS = 12
"""Keys from here on that have digits are no words, so that their parts are blotted out, too."""
_MOST_KEY_BYTES = 10_000
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")


@dataclass(frozen=True)
class Access:
    """A model behind an address. The key is left out of ``repr`` so that no log can show it."""

    model: str
    base_url: str
    key: str = field(repr=False)

    def redact(self, text: str) -> str:
        """Remove the key from text that a server or a library made.

        Every part of it of eight or more characters goes, too.
        """
        if len(self.key) < _SECRET_CHARS:
            return text
        text = text.replace(self.key, "[key]")
        if len(self.key) < _RANDOM_CHARS or not any(map(str.isdigit, self.key)):
            return text
        parts = (
            self.key[start : start + _SECRET_CHARS] for start in range(len(self.key) - _SECRET_CHARS + 1)
        )
        found = [part for part in parts if part in text]
        return _without(text, found) if found else text


def _without(text: str, parts: list[str]) -> str:
    """A text whose stretches that are covered by any of some parts are blotted out."""
    covered: set[int] = set()
    for part in parts:
        at = text.find(part)
        while at >= 0:
            covered.update(range(at, at + len(part)))
            at = text.find(part, at + 1)
    kept = [
        "[key]" if number in covered and number - 1 not in covered else letter
        for number, letter in enumerate(text)
        if number not in covered or number - 1 not in covered
    ]
    return "".join(kept)


def resolve(
    options: LanguageModelOptions, environment: Mapping[str, str] = os.environ, *, keyed: bool = True
) -> Access:
    """Find model, address and key.

    Args:
        options: Of the study.
        environment: What the options leave out.
        keyed: Whether there is anything to send; if not, no key is looked for.

    Raises:
        WriterError: The model or the key is missing, or the address is none; the message names the
            flag and the variable.
    """
    model = options.model or environment.get("REWARDSMITH_MODEL") or environment.get("OPENAI_MODEL")
    if not model:
        raise WriterError("no language model is named. Give --llm.model NAME or set REWARDSMITH_MODEL.")
    if not model.isprintable() or len(model) > 500:
        raise WriterError(
            f"the model's name {model[:100]!r} has characters that no name has. Give --llm.model NAME."
        )
    base_url = of_completions(options.base_url or environment.get("OPENAI_BASE_URL") or _DEFAULT_URL)
    check_address(base_url)
    key = _key(options, base_url, environment) if keyed else _NO_KEY
    check_no_key(base_url, key if len(key) >= _SECRET_CHARS else "")
    return Access(model, base_url, key)


def _key(options: LanguageModelOptions, base_url: str, environment: Mapping[str, str]) -> str:
    if not _VARIABLE.fullmatch(options.key_variable):  # a key, perhaps, given for its name
        raise WriterError(
            "--llm.key-variable is no name of a variable (letters, digits, _). Give the name, such as "
            "OPENAI_API_KEY."
        )
    place = (
        f"the key file {_printable(options.key_file)}"
        if options.key_file
        else f"the variable {options.key_variable}"
    )
    key = (
        _from_file(options.key_file, place)
        if options.key_file
        else environment.get(options.key_variable, "").strip()
    )
    if not key.isascii() or not key.isprintable():
        raise WriterError(
            f"the key in {place} has characters that no key has, such as line breaks. Set it to the key "
            "alone."
        )
    if key:
        return key
    if base_url == _DEFAULT_URL:
        raise WriterError(
            f"no key for {base_url}: {place} {'is empty' if options.key_file else 'is not set'}. Set it, "
            "or give --llm.key-file FILE, "
            "or --llm.base-url URL of a server that wants no key."
        )
    return _NO_KEY


def _printable(name: str) -> str:
    return name if name.isprintable() else repr(name)


def _from_file(name: str, place: str) -> str:
    def refuse(why: str) -> NoReturn:
        raise WriterError(f"cannot read {place}: {why}. Check --llm.key-file.") from None

    try:
        return read_named(Path(name).expanduser(), _MOST_KEY_BYTES).decode().strip()
    except OSError as error:
        refuse(error.strerror or type(error).__name__)
    except (ValueError, RuntimeError):  # a NUL in the name, no home folder, bytes that are no text
        refuse("it is no text, or its name is none")
