"""The rl-games trainer's settings, and what it says where the package is missing."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.contracts import Task, TrainingJob, TrainingSettings
from rewardsmith.execution.process import JsonProcess
from rewardsmith.records import State
from rewardsmith.training.rlgames import trainer
from rewardsmith.training.rlgames.parameters import parameters

SETTINGS = TrainingSettings(env_steps=1_000_000, envs=64, rollout=20, minibatches=5, hidden=(32, 16), initial_std=0.5, discount=0.98)


def test_settings_keep_their_meaning():
    given = parameters(SETTINGS, 7, Path("somewhere"))
    config = given["config"]
    assert given["seed"] == 7
    assert (config["num_actors"], config["horizon_length"], config["minibatch_size"]) == (64, 20, 256)
    assert config["max_epochs"] == 781  # 1,000,000 / (64 * 20) = 781.25
    assert (config["gamma"], config["tau"], config["e_clip"], config["kl_threshold"]) == (0.98, 0.95, 0.2, 0.012)
    assert given["network"]["mlp"]["units"] == [32, 16]
    assert given["network"]["mlp"]["activation"] == "tanh"
    assert given["network"]["mlp"]["initializer"]["gain"] == pytest.approx(5 / 3)
    assert not config["clip_value"]
    assert parameters(replace(SETTINGS, value_clip=True), 7, Path("somewhere"))["config"]["clip_value"]
    assert parameters(replace(SETTINGS, activation="elu"), 7, Path("somewhere"))["network"]["mlp"]["activation"] == "elu"
    assert given["network"]["space"]["continuous"]["sigma_init"]["val"] == pytest.approx(math.log(0.5))


def test_training_and_playing_use_the_same_device():
    config = parameters(replace(SETTINGS, device="cuda"), 1, Path("somewhere"))["config"]
    assert config["device"] == config["device_name"] == "cuda"


@pytest.mark.parametrize(
    "command", [["train", "franka-reach", "--reward", "sparse"], ["search", "franka-reach", "--candidates", "1"]], ids=["train", "search"]
)
def test_without_the_package_the_install_line_is_given(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(trainer, "find_spec", lambda name: None)
    assert main.run([*command, "--trainer", "rl-games", "--out", str(tmp_path / "out")]) == 2
    assert "pip install 'rewardsmith[rl-games]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


class Watched(JsonProcess):
    """A process that is given one order at a time, all of them by the thread that trains."""

    made: list[Watched]

    def __init__(self, module: str, *arguments: str) -> None:
        super().__init__("tests.children.obliging")
        self.open = 0
        Watched.made.append(self)

    def send(self, line: str) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.open += 1
        assert self.open == 1, "it was idle"
        super().send(line)

    def receive(self, timeout_s: float) -> str:
        self.open -= 1
        return super().receive(timeout_s)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watched]]:
    Watched.made = []
    monkeypatch.setattr(trainer, "JsonProcess", Watched)
    monkeypatch.setattr(trainer, "find_spec", lambda name: True)
    yield Watched.made
    for process in Watched.made:
        process.kill()


def test_processes_are_shared_by_jobs_and_no_two_jobs_get_the_same(watched: list[Watched], reach: Task, tmp_path: Path):
    rl_games = trainer.RlGamesTrainer(reach, SETTINGS, 2, threads=2)
    jobs = [TrainingJob(f"c{n:03d}", "program", n, str(tmp_path / f"{n}.pt")) for n in range(9)]
    for _ in range(2):
        results = list(rl_games.train(jobs, 1, lambda progress: None))
        assert sorted(result.candidate for result in results) == [job.candidate for job in jobs]
        assert {result.state for result in results} == {State.SCORED}, results[0].cause
        assert len(watched) == 2
