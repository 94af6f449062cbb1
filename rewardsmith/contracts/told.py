"""What a writer may be told besides a task's signals and a score: each part can be left out."""

from __future__ import annotations

from typing import Literal, get_args

Told = Literal["goal", "scene", "training", "behaviour", "diagnoses", "history", "progress"]
"""``goal``: the rule of success, and what the true score averages. ``scene``: what a person would
measure. ``training``: how policies are trained. ``behaviour``: what they did on held-out episodes.
``diagnoses``: named findings. ``history``: how a program came about, and the best so far.
``progress``: that signals can be read as they were."""
TOLD: tuple[Told, ...] = get_args(Told)
"""All of them."""
