"""Text that a database, a file and a request can hold, whatever a server or a model sent."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, TypeVar

R = TypeVar("R")
_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    r"""The text, with U+FFFD for lone surrogates.

    JSON may spell them (``\ud800``), but no encoding has them.
    """
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """A foreign text as part of a message: one line, with U+FFFD for what a terminal might obey."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split()))


def storable_record(record: R) -> R:
    """A record, with all its own text fields storable.

    Args:
        record: A dataclass.
    """
    fields: dict[str, Any] = vars(record)
    changes = {name: storable(value) for name, value in fields.items() if isinstance(value, str)}
    changed = {name: value for name, value in changes.items() if value != fields[name]}
    return dataclasses.replace(record, **changed) if changed else record  # pyright: ignore[reportArgumentType]
