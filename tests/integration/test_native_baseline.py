"""A whole search on a task without a human reward, whose suite has one of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rewardsmith import runner
from rewardsmith.cli.main import run
from rewardsmith.origins import origins
from rewardsmith.study import Study
from tests.native_point import WORDS, NativePoint, register

SEARCH = [
    "--candidates", "2", "--strategy-options", "samples", "2", "--finalists", "1", "--episodes", "8",
    "--final-seeds", "2",
]  # fmt: skip


@pytest.fixture(autouse=True)
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(tmp_path / "packages", monkeypatch)
    monkeypatch.chdir(tmp_path)


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_the_native_reward_is_a_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert run(["search", "native-point", *SEARCH, "--dry-run"]) == 0
    assert "trainings: up to 2 + 6 after the search" in capsys.readouterr().out
    with monkeypatch.context() as patch:
        patch.setattr(runner, "compare_with_baselines", interrupt)
        assert run(["search", "native-point", *SEARCH, "--out", "s"]) == 130
    with monkeypatch.context() as patch:
        patch.setattr(NativePoint, "versions", {"line": "1.1"})
        capsys.readouterr()
        assert run(["resume", "s"]) == 0
        out, err = capsys.readouterr()
    err = " ".join(err.split())
    assert "native-point is simulated by other software than when this study was made (line 1.0, now" in err
    assert "sparse, native" in out
    assert run(["inspect", "s", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [row["reward"] for row in summary["finals"]][1:] == ["sparse", "native"]
    assert all(len([s for s in row["scores"] if s is not None]) == 2 for row in summary["finals"])
    assert [origin["versions"] for origin in summary["origins"]] == [{"line": "1.0"}, {"line": "1.1"}]
    with Study.open(tmp_path / "s") as study:
        assert [origin.text for origin in origins(study.store)] == ["line 1.0", "line 1.1"]
        assert study.policy_path(study.store.runs()["native-baseline-1"]).is_file()
    assert run(["inspect", "s"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "simulated by line 1.0, later by line 1.1" in shown
    assert f"native: the suite's own reward: {WORDS}" in shown
    assert run(["score", "s", "native-baseline-0", "--episodes", "8"]) == 0
    check_report(tmp_path, capsys)


def check_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The native reward is in every part of a report, and nothing is made up for the human one."""
    assert run(["compare", "./s", "--out", "r"]) == 0
    text = (folder / "r" / "report.md").read_text(encoding="utf-8")
    assert "| native |" in text
    assert "| human |" not in text
    assert "native-point: simulated by line 1.0 / line 1.1." in text
    assert f"native is the suite's own reward: {WORDS}." in text
    assert "native-point was simulated by different versions" in text
    capsys.readouterr()
    assert run(["compare", "./s", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in report["baselines"]] == ["sparse", "native"]
    assert [row["human_normalised"] for row in report["methods"]] == [None]
    lines = (folder / "r" / "searches.csv").read_text(encoding="utf-8").splitlines()
    assert sum(line.split(",")[1] == "native" for line in lines) == 2


@pytest.mark.slow
def test_what_does_not_repeat_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    with monkeypatch.context() as patch:
        patch.setattr(runner, "compare_with_baselines", interrupt)
        assert run(["search", "chance-point", *SEARCH, "--out", "s"]) == 130
    capsys.readouterr()
    assert run(["resume", "s"]) == 0
    words = "a seed names a run, not its numbers; differences below the spread of seeds mean nothing"
    out, err = capsys.readouterr()
    assert f"what was under way is repeated, not replayed. chance-point: {words}" in " ".join(err.split())
    assert f"repeats: {words}" in " ".join(out.split())
