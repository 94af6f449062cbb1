"""What every command under test would import, once for all of them."""

from importlib import import_module

import torch

from rewardsmith.registry import STRATEGIES, TASKS, TRAINERS, WRITERS

torch.set_num_threads(1)
for command in ("check", "compare", "export", "inspect", "render", "resume", "search", "train"):
    import_module(f"rewardsmith.cli.{command}")
for registry, name in (
    (STRATEGIES, "random"),
    (TASKS, "franka-reach"),
    (TRAINERS, "population"),
    (WRITERS, "openai"),
    (WRITERS, "grammar"),
):
    registry.load(name)
