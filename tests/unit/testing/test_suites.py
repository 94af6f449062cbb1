"""What all contract suites have in common."""

from __future__ import annotations

import subprocess
import sys
from inspect import getmembers, isfunction
from types import FunctionType, ModuleType

import pytest

from rewardsmith.testing import (
    endings,
    executors,
    repeating,
    scorers,
    sheets,
    strategies,
    tasks,
    trainers,
    writers,
)

PARTS = {tasks: (tasks, sheets, endings, repeating)}
"""Suites whose checks are in several modules."""


@pytest.mark.parametrize(
    "suite", [executors, scorers, strategies, tasks, trainers, writers], ids=lambda suite: suite.__name__
)
def test_every_check_that_is_written_is_in_the_suite(suite: ModuleType):
    written = {function for part in PARTS.get(suite, (suite,)) for function in checks_in(part)}
    assert written == set(suite.CHECKS)
    assert len(suite.CHECKS) == len(written)
    assert all(check.__doc__ for check in suite.CHECKS)


def checks_in(module: ModuleType) -> list[FunctionType]:
    functions = getmembers(module, isfunction)
    return [
        function for name, function in functions if function.__module__ == module.__name__ and name[0] != "_"
    ]


def test_suites_need_no_pytest():
    names = "executors, scorers, strategies, tasks, trainers, writers"
    code = f"import sys; sys.modules['pytest'] = None; from rewardsmith.testing import {names}"
    subprocess.run([sys.executable, "-c", code], check=True)
