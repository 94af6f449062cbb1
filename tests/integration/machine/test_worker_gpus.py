"""Each worker sees its own GPU and no other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rewardsmith.errors import UsageError
from tests.integration.machine.bench import Bench
from tests.quick import first_is_quick

GPUS = "CUDA_VISIBLE_DEVICES"


@pytest.mark.parametrize(
    ("mine", "devices", "seen"),
    first_is_quick(
        [
            pytest.param(None, (), {"all"}, id="none named"),
            pytest.param(None, (1,), {"1"}, id="one"),
            pytest.param(None, (0, 3), {"0", "3"}, id="two"),
            pytest.param(
                "5, GPU-8f,7", (0, 1), {"5", "GPU-8f"}, id="of those that were given to this process"
            ),
            pytest.param("5,7", (), {"5,7"}, id="none named of those"),
        ]
    ),
)
def test_each_worker_sees_its_gpu_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, mine: str | None, devices: Sequence[int], seen: set[str]
):
    monkeypatch.delenv(GPUS, raising=False)
    if mine is not None:
        monkeypatch.setenv(GPUS, mine)
    executor = bench.executor(devices=devices)
    assert bench.run("a", "b", executor=executor).scores == {"a": 1, "b": 1}
    assert {gpu for run in "ab" for gpu in bench.trainings(run)} == seen


@pytest.mark.parametrize("mine", ["5,7", ""])
def test_a_gpu_that_this_process_may_not_use_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, mine: str
):
    monkeypatch.setenv(GPUS, mine)
    with pytest.raises(UsageError, match="devices names the GPU 2"):
        bench.executor(devices=(2, 3))
