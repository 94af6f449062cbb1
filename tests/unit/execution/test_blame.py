from __future__ import annotations

import signal

import pytest

from rewardsmith.execution.blame import Failure, blame, fault_of, killed, raised
from rewardsmith.execution.process import ProcessDiedError, ProcessSilentError
from rewardsmith.records import Fault, RunState


@pytest.mark.parametrize(
    ("failure", "state", "fault"),
    [
        pytest.param(ProcessDiedError("x", signal.SIGKILL), RunState.LOST, None, id="killed"),
        pytest.param(ProcessDiedError("x", code=1), RunState.LOST, None, id="a traceback"),
        pytest.param(
            ProcessDiedError("x", signal.SIGSEGV), RunState.FAILED, Fault.CRASHED, id="a bad pointer"
        ),
        pytest.param(ProcessDiedError("x", signal.SIGABRT), RunState.FAILED, Fault.CRASHED, id="aborted"),
        pytest.param(ProcessDiedError("x"), RunState.FAILED, Fault.CRASHED, id="it says nonsense"),
        pytest.param(ProcessSilentError("x"), RunState.FAILED, Fault.TIMED_OUT, id="it says nothing"),
    ],
)
def test_whose_fault_the_end_of_a_process_is(failure: Failure, state: RunState, fault: Fault | None):
    result = blame("c000-search-0", failure)
    assert (result.run, result.state, result.fault, result.cause) == (
        "c000-search-0",
        state,
        fault,
        "training x",
    )
    assert (killed(failure) or raised(failure)) == (state == RunState.LOST)
    assert fault_of(failure) == (fault or Fault.CRASHED)
