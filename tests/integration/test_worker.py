"""Training in a worker process: crashes, hangs, kills and bystanders."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from rewardsmith import runner
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import Race, TrainingProgress
from rewardsmith.execution.process import JsonProcess
from rewardsmith.parts import assemble
from rewardsmith.records import Candidate, State, TrainingResult
from rewardsmith.study import Study
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.remote import WorkerTrainer
from tests.conftest import TINY
from tests.searching import Silent

ENDLESS = """
def compute_reward(tcp_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    a = tcp_pos[:, 0] * 1.0
    while bool(a.sum() < 1e30):
        a = a * 1.0
    return (a, {'a': a})
"""
LONGER = replace(TINY, env_steps=4_800)
"""Thirty epochs, so that a worker says more than once how far it is."""
Watch = Callable[[TrainingProgress], None]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[WorkerTrainer]:
    trainer = WorkerTrainer("franka-reach", "population", TINY, 8, tmp_path, patience_s=8.0)
    yield trainer
    trainer.close()


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[WorkerTrainer]:
    trainer = WorkerTrainer("franka-reach", "population", LONGER, 8, tmp_path, patience_s=60.0)
    yield trainer
    trainer.close()


def run(trainer: WorkerTrainer, *jobs, observe: Watch = lambda _: None, race: Race | None = None) -> dict[str, TrainingResult]:
    return {result.candidate: replace(result, wall_s=0.0) for result in trainer.train(jobs, 0, observe, race)}


def send(trainer: WorkerTrainer, number: signal.Signals) -> None:
    process = trainer._process._process
    assert process
    process.send_signal(number)


def test_gives_what_training_here_gives(worker: WorkerTrainer, job, human_program: str, reach):
    order = job("a", human_program, 1)
    here = {result.candidate: replace(result, wall_s=0.0) for result in PopulationTrainer(reach, TINY, 8).train([order], 0, lambda _: None)}
    assert run(worker, order) == here


def test_a_program_without_an_end_is_not_begun(worker: WorkerTrainer, job, human_program: str):
    found = run(worker, job("good", human_program, 1), job("endless", ENDLESS, 2))
    assert found["endless"].state == State.CRASHED
    assert "the guard refuses the program: graph" in found["endless"].cause
    assert found["good"].state == State.SCORED


@pytest.mark.slow
def test_a_hanging_worker_costs_only_who_makes_it_hang(tmp_path: Path, job, human_program: str):
    """The worker is stopped whenever one of the programs is in it."""
    trainer = WorkerTrainer("franka-reach", "population", LONGER, 8, tmp_path, patience_s=8.0)

    def stop(progress: TrainingProgress) -> None:
        if "hang" in dict(progress.success):
            send(trainer, signal.SIGSTOP)

    try:
        found = run(trainer, job("good", human_program, 1), job("hang", human_program, 2), observe=stop)
    finally:
        trainer.close()
    assert found["hang"].state == State.TIMED_OUT
    assert "no answer within 8 s" in found["hang"].cause
    assert found["good"].state == State.SCORED


def test_a_kill_from_outside_is_nobodys_fault(patient: WorkerTrainer, job, human_program: str):
    order = job("a", human_program, 1)
    kills = 3

    def kill(_: TrainingProgress) -> None:
        nonlocal kills
        if kills:
            kills -= 1
            send(patient, signal.SIGKILL)

    killed = run(patient, order, observe=kill)
    assert kills == 0
    assert killed["a"].state == State.SCORED
    assert killed == run(patient, order)


@pytest.mark.slow
def test_a_job_that_is_always_killed_is_held_to_be_the_reason(
    patient: WorkerTrainer, job, human_program: str, monkeypatch: pytest.MonkeyPatch
):
    """As where it takes all the memory, even alone. Three times are enough here."""
    monkeypatch.setattr("rewardsmith.training.remote._KILLS", 3)
    found = run(patient, job("a", human_program, 1), observe=lambda _: send(patient, signal.SIGKILL))
    assert found["a"].state == State.CRASHED
    assert "killed by signal 9" in found["a"].cause
    assert found["a"].score is None


@pytest.mark.slow
def test_killed_with_several_in_flight_it_goes_on_with_half_the_slots(patient: WorkerTrainer, job, human_program: str):
    orders = [job(name, human_program, seed) for seed, name in enumerate("abcd")]
    heard: list[TrainingProgress] = []
    killed = False

    def kill_once(progress: TrainingProgress) -> None:
        nonlocal killed
        heard.append(progress)
        if not killed:
            killed = True
            send(patient, signal.SIGKILL)

    found = run(patient, *orders, observe=kill_once)
    assert [p.note for p in heard if p.note] == ["training the process was killed by signal 9; going on with 2 slots, memory may be short"]
    note = next(place for place, progress in enumerate(heard) if progress.note)
    assert len(heard[0].success) == 4
    assert {len(progress.success) for progress in heard[note + 1 :]} <= {1, 2}
    assert found == run(patient, *orders)


def test_a_program_that_breaks_the_worker_is_alone_to_blame(patient: WorkerTrainer, job, human_program: str):
    """Whenever it is in a slot, the worker ends as by a bad pointer."""
    orders = [job("a", human_program, 1), job("bad", human_program, 2), job("b", human_program, 3), job("c", human_program, 4)]

    def crash(progress: TrainingProgress) -> None:
        if "bad" in dict(progress.success):
            send(patient, signal.SIGSEGV)

    found = run(patient, *orders, observe=crash)
    assert found["bad"].state == State.CRASHED
    assert "killed by signal 11" in found["bad"].cause
    expected = run(patient, *orders)
    assert {name: found[name] for name in "abc"} == {name: expected[name] for name in "abc"}
    assert {found[name].state for name in "abc"} == {State.SCORED}


def test_what_is_finished_is_kept(patient: WorkerTrainer, job, human_program: str):
    """The worker is killed as soon as it has said a result; the result is said once and is not made again."""
    orders = [job(name, human_program, seed) for seed, name in enumerate("abc")]
    said: list[str] = []
    in_flight: list[set[str]] = []

    def observe(progress: TrainingProgress) -> None:
        if "killed by signal 9" in progress.note:
            in_flight.clear()  # the worker may have said more before it died
        in_flight.append(set(dict(progress.success)))

    patient._settings = replace(LONGER, slots=1)
    for result in patient.train(orders, 0, observe):
        said.append(result.candidate)
        if result.candidate == "a":
            send(patient, signal.SIGKILL)
        assert result.state == State.SCORED
    assert said == ["a", "b", "c"]
    assert set().union(*in_flight) == {"b", "c"}


@pytest.mark.slow
def test_a_race_goes_on_behind_a_kill_as_if_nothing_had_happened(patient: WorkerTrainer, job, human_program: str):
    """Killed each time that somebody reached a rung, a few times; those that are done stay rivals."""
    race = Race((0.3, 0.6), keep=0.34, episodes=8)
    rivals = ((0.0, 0.125), (0.0, 0.125))
    orders = [replace(job(name, human_program, seed), rivals=rivals, first=name != "b") for seed, name in enumerate("abcd")]
    kills = 4

    def kill(progress: TrainingProgress) -> None:
        nonlocal kills
        if progress.rungs and kills:
            kills -= 1
            send(patient, signal.SIGKILL)

    raced = run(patient, *orders, observe=kill, race=race)
    assert kills == 0
    assert raced == run(patient, *orders, race=race)
    assert [len(result.rungs) > 0 for result in raced.values()] == [True] * 4


@pytest.mark.parametrize(
    "wrong",
    [
        '{"kind": "result", "result": {"candidate": "another", "state": "SCORED", "seed": 0}}',
        '{"kind": "result", "result": {"candidate": "a", "state": "SCORED", "seed": 0, "policy": "/etc/passwd"}}',
        '{"kind": "result", "result": {"candidate": "a"}}',
        "nothing",
    ],
    ids=["of another job", "another file", "half", "no JSON"],
)
def test_a_report_that_is_none_costs_its_job_and_is_no_traceback(
    wrong: str, worker: WorkerTrainer, job, human_program: str, monkeypatch: pytest.MonkeyPatch
):
    receive = JsonProcess.receive
    monkeypatch.setattr(JsonProcess, "receive", lambda process, timeout_s: receive(process, timeout_s) and wrong)
    (result,) = worker.train([job("a", human_program)], 0, lambda _: None)
    assert (result.candidate, result.state, result.policy) == ("a", State.CRASHED, "")
    assert "the process" in result.cause


KILLS = 50
LIFE_S = 2.5
"""Most workers die younger; one needs some two seconds until it has imported everything."""
CONFIG = StudyConfig(
    "quadcopter",
    candidates=8,
    episodes=4,
    final_seeds=0,
    racing="on",
    race=Race((0.25, 0.5), keep=0.5, episodes=4),
    strategy_options={"samples": 4},
    training=TrainingOverrides(env_steps=1_280, envs=16, rollout=10, hidden=(16, 16), minibatches=2, mini_epochs=2),
)


class Killer(Silent):
    """Kills the worker of the moment with -9 at random moments of its life, until it has done so often enough.

    While nothing comes of it, workers may live longer and longer.
    """

    def __init__(self, kills: int, seed: int) -> None:
        super().__init__()
        self.kills, self._random, self._life_s = kills, Random(seed), LIFE_S

    def candidate(self, candidate: Candidate) -> None:
        self._life_s = LIFE_S

    def haunt(self, trainer: WorkerTrainer, over: threading.Event) -> None:
        """In a thread of its own."""
        met: set[int] = set()
        while self.kills and not over.wait(0.005):
            worker = trainer._process._process
            if worker is None or worker.pid in met:
                continue
            met.add(worker.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(self._life_s * self._random.random())
            if worker.poll() is None and not over.is_set():
                os.kill(worker.pid, signal.SIGKILL)
                self.kills -= 1
                self._life_s *= 1.15


def search(folder: Path, config: StudyConfig, killer: Killer | None = None) -> list[Candidate]:
    """The candidates of a whole search, without what hangs on the clock."""
    parts, over = assemble(config, folder), threading.Event()
    assert isinstance(parts.trainer, WorkerTrainer)
    thread = threading.Thread(target=killer.haunt if killer else over.wait, args=(parts.trainer, over) if killer else ())
    thread.start()
    try:
        with Study.create(folder, config) as study:
            runner.run(study, parts, killer or Silent())
            return [_timeless(candidate) for candidate in study.candidates]
    finally:
        over.set()
        thread.join()
        parts.close()


def _timeless(candidate: Candidate) -> Candidate:
    assert candidate.training
    return replace(candidate, training_s=0.0, training=replace(candidate.training, wall_s=0.0))


@pytest.mark.slow
def test_fifty_kills_change_no_candidate_and_no_score(tmp_path: Path):
    killer, seed = Killer(KILLS, seed=1), 0
    while killer.kills:
        config = replace(CONFIG, seed=seed)
        disturbed = search(tmp_path / f"disturbed-{seed}", config, killer)
        undisturbed = search(tmp_path / f"undisturbed-{seed}", config)
        assert disturbed == undisturbed
        assert {candidate.state for candidate in undisturbed} == {State.SCORED, State.EVICTED}
        seed += 1
    assert killer.kills == 0
