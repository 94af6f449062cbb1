"""Every registered scorer keeps the contract. What ``heldout`` promises beyond
it is in ``tests/unit/training/test_heldout.py``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rewardsmith.registry import SCORERS
from rewardsmith.testing.scorers import CHECKS, ScorerCase


@pytest.mark.parametrize("name", SCORERS.names())
@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps_the_contract(name: str, check: Callable[[ScorerCase], None]):
    check(ScorerCase(SCORERS.load(name)))
