"""Where a task can be made, and what its numbers are worth."""

from __future__ import annotations

import pytest

from rewardsmith.capabilities import check_device, make_one, own_device, racing_warning, try_out
from rewardsmith.errors import UsageError
from rewardsmith.settings import effective_settings
from tests.native_point import BY_CHANCE, NATIVE_POINT, ON_GPU, NativeEnv
from tests.point import POINT


def test_a_device_that_the_task_lacks_is_refused():
    message = "--device is cuda, but native-point can be simulated on cpu only. Give --device cpu."
    with pytest.raises(UsageError, match=message):
        check_device(NATIVE_POINT, "cuda")
    with pytest.raises(UsageError, match=r"gpu-point can be simulated on cuda only. Give --device cuda"):
        effective_settings(ON_GPU, "population", "cpu", {})
    check_device(POINT, "cuda")


def test_one_environment_is_made_on_the_cpu_if_it_can_be():
    assert (own_device(POINT), own_device(NATIVE_POINT), own_device(ON_GPU)) == ("cpu", "cpu", "cuda")
    with pytest.raises(RuntimeError, match="no GPU"):
        make_one(ON_GPU)


def test_what_is_tried_out_is_closed():
    before = list(NativeEnv.open)
    try_out(NATIVE_POINT)
    assert before == NativeEnv.open


def test_racing_is_advised_against_where_nothing_repeats():
    assert racing_warning(POINT) == ""
    told = racing_warning(BY_CHANCE)
    assert "in chance-point a seed names a run, not its numbers" in told
    assert "Leave out --racing on and --tune." in told
