"""Training in worker processes: crashes, hangs, kills and bystanders. What
machines do is in ``test_machine_faults.py``."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.contracts import Race, Task, TrainingJob, TrainingProgress, Workload
from rewardsmith.executors.collect import Ended, train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.records import Fault, RunState
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.ppo import PpoSettings
from tests.conftest import TINY
from tests.quick import first_is_quick
from tests.training import EPISODES, Watch, scored, train

ENDLESS = """
def compute_reward(tcp_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    a = tcp_pos[:, 0] * 1.0
    while bool(a.sum() < 1e30):
        a = a * 1.0
    return (a, {'a': a})
"""
LONGER = replace(TINY, env_steps=4_800)
"""Thirty epochs, so that a worker says more than once how far it is."""
Build = Callable[..., LocalExecutor]


@pytest.fixture
def local(tmp_path: Path, human_program: str) -> Iterator[Build]:
    """Builds executors, and ends them."""
    made: list[LocalExecutor] = []

    def build(settings: PpoSettings = LONGER, patience_s: float = 60.0, **changes: object) -> LocalExecutor:
        load = Workload("franka-reach", "population", settings, (tmp_path,), human_program)
        made.append(LocalExecutor(replace(load, **changes), patience_s))  # pyright: ignore[reportArgumentType]
        return made[-1]

    yield build
    for executor in made:
        executor.close()


def run(executor: LocalExecutor, *jobs: TrainingJob, observe: Watch = lambda _: None) -> dict[str, Ended]:
    """What became of each, without what hangs on the clock."""
    found = train_all(executor, jobs, EPISODES, observe)
    return {ended.result.run: replace(ended, result=replace(ended.result, wall_s=0.0)) for ended in found}


def send(executor: LocalExecutor, number: signal.Signals) -> None:
    process = executor.workers[0].process._process
    assert process
    process.send_signal(number)


@pytest.mark.slow
def test_gives_what_training_here_gives(local: Build, job, human_program: str, reach: Task):
    order = job("a", human_program, 1)
    here = train(PopulationTrainer(reach, TINY), [order])
    score = scored(reach, [order], here)["a"]
    executor = local(TINY)
    assert run(executor, order) == {"a": Ended(here["a"], score)}
    assert run(executor, order) == {"a": Ended(here["a"], score)}  # a second time in the same worker


def test_a_program_without_an_end_is_not_begun(local: Build, job, human_program: str):
    found = run(local(TINY), job("good", human_program, 1), job("endless", ENDLESS, 2))
    assert (found["endless"].result.state, found["endless"].result.fault) == (RunState.FAILED, Fault.CRASHED)
    assert "the guard refuses the program: graph" in found["endless"].result.cause
    assert found["endless"].score is None
    assert found["good"].result.state == RunState.TRAINED


@pytest.mark.slow
def test_a_hanging_worker_costs_only_who_makes_it_hang(local: Build, job, human_program: str):
    """The worker is stopped whenever one of the programs is in it."""
    executor = local(patience_s=12.0)

    def stop(progress: TrainingProgress) -> None:
        if "hang" in dict(progress.success):
            send(executor, signal.SIGSTOP)

    found = run(executor, job("good", human_program, 1), job("hang", human_program, 2), observe=stop)
    assert found["hang"].result.fault == Fault.TIMED_OUT
    assert "no answer within 12 s" in found["hang"].result.cause
    assert found["good"].result.state == RunState.TRAINED


def test_a_kill_from_outside_is_nobodys_fault(local: Build, job, human_program: str):
    executor, order, kills = local(), job("a", human_program, 1), 3

    def kill(progress: TrainingProgress) -> None:
        nonlocal kills
        if kills and progress.success:
            kills -= 1
            send(executor, signal.SIGKILL)

    killed = run(executor, order, observe=kill)
    assert kills == 0
    assert killed["a"].result.state == RunState.TRAINED
    assert killed == run(executor, order)


@pytest.mark.slow
def test_a_run_that_is_always_killed_is_held_to_be_the_reason(
    local: Build, job, human_program: str, monkeypatch: pytest.MonkeyPatch
):
    """As where it takes all the memory, even alone, while the human reward
    does not. Three times are enough here."""
    monkeypatch.setattr("rewardsmith.executors.local._KILLS", 3)
    executor = local()

    def kill(progress: TrainingProgress) -> None:
        if progress.success:
            send(executor, signal.SIGKILL)

    found = run(executor, job("a", human_program, 1), observe=kill)
    assert (found["a"].result.state, found["a"].result.fault) == (RunState.FAILED, Fault.CRASHED)
    assert "killed by signal 9" in found["a"].result.cause
    assert found["a"].score is None


@pytest.mark.slow
def test_killed_with_several_in_flight_it_goes_on_with_half_the_slots(local: Build, job, human_program: str):
    executor, orders = local(), [job(name, human_program, seed) for seed, name in enumerate("abcd")]
    heard: list[TrainingProgress] = []
    killed = False

    def kill_once(progress: TrainingProgress) -> None:
        nonlocal killed
        heard.append(progress)
        if not killed:
            killed = True
            send(executor, signal.SIGKILL)

    found = run(executor, *orders, observe=kill_once)
    cause = "training the process was killed by signal 9"
    assert [p.note for p in heard if p.note] == [
        f"{cause}; going on with 2 slots, memory may be short",
        *(f"{name} begins anew: {cause}" for name in "abcd"),
    ]
    note = next(place for place, progress in enumerate(heard) if progress.note)
    assert len(heard[0].success) == 4
    assert {len(progress.success) for progress in heard[note + 1 :] if not progress.note} <= {1, 2}
    assert found == run(local(), *orders)


@pytest.mark.slow
def test_a_program_that_breaks_the_worker_is_alone_to_blame(local: Build, job, human_program: str):
    """Whenever it is in a slot, the worker ends as by a bad pointer."""
    executor = local()
    orders = [
        job("a", human_program, 1),
        job("bad", human_program, 2),
        job("b", human_program, 3),
        job("c", human_program, 4),
    ]

    def crash(progress: TrainingProgress) -> None:
        if "bad" in dict(progress.success):
            send(executor, signal.SIGSEGV)

    found = run(executor, *orders, observe=crash)
    assert (found["bad"].result.state, found["bad"].result.fault) == (RunState.FAILED, Fault.CRASHED)
    assert "killed by signal 11" in found["bad"].result.cause
    expected = run(executor, *orders)
    assert {name: found[name] for name in "abc"} == {name: expected[name] for name in "abc"}
    assert {found[name].result.state for name in "abc"} == {RunState.TRAINED}


def test_what_is_finished_is_kept(local: Build, job, human_program: str):
    """The worker is killed as soon as it has said a score; that
    is said once and is not made again."""
    executor = local(replace(LONGER, slots=1))
    orders = [job(name, human_program, seed) for seed, name in enumerate("abc")]
    said: list[str] = []
    in_flight: list[set[str]] = []

    def observe(progress: TrainingProgress) -> None:
        if "killed by signal 9" in progress.note:
            in_flight.clear()  # the worker may have said more before it died
        in_flight.append(set(dict(progress.success)))

    for ended in train_all(executor, orders, EPISODES, observe):
        said.append(ended.result.run)
        if ended.result.run == "a":
            send(executor, signal.SIGKILL)
        assert ended.result.state == RunState.TRAINED
    assert said == ["a", "b", "c"]
    assert set().union(*in_flight) == {"b", "c"}


@pytest.mark.slow
def test_a_race_goes_on_behind_a_kill_as_if_nothing_had_happened(local: Build, job, human_program: str):
    """Killed each time that somebody reached a rung, a few times; those
    that are done, or evicted, stay rivals."""
    race = Race((0.3, 0.6), keep=0.34, episodes=8)
    rivals = (("c100-search-0", (0.0, 0.0)), ("c101-search-0", (0.125, 0.125)))
    orders = [
        replace(job(name, human_program, seed), race=race, rivals=rivals, repeats="z" * (name == "b"))
        for seed, name in enumerate("abcd")
    ]
    executor, kills = local(), 4

    def kill(progress: TrainingProgress) -> None:
        nonlocal kills
        if progress.rungs and kills:
            kills -= 1
            send(executor, signal.SIGKILL)

    raced = run(executor, *orders, observe=kill)
    assert kills == 0
    assert raced == run(local(), *orders)
    assert [len(raced[name].result.rungs) > 0 for name in "abcd"] == [True] * 4


@pytest.mark.slow
def test_an_evicted_run_stays_a_rival_behind_a_kill(local: Build, job, human_program: str):
    """The first one is hopeless and ends at its rung; the worker is killed
    then, with the second one in the only slot."""
    best = (("c100-search-0", (9.0,)),)
    race = Race((0.5,), keep=0.5, episodes=8)
    orders = [
        replace(job("a", human_program, 1), race=race, rivals=best),
        replace(job("b", human_program, 2), race=race),
    ]
    executor = local(replace(LONGER, slots=1))
    found: dict[str, Ended] = {}
    for ended in train_all(executor, orders, EPISODES, lambda _: None):
        found[ended.result.run] = ended
        if ended.result.run == "a":
            send(executor, signal.SIGKILL)
    assert found["a"].result.state == RunState.EVICTED
    assert found["b"].result.rungs[0].rivals == 1


RESULT = '{"kind": "result", "result": '
SCORE = (
    '{"kind": "score", "run": "a", "score": {"mean": 1.0, "standard_error": 0.0, "episodes": 8, "seed": 0}}'
)


@pytest.mark.parametrize(
    "wrong",
    first_is_quick(
        [
            RESULT + '{"run": "another", "state": "TRAINED"}}',
            RESULT + '{"run": "a", "state": "FAILED"}}',
            RESULT + '{"run": "a", "state": "TRAINED", "fault": "CRASHED"}}',
            RESULT + '{"run": "a", "state": "QUEUED"}}',
            RESULT + '{"run": "a"}}',
            SCORE,
            "nothing",
        ]
    ),
    ids=[
        "of another run",
        "no fault",
        "a fault too many",
        "no end",
        "half",
        "a score before its time",
        "no JSON",
    ],
)
def test_a_report_that_is_none_costs_its_run_and_is_no_traceback(
    wrong: str, local: Build, job, human_program: str, monkeypatch: pytest.MonkeyPatch
):
    executor = local(TINY)
    process = executor.workers[0].process
    receive = process.receive
    monkeypatch.setattr(process, "receive", lambda timeout_s: receive(timeout_s) and wrong)
    found = run(executor, job("a", human_program))["a"]
    assert (found.result.state, found.result.fault, found.score) == (RunState.FAILED, Fault.CRASHED, None)
    assert "the process" in found.result.cause


def test_two_workers_give_what_one_gives(local: Build, job, human_program: str):
    orders = [job(name, human_program, seed) for seed, name in enumerate("abcde")]
    both = local(TINY, workers=2)
    found = run(both, *orders)
    assert [worker.process._process is not None for worker in both.workers] == [True, True]
    assert found == run(local(TINY), *orders)


@pytest.mark.slow
def test_two_workers_tell_how_far_all_are(local: Build, job, human_program: str):
    heard: list[TrainingProgress] = []
    executor = local(workers=2)
    run(executor, *(job(name, human_program, seed) for seed, name in enumerate("abcd")), observe=heard.append)
    assert max(progress.total_steps for progress in heard) == 4 * LONGER.env_steps
    assert max(progress.env_steps for progress in heard) <= 4 * LONGER.env_steps
