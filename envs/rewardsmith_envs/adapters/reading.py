"""Reading task files, with errors that name the key."""

from __future__ import annotations

import math
import re
import reprlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from rewardsmith.errors import UsageError
from rewardsmith_envs.adapters.batches import check_batch
from rewardsmith_envs.adapters.table import TODO, Reader, SignalRow, Table

_LISTED = 12
_MOST_BYTES = 1_000_000
_TABLE = TypeAdapter(Table)


def read_table(path: Path) -> Table:
    """Read a task file, YAML or TOML.

    Raises:
        UsageError: It cannot be read, or says something that it may not; with the key.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        text = data.decode()
        found = tomllib.loads(text) if path.suffix == ".toml" else _plain_yaml(text)
    except OSError as error:
        raise UsageError(f"cannot read the task file {path}: {error.strerror}.") from error
    except _ODD_TEXT as error:
        raise UsageError(f"{path} is no {path.suffix[1:].upper()}: {str(error)[:300]}") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path} holds no keys; `rewardsmith adapt ID --out FILE` drafts a task file.")
    return parse_table(found, str(path))


_ODD_TEXT = (
    ValueError,
    yaml.YAMLError,
    RecursionError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
)
"""What the readers make of odd texts: a month 13, an empty number, a thousand brackets."""


def _plain_yaml(text: str) -> object:
    """YAML without aliases: a few lines of these can stand for more than any memory holds."""
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
        raise ValueError("it has an alias (*NAME); write out what it stands for.")
    return yaml.safe_load(text)


def parse_table(found: Mapping[str, object], where: str) -> Table:
    """Build a table of plain data, and look at what its kinds alone do not say.

    Raises:
        UsageError: Something is missing, unknown or contradictory.
    """
    _check_decided(found, where)
    try:
        table = _TABLE.validate_python(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        if first["type"] in ("missing", "missing_keyword_only_argument"):
            raise UsageError(f"{where}: {key} is missing. {_hint(key)}") from None
        if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            raise UsageError(f"{where}: {key} is unknown. Known: {_known(first['loc'])}.") from None
        raise UsageError(f"{where}: {key} is {reprlib.repr(first['input'])[:100]}: {first['msg']}.") from None
    _check(table, where)
    return table


def _check_decided(found: Mapping[str, object], where: str) -> None:
    """Refuse what a draft leaves to a person, all of it at once."""
    open_keys = [key for key, value in _leaves(found, "") if str(value).lstrip().startswith(TODO)]
    if open_keys:
        more = f" and {len(open_keys) - _LISTED} more" if len(open_keys) > _LISTED else ""
        raise UsageError(
            f"{where}: {', '.join(open_keys[:_LISTED])}{more} {'is' if len(open_keys) == 1 else 'are'} still "
            f"{TODO}. Decide what they are; the comments in a draft say how."
        )


def _leaves(value: object, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{key}.{name}" if key else str(name))
    else:
        yield key, value


def _known(loc: tuple[int | str, ...]) -> str:
    kind = {1: Table, 3: SignalRow}.get(len(loc), Reader)
    return ", ".join(entry.name for entry in fields(kind))


def _hint(key: str) -> str:
    own = {entry.name for entry in fields(Table)}
    return (
        "Every signal needs it." if key not in own else "`rewardsmith adapt ID --out FILE` drafts all keys."
    )


def _check(table: Table, where: str) -> None:
    if (table.success is None) == (table.metric is None):
        raise UsageError(f"{where}: give `success` or `metric`, one of them.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", table.name):
        raise UsageError(
            f"{where}: name is {reprlib.repr(table.name)}; give up to 64 letters, digits, - and _."
        )
    numbers = {"horizon": table.horizon, "action_size": table.action_size, "most_envs": table.most_envs}
    for key, number in numbers.items():
        if not 0 < number <= 10**6:
            raise UsageError(f"{where}: {key} is {number}; give 1 to 1,000,000.")
    for key, seconds in {"control_dt": table.control_dt, "patience_s": table.patience_s}.items():
        if not (math.isfinite(seconds) and seconds > 0):
            raise UsageError(f"{where}: {key} is {seconds}; give seconds above 0.")
    readers = {f"signals.{name}": row for name, row in table.signals.items()}
    readers |= {key: one for key, one in {"success": table.success, "metric": table.metric}.items() if one}
    for key, reader in readers.items():
        sources = [name for name in _SOURCES if getattr(reader, name) is not None]
        if len(sources) != 1:
            raise UsageError(
                f"{where}: {key} has {' and '.join(sources) or 'no source'}; give one of "
                f"{', '.join(_SOURCES)}."
            )
        if reader.function and not re.fullmatch(r"[\w-]+\.py:\w+", reader.function):
            raise UsageError(
                f"{where}: {key} has the function {reader.function!r}; give FILE.py:NAME beside it."
            )
    check_batch(table, readers, where)
    for name in table.signals:
        if not name.isidentifier() or not name.isascii() or name in ("actions", "previous_actions"):
            raise UsageError(f"{where}: {name!r} cannot name a signal; give letters, digits and _.")


_SOURCES = ("slice", "key", "info", "body", "site", "joint", "attribute", "function")
