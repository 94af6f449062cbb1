"""``--device`` from the flag to the trainer, and where it cannot be had."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.contracts import SPARSE, Workload
from rewardsmith.errors import UsageError
from rewardsmith.parts import assemble
from rewardsmith.study import Study
from rewardsmith.training.orders import SETUP, Setup
from rewardsmith.training.ppo import PpoSettings
from rewardsmith_envs.simulators import devices
from tests.training import preset_of


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(device: str) -> None:
        if device == "cuda":
            raise UsageError("pip install 'rewardsmith[gpu]', or use --device cpu.")

    monkeypatch.setattr(devices, "check", refuse)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "check", lambda device: None)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("search", ["--writer", "openai", "--llm.model", "m"]),  # has no key, and is not asked for it
        ("train", ["--reward", "human"]),
        ("compare", ["--writer", "openai", "--llm.model", "m"]),
    ],
)
def test_without_a_gpu_nothing_is_made_and_no_writer_asked(
    command: str, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_gpu: None
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match=r"rewardsmith\[gpu\]"):
        import_module(f"rewardsmith.cli.{command}").run(
            ["franka-reach", "--device", "cuda", "--out", "here", *arguments]
        )
    assert list(tmp_path.iterdir()) == []


def test_the_device_of_a_study_reaches_its_trainer_with_its_preset(gpu: None, tmp_path: Path):
    parts = assemble(StudyConfig("franka-reach", device="cuda"), tmp_path)
    try:
        assert (parts.settings.device, parts.settings.envs) == ("cuda", preset_of(parts.task, "cuda").envs)
    finally:
        parts.close()


def test_the_worker_hears_of_the_device():
    load = Workload("franka-reach", "population", PpoSettings(device="cuda"), (), SPARSE)
    assert json.loads(SETUP.validate_json(SETUP.dump_json(Setup.of(load, 1))).settings)["device"] == "cuda"


def test_a_study_goes_on_where_it_began(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")):
        pass
    config = tmp_path / "s" / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("device: cpu", "device: cuda"), encoding="utf-8"
    )
    with pytest.raises(UsageError, match="made with another device"):
        Study.open(tmp_path / "s")
