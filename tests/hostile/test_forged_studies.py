"""Whoever opens somebody else's study with any command loses nothing: no file, no secret, no time,
no memory.

In the ordinary run each study is opened by some commands, and each command opens studies of all
kinds. All with all: ``pytest tests/hostile -m fuzz``, half an hour."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.hostile.altering import Mail
from tests.hostile.forgeries import FORGERIES
from tests.hostile.forgery import Forgery
from tests.hostile.opening import SECRET, Opened
from tests.hostile.sandbox import Sandbox

pytestmark = pytest.mark.slow
STUDY = "mail/study"
READING = (
    ("inspect", STUDY),
    ("inspect", STUDY, "--json"),
    ("inspect", STUDY, "--tree"),
    ("inspect", STUDY, "c002", "--diff", "c001"),
    ("inspect", STUDY, "best"),
    ("inspect", STUDY, "--svg", "output/study.svg"),
    ("inspect", STUDY, "--lineage", "output/study.graphml"),
    ("compare", STUDY, "--out", "output/report"),
    ("export", STUDY, "c002", "--out", "output/export"),
    ("search", "franka-reach", "--writer", "replay", "--from", STUDY, "--dry-run"),
    ("search", "--config", f"{STUDY}/config.yaml", "--dry-run"),
    ("check", f"{STUDY}/candidates/c002/reward.py", "--task", "franka-reach"),
)
RENDER = (
    "render",
    "franka-reach",
    "--policy",
    f"{STUDY}/c002",
    "--out",
    "output/picture.png",
    "--width",
    "64",
    "--height",
    "64",
)
RESUME = ("resume", STUDY)
_CPU_S, _MEMORY_BYTES = 20.0, 1 << 30
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture
def mail(tmp_path: Path, pristine: Path, forgery: Forgery) -> Sandbox:
    """A home with one forged study in it."""
    sandbox = Sandbox.make(tmp_path / "box", pristine)
    forgery.forge(Mail(sandbox.study, sandbox.home))
    return sandbox


NAMES = [f"{forgery.kind}: {forgery.name}" for forgery in FORGERIES]


@pytest.mark.parametrize("forgery", FORGERIES, ids=NAMES)
def test_nobody_is_harmed(mail: Sandbox, forgery: Forgery, opengl: None) -> None:
    turn = FORGERIES.index(forgery)
    open_all(mail, forgery, (READING[turn % len(READING)], *((RENDER,) if turn % 5 == 0 else ()), RESUME))


@pytest.mark.fuzz
@pytest.mark.parametrize("forgery", FORGERIES, ids=NAMES)
def test_nobody_is_harmed_by_any_command(mail: Sandbox, forgery: Forgery, opengl: None) -> None:
    open_all(mail, forgery, (*READING, RENDER, RESUME))


def open_all(mail: Sandbox, forgery: Forgery, commands: tuple[tuple[str, ...], ...]) -> None:
    """Open a study with one command after another, and look around after each."""
    before = mail.outside()
    for command in commands:
        opened = mail.open(*command)
        check_manners(command, opened)
        assert mail.outside() == before, command
        assert SECRET not in opened.said, command
        assert mail.carried() == [], command
        if command == RESUME:
            assert forgery.refused in opened.said, opened.said


def check_manners(command: tuple[str, ...], opened: Opened) -> None:
    """It ended by itself, in time, with words for a person."""
    assert not opened.hung, command
    assert opened.code in (0, 1, 2, 3), (command, opened.code, opened.said)
    assert "Traceback" not in opened.said, (command, opened.said)
    assert not _CONTROL.search(opened.said), (command, opened.said)
    assert opened.cpu_s < _CPU_S, (command, opened.cpu_s)
    assert opened.memory_bytes < _MEMORY_BYTES, (command, opened.memory_bytes)
    assert len(opened.said) < 200_000, (command, len(opened.said))


def test_there_are_many_of_every_kind() -> None:
    kinds = Counter(forgery.kind for forgery in FORGERIES)
    assert len(FORGERIES) >= 250
    assert len({(forgery.kind, forgery.name) for forgery in FORGERIES}) == len(FORGERIES)
    assert kinds.keys() >= {
        "program",
        "link",
        "hard link",
        "pipe",
        "id",
        "policy",
        "secret",
        "shown",
        "config",
        "database",
        "value",
    }
    assert kinds.keys() >= {"run", "event", "record", "policy file", "format 1"}
