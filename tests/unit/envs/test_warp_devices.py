"""A device that cannot simulate here is refused before anything is loaded, with what to do."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import pytest
import torch

from rewardsmith.errors import UsageError
from rewardsmith_envs.simulators.devices import check
from rewardsmith_envs.tasks.cartpole import Cartpole


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch):
    """As if mujoco-warp were installed."""
    monkeypatch.setattr("rewardsmith_envs.simulators.devices.find_spec", lambda name: ModuleSpec(name, None))


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_the_cpu_is_always_there():
    check("cpu")


def test_an_unknown_device_is_refused():
    with pytest.raises(
        UsageError, match=r"unknown device 'cuda:1'\. Did you mean 'cuda'\? Allowed: cpu, cuda"
    ):
        check("cuda:1")


def test_without_mujoco_warp_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    known = importlib.util.find_spec
    monkeypatch.setattr(
        "rewardsmith_envs.simulators.devices.find_spec",
        lambda name: None if name == "mujoco_warp" else known("json"),
    )
    with pytest.raises(
        UsageError,
        match=(
            r"needs mujoco_warp, which is not installed\. Run pip install 'rewardsmith\[gpu\]', or use "
            r"--device cpu"
        ),
    ):
        check("cuda")


@pytest.mark.parametrize(
    ("built_for", "found"), [(None, "is built without CUDA"), ("13.0", r"\(CUDA 13.0\) sees none")]
)
def test_without_a_gpu_the_message_says_what_was_found(
    installed: None, without_gpu: None, monkeypatch: pytest.MonkeyPatch, built_for: str | None, found: str
):
    monkeypatch.setattr(torch.version, "cuda", built_for)
    with pytest.raises(
        UsageError, match=rf"needs an NVIDIA GPU, but torch .* {found}.*use --device cpu"
    ) as caught:
        check("cuda")
    assert caught.value.exit_code == 2


def test_a_task_asks_before_it_builds(installed: None, without_gpu: None):
    with pytest.raises(UsageError, match="needs an NVIDIA GPU"):
        Cartpole().make(1, 1, "cuda")
