"""Configurations as plain data: read with errors that name the key, and written completely."""

from __future__ import annotations

import dataclasses
import math
import re
import reprlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from rewardsmith.config import TrainingOverrides
from rewardsmith.contracts import Setting
from rewardsmith.errors import UsageError, unknown_name
from rewardsmith.files import read_named

C = TypeVar("C")
_MOST_BYTES, _MOST_DEPTH = 100_000, 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_NAMES = frozenset({"task", "strategy", "writer", "trainer"})
_MOST_TEXT, _MOST_ITEMS = 4_096, 100
_MOST = {
    **dict.fromkeys(("episodes", "hidden", "rollout"), 65_536),
    **dict.fromkeys(("candidates", "samples", "minibatches", "envs"), 1_000_000),
    **dict.fromkeys(
        (
            "repairs",
            "fresh_after",
            "final_seeds",
            "remember",
            "mini_epochs",
            "slots",
            "concurrency",
            "retries",
        ),
        10_000,
    ),
    **dict.fromkeys(("repeats", "threads", "islands", "capacity", "crossover"), 10_000),
    **dict.fromkeys(("initial", "structure", "parameters", "path", "different"), 10_000),
    "seed": 2**63 - 1,
}
"""Beyond these a number is a mistake, or meant to fill somebody's memory."""
_MOST_OTHER = 10**13
_ODD_YAML = (
    yaml.YAMLError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What the reader makes of odd texts: a month 13, an empty number, a number of 5,000 digits."""


def from_mapping(cls: type[C], data: Mapping[str, object], path: str = "") -> C:
    """Build a (nested) config dataclass from plain data.

    Args:
        cls: The dataclass.
        data: Values by field name.
        path: Where ``data`` stands in its file, for messages.

    Raises:
        UsageError: An unknown key, a missing one or a value of the wrong type, with its path.
    """
    assert dataclasses.is_dataclass(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    hints = get_type_hints(cls)
    values: dict[str, object] = {}
    for key, value in data.items():
        name = key if isinstance(key, str) and len(key) <= _MOST_TEXT else short(key)
        where = f"{path}.{name}" if path else name
        if key not in fields:
            raise unknown_name("config key", where, [f"{path}.{name}" if path else name for name in fields])
        kind = hints[key]
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            if not isinstance(value, Mapping):
                raise UsageError(
                    f"config key {where!r} is {short(value)}; give a mapping with: "
                    f"{', '.join(f.name for f in dataclasses.fields(kind))}."
                )
            values[key] = from_mapping(kind, value, where)
        else:
            values[key] = (
                _overrides(value, where) if kind is TrainingOverrides else _checked(kind, value, where)
            )
    missing = [
        n
        for n, f in fields.items()
        if n not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise UsageError(f"config key {missing[0]!r} is missing. Give it on the command line or in the file.")
    return cls(**values)


def is_name(text: str) -> bool:
    """Whether a text can name a task, a strategy, a preset, a writer or a trainer.

    Some of these become parts of paths.
    """
    return _NAME.fullmatch(text) is not None


def short(value: object) -> str:
    """A value for a message: of something long, the beginning."""
    shortened = reprlib.Repr()
    shortened.maxstring = shortened.maxother = 60
    try:
        text = shortened.repr(value)
    except ValueError:  # Python prints no number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:76]} ..."


def _overrides(data: object, where: str) -> TrainingOverrides:
    """Settings of a trainer, which need not be installed here.

    Only :mod:`rewardsmith.settings` knows their names and kinds.
    """
    if not isinstance(data, Mapping) or len(data) > _MOST_ITEMS:
        raise UsageError(
            f"config key {where!r} is {short(data)}; give a mapping of training settings, at most "
            f"{_MOST_ITEMS}."
        )
    values = TrainingOverrides()
    for name, value in data.items():
        if not isinstance(name, str) or not is_name(name):
            raise UsageError(f"config key {where!r} has {short(name)}; give names of training settings.")
        if value is not None:  # left out
            values[name] = _checked(Setting, value, f"{where}.{name}")
    return values


def _checked(kind: Any, value: object, where: str) -> Any:
    valid = validated(kind, value, where)
    if why := _fault(where.rpartition(".")[2], valid):
        raise UsageError(f"config key {where!r} is {short(value)}; {why}.")
    return valid


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def validated(kind: Any, value: object, where: str) -> Any:
    """A value as its kind has it.

    Raises:
        UsageError: It is none of that kind.
    """
    try:
        return _adapter(kind).validate_python(value)
    except (ValidationError, OverflowError) as error:
        why = (
            error.errors(include_input=False)[0]["msg"].lower()
            if isinstance(error, ValidationError)
            else "it is too large"
        )
        raise UsageError(f"config key {where!r} is {short(value)}: {why}.") from None


def _fault(name: str, value: object) -> str:
    """What a value must be, if it is of the right kind but absurd; else nothing."""
    if isinstance(value, (tuple, Mapping)):
        if len(value) > _MOST_ITEMS:
            return f"give at most {_MOST_ITEMS} values"
        items = value.items() if isinstance(value, Mapping) else ((name, item) for item in value)
        return next((why for key, item in items if (why := _fault(key, item))), "")
    if isinstance(value, str):
        if name in _NAMES and value and not is_name(value):
            return "give a name of at most 64 letters, digits, '.', '-' and '_'"
        return f"give at most {_MOST_TEXT:,} characters" if len(value) > _MOST_TEXT else ""
    if isinstance(value, (int, float)):
        if isinstance(value, float) and not math.isfinite(value):
            return "give a finite number"
        most = _MOST.get(name, _MOST_OTHER)
        return "" if abs(value) <= most else f"give at most {most:,}"
    return ""


class _PlainLoader(yaml.SafeLoader):
    """Without aliases, by which few lines become a billion values, and without endless nesting."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Read one value."""
        event = self.peek_event()
        if getattr(event, "anchor", None) is not None:
            raise yaml.YAMLError("anchors and aliases (& and *) are not read here; write values out")
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise yaml.YAMLError(f"it is nested more than {_MOST_DEPTH} levels deep")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def parse_yaml(text: str, what: str) -> dict[str, object]:
    """Understand the text of a config file.

    Args:
        text: YAML, without aliases.
        what: Names the file in messages.

    Raises:
        UsageError: It is too long, no YAML or not a mapping.
    """
    if len(text) > _MOST_BYTES:
        raise UsageError(
            f"{what} is longer than a config can be ({_MOST_BYTES:,} characters). Give another file."
        )
    try:
        data = yaml.load(text, _PlainLoader)
    except _ODD_YAML as error:
        why = " ".join(str(error).split())
        raise UsageError(
            f"{what} is not valid YAML: {why if len(why) <= 300 else why[:296] + ' ...'}."
        ) from None
    if not isinstance(data, dict):
        raise UsageError(f"{what} must hold keys and values, such as `candidates: 16`.")
    return data


def read_yaml(path: Path) -> dict[str, object]:
    """Read a config file.

    Raises:
        UsageError: It cannot be read, is no YAML or is not a mapping.
    """
    what = f"the config file {path}"
    try:
        text = read_named(path, _MOST_BYTES).decode()
    except OSError as error:
        raise UsageError(f"cannot read {what}: {error.strerror}. Give a YAML file.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{what} is not valid YAML: {error}.") from None
    return parse_yaml(text, what)


def to_yaml(config: object) -> str:
    """The complete configuration; :func:`from_mapping` of it gives the same one."""
    return yaml.safe_dump(_plain(config), sort_keys=False)


def _plain(value: Any) -> object:
    if dataclasses.is_dataclass(value):
        return {name: _plain(item) for name, item in vars(value).items()}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
