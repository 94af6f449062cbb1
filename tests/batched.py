"""Task files of the stand-ins for GPU suites: a disk is steered to a mark at (1, 0)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from rewardsmith.contracts import Step, VecEnv
from rewardsmith_envs.adapters.task import TableTask

STAND_INS = Path(__file__).parent / "stand_ins"
_TASK = """\
format: 1
name: batched-disk
backend: {backend}
environment: {environment}
path: [{path}]
packages: [torch]
batch: 6
devices: [cpu]
repeats: starts
horizon: 20
control_dt: 0.1
action_size: 2
description: >
  A disk lies on a table and is steered by the velocity of its centre. Bring it to the mark, which is
  somewhere to the right of it, and keep it there until the episode ends.
success_rule: disk within 0.05 m of the mark at the episode's last step
success: {{function: "rules.py:met"}}
native: {{says: minus the distance to the mark; success is not in it}}
presets:
  population: {{envs: 4, rollout: 8, env_steps: 64, hidden: [8], minibatches: 1, mini_epochs: 1}}
signals:
{signals}
{more}
"""
_SIGNAL = "  {name}: {{{reader}, unit: {unit}, frame: world, meaning: x, role: object, low: -9, high: 9}}"


def task(
    folder: Path, backend: str, environment: str, signals: dict[str, str], rules: str, *more: str
) -> TableTask:
    """Write the file and its functions; ``signals`` are readers by name, in YAML."""
    rows = [
        _SIGNAL.format(name=name, reader=reader, unit="quat" if "quat" in name else "m")
        for name, reader in signals.items()
    ]
    text = _TASK.format(
        backend=backend, environment=environment, path=STAND_INS, signals="\n".join(rows),
        more="\n".join(more)
    )  # fmt: skip
    (folder / "rules.py").write_text(rules, encoding="utf-8")
    path = folder / "disk.yaml"
    path.write_text(text, encoding="utf-8")
    return TableTask(path)


def play(env: VecEnv, *actions: Sequence[Sequence[float]]) -> list[Step]:
    """Steps of one action of each environment after another."""
    return [env.step(torch.tensor(action)) for action in actions]
