"""The contract suite on every ready table whose suite is installed.

``make test-suites``, or one table: ``pytest -m suites tests/suites -k fetch-reach``.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from rewardsmith.contracts import Task
from rewardsmith.testing.tasks import CHECKS, REPEATING
from rewardsmith_envs.adapters.fleets import Fleet
from rewardsmith_envs.adapters.suites import TABLES, suites
from rewardsmith_envs.adapters.task import TableTask

pytestmark = pytest.mark.suites


@cache
def installed() -> set[str]:
    return {suite.name for suite in suites() if suite.python}


@pytest.fixture(
    scope="module",
    params=sorted(TABLES.glob("*/*.yaml")),
    ids=lambda path: f"{path.parent.name}:{path.stem}",
)
def task(request: pytest.FixtureRequest) -> Iterator[TableTask]:
    path: Path = request.param
    if path.parent.name not in installed():
        pytest.skip(f"the suite {path.parent.name} is not installed; `rewardsmith suites install` does that")
    yield TableTask(path)
    Fleet.stop_all()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_ready_table(task: TableTask, check: Callable[[Task], None], request: pytest.FixtureRequest) -> None:
    if check in REPEATING and task.capabilities.repeats != "bit":
        pytest.skip("it does not say that it repeats to the bit")
    if reason := task.table.exceptions.get(check.__name__):
        request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True, raises=AssertionError))
    check(task)
