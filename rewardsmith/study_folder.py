"""What makes a folder a study: which files, and what is there before it is complete."""

from __future__ import annotations

import os
from pathlib import Path

from rewardsmith.lock import LOCK_FILE
from rewardsmith.store.packed import is_database
from rewardsmith.task_files import FOLDER

CONFIG, DATABASE = "config.yaml", "study.db"
UNBORN = f".{DATABASE}"
"""The database while a study is made; the last step gives it its name."""
_HALF_MADE = frozenset(
    {LOCK_FILE, f".{CONFIG}.part", FOLDER, *(f"{UNBORN}{end}" for end in ("", "-journal", "-wal", "-shm"))}
)


def is_study(folder: Path) -> bool:
    """Whether a folder holds a study, finished or not."""
    return is_database(folder / DATABASE) and (folder / CONFIG).is_file()


def is_half_made(folder: Path) -> bool:
    """Whether a folder holds no more than what is there before a new study is complete."""
    if not folder.is_dir():
        return False
    names = set(os.listdir(folder))
    return names <= _HALF_MADE | ({CONFIG} if UNBORN in names else set())


def no_study(folder: Path) -> str:
    """Say that a folder is none, and which are."""
    if not folder.exists():
        return f"there is no folder {folder}. Give the --out of a search or of a comparison."
    inside = [
        path.parent for pattern in (f"*/{DATABASE}", f"studies/*/{DATABASE}") for path in folder.glob(pattern)
    ]
    if inside:
        return f"{folder} is not a study folder, but it holds studies. Name one, such as {min(inside)}."
    missing = " and ".join(name for name in (CONFIG, DATABASE) if not (folder / name).is_file())
    return (
        f"{folder} is not a study folder ({missing} missing). Give the --out of a search or of a comparison."
    )
