"""Parsing one command's arguments with tyro."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from typing import TypeVar

import tyro

from rewardsmith.errors import UsageError
from rewardsmith.shown import as_json

T = TypeVar("T")


def parse(options: type[T], command: str, arguments: list[str], default: T | None = None) -> T:
    """Fill in a command's option class; wrong flags end the program with exit code 2 and a suggestion."""
    if default is None:
        return tyro.cli(options, prog=f"rewardsmith {command}", args=arguments)
    return tyro.cli(options, prog=f"rewardsmith {command}", args=arguments, default=default)


def value_of(flag: str, arguments: list[str]) -> str | None:
    """The value of one flag, found before the real parsing."""
    for number, argument in enumerate(arguments):
        if argument == flag and number + 1 < len(arguments):
            return arguments[number + 1]
        if argument.startswith(f"{flag}="):
            return argument.partition("=")[2]
    return None


def print_json(record: object) -> None:
    """Print a dataclass, or a list of them, as JSON."""
    print(as_json(record))


def check_words(config: object, flag: str = "-") -> None:
    """Refuse bytes that are no text, before they get into a record.

    Args:
        config: A path, or a dataclass of options; of its fields those that hold text.
        flag: The flag that gave it.

    Raises:
        UsageError: Naming the flag.
    """
    if dataclasses.is_dataclass(config):
        for field in dataclasses.fields(config):
            part = f"{flag}.{field.name}" if flag.strip("-") else f"--{field.name}"
            check_words(getattr(config, field.name), part.replace("_", "-"))
        return
    text = str(config.absolute() if isinstance(config, Path) else config)
    try:
        text.encode()
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        raise UsageError(f"{flag} is {text!r}, which is no text in {encoding}. Rename it, or give another.") from None


def free_folder(stem: str) -> Path:
    """The first of ``runs/stem-1``, ``runs/stem-2``, ... that does not exist."""
    stem = re.sub(r"[^A-Za-z0-9_.-]", "-", stem)
    return next(path for n in range(1, 1_000_000) if not (path := Path("runs") / f"{stem}-{n}").exists())
