"""Whom the local executor blames when a worker ends; its workers are no processes here."""

from __future__ import annotations

import pytest

from rewardsmith.contracts import Report, TrainingProgress
from rewardsmith.errors import ExecutionError
from rewardsmith.records import Fault
from tests.conftest import TINY
from tests.stage import Stage, listen

MEND = "That is this machine's fault, not a program's. Mend it, then resume."


@pytest.mark.parametrize(
    ("what", "times", "cause", "fault"),
    [
        ("signal", 1, "training the process was killed by signal 11", Fault.CRASHED),
        ("silence", 1, "training no answer within 60 s", Fault.TIMED_OUT),
        ("kill", 20, "training the process was killed by signal 9", Fault.CRASHED),
        ("lost", 3, "lost", Fault.CRASHED),
    ],
)
def test_who_breaks_a_worker_alone_is_blamed_as_soon_as_it_is_plain(
    stage: Stage, what: str, times: int, cause: str, fault: Fault
):
    stage.fault(what, "a")
    told = stage.run(stage.executor(), "a")
    result = told.results["a"]
    assert (str(result.state), result.fault, result.cause) == ("FAILED", fault, cause)
    assert (stage.ordered("a"), told.lost, told.scores, told.error) == (times, ["a"] * (times - 1), [], "")
    assert stage.ordered("control") == 1


@pytest.mark.parametrize("what", ["signal", "silence", "kill", "lost"])
def test_nobody_is_blamed_where_the_human_reward_does_not_train_either(stage: Stage, what: str):
    stage.fault(what, "a", "control")
    told = stage.run(stage.executor(), "a")
    assert told.results == {}
    assert "; and the human reward does not train here either (" in told.error
    assert told.lost[-1] == "a", "it is queued again for whoever resumes"


@pytest.mark.parametrize("what", ["failed", "lost"])
def test_why_the_human_reward_does_not_train_is_told(stage: Stage, what: str):
    stage.fault("signal", "a")
    stage.fault(what, "control")
    told = stage.run(stage.executor(), "a")
    assert told.error == (
        "training the process was killed by signal 11; and the human reward does not train here either "
        f"({what}). Mend the machine, then resume."
    )


def test_the_human_reward_has_to_be_scored_as_well(stage: Stage):
    stage.fault("signal", "a")
    stage.fault("signal", "control", kind="scoring")
    told = stage.run(stage.executor(), "a")
    assert "does not train here either (the process was killed by signal 11)" in told.error
    assert stage.ordered("control") == 1


def test_the_human_reward_is_trained_as_the_worker_trains_but_for_a_moment(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    """On its GPU, with its threads; and what it leaves is removed."""
    monkeypatch.setattr("rewardsmith.executors.local.usable_cores", lambda: 6)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    stage.fault("signal", "b")
    executor = stage.executor(devices=(2, 3))
    made = stage.folder / "control"
    made.mkdir(parents=True)
    told = stage.run(executor, "ab")
    assert told.states == {"a": "TRAINED", "b": "FAILED"}
    mine, other, control = stage.actors
    assert [actor.setups[0].threads for actor in (mine, other, control)] == [3, 3, 3]
    assert [actor.started[2]["CUDA_VISIBLE_DEVICES"] for actor in (mine, other, control)] == ["2", "3", "3"]
    ((order,), (setup,)) = control.orders, control.setups
    assert order.training
    assert (order.training.program, order.training.run, order.width) == ("sparse", "control", 1)
    assert (order.scoring.policy, order.scoring.episodes) == (order.training.policy, 2)
    assert f'"env_steps":{2 * TINY.epoch_steps},' in setup.settings
    assert (control.alive, made.exists()) == (False, False)
    assert f'"env_steps":{TINY.env_steps},' in other.setups[0].settings


def test_a_traceback_is_the_machines_fault_and_ends_it_at_the_third(stage: Stage):
    """What was said before counts, and nobody is trained any more."""
    stage.fault("raise", "b")
    executor = stage.executor()
    told = stage.run(executor, "ab")
    assert told.error == f"training the process ended with exit code 1. {MEND}"
    assert (told.states, told.scores, told.lost) == ({"a": "TRAINED"}, ["a"], ["b"] * 3)
    assert (stage.ordered("b"), stage.ordered("control")) == (3, 0)
    stage.queue(executor, stage.job("c"))
    with pytest.raises(ExecutionError, match="exit code 1"):
        executor.next(0.0)
    assert stage.ordered("c") == 0


@pytest.mark.parametrize("what", ["raise", "signal", "silence"])
def test_two_faults_of_the_machine_are_none(stage: Stage, what: str):
    stage.fault(what, "a", times=2, kind="scoring")
    told = stage.run(stage.executor(), "a")
    assert (told.error, told.states, told.lost, told.scores) == ("", {"a": "TRAINED"}, ["a", "a"], ["a"])
    assert (stage.ordered("a"), stage.ordered("a", training=False)) == (1, 2)


@pytest.mark.parametrize("what", ["raise", "signal", "silence"])
def test_a_scoring_runs_no_program_so_nobody_is_blamed_for_it(stage: Stage, what: str):
    stage.fault(what, "a", kind="scoring")
    told = stage.run(stage.executor(), "a")
    assert told.error.startswith("scoring ")
    assert told.error.endswith(MEND)
    assert (told.states, told.lost) == ({"a": "TRAINED"}, ["a"] * 3)
    assert stage.ordered("control") == 0


@pytest.mark.parametrize("what", ["signal", "silence"])
def test_after_the_end_of_a_shared_worker_each_goes_on_alone(stage: Stage, what: str):
    """In the order of the queue: the culprit alone breaks it again."""
    stage.fault(what, "b")
    told = stage.run(stage.executor(), "abc")
    assert told.states == {"a": "TRAINED", "b": "FAILED", "c": "TRAINED"}
    assert (told.scores, told.lost) == (["a", "c"], ["b", "c"])
    assert told.together == ["abc", "bc", "b", "c"]


def test_a_run_that_its_trainer_lost_is_tried_alone_and_others_beside_it_go_on(stage: Stage):
    stage.fault("lost", "a", times=1)
    told = stage.run(stage.executor(), "abc")
    assert (told.states, told.scores) == (dict.fromkeys("bca", "TRAINED"), ["b", "c", "a"])
    assert (told.lost, told.together) == (["a"], ["abc", "bc", "c", "a"])
    (actor,) = stage.actors
    assert len(actor.setups) == 1, "the worker goes on"


def test_a_run_that_its_trainer_loses_alone_costs_a_new_worker(stage: Stage):
    stage.fault("lost", "a")
    told = stage.run(stage.executor(), "a")
    assert (told.states, told.lost) == ({"a": "FAILED"}, ["a", "a"])
    worker, _ = stage.actors
    assert not worker.alive, "the human reward has the whole machine"


def test_killed_with_several_it_goes_on_with_half_the_slots(stage: Stage):
    stage.fault("kill", "a", times=1)
    told = stage.run(stage.executor(), "abcde")
    cause = "training the process was killed by signal 9"
    note = f"{cause}; going on with 2 slots, memory may be short"
    assert Report(progress=TrainingProgress(0, 0, (), note=note)) in told.reports
    assert told.notes == [note]
    assert told.together == ["abcde", "ab", "bc", "cd", "de", "e"]
    assert (told.lost, told.scores) == (list("abcde"), list("abcde"))
    assert {report.lost.cause for report in told.reports if report.lost} == {cause}


def test_killed_again_and_again_it_ends_with_one_slot_and_a_run_that_is_alone(stage: Stage):
    stage.fault("kill", "a", times=4)
    told = stage.run(stage.executor(), "abcde")
    assert [note.partition(" with ")[2] for note in told.notes] == [
        f"{slots} slots, memory may be short" for slots in (2, 1)
    ]
    assert told.states == dict.fromkeys("abcde", "TRAINED")
    assert told.together == ["abcde", "ab", "a", "a", "a", "b", "c", "d", "e"]


def test_nineteen_kills_are_nobodys_fault(stage: Stage):
    stage.fault("kill", "a", times=19)
    told = stage.run(stage.executor(), "a")
    assert (told.states, told.lost, stage.ordered("control")) == ({"a": "TRAINED"}, ["a"] * 19, 0)


def test_slots_are_halved_of_those_that_are_left(stage: Stage):
    """Four may be under way after the first kill, and two are when there is another."""
    stage.fault("kill", "a", "g", times=1)
    told = stage.run(stage.executor(), "abcdefgh")
    assert [note.partition(" with ")[2] for note in told.notes] == [
        f"{slots} slots, memory may be short" for slots in (4, 1)
    ]


def test_one_that_went_wrong_too_often_is_enough_to_give_up(stage: Stage):
    """Whoever came beside it since then has gone wrong once."""
    stage.fault("raise", "a")
    executor = stage.executor()
    executor.widen(2)
    stage.queue(executor, stage.job("a"))
    lost = 0
    while lost < 2:
        report = executor.next(60.0)
        assert report
        lost += report.lost is not None
    stage.queue(executor, stage.job("b"))
    told = listen(executor)
    assert (told.lost, told.error) == (
        ["a", "b"],
        f"training the process ended with exit code 1. {MEND}",
    )


def test_slots_are_halved_of_those_that_were_trained(stage: Stage):
    """Eight may be under way, three are."""
    stage.fault("kill", "a", times=1)
    told = stage.run(stage.executor(), "abc", width=8)
    assert told.notes[0].endswith("going on with 1 slots, memory may be short")


def test_a_worker_that_never_said_anything_puts_all_under_suspicion(stage: Stage):
    stage.fault("silence", "a", times=1, kind="beginning")
    told = stage.run(stage.executor(), "ab")
    assert (told.lost, told.together) == (["a", "b"], ["a", "b"])
    assert told.states == dict.fromkeys("ab", "TRAINED")


def test_kills_of_a_scoring_are_counted_and_are_the_machines_fault_in_the_end(stage: Stage):
    stage.fault("kill", "a", kind="scoring")
    told = stage.run(stage.executor(), "a")
    assert told.error == f"scoring the process was killed by signal 9. {MEND}"
    assert told.lost == ["a"] * 20
    assert stage.ordered("control") == 0


def test_a_worker_that_ends_while_it_is_sent_work_is_replaced(stage: Stage):
    stage.fault("raise", "b", times=1, kind="sending")
    told = stage.run(stage.executor(), "ab")
    assert (told.lost, told.scores, told.error) == (["a", "b"], ["a", "b"], "")


def test_only_the_worker_that_ended_begins_anew(stage: Stage):
    stage.fault("raise", "b", times=1)
    told = stage.run(stage.executor(workers=2), "abcd")
    assert sorted(told.scores) == list("abcd")
    assert sorted(told.lost) == ["b", "d"]
    assert [len(actor.setups) for actor in stage.actors] == [1, 2]


def test_what_is_queued_again_stands_where_it_stood(stage: Stage):
    """Both workers end, one after the other; of each two that it had, one waits for the other."""
    stage.fault("signal", "a", "b", times=1)
    told = stage.run(stage.executor(workers=2), "abcdef", width=4)
    assert told.lost == list("acbd")
    assert stage.sent[:8] == "abcdabcd"
    assert sorted(told.scores) == list("abcdef")


def test_killed_while_one_is_trained_and_others_are_scored_that_one_goes_on_alone(stage: Stage):
    """There is nothing to halve."""
    stage.fault("kill", "a", times=1)
    executor = stage.executor()
    executor.widen(2)
    stage.queue(executor, stage.job("a"))
    executor.score(stage.scoring("b"))
    seen = list[str]()
    while report := executor.next(60.0):
        seen.append("".join(executor.workers[0].flying))
        assert not (report.progress and report.progress.note)
    assert seen == ["ab", "", "a", "a", "", "b", ""]


def test_a_machine_that_is_given_up_says_first_what_happened_before(stage: Stage):
    stage.fault("raise", "b", kind="scoring")
    executor = stage.executor()
    executor.widen(1)
    stage.queue(executor, *map(stage.job, "ab"))
    told = listen(executor)
    assert told.reports[-1].lost
    assert told.scores == ["a"]
