"""Parsing one command's arguments with tyro."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TypeVar

import tyro
from pydantic import TypeAdapter

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
    sys.stdout.write(TypeAdapter(object).dump_json(record, indent=2).decode() + "\n")


def free_folder(stem: str) -> Path:
    """The first of ``runs/stem-1``, ``runs/stem-2``, ... that does not exist."""
    stem = re.sub(r"[^A-Za-z0-9_.-]", "-", stem)
    return next(path for n in range(1, 1_000_000) if not (path := Path("runs") / f"{stem}-{n}").exists())
