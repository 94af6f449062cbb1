"""Comparisons that somebody forged: no folder is made, removed or written elsewhere."""

import re
from pathlib import Path

import pytest
import yaml

from rewardsmith.comparison import Comparison, ComparisonConfig
from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError, UsageError

COMPARED = ComparisonConfig(StudyConfig("franka-reach", candidates=4), ("random",), repeats=1)


def forged(tmp_path: Path, **changes: object) -> Path:
    comparison = Comparison.create(tmp_path / "c", COMPARED)
    file = comparison.folder / "comparison.yaml"
    file.write_text(
        yaml.safe_dump({**yaml.safe_load(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8"
    )
    return comparison.folder


ODD_NAMES = [
    "../../canary/x",
    "/tmp/x",
    "..",
    "a/b",
    "a\x00b",
    "",
    ".hidden",
    "random:../x",
    "random:",
    "x" * 70,
    "random\n",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_strategy_is_a_name_and_no_path(tmp_path: Path, name: str):
    (tmp_path / "canary").mkdir()
    (tmp_path / "canary" / ".x-s0").mkdir()
    (tmp_path / "canary" / ".x-s0" / "file").write_text("mine", encoding="utf-8")
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


@pytest.mark.parametrize(
    "changes", [{"repeats": 10**9}, {"repeats": 10_000, "strategies": ["random", "eureka"]}, {"repeats": -1}]
)
def test_absurd_numbers_of_searches_are_refused(tmp_path: Path, changes: dict[str, object]):
    folder = forged(tmp_path, **changes)
    with pytest.raises(UsageError):
        Comparison.open(folder)


@pytest.mark.parametrize(
    "place",
    [
        "studies",
        "studies/random-s0",
        "studies/.random-s0",
        "study.lock",
        "report.md",
        ".comparison.yaml.part",
    ],
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


def test_a_report_with_a_second_name_is_not_written_over(tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    folder = forged(tmp_path)
    (folder / "report.md").hardlink_to(victim)
    with pytest.raises(StoreError, match=r"report\.md has a second name"):
        Comparison.open(folder).carry_out(lambda *_: pytest.fail("a search began"))


def test_a_half_made_comparison_is_made_again(tmp_path: Path):
    (tmp_path / "c").mkdir()
    for name in ("study.lock", ".comparison.yaml.part"):
        (tmp_path / "c" / name).write_text("", encoding="utf-8")
    Comparison.create(tmp_path / "c", COMPARED)
    assert Comparison.open(tmp_path / "c").config == COMPARED
