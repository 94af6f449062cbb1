"""What lies where SQLite would open a file: no link is followed, no
second name written over, nothing deleted."""

from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.store.sqlite import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Store(tmp_path / "study.db", create=True).close()
    return tmp_path / "study.db"


@pytest.mark.parametrize("name", ["study.db", "study.db-wal", "study.db-shm", "study.db-journal"])
def test_what_sqlite_would_open_is_no_link(path: Path, tmp_path: Path, name: str):
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    (path.parent / name).unlink(missing_ok=True)
    (path.parent / name).symlink_to(victim)
    for write in (False, True):
        with pytest.raises(StoreError, match=f"{name} is "):
            Store(path, write=write)
    assert victim.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["study.db-wal", "study.db-shm"])
def test_a_log_with_a_second_name_is_refused(path: Path, tmp_path: Path, name: str):
    (tmp_path / "victim").write_bytes(b"mine" * 20_000)
    (path.parent / name).hardlink_to(tmp_path / "victim")
    with pytest.raises(StoreError, match=f"{name} has a second name"):
        Store(path, write=False)
    assert (tmp_path / "victim").read_bytes() == b"mine" * 20_000


def test_a_journal_is_refused_for_it_may_name_what_is_then_deleted(path: Path):
    (path.parent / "study.db-journal").write_bytes(b"\xd9\xd5\x05\xf9 \xa1c\xd7")
    with pytest.raises(StoreError, match="has no journal"):
        Store(path)
