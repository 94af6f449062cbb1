"""One warm guard for all checks of a process."""

from __future__ import annotations

import atexit
from functools import cache

from rewardsmith.reward.guard import Guard
from rewardsmith.training.ppo import PpoSettings


@cache
def shared_guard() -> Guard:
    """Started at the first use, ended with the process."""
    guard = Guard(PpoSettings())
    atexit.register(guard.close)
    return guard
