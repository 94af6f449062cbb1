"""The trainings and the code that the page on Gymnasium shows."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from rewardsmith.gym import TaskVectorEnv

DOCS = Path(__file__).parent.parent.parent.parent / "docs"
PAGE = (DOCS / "gymnasium.md").read_text(encoding="utf-8")


def example(name: str) -> ModuleType:
    """A file of ``docs/examples`` as a module."""
    assert f"(examples/{name}.py)" in PAGE
    spec = importlib.util.spec_from_file_location(f"example_{name}", DOCS / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def reward(tmp_path: Path) -> str:
    """A file with a program for franka-reach."""
    (tmp_path / "near.py").write_text(
        "import torch\n\ndef compute_reward(tcp_pos, goal_pos):\n"
        "    near = torch.exp(-5.0 * torch.norm(tcp_pos - goal_pos, dim=-1))\n"
        "    return near, {'near': near}\n",
        encoding="utf-8",
    )
    return str(tmp_path / "near.py")


@pytest.mark.parametrize("block", re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
def test_the_pages_code_runs(block: str):
    exec(block.replace("num_envs=256", "num_envs=4"), {})


def test_ppo_on_a_file(reward: str, capsys: pytest.CaptureFixture[str]):
    agent, score = example("ppo").train("franka-reach", reward, 8 * 24 * 3, num_envs=8)
    assert 0.0 <= score <= 1.0
    assert all(bool(weight.isfinite().all()) for weight in agent.parameters())
    assert re.search(r"576 steps: true score 0\.\d{3}", capsys.readouterr().out)


def test_stable_baselines3_on_a_file(reward: str):
    pytest.importorskip("stable_baselines3")
    module = example("ppo_sb3")
    model, score = module.train("franka-reach", reward, 8 * 24 * 3, num_envs=8)
    assert (model.num_timesteps, 0.0 <= score <= 1.0) == (576, True)
    bridge = module.Bridge("franka-reach", 2, reward)
    bridge.seed(3)
    envs = TaskVectorEnv("franka-reach", num_envs=2)
    assert (bridge.reset() == envs.reset(seed=[3, 4])[0]).all()
