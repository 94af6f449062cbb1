"""What this machine remembers between studies.

Everything here can be deleted, and nothing here is needed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

_LEAST_S = 20.0


def cache_folder() -> Path:
    """The user's cache folder for rewardsmith; it may not exist."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rewardsmith"


def state_folder() -> Path:
    """Where this user's decisions and the guard's verdicts are kept; it may not exist.

    No training process can write here.
    """
    given = os.environ.get("XDG_STATE_HOME", "")
    return (Path(given) if os.path.isabs(given) else Path.home() / ".local" / "state") / "rewardsmith"


def remember_speed(
    task: str,
    trainer: str,
    device: str,
    env_steps: int,
    seconds: float,
    least_s: float = _LEAST_S,
) -> None:
    """Keep how fast a task was trained here, start-up and scoring included.

    An unwritable cache is no error.

    Args:
        task: Its name.
        trainer: Its name.
        device: Its name.
        env_steps: Steps of all trainings.
        seconds: What they took.
        least_s: Shorter trainings are not kept; they say more about start-up than about speed.
    """
    if seconds < least_s:
        return
    speeds = _speeds() | {f"{task} {trainer} {device}": env_steps / seconds}
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        part = _speed_file().with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(speeds), encoding="utf-8")
        part.replace(_speed_file())
    except OSError:
        return


def known_speed(task: str, trainer: str, device: str) -> float | None:
    """Environment steps per second of a task's last search or training by a trainer on a device."""
    return _speeds().get(f"{task} {trainer} {device}")


def _speed_file() -> Path:
    return cache_folder() / "speed.json"


def _speeds() -> dict[str, float]:
    try:
        data = json.loads(_speed_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        {
            str(name): float(speed)
            for name, speed in data.items()
            if isinstance(speed, (int, float)) and speed > 0
        }
        if isinstance(data, dict)
        else {}
    )
