"""A packed study is read like any other, and never written; what only looks like one is refused."""

from __future__ import annotations

import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.records import Candidate
from rewardsmith.study import Study
from rewardsmith.study_folder import is_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "s"
    with Study.create(folder, StudyConfig("franka-reach")) as study:
        study.save(Candidate("c000", 0, "initial"))
    database = folder / "study.db"
    (folder / "study.db.xz").write_bytes(lzma.compress(database.read_bytes()))
    database.unlink()
    return folder


def test_it_is_read(folder: Path):
    before = sorted(folder.rglob("*"))
    assert is_study(folder)
    with Study.open(folder) as study:
        assert [one.id for one in study.candidates] == ["c000"]
    assert sorted(folder.rglob("*")) == before


def test_it_is_not_written(folder: Path):
    with pytest.raises(StoreError, match=r"study.db.xz is packed, so it is read only.*xz --decompress"):
        Study.open(folder, write=True)


def test_the_database_itself_goes_first(folder: Path):
    packed = folder / "study.db.xz"
    (folder / "study.db").write_bytes(lzma.decompress(packed.read_bytes()))
    packed.write_bytes(b"no archive")
    with Study.open(folder, write=True) as study:
        assert len(study.candidates) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cut off"),
        (lzma.compress(b"x" * 100_000)[:-30], "cut off"),
        (b"no archive at all", "cannot be unpacked"),
        (lzma.compress(b"x" * 10, lzma.FORMAT_ALONE), "cannot be unpacked"),
        (lzma.compress(bytes(256_000_001), preset=0), "holds more than 256,000,000 bytes"),
        (lzma.compress(b"no database"), "not a database"),
        (lzma.compress(b"x") + b"y", "goes on behind its end"),
        (lzma.compress(b"x") * 2, "goes on behind its end"),
    ],
    ids=["empty", "cut", "other", "old archive", "bomb", "other content", "more", "two"],
)
def test_what_is_none_is_refused(content: bytes, message: str, folder: Path):
    (folder / "study.db.xz").write_bytes(content)
    with pytest.raises(StoreError, match=message):
        Study.open(folder)


def _repack(folder: Path, *statements: str) -> None:
    """The same database, changed."""
    packed, database = folder / "study.db.xz", folder / "changed.db"
    database.write_bytes(lzma.decompress(packed.read_bytes()))
    with closing(sqlite3.connect(database)) as changed:
        for statement in statements:
            changed.execute(statement)
        changed.commit()
        changed.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    packed.write_bytes(lzma.compress(database.read_bytes()))
    database.unlink()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE candidates SET record = '{}'",
        "CREATE TABLE more (x)",
        "DROP TABLE calls",
        "PRAGMA user_version = 99",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 0",
    ],
)
def test_what_is_wrong_inside_is_told_of_the_packed_file(statement: str, folder: Path):
    _repack(folder, statement)
    with pytest.raises(StoreError) as caught, Study.open(folder) as study:
        assert not study.candidates
    assert str(folder) in str(caught.value)
    assert "rewardsmith-" not in str(caught.value).replace(str(folder), "")
    if "study.db" in str(caught.value):
        assert str(folder / "study.db.xz") in str(caught.value)


def test_what_is_no_database_inside_is_told_of_the_packed_file(folder: Path):
    (folder / "study.db.xz").write_bytes(lzma.compress(b"no database"))
    with pytest.raises(StoreError, match=f"database {folder / 'study.db.xz'} failed: file is not"):
        Study.open(folder)


def test_an_archive_that_wants_much_memory_is_refused(folder: Path):
    wide = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30, "preset": 0}]
    (folder / "study.db.xz").write_bytes(lzma.compress(b"x", filters=wide))
    with pytest.raises(StoreError, match=r"cannot be unpacked: Memory usage limit exceeded"):
        Study.open(folder)


def test_a_link_is_refused(folder: Path, tmp_path: Path):
    packed = folder / "study.db.xz"
    packed.rename(tmp_path / "elsewhere.xz")
    packed.symlink_to(tmp_path / "elsewhere.xz")
    with pytest.raises(StoreError, match="is a link"):
        Study.open(folder)


def test_a_folder_without_any_is_no_study(folder: Path):
    (folder / "study.db.xz").unlink()
    with pytest.raises(UsageError, match=r"study.db missing"):
        Study.open(folder)
