"""Folders that somebody forged: nothing outside of them is written or read, and each is refused by name."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from rewardsmith.comparison import Comparison, ComparisonConfig
from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.study import Study, is_half_made
from tests.builders import trained

CONFIG = StudyConfig("franka-reach", candidates=3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Study.create(tmp_path / "s", CONFIG) as study:
        study.save(trained("c000", 0.5))
    return tmp_path / "s"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    (tmp_path / "victim").write_text("mine")
    return tmp_path / "victim"


def open_and_save(folder: Path) -> None:
    with Study.open(folder, write=True) as study:
        study.save(trained("c001", 0.5))


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
    *(f"candidates/c000/{name}" for name in ("reward.py", "policy.pt", ".policy.pt.part", "policy.part", "episodes.pt")),
    *("candidates/c001", "finals", "finals/best-0/policy.pt"),
]


@pytest.mark.parametrize("make", [link, fifo, a_socket])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("write", [False, True])
def test_anything_but_plain_files_is_refused_by_name(folder: Path, victim: Path, make: Callable[[Path], None], place: str, write: bool):
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    make(folder / place)
    with pytest.raises(StoreError, match=rf"{re.escape(place)} is a (link|pipe|socket); a study holds plain files"):
        Study.open(folder, write=write)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("place", ["candidates", "candidates/c000", "finals"])
def test_a_folder_that_leads_elsewhere_is_refused(folder: Path, tmp_path: Path, place: str):
    if (folder / place).exists():
        (folder / place).rename(tmp_path / "elsewhere")
    else:
        (tmp_path / "elsewhere").mkdir()
    before = sorted(map(str, (tmp_path / "elsewhere").rglob("*")))
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
        study.save(trained("c000", 0.5))
        (folder / "candidates" / "c001").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(StoreError, match="a link or a file, not a folder"):
            study.save(trained("c001", 0.5))
    assert victim.read_text() == "mine"
    assert not any((tmp_path / "elsewhere").iterdir())
    assert (folder / "candidates" / "c000" / "reward.py").read_text() == "def compute_reward(a): ..."


def test_the_folder_itself_may_be_a_link_that_the_user_typed(folder: Path, tmp_path: Path):
    (tmp_path / "latest").symlink_to(folder)
    open_and_save(tmp_path / "latest")
    with Study.open(tmp_path / "latest") as study:
        path = study.policy_path("c001")
        assert path == folder.resolve() / "candidates" / "c001" / "policy.pt"
        assert study.relative(str(path)) == "candidates/c001/policy.pt"
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
    ["- a\n- b\n", "a: [", "42", "", "[" * 3_000, "task: 2024-13-45", "1: 2", "task: &a x", "nonsense: 1", "task: [1]", "x" * 200_000],
)
def test_an_odd_copy_of_the_config_is_a_clear_error(folder: Path, made: str):
    set_value(folder, "config.yaml", made)
    with pytest.raises(StoreError, match=r"study\.db cannot be read"):
        Study.open(folder)


@pytest.mark.parametrize("text", ["- a\n", "a: [", "task: 2024-13-45", "task: ../../x", "candidates: 1000000000000", "", "\x00", "{}"])
def test_an_odd_config_is_a_clear_error(folder: Path, text: str):
    (folder / "config.yaml").write_text(text)
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


STEPS = ("rewardsmith.store.sqlite:Store.put_value", "rewardsmith.study:write_whole", "pathlib:Path.replace")


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_it_is_made_it_can_be_made_again(tmp_path: Path, step: str):
    """A real kill: the process ends itself at a step, as a power cut would."""
    module, _, name = step.partition(":")
    code = f"""
import os, signal
from pathlib import Path
import {module} as module
from rewardsmith.config import StudyConfig
from rewardsmith.study import Study
def dead(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
owner = module
*way, last = {name!r}.split('.')
for part in way: owner = getattr(owner, part)
setattr(owner, last, dead)
Study.create(Path({str(tmp_path / "s")!r}), StudyConfig("franka-reach", candidates=3))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert any((tmp_path / "s").iterdir())
    assert is_half_made(tmp_path / "s")
    with pytest.raises(UsageError, match="is not a study folder"):
        Study.open(tmp_path / "s", write=True)
    with Study.create(tmp_path / "s", CONFIG) as study:
        study.save(trained("c000", 0.5))
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["candidates", "config.yaml", "study.db", "study.lock"]


def test_what_is_not_quite_half_made_is_left_alone(tmp_path: Path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "config.yaml").write_text("mine")
    (tmp_path / "s" / "study.lock").write_text("")
    with pytest.raises(UsageError, match="exists already"):
        Study.create(tmp_path / "s", CONFIG)
    assert (tmp_path / "s" / "config.yaml").read_text() == "mine"


def test_links_in_the_place_of_half_made_files_are_not_followed(tmp_path: Path, victim: Path):
    (tmp_path / "s").mkdir()
    for name in (".study.db", ".study.db-journal", ".config.yaml.part"):
        (tmp_path / "s" / name).symlink_to(victim)
    with Study.create(tmp_path / "s", CONFIG):
        pass
    assert victim.read_text() == "mine"
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "study.lock").symlink_to(victim)
    with pytest.raises(StoreError, match=r"study\.lock is a link"):
        Study.create(tmp_path / "t", CONFIG)
    assert victim.read_text() == "mine"


def test_an_empty_folder_is_kept_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "s").mkdir()
    monkeypatch.chdir(tmp_path / "s")
    before = (tmp_path / "s").stat().st_ino
    with Study.create(Path(), CONFIG):
        assert (tmp_path / "s").stat().st_ino == before
    with Study.open(Path(), write=True):
        pass


def test_of_two_searches_on_one_folder_one_wins(tmp_path: Path):
    code = f"""
import sys
from pathlib import Path
from rewardsmith.config import StudyConfig
from rewardsmith.errors import UsageError
from rewardsmith.study import Study
print('ready', flush=True)
sys.stdin.readline()
try:
    study = Study.create(Path({str(tmp_path / "s")!r}), StudyConfig("franka-reach", candidates=3))
except UsageError as error:
    print('refused', error, flush=True)
else:
    print('won', flush=True)
    sys.stdin.readline()
    study.close()
"""
    command = [sys.executable, "-c", code]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert all(racer.stdout and racer.stdout.readline() == "ready\n" for racer in racers)
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = sorted(racer.stdout.readline() for racer in racers if racer.stdout)
    for racer in racers:
        racer.communicate("end\n")
    assert [line.split()[0] for line in said] == ["refused", "refused", "won"]
    assert all("--out" in line for line in said[:2])
    with Study.open(tmp_path / "s", write=True):
        pass


COMPARED = ComparisonConfig(StudyConfig("franka-reach", candidates=4), ("random",), repeats=1)


def forged(tmp_path: Path, **changes: object) -> Path:
    comparison = Comparison.create(tmp_path / "c", COMPARED)
    file = comparison.folder / "comparison.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **changes}))
    return comparison.folder


ODD_NAMES = ["../../canary/x", "/tmp/x", "..", "a/b", "a\x00b", "", ".hidden", "random:../x", "random:", "x" * 70, "random\n"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_strategy_is_a_name_and_no_path(tmp_path: Path, name: str):
    (tmp_path / "canary").mkdir()
    (tmp_path / "canary" / ".x-s0").mkdir()
    (tmp_path / "canary" / ".x-s0" / "file").write_text("mine")
    folder = forged(tmp_path, strategies=[name])
    before = sorted(map(str, tmp_path.rglob("*")))
    with pytest.raises(UsageError, match="strateg"):
        Comparison.open(folder).carry_out(lambda *_: pytest.fail("a search began"))
    assert sorted(map(str, tmp_path.rglob("*"))) == before


@pytest.mark.parametrize("preset", ["../x", "/tmp/x", "a/b", ""])
def test_a_preset_is_a_name_too(tmp_path: Path, preset: str):
    folder = forged(tmp_path, study={"task": "franka-reach", "strategy_options": {"preset": preset}})
    with pytest.raises(UsageError, match=r"strategy_options\.preset"):
        Comparison.open(folder)


def test_a_strategy_that_is_not_registered_makes_nothing(tmp_path: Path):
    folder = forged(tmp_path, strategies=["unheard-of"])
    before = sorted(map(str, tmp_path.rglob("*")))
    with pytest.raises(UsageError, match="unknown strategy 'unheard-of'"):
        Comparison.open(folder).carry_out(lambda *_: pytest.fail("a search began"))
    assert sorted(map(str, tmp_path.rglob("*"))) == before


@pytest.mark.parametrize("changes", [{"repeats": 10**9}, {"repeats": 10_000, "strategies": ["random", "eureka"]}, {"repeats": -1}])
def test_absurd_numbers_of_searches_are_refused(tmp_path: Path, changes: dict[str, object]):
    folder = forged(tmp_path, **changes)
    with pytest.raises(UsageError):
        Comparison.open(folder)


@pytest.mark.parametrize(
    "place", ["studies", "studies/random-s0", "studies/.random-s0", "study.lock", "report.md", ".comparison.yaml.part"]
)
def test_a_comparison_with_a_link_is_refused(tmp_path: Path, place: str):
    folder = forged(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).unlink(missing_ok=True)
    (folder / place).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=f"{re.escape(place)} is a link"):
        Comparison.open(folder)
    assert not any((tmp_path / "elsewhere").iterdir())


def test_a_report_with_a_second_name_is_not_written_over(tmp_path: Path, victim: Path):
    folder = forged(tmp_path)
    (folder / "report.md").hardlink_to(victim)
    with pytest.raises(StoreError, match=r"report\.md has a second name"):
        Comparison.open(folder).carry_out(lambda *_: pytest.fail("a search began"))


def test_a_half_made_comparison_is_made_again(tmp_path: Path):
    (tmp_path / "c").mkdir()
    for name in ("study.lock", ".comparison.yaml.part"):
        (tmp_path / "c" / name).write_text("")
    Comparison.create(tmp_path / "c", COMPARED)
    assert Comparison.open(tmp_path / "c").config == COMPARED
