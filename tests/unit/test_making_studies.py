"""A study is made whole or not at all, and by one process."""

import subprocess
import sys
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.study import Study
from rewardsmith.study_folder import is_half_made
from tests.builders import trained

CONFIG = StudyConfig("franka-reach", candidates=3)


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    return tmp_path / "victim"


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
        study.save(trained("c000", 0.5, program="def compute_reward(): ...").candidate)
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [
        "candidates",
        "config.yaml",
        "study.db",
        "study.lock",
    ]


def test_what_is_not_quite_half_made_is_left_alone(tmp_path: Path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "config.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "s" / "study.lock").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="exists already"):
        Study.create(tmp_path / "s", CONFIG)
    assert (tmp_path / "s" / "config.yaml").read_text(encoding="utf-8") == "mine"


def test_links_in_the_place_of_half_made_files_are_not_followed(tmp_path: Path, victim: Path):
    (tmp_path / "s").mkdir()
    for name in (".study.db", ".study.db-journal", ".config.yaml.part"):
        (tmp_path / "s" / name).symlink_to(victim)
    with Study.create(tmp_path / "s", CONFIG):
        pass
    assert victim.read_text(encoding="utf-8") == "mine"
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "study.lock").symlink_to(victim)
    with pytest.raises(StoreError, match=r"study\.lock is a link"):
        Study.create(tmp_path / "t", CONFIG)
    assert victim.read_text(encoding="utf-8") == "mine"


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
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
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
