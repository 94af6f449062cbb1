"""Configurations as plain data: reading them with errors that name the key, and writing them completely."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from rewardsmith.config import TrainingOverrides
from rewardsmith.errors import UsageError, unknown_name

C = TypeVar("C")


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
        where = f"{path}.{key}" if path else str(key)
        if key not in fields:
            raise unknown_name("config key", where, [f"{path}.{name}" if path else name for name in fields])
        kind = hints[key]
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            if not isinstance(value, Mapping):
                raise UsageError(
                    f"config key {where!r} is {value!r}; give a mapping with: {', '.join(f.name for f in dataclasses.fields(kind))}."
                )
            values[key] = from_mapping(kind, value, where)
        else:
            values[key] = _validated(kind, value, where)
    missing = [
        n for n, f in fields.items() if n not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise UsageError(f"config key {missing[0]!r} is missing. Give it on the command line or in the file.")
    return cls(**values)


def _validated(kind: Any, value: object, where: str) -> object:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise UsageError(f"config key {where!r} is {value!r}: {error.errors()[0]['msg'].lower()}.") from None


def read_yaml(path: Path) -> dict[str, object]:
    """Read a config file.

    Raises:
        UsageError: It cannot be read, is no YAML or is not a mapping.
    """
    try:
        data = yaml.safe_load(path.read_text())
    except OSError as error:
        raise UsageError(f"cannot read the config file {path}: {error.strerror}. Give a YAML file.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"the config file {path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise UsageError(f"the config file {path} must hold keys and values, such as `candidates: 16`.")
    return data


def to_yaml(config: object) -> str:
    """The complete configuration; :func:`from_mapping` of it gives the same one. Training settings of the preset are left out."""
    return yaml.safe_dump(_plain(config), sort_keys=False)


def _plain(value: Any) -> object:
    if dataclasses.is_dataclass(value):
        items = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        sparse = isinstance(value, TrainingOverrides)
        return {name: _plain(item) for name, item in items.items() if not (sparse and item is None)}
    return list(value) if isinstance(value, tuple) else value
