"""The lock of a folder, and what may lie in its place."""

import fcntl
import os
import platform
import threading
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.lock import LOCK_FILE, FolderInUseError, FolderLock, is_held


def test_one_at_a_time_and_the_holder_is_named(tmp_path: Path):
    lock = FolderLock(tmp_path)
    with pytest.raises(FolderInUseError, match=f"process {os.getpid()} on {platform.node()}"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()


def test_whether_a_folder_is_held_is_told_without_holding_it(tmp_path: Path):
    assert not is_held(tmp_path)
    assert not list(tmp_path.iterdir())
    lock = FolderLock(tmp_path)
    assert is_held(tmp_path)
    lock.release()
    (tmp_path / LOCK_FILE).write_text("process 1 on a-machine\n", encoding="utf-8")  # as a kill leaves it
    assert not is_held(tmp_path)
    FolderLock(tmp_path).release()


def test_who_only_looks_keeps_nobody_out(tmp_path: Path):
    FolderLock(tmp_path).release()
    looking = os.open(tmp_path / LOCK_FILE, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    closing = threading.Timer(0.01, os.close, (looking,))
    closing.start()
    FolderLock(tmp_path).release()
    closing.join()


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
