"""Parsing one command's arguments with tyro."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from typing import TypeVar, cast

import tyro
from tyro.conf import HelptextFromCommentsOff
from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructFieldSpec, StructTypeInfo

from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import Setting, TrainerSettings
from rewardsmith.errors import UsageError
from rewardsmith.registry import TRAINERS
from rewardsmith.settings import setting_names, typed
from rewardsmith.shown import as_json

T = TypeVar("T")


def parse(
    options: type[T],
    command: str,
    arguments: list[str],
    default: T | None = None,
    trainer: str = StudyConfig.trainer,
) -> T:
    """Fill in a command's option class.

    Wrong flags end the program with exit code 2 and a suggestion.

    Args:
        options: The class.
        command: Its name.
        arguments: What follows the name.
        default: Options as a config file has them.
        trainer: Whose settings ``--training.*`` are where no ``--trainer`` is given: that of the
            config file.

    Raises:
        UsageError: There is no such trainer, or it has no setting that the config file gives.
    """
    flags = _training_flags(value_of("--trainer", arguments) or trainer)
    if default is None:
        return tyro.cli(options, prog=f"rewardsmith {command}", args=arguments, registry=flags)
    return tyro.cli(options, prog=f"rewardsmith {command}", args=arguments, default=default, registry=flags)


def _training_flags(trainer: str) -> ConstructorRegistry:
    """How a trainer's settings become flags, each of which may be left out."""
    flags = ConstructorRegistry()

    @flags.struct_rule
    def rule(info: StructTypeInfo) -> StructConstructorSpec | None:
        if info.type is not TrainingOverrides:
            return None
        kind: type[TrainerSettings] = TRAINERS.load(trainer).Settings
        whole = StructTypeInfo.make(HelptextFromCommentsOff[kind], tyro.MISSING, in_union_context=False)
        known = ConstructorRegistry.get_struct_spec(whole)
        assert isinstance(known, StructConstructorSpec)  # of a dataclass
        given = typed(kind, info.default) if isinstance(info.default, TrainingOverrides) else {}
        names = setting_names(kind)
        fields = [
            StructFieldSpec(field.name, cast(type, field.type | None), given.get(field.name), field.helptext)
            for field in known.fields
            if field.name in names
        ]
        return StructConstructorSpec(_changes, tuple(fields))

    return flags


def _changes(**values: Setting | None) -> TrainingOverrides:
    """Training settings to change from the task's preset.

    Anything left out stays as the task has it.
    """
    return TrainingOverrides({name: value for name, value in values.items() if value is not None})


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
        raise UsageError(
            f"{flag} is {text!r}, which is no text in {encoding}. Rename it, or give another."
        ) from None


def free_folder(stem: str) -> Path:
    """The first of ``runs/stem-1``, ``runs/stem-2``, ... that does not exist."""
    stem = re.sub(r"[^A-Za-z0-9_.-]", "-", stem)
    return next(path for n in range(1, 1_000_000) if not (path := Path("runs") / f"{stem}-{n}").exists())
