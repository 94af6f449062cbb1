"""A policy to begin from that changed after the search looked at it, before a worker reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.contracts import Workload
from rewardsmith.errors import ExecutionError
from rewardsmith.executors.collect import train_all
from rewardsmith.executors.local import LocalExecutor
from tests.conftest import TINY
from tests.training import EPISODES


@pytest.mark.slow
def test_a_start_that_cannot_be_used_is_nobodys_fault(tmp_path: Path, job, human_program: str):
    (tmp_path / "start.pt").write_bytes(b"no policy")
    begun = replace(job("c001", human_program), start=str(tmp_path / "start.pt"))
    executor = LocalExecutor(Workload("franka-reach", "population", TINY, (tmp_path,), human_program), 60.0)
    message = r"start.pt is not a policy that rewardsmith saved.*this machine's fault, not a program's"
    try:
        with pytest.raises(ExecutionError, match=message):
            list(train_all(executor, [begun], EPISODES, lambda _: None))
    finally:
        executor.close()
