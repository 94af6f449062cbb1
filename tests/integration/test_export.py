"""``rewardsmith export``: what leaves a study acts as it did inside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator

from rewardsmith.cli import main
from rewardsmith.contracts import Task
from rewardsmith.study import Study
from rewardsmith.training import policy_file, portable
from tests.integration.command_line import TINY, run

pytestmark = pytest.mark.slow

STUDY = ["search", "franka-reach", "--strategy", "random", "--candidates", "2", "--final-seeds", "0", *TINY]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cwd = tmp_path_factory.mktemp("export")
    code, _, err = run(*STUDY, "--out", "s", cwd=cwd)
    assert code == 0, err
    return cwd / "s"


@pytest.fixture(scope="module")
def exported(study: Path) -> Path:
    code, out, err = run("export", "s", "c001", "--onnx", "--out", "e", cwd=study.parent)
    assert code == 0, err
    names = ("README.md", "reward.py", "policy.torchscript", "policy.onnx", "policy.pt", "policy.json")
    assert out.splitlines() == [f"wrote e/{name}" for name in names]
    return study.parent / "e"


def wanted(study: Path, reach: Task, observation: torch.Tensor) -> torch.Tensor:
    inside = policy_file.load(study / "runs" / "c001-search-0" / "policy.pt", reach.make(1, 1))
    return inside.act(observation[None])[0]


@pytest.mark.parametrize("count", [1, 7])
def test_both_forms_act_as_the_policy_inside_the_study(study: Path, exported: Path, reach: Task, count: int):
    observation = 3.0 * torch.randn(count, 20, generator=torch.Generator().manual_seed(count))
    actions = wanted(study, reach, observation)
    assert actions.abs().max() > 0.01
    script = torch.jit.load(exported / "policy.torchscript")
    torch.testing.assert_close(script(observation), actions, atol=1e-6, rtol=1e-5)
    model = onnx.load(exported / "policy.onnx")
    (answer,) = ReferenceEvaluator(model).run(None, {"observation": observation.numpy()})
    torch.testing.assert_close(torch.from_numpy(answer), actions, atol=1e-5, rtol=1e-4)


def test_the_script_runs_without_rewardsmith(exported: Path):
    act = "torch.jit.load('policy.torchscript')(torch.zeros(4, 20))"
    code = f"import sys, torch; print(tuple({act}.shape), 'rewardsmith' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=exported, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(4, 3) False"


def test_the_sheet_tells_sizes_and_score(study: Path, exported: Path):
    spec = json.loads((exported / "policy.json").read_text(encoding="utf-8"))
    row = json.loads(run("inspect", study, "c001", "--json", cwd=study)[1])
    assert (spec["task"], spec["candidate"], spec["observation_size"], spec["action_size"]) == (
        "franka-reach",
        "c001",
        20,
        3,
    )
    assert spec["score"]["mean"] == row["score"]
    assert f"{row['score']:.3f}" in (exported / "README.md").read_text(encoding="utf-8")
    with Study.open(study) as opened:
        text = (exported / "reward.py").read_text(encoding="utf-8")
        assert text.endswith(opened.candidates[1].program)


def test_an_exported_reward_and_policy_are_taken_back(exported: Path):
    code, out, err = run("check", "reward.py", "--task", "franka-reach", cwd=exported)
    assert code == 0, err
    code, out, err = run(
        "train", "franka-reach", "--reward", "reward.py", *TINY, "--out", "../again", cwd=exported
    )
    assert code == 0, err + out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("s", "c009", "--out", "new"), "unknown candidate 'c009'"),
        (("s", "--out", "s"), "s exists already"),
        (("nowhere", "--out", "new"), "nowhere"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_is_written(
    study: Path, arguments: tuple[str, ...], message: str
):
    code, _, err = run("export", *arguments, cwd=study.parent)
    assert code == 2
    assert message in err
    assert not (study.parent / "new").exists()


def test_without_the_extra_the_install_line_is_given(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(portable, "find_spec", lambda name: None)
    assert main.run(["export", str(study), "--onnx", "--out", str(study.parent / "new")]) == 2
    assert "pip install 'rewardsmith[onnx]'" in capsys.readouterr().err
    assert not (study.parent / "new").exists()
