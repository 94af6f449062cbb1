"""Training in a worker process: crashes, hangs and bystanders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rewardsmith.records import State, TrainingResult
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.remote import WorkerTrainer
from tests.conftest import TINY

HANG = """
def compute_reward(tcp_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    a = tcp_pos[:, 0] * 1.0
    while bool(a.sum() < 1e30):
        a = a * 1.0
    return (a, {'a': a})
"""


@pytest.fixture
def worker() -> Iterator[WorkerTrainer]:
    trainer = WorkerTrainer("franka-reach", "population", TINY, 8, patience_s=4.0)
    yield trainer
    trainer.close()


def run(trainer: WorkerTrainer, *jobs) -> dict[str, TrainingResult]:
    return {result.candidate: replace(result, wall_s=0.0) for result in trainer.train(jobs, 0, lambda _: None)}


def test_gives_what_training_here_gives(worker: WorkerTrainer, job, human_program: str, reach):
    order = job("a", human_program, 1)
    here = {result.candidate: replace(result, wall_s=0.0) for result in PopulationTrainer(reach, TINY, 8).train([order], 0, lambda _: None)}
    assert run(worker, order) == here


def test_a_hanging_program_times_out_and_the_others_are_trained(worker: WorkerTrainer, job, human_program: str):
    found = run(worker, job("good", human_program, 1), job("hang", HANG, 2))
    assert found["hang"].state == State.TIMED_OUT
    assert "no answer within 4 s" in found["hang"].cause
    assert found["good"].state == State.SCORED
    assert found["good"] == run(worker, job("good", human_program, 1))["good"]


def test_a_killed_worker_costs_the_job_in_flight_and_is_replaced(worker: WorkerTrainer, job, human_program: str):
    order = job("a", human_program, 1)

    def kill(_: object) -> None:
        process = worker._process._process
        assert process
        process.kill()

    (result,) = worker.train([order], 0, kill)
    assert result.state == State.CRASHED
    assert "killed by signal 9" in result.cause
    assert run(worker, order)["a"].state == State.SCORED
