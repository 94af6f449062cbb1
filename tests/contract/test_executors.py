"""Every registered executor keeps the contract. What ``local`` does
beyond it is in ``tests/integration``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rewardsmith.registry import EXECUTORS
from rewardsmith.testing.executors import CHECKS, ExecutorCase


@pytest.mark.parametrize("name", EXECUTORS.names())
@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps_the_contract(name: str, check: Callable[[ExecutorCase], None]):
    check(ExecutorCase(EXECUTORS.load(name)))
