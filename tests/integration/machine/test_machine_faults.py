"""What a machine does wrong is told, tried again, and given up in the end.

No program is blamed for it.
"""

from __future__ import annotations

from typing import Any

import pytest

from rewardsmith.contracts import ScoringJob
from rewardsmith.errors import ExecutionError
from rewardsmith.records import Fault, RunState
from tests.integration.machine.bench import OFTEN, Bench, listen
from tests.quick import first_is_quick


@pytest.mark.parametrize("what", first_is_quick(["raise", "kill", "lost"]))
def test_one_fault_of_the_machine_is_nobodys(bench: Bench, what: str):
    bench.fault(what, run="a")
    found = bench.run("a")
    assert (found.results["a"].state, found.scores, found.error) == (RunState.TRAINED, {"a": 1}, "")
    assert found.times == {"a": 1}
    assert len(bench.trainings("a")) == 2


@pytest.mark.slow
def test_a_traceback_again_and_again_is_the_machines_fault(bench: Bench):
    """Whoever was done is kept, and nobody is blamed."""
    bench.fault("raise", OFTEN, run="b")
    found = bench.run("a", "b")
    assert found.error == (
        "training the process ended with exit code 1: OSError: [Errno 28] No space left on device. "
        "That is this machine's fault, not a program's. Mend it, then resume."
    )
    assert (set(found.results), found.scores) == ({"a"}, {"a": 1})
    assert found.times == {"b": 3}
    assert len(bench.trainings("b")) == 3


@pytest.mark.slow
def test_a_machine_that_is_given_up_stays_so(bench: Bench):
    bench.fault("raise", OFTEN)
    executor = bench.executor()
    assert bench.run("a", executor=executor).error
    with pytest.raises(ExecutionError, match="this machine's fault"):
        executor.next(0.0)


@pytest.mark.parametrize(
    ("what", "fault"),
    first_is_quick([("signal", Fault.CRASHED), ("exit", Fault.CRASHED), ("lost", Fault.CRASHED)]),
)
def test_a_program_that_breaks_its_worker_alone_is_blamed_if_the_human_reward_trains(
    bench: Bench, what: str, fault: Fault
):
    bench.fault(what, OFTEN, run="a")
    found = bench.run("a")
    assert (found.results["a"].state, found.results["a"].fault, found.error) == (RunState.FAILED, fault, "")
    assert found.results["a"].cause
    assert not (bench.folder / "control").exists()


@pytest.mark.slow
def test_a_hanging_program_is_blamed_for_that(bench: Bench):
    bench.fault("hang", OFTEN, run="a")
    found = bench.run("a", executor=bench.executor(patience_s=12.0))
    assert (found.results["a"].fault, found.results["a"].cause) == (
        Fault.TIMED_OUT,
        "training no answer within 12 s",
    )


@pytest.mark.parametrize("what", first_is_quick(["signal", "lost"]))
def test_where_the_human_reward_does_not_train_either_nobody_is_blamed(bench: Bench, what: str):
    bench.fault(what, OFTEN)
    found = bench.run("a")
    assert "and the human reward does not train here either (" in found.error
    assert found.error.endswith("Mend the machine, then resume.")
    assert found.results == {}
    assert set(found.times) == {"a"}
    assert not (bench.folder / "control").exists()


@pytest.mark.slow
def test_whoever_shares_a_worker_with_the_culprit_is_not_blamed(bench: Bench):
    bench.fault("signal", OFTEN, run="b")
    found = bench.run("a", "b", "c")
    assert {name: result.fault for name, result in found.results.items()} == {
        "a": None,
        "b": Fault.CRASHED,
        "c": None,
    }
    assert found.scores == {"a": 1, "c": 1}


@pytest.mark.slow
def test_workers_that_are_always_killed_are_no_endless_story(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rewardsmith.executors.local._KILLS", 3)
    bench.fault("kill", OFTEN)
    found = bench.run("a", "b", "c", "d")
    assert "killed by signal 9" in found.error
    assert found.results == {}


@pytest.mark.parametrize("what", first_is_quick(["signal", "kill", "raise", "exit"]))
def test_what_is_trained_is_only_scored_again(bench: Bench, what: str):
    bench.fault(what, run="a", kind="scoring")
    found = bench.run("a")
    assert (found.results["a"].state, found.scores, found.times) == (RunState.TRAINED, {"a": 1}, {"a": 1})
    assert len(bench.trainings("a")) == 1


@pytest.mark.parametrize("what", first_is_quick(["signal", "raise"]))
def test_a_scoring_that_breaks_again_and_again_is_the_machines_fault(bench: Bench, what: str):
    bench.fault(what, OFTEN, run="a", kind="scoring")
    found = bench.run("a")
    assert found.results["a"].state == RunState.TRAINED
    assert found.times == {"a": 3}
    assert found.error.startswith("scoring the process ")
    assert len(bench.trainings("a")) == 1


@pytest.mark.slow
def test_a_policy_that_is_saved_is_scored_alone(bench: Bench):
    """As after an interruption between training and scoring; other trainings go on beside it."""
    executor = bench.executor()
    executor.score(ScoringJob("c000-search-0", str(bench.folder / "nowhere.pt"), 3, 4))
    found = bench.run("a", executor=executor, others=1)
    assert (found.results.keys(), found.scores) == ({"a"}, {"a": 1, "c000-search-0": 1})


@pytest.mark.slow
def test_a_policy_that_cannot_be_read_is_an_honest_error(bench: Bench):
    executor = bench.executor(scorer="heldout")
    (bench.folder / "policy.pt").write_text("nothing", encoding="utf-8")
    executor.score(ScoringJob("c000-search-0", str(bench.folder / "policy.pt"), 3, 4))
    assert "policy.pt is not a policy that rewardsmith saved" in listen(executor, 1).error


@pytest.mark.parametrize(
    ("changes", "why"),
    first_is_quick(
        [
            ({"trainer": "missing"}, "No module named 'tests.children.nowhere'"),
            ({"scorer": "none"}, "unknown scorer 'none'"),
        ]
    ),
    ids=["a package is missing", "a name is unknown"],
)
def test_what_is_not_installed_is_told(bench: Bench, changes: dict[str, Any], why: str):
    found = bench.run("a", "b", executor=bench.executor(**changes))
    assert why in found.error
    assert (found.results, found.times) == ({}, {"a": 3, "b": 3})
