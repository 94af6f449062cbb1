"""What a task file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from pydantic import ConfigDict, with_config

from rewardsmith.contracts import Device, Repeats, Role, Setting, Signal, Span

TODO = "TODO"
"""How a value begins that a draft leaves to a person."""
_STRICT = ConfigDict(extra="forbid", frozen=True)
Pair = tuple[int, int]
Backend = Literal["gymnasium", "envpool", "metaworld", "isaacgym", "mjlab", "isaaclab"]
BATCHED = ("isaacgym", "mjlab", "isaaclab")
"""Backends that hold a fixed batch in one simulation, of which a process can have one."""


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
    """Of the unwrapped environment, such as ``cube.pose.p``; of a batch also with keys, such as
    ``scene[robot].data.root_pos_w``."""
    function: str | None = None
    """``FILE.py:NAME`` beside the task file: takes environment, observation and info."""
    quantity: Literal["pos", "quat", "linvel", "angvel", "vel"] | None = None
    """Of a body or a site ``pos`` (default), ``quat``, ``linvel``, ``angvel``; of a joint ``pos``
    or ``vel``."""
    columns: Pair | None = None
    """Of what was read: first number, and the one behind the last."""
    quat: Literal["wxyz", "xyzw"] = "wxyz"
    """Order of the source; signals are w first."""
    origins: bool | None = None
    """Whether a position has the place of its environment in a batch's world in it, which is taken
    away."""
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
    batch: int = 0
    """Environments in each simulation of a backend in :data:`BATCHED`, used or not."""
    devices: list[Device] = field(default_factory=list)
    """Where it can be simulated; none: on the GPU for :data:`BATCHED`, else on the CPU."""
    camera: bool = False
    """Whether it draws pictures (``render_mode`` ``rgb_array``)."""
    patience_s: float = 300.0
    """A server that says nothing for so long is taken for hung."""
    exceptions: dict[str, str] = field(default_factory=dict)
    """Checks of the contract that it does not pass, and why."""

    def starts(self) -> Mapping[str, Span]:
        """Where episodes begin, as far as the file says."""
        return {name: Span(*row.start) for name, row in self.signals.items() if row.start}

    @property
    def alone(self) -> bool:
        """Whether a simulation holds one training only, since its rows draw from one generator."""
        return self.backend in BATCHED
