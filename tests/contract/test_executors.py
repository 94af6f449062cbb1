"""Every registered executor keeps the contract. What ``local`` does
beyond it is in ``tests/integration``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rewardsmith.registry import EXECUTORS
from rewardsmith.testing import executors
from rewardsmith.testing.executors import ExecutorCase

QUICK = (
    executors.every_training_gives_one_result_and_its_score,
    executors.a_saved_policy_can_be_scored_again,
)
CHECKS = [
    check if check in QUICK else pytest.param(check, marks=pytest.mark.slow) for check in executors.CHECKS
]


@pytest.mark.parametrize("name", EXECUTORS.names())
@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps_the_contract(name: str, check: Callable[[ExecutorCase], None]):
    check(ExecutorCase(EXECUTORS.load(name)))
