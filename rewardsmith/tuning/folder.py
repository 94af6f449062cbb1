"""A folder that ``tune`` made: a reward with other numbers, and how each setting did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rewardsmith.contracts import Device
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.files import append_line, check_plain, read_bytes, write_whole
from rewardsmith.records import Rung, Score
from rewardsmith.records.limits import Count, Number

_MOST_BYTES = 100_000_000
TUNING, SETTINGS, REWARD, RESULT = "tuning.json", "settings.jsonl", "reward.py", "result.json"

WRITTEN = 0
"""The number of the setting that the reward was written with."""


@dataclass(frozen=True)
class Tuning:
    """``tuning.json``: what was asked for. Another one in the same folder is refused."""

    task: str
    reward: str
    """As it was named."""
    source: str
    trainer: str
    device: Device
    env_steps: Count
    settings: int
    at_a_time: int
    halving: bool
    seed: int
    episodes: int
    finalists: int
    fresh_seeds: int


@dataclass(frozen=True)
class Setting:
    """One line of ``settings.jsonl``: other numbers, and what became of them."""

    number: Count
    values: Mapping[str, Number]
    state: str
    """``SCORED``, ``EVICTED``, ``REFUSED`` by the guard, or the fault of its training."""
    env_steps: Count = 0
    score: Score | None = None
    rungs: tuple[Rung, ...] = ()
    cause: str = ""
    fresh: int | None = None
    """Which of the fresh seeds it was trained on; ``None``: in the search for numbers."""

    @property
    def last_score(self) -> float | None:
        """The mean at its end, or at its last rung; ``None``: it failed."""
        if self.score:
            return self.score.mean
        return self.rungs[-1].score.mean if self.rungs and self.state == "EVICTED" else None

    def told(self, steps: int) -> tuple[float, float] | None:
        """Its last score, and the share of a training of so many steps after which it was taken."""
        if self.last_score is None:
            return None
        return self.last_score, 1.0 if self.score else self.rungs[-1].env_steps / steps


@dataclass(frozen=True)
class Confirmed:
    """A setting that was trained again on fresh seeds."""

    number: Count
    score: Number | None
    """That it was chosen by, so biased upwards."""
    fresh: tuple[Number | None, ...]
    """One for each fresh seed; ``None`` where it failed there."""
    errors: tuple[Number, ...]
    """Standard errors of these over their episodes."""
    env_steps: Count
    """Of these."""


@dataclass(frozen=True)
class Tuned:
    """``result.json``: what came of it."""

    best: Count
    """Number of the setting that wins on fresh seeds; 0 are the written numbers."""
    values: Mapping[str, Number]
    confirmed: tuple[Confirmed, ...]
    importance: Mapping[str, Number]
    env_steps: Count
    is_told: bool
    """Whether it is better than the written numbers by more than luck."""


_TUNING, _SETTING, _TUNED = TypeAdapter(Tuning), TypeAdapter(Setting), TypeAdapter(Tuned)


def is_tuning(folder: Path) -> bool:
    """Whether ``tune`` made the folder."""
    return (folder / TUNING).is_file()


def open_tuning(folder: Path) -> tuple[Tuning, list[Setting], Tuned | None]:
    """What was asked for, the settings at their end, and the result if it is there.

    Raises:
        StoreError: It holds anything but what ``tune`` writes.
    """
    check_plain(folder, 1)
    try:
        tuning = _TUNING.validate_json(read_bytes(folder / TUNING, _MOST_BYTES))
        result = folder / RESULT
        tuned = _TUNED.validate_json(read_bytes(result, _MOST_BYTES)) if result.is_file() else None
        return tuning, read_settings(folder), tuned
    except (OSError, ValidationError) as error:
        raise StoreError(f"{folder} is no tuning: {_first_line(error)}. Restore it from a copy.") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def claim(folder: Path, tuning: Tuning) -> list[Setting]:
    """Make a folder, or go on in it; the settings that are known there.

    Raises:
        UsageError: Something else is in it.
    """
    if is_tuning(folder):
        asked, settings, _ = open_tuning(folder)
        if asked != tuning:
            raise UsageError(f"{folder} holds another tuning. Give another folder with --out.")
        return settings
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} exists already. Give another folder with --out.")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder.resolve() / TUNING, _TUNING.dump_json(tuning, indent=1), durable=True)
    return []


def read_settings(folder: Path) -> list[Setting]:
    """All settings at their end, as they ended; a line that a kill cut off is none."""
    path = folder / SETTINGS
    lines = read_bytes(path, _MOST_BYTES).splitlines(keepends=True) if path.exists() else []
    return [_SETTING.validate_json(line) for line in lines if line.endswith(b"\n")]


def add_setting(folder: Path, setting: Setting) -> None:
    """Keep one more, on the disk when it returns; what a kill cut off goes."""
    append_line(folder.resolve() / SETTINGS, _SETTING.dump_json(setting))


def write_result(folder: Path, tuned: Tuned, source: str) -> None:
    """The end: numbers, and the reward that has them."""
    write_whole(folder.resolve() / REWARD, source.encode(), durable=True)
    write_whole(folder.resolve() / RESULT, _TUNED.dump_json(tuned, indent=1), durable=True)
