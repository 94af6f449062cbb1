"""What a task file says, and reading it with errors that name the line's key."""

from __future__ import annotations

import math
import re
import reprlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from rewardsmith.contracts import Repeats, Role, Setting, Signal, Span
from rewardsmith.errors import UsageError

FORMAT = 1
TODO = "TODO"
"""How a value begins that a draft leaves to a person."""
_LISTED = 12
_MOST_BYTES = 1_000_000
_STRICT = ConfigDict(extra="forbid", frozen=True)
Pair = tuple[int, int]
Backend = Literal["gymnasium", "envpool", "metaworld"]


@with_config(_STRICT)
@dataclass(frozen=True, kw_only=True)
class Reader:
    """Where numbers come from: exactly one of the first eight says it."""

    slice: Pair | None = None
    """Of a plain observation: first column, and the one behind the last."""
    key: str | None = None
    """Of a dictionary of observations; nested ones with a slash."""
    info: str | None = None
    """Of what a step returns as ``info``."""
    body: str | None = None
    """Of a MuJoCo scene, and so are sites and joints."""
    site: str | None = None
    joint: str | list[str] | None = None
    attribute: str | None = None
    """Of the unwrapped environment, such as ``cube.pose.p``."""
    function: str | None = None
    """``FILE.py:NAME`` beside the task file: takes environment, observation and info."""
    quantity: Literal["pos", "quat", "linvel", "angvel", "vel"] | None = None
    """Of a body or a site ``pos`` (default), ``quat``, ``linvel``, ``angvel``; of a joint ``pos``
    or ``vel``."""
    columns: Pair | None = None
    """Of what was read: first number, and the one behind the last."""
    quat: Literal["wxyz", "xyzw"] = "wxyz"
    """Order of the source; signals are w first."""
    missing: float | None = None
    """What an ``info`` counts for that a step lacks."""

    def plain(self) -> dict[str, object]:
        """The reader alone, as a server takes it."""
        own = {entry.name: getattr(self, entry.name) for entry in fields(Reader)}
        return {name: value for name, value in own.items() if value is not None}


@with_config(_STRICT)
@dataclass(frozen=True, kw_only=True)
class SignalRow(Reader):
    """One signal: where it is read, and what a reward's author must know."""

    unit: str
    frame: str
    meaning: str
    role: Role
    low: float
    high: float
    shape: tuple[int, ...] | None = None
    """Left out: 3 numbers of a body or a site, 4 of a quaternion, a single number of one joint."""
    start: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Least and greatest values at an episode's start."""

    def signal(self, name: str) -> Signal:
        """As rewards know it."""
        return Signal(name, self.sizes, self.unit, self.frame, self.meaning, self.role, self.low, self.high)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Shape of one environment's value."""
        if self.shape is not None:
            return self.shape
        if self.quantity == "quat" or self.unit == "quat":
            return (4,)
        if self.body or self.site:
            return (3,)
        if isinstance(self.joint, list):
            return (len(self.joint),)
        span = self.columns or self.slice
        return (span[1] - span[0],) if span and span[1] - span[0] > 1 else ()


@with_config(_STRICT)
@dataclass(frozen=True, kw_only=True)
class Metric(Reader):
    """A number of each step whose mean over the episode takes the place of success."""

    worst: float = 0.0
    """Its least value: it counts for every step that an episode lacks, so an early end never
    pays."""


@with_config(_STRICT)
@dataclass(frozen=True, kw_only=True)
class Native:
    """The suite's own dense reward."""

    says: str
    """What it is, and whether it contains success."""
    read: Reader | None = None
    """Left out: what a step returns as its reward."""


@with_config(_STRICT)
@dataclass(frozen=True, kw_only=True)
class Table:
    """All that a task file says."""

    format: Literal[1]
    name: str
    environment: str
    """A Gymnasium id, or the backend's own name of it."""
    description: str
    success_rule: str
    horizon: int
    control_dt: float
    action_size: int
    signals: dict[str, SignalRow]
    backend: Backend = "gymnasium"
    imports: list[str] = field(default_factory=list)
    """Modules that make the id known."""
    path: list[str] = field(default_factory=list)
    """Folders to import from, seen from the task file's."""
    packages: list[str] = field(default_factory=list)
    """Whose versions decide what comes out."""
    arguments: dict[str, object] = field(default_factory=dict)
    python: str = ""
    """Interpreter that has the suite: a path, or ``suite:NAME`` of ``rewardsmith suites install``;
    empty: this one."""
    success: Reader | None = None
    """A goal is met where this is above a half."""
    metric: Metric | None = None
    latched: bool = False
    """Whether a goal that was met once counts as met for the rest of the episode."""
    terminations: Literal["all", "but-success", "none"] = "but-success"
    """Which of the environment's own ends end an episode."""
    observation: list[str] = field(default_factory=list)
    """Parts of a dictionary that the policy sees; none: all."""
    action_scale: float | list[float] = 1.0
    """What an action of 1 is where the action space has no bounds."""
    native: Native | None = None
    human_reward: str = ""
    group: str = "own"
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    facts: list[str] = field(default_factory=list)
    presets: dict[str, dict[str, Setting]] = field(default_factory=dict)
    """By trainer; ``population`` and ``rl-games`` take the same."""
    repeats: Repeats = "bit"
    most_envs: int = 512
    """As many environments as usual memory holds."""
    camera: bool = False
    """Whether it draws pictures (``render_mode`` ``rgb_array``)."""
    patience_s: float = 300.0
    """A server that says nothing for so long is taken for hung."""
    exceptions: dict[str, str] = field(default_factory=dict)
    """Checks of the contract that it does not pass, and why."""

    def starts(self) -> Mapping[str, Span]:
        """Where episodes begin, as far as the file says."""
        return {name: Span(*row.start) for name, row in self.signals.items() if row.start}


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
    for name in table.signals:
        if not name.isidentifier() or not name.isascii() or name in ("actions", "previous_actions"):
            raise UsageError(f"{where}: {name!r} cannot name a signal; give letters, digits and _.")


_SOURCES = ("slice", "key", "info", "body", "site", "joint", "attribute", "function")
