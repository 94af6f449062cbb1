"""The lock of a folder, and what may lie in its place."""

import os
import platform
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.lock import LOCK_FILE, FolderInUseError, FolderLock


def test_one_at_a_time_and_the_holder_is_named(tmp_path: Path):
    lock = FolderLock(tmp_path)
    with pytest.raises(FolderInUseError, match=f"process {os.getpid()} on {platform.node()}"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()


def test_a_holder_with_another_text_is_not_shown(tmp_path: Path):
    lock = FolderLock(tmp_path)
    (tmp_path / LOCK_FILE).write_text("\x1b]0;title\x07 process 1 on x\nand more", encoding="utf-8")
    with pytest.raises(FolderInUseError, match="in use by another process"):
        FolderLock(tmp_path)
    lock.release()


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder", "second name"])
def test_what_is_no_lock_file_is_refused_and_left_alone(tmp_path: Path, kind: str):
    victim, place = tmp_path / "victim", tmp_path / "folder" / LOCK_FILE
    victim.write_text("mine", encoding="utf-8")
    place.parent.mkdir()
    make = {
        "link": lambda: place.symlink_to(victim),
        "dangling": lambda: place.symlink_to(tmp_path / "nothing"),
        "pipe": lambda: os.mkfifo(place),
        "folder": place.mkdir,
        "second name": lambda: place.hardlink_to(victim),
    }
    make[kind]()
    with pytest.raises(StoreError, match=LOCK_FILE):
        FolderLock(place.parent)
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "nothing").exists()
