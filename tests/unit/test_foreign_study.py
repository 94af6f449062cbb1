"""Folders that somebody forged: nothing outside of them is
written or read, and each is refused by name."""

import os
import re
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.records import Trial
from rewardsmith.study import Study
from tests.builders import keep, run_of, trained

CONFIG = StudyConfig("franka-reach", candidates=3)
PROGRAM = "def compute_reward(a):\n    return (a, {})\n"


def written(identity: str) -> Trial:
    return trained(identity, 0.5, program=PROGRAM)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Study.create(tmp_path / "s", CONFIG) as study:
        keep(study, written("c000"))
        study.save(written("c000").candidate)
    return tmp_path / "s"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    return tmp_path / "victim"


def open_and_save(folder: Path) -> None:
    with Study.open(folder, write=True) as study:
        study.save(written("c001").candidate)


def fifo(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    path.unlink(missing_ok=True)
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.fchdir(here)
    os.close(here)


def link(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(path.parents[len(path.parts) - 1 - path.parts.index("s")].parent / "victim")


PLACES = [
    *("study.db", "study.db-wal", "study.db-shm", "study.lock", "config.yaml", ".config.yaml.part", "notes"),
    *(
        "candidates/c000/reward.py",
        "candidates/c000/.reward.py.part",
        "candidates/c001",
        "runs",
        "runs/c001-search-0",
    ),
    *(
        f"runs/c000-search-0/{name}"
        for name in ("policy.pt", ".policy.pt.part", "policy.part", "episodes.pt")
    ),
]


@pytest.mark.parametrize("make", [link, fifo, a_socket])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("write", [False, True])
def test_anything_but_plain_files_is_refused_by_name(
    folder: Path, victim: Path, make: Callable[[Path], None], place: str, write: bool
):
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    make(folder / place)
    with pytest.raises(
        StoreError, match=rf"{re.escape(place)} is a (link|pipe|socket); a study holds plain files"
    ):
        Study.open(folder, write=write)
    assert victim.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("place", ["candidates", "candidates/c000", "runs", "runs/c000-search-0"])
def test_a_folder_that_leads_elsewhere_is_refused(folder: Path, tmp_path: Path, place: str):
    if (folder / place).exists():
        (folder / place).rename(tmp_path / "elsewhere")
    else:
        (tmp_path / "elsewhere").mkdir()
    before = sorted(map(str, (tmp_path / "elsewhere").rglob("*")))
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=f"{place} is a link"):
        open_and_save(folder)
    assert sorted(map(str, (tmp_path / "elsewhere").rglob("*"))) == before


@pytest.mark.parametrize("name", ["study.db", "study.lock", "config.yaml"])
def test_a_file_with_a_second_name_is_read_but_not_continued(folder: Path, tmp_path: Path, name: str):
    os.link(folder / name, tmp_path / "backup")
    before = (tmp_path / "backup").read_bytes()
    with Study.open(folder) as study:
        assert len(study.candidates) == 1
    with pytest.raises(StoreError, match=rf"{name} has a second name elsewhere.*`cp -r`"):
        Study.open(folder, write=True)
    assert (tmp_path / "backup").read_bytes() == before


def test_what_appears_after_opening_is_not_followed(folder: Path, victim: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    with Study.open(folder, write=True) as study:
        (folder / "candidates" / "c000" / "reward.py").unlink()
        (folder / "candidates" / "c000" / "reward.py").symlink_to(victim)
        study.save(written("c000").candidate)
        (folder / "candidates" / "c001").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(StoreError, match="a link or a file, not a folder"):
            study.save(written("c001").candidate)
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not any((tmp_path / "elsewhere").iterdir())
    assert (folder / "candidates" / "c000" / "reward.py").read_text(encoding="utf-8").endswith(PROGRAM)


def test_the_folder_itself_may_be_a_link_that_the_user_typed(folder: Path, tmp_path: Path):
    (tmp_path / "latest").symlink_to(folder)
    open_and_save(tmp_path / "latest")
    with Study.open(tmp_path / "latest") as study:
        path = study.policy_path(run_of("c001"))
        assert path == folder.resolve() / "runs" / "c001-search-0" / "policy.pt"
        assert study.relative(str(path)) == "runs/c001-search-0/policy.pt"
        assert study.episodes_path(run_of("c001")) == path.with_name("episodes.pt")
        with pytest.raises(StoreError, match="is not in the study"):
            study.relative("/etc/passwd")


def set_value(folder: Path, key: str, value: object) -> None:
    database = sqlite3.connect(folder / "study.db")
    database.execute("INSERT OR REPLACE INTO study VALUES (?, ?)", (key, value))
    database.commit()
    database.close()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("seconds", odd) for odd in ("abc", "nan", "inf", "-1", "1e999", "1" * 5_000)),
        *(("identity", odd) for odd in ("", "../x", "A" * 32, "0" * 33, "0" * 32 + "\n")),
        *((key, "x" * 200_000) for key in ("notice", "stopped", "version", "finished")),
    ],
)
def test_texts_that_cannot_be_are_refused(folder: Path, key: str, value: str):
    set_value(folder, key, value)
    with pytest.raises(StoreError, match=f"its value '{key}' is ") as caught:
        Study.open(folder)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "made",
    [
        "- a\n- b\n",
        "a: [",
        "42",
        "",
        "[" * 3_000,
        "task: 2024-13-45",
        "1: 2",
        "task: &a x",
        "nonsense: 1",
        "task: [1]",
        "x" * 200_000,
    ],
)
def test_an_odd_copy_of_the_config_is_a_clear_error(folder: Path, made: str):
    set_value(folder, "config.yaml", made)
    with pytest.raises(StoreError, match=r"study\.db cannot be read"):
        Study.open(folder)


@pytest.mark.parametrize(
    "text",
    ["- a\n", "a: [", "task: 2024-13-45", "task: ../../x", "candidates: 1000000000000", "", "\x00", "{}"],
)
def test_an_odd_config_is_a_clear_error(folder: Path, text: str):
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        Study.open(folder)


def test_every_study_has_an_identity_of_its_own(folder: Path, tmp_path: Path):
    with Study.create(tmp_path / "t", CONFIG) as other, Study.open(folder) as study:
        assert re.fullmatch("[0-9a-f]{32}", study.identity)
        assert study.identity != other.identity
    database = sqlite3.connect(folder / "study.db")
    database.execute("DELETE FROM study WHERE key = 'identity'")
    database.commit()
    database.close()
    with Study.open(folder) as study:
        assert study.identity == ""
