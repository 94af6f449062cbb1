"""Looking at a live environment, made by its suite's own interpreter (``serving/look.py``)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rewardsmith.errors import UsageError
from rewardsmith_envs.adapters.failures import SuiteError, advice
from rewardsmith_envs.adapters.interpreters import surroundings
from rewardsmith_envs.adapters.table import Backend

PATIENCE_S = 300.0
"""A look that takes longer is taken for hung."""
_SECONDS = 60.0
"""No further random episode is begun after that."""
_SCRIPT = Path(__file__).parent / "serving" / "look.py"
_MOST_PRINTED = 1_000


@dataclass(frozen=True)
class Subject:
    """Which environment, and where."""

    backend: Backend
    environment: str
    imports: tuple[str, ...]
    python: str
    """The interpreter, as it is started."""
    path: tuple[Path, ...] = ()
    """Folders to import from."""


@dataclass(frozen=True)
class Part:
    """Of an observation; a plain one is a single part without a name."""

    key: str
    size: int


@dataclass(frozen=True)
class Actions:
    """The action space: a box."""

    size: int
    bounded: bool
    low: float
    high: float


@dataclass(frozen=True)
class Measured:
    """A proposed signal: its reader, and the range of each of its numbers."""

    reader: Mapping[str, str | list[str] | list[int]]
    low: tuple[float, ...]
    high: tuple[float, ...]
    start_low: tuple[float, ...]
    start_high: tuple[float, ...]


@dataclass(frozen=True)
class Info:
    """An entry of ``info`` that is one number."""

    name: str
    seen: int
    """Steps that had it."""
    flag: bool
    """Whether it was 0 or 1 whenever it was seen."""
    first: int
    """Episodes in which it was true after the first step."""
    last: int
    """Episodes in which it was true after the last one."""


@dataclass(frozen=True)
class Played:
    """Random episodes."""

    episodes: int
    steps: int
    signals: tuple[Measured, ...]
    infos: tuple[Info, ...]
    reward_low: float
    reward_high: float
    dense: bool
    ended: int
    """Episodes that the environment ended by itself."""
    cut: int
    """The earliest step at which it truncated one; 0: it never did."""
    broken: str
    """What was not finite, and when; else empty."""


@dataclass(frozen=True)
class Seeds:
    """What a seed gives again."""

    starts: bool
    """The same start, in the same environment and in a new one."""
    futures: bool
    """The same observations under the same actions, too."""
    again: bool
    """The same start in the same environment."""
    vary: bool
    """Another seed gives another start."""


@dataclass(frozen=True)
class Second:
    """Of a control step."""

    seconds: float
    source: str


@dataclass(frozen=True)
class Seen:
    """All that was found out of an environment."""

    observation: tuple[Part, ...]
    actions: Actions
    scene: Mapping[str, tuple[str, ...]]
    """Bodies, sites and joints, where MuJoCo's own bindings are."""
    limit: int
    """Control steps of an episode, as registered; 0: no limit is known."""
    played: Played
    seeds: Seeds
    second: Second
    packages: Mapping[str, str]
    modes: tuple[str, ...]
    memory_mb: float = 0.0
    camera: str = field(default="the process ended when it was asked to draw")
    """Why it draws no pictures; empty: it does."""


_SEEN = TypeAdapter(Seen)


def subject(environment: str, python: str) -> Subject:
    """Take an id apart.

    Args:
        environment: A Gymnasium id, ``module:Id`` to import the module first, ``envpool:ID`` or
            ``metaworld:ID``.
        python: An interpreter, ``suite:NAME``, or nothing for this one.

    Raises:
        UsageError: There is no such interpreter, or the id is empty.
    """
    first, colon, rest = environment.rpartition(":")
    if not rest:
        raise UsageError(f"the id is {environment!r}; give one such as FetchReach-v4 or my_module:MyEnv-v0.")
    program = _program(python)
    if first == "envpool" or first == "metaworld":
        return Subject(first, rest, (), program)
    folders = (Path.cwd(),) if colon and _is_here(first) else ()
    return Subject("gymnasium", rest, (first,) if colon else (), program, folders)


def _is_here(module: str) -> bool:
    top = Path.cwd() / module.partition(".")[0]
    return top.is_dir() or top.with_suffix(".py").is_file()


def _program(python: str) -> str:
    if not python:
        return sys.executable
    if python.startswith("suite:"):
        from rewardsmith_envs.adapters.suites import interpreter

        return interpreter(python.removeprefix("suite:"))
    found = shutil.which(os.path.expanduser(python))
    if found is None:
        raise UsageError(f"--python is {python}, and no program is there. Give an interpreter of the suite.")
    return os.path.abspath(found)  # a link into another environment stays one


def look(subject: Subject) -> Seen:
    """Make the environment, play it at random and measure.

    Raises:
        SuiteError: It cannot be made or played; the message says what to do.
    """
    spec = {
        "backend": subject.backend,
        "environment": subject.environment,
        "imports": subject.imports,
        "arguments": {},
        "path": [str(folder) for folder in subject.path],
        "render": False,
        "seconds": _SECONDS,
    }
    try:
        done = subprocess.run(
            [subject.python, "-u", str(_SCRIPT)],
            input=json.dumps(spec).encode(), capture_output=True, timeout=PATIENCE_S, check=False,
            env=surroundings(subject.python), start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise SuiteError(
            f"cannot start {subject.python}: {error.strerror}. Give an interpreter as --python."
        ) from error
    except subprocess.TimeoutExpired:
        raise SuiteError(
            f"{subject.environment} was not done after {PATIENCE_S:g} s, so it is taken for hung. Make and "
            f"step it once by hand in {subject.python}, and see where it waits."
        ) from None
    return _understood(subject, done)


def _understood(subject: Subject, done: subprocess.CompletedProcess[bytes]) -> Seen:
    found: dict[str, object] = {}
    try:
        for line in done.stdout.splitlines():
            found |= json.loads(line)
        failed = found.get("failed")
        if isinstance(failed, dict):
            told = f"{failed.get('kind')} in {failed.get('where')}: {str(failed.get('text'))[:1000]}."
            raise SuiteError(
                f"{subject.environment} ({subject.python}) raised {told}"
                f"{advice(str(failed.get('kind')), subject.python, done.stderr.decode(errors='replace'))}"
            )
        return _SEEN.validate_python(found)
    except (ValueError, ValidationError):
        how = f"by signal {-done.returncode}" if done.returncode < 0 else f"with {done.returncode}"
        printed = done.stderr[-_MOST_PRINTED:].decode(errors="replace").strip()
        raise SuiteError(
            f"the process that looked at {subject.environment} was ended {how} before it was done."
            f"{advice('', subject.python, printed)} The last that it printed: {printed or 'nothing'}"
        ) from None
