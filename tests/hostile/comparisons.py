"""Comparisons as an enemy would send them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import yaml

from rewardsmith.comparison import COMPARISON_FILE, ComparisonConfig
from rewardsmith.config_file import to_yaml
from tests.hostile.altering import Mail
from tests.hostile.pristine import CONFIG

FOLDER = "random-s0"


def make_comparison(study: Path, folder: Path) -> None:
    """An honest comparison whose only search is at its end."""
    (folder / "studies").mkdir(parents=True)
    shutil.copytree(study, folder / "studies" / FOLDER)
    (folder / COMPARISON_FILE).write_text(
        to_yaml(ComparisonConfig(CONFIG, ("random",), repeats=1)), encoding="utf-8"
    )


def _changed(**changes: object) -> Callable[[Mail], None]:
    """Some keys of ``comparison.yaml``."""

    def forge(mail: Mail) -> None:
        file = mail.study / COMPARISON_FILE
        file.write_text(
            yaml.safe_dump(yaml.safe_load(file.read_text(encoding="utf-8")) | changes, sort_keys=False),
            encoding="utf-8",
        )

    return forge


def _text(text: str) -> Callable[[Mail], None]:
    def forge(mail: Mail) -> None:
        (mail.study / COMPARISON_FILE).write_text(text, encoding="utf-8")

    return forge


def _below(name: str, target: str) -> Callable[[Mail], None]:
    """A link, and a search that is still to be made beside it."""

    def forge(mail: Mail) -> None:
        _changed(repeats=2)(mail)
        mail.link(name, mail.home / target)

    return forge


def _hidden_folder(mail: Mail) -> None:
    """What is made and removed in silence must not lie elsewhere."""
    (mail.home / "precious" / ".x-s0").mkdir()
    (mail.home / "precious" / ".x-s0" / "kept.txt").write_text("kept", encoding="utf-8")
    _changed(strategies=["../../../precious/x"])(mail)


def _policy_elsewhere(mail: Mail) -> None:
    inner = Mail(mail.study / "studies" / FOLDER, mail.home)
    inner.record("runs", "c002-search-0", policy=str(mail.token))
    _changed(strategies=["random", "eureka"])(mail)


FORGED: dict[str, Callable[[Mail], None]] = {
    "a strategy that is a path": _hidden_folder,
    "a strategy that is an absolute path": _changed(strategies=["/tmp/escape"]),
    "a preset that is a path": _changed(strategies=["random:../../../precious/x"]),
    "a strategy with escapes": _changed(strategies=["\x1b[2J[/x]"]),
    "a strategy that is none": _changed(strategies=["nobody"]),
    "strategies that are numbers": _changed(strategies=[1, 2]),
    "a thousand million repeats": _changed(repeats=1_000_000_000),
    "a negative number of repeats": _changed(repeats=-1),
    "a list": _text("[1]"),
    "nothing": _text(""),
    "3000 brackets": _text("[" * 3000),
    "studies that are a link": _below("studies", "precious"),
    "a study that is a link": _below(f"studies/{FOLDER}", "precious"),
    "a hidden study that is a link": _below("studies/.random-s1", "precious"),
    "a study to come that is a link": _below("studies/random-s1", "precious"),
    "a lock that is a link": _below("study.lock", "precious/notes.txt"),
    "a config that is a link": lambda mail: mail.link(COMPARISON_FILE, mail.token),
    "a config that is a pipe": lambda mail: mail.pipe(COMPARISON_FILE),
    "a policy that is elsewhere": _policy_elsewhere,
    "a config without end": lambda mail: mail.link(COMPARISON_FILE, Path("/dev/zero")),
}
