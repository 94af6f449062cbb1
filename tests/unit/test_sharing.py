from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Race, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.records import FinalRun, Score, State, TrainingResult
from rewardsmith.sharing import SharedTrainings
from rewardsmith.study import FINAL, SEARCH, Study
from tests.builders import trained


class CountingTrainer:
    """Trains nothing, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.jobs: list[TrainingJob] = []

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        self.jobs += jobs
        for job in jobs:
            yield TrainingResult(job.candidate, State.SCORED, job.seed, 100, score=Score(0.1, 0.0, 8), policy=job.policy)


def policy(study: Study, name: str, content: bytes) -> str:
    (study.folder / name).write_bytes(content)
    return name


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Study]:
    """A study with a scored and a crashed candidate and one final run."""
    with Study.create(tmp_path / "other", StudyConfig("franka-reach", seed=3)) as study:
        result = TrainingResult("c000", State.SCORED, 11, 100, score=Score(0.7, 0.1, 8), policy=policy(study, "a.pt", b"search"))
        study.save(replace(trained("c000", 0.7, program="P"), training=result))
        study.save(trained("c001", None, program="Q"))
        again = TrainingResult("best-0", State.SCORED, 12, 100, score=Score(0.6, 0.1, 8), policy=policy(study, "b.pt", b"final"))
        study.store.put_final(FinalRun("best-0", "best:c000", again))
        yield study


def train(other: Study, job: TrainingJob, purpose: str) -> tuple[TrainingResult, list[TrainingJob]]:
    trainer = CountingTrainer()
    (result,) = SharedTrainings(trainer, [other], TrainingSettings()).train([job], other.evaluation_seed(purpose), lambda _: None)
    return result, trainer.jobs


def test_a_training_that_another_study_has_is_taken_over_with_its_policy(other: Study, tmp_path: Path):
    job = TrainingJob("c005", "P", 11, str(tmp_path / "mine" / "policy.pt"))
    result, asked = train(other, job, SEARCH)
    assert (result.candidate, result.score, result.policy) == ("c005", Score(0.7, 0.1, 8), job.policy)
    assert asked == []
    assert Path(job.policy).read_bytes() == b"search"


def test_so_is_a_winner_trained_again(other: Study, tmp_path: Path):
    result, asked = train(other, TrainingJob("best-0", "P", 12, str(tmp_path / "mine.pt")), FINAL)
    assert (result.score, asked) == (Score(0.6, 0.1, 8), [])
    assert (tmp_path / "mine.pt").read_bytes() == b"final"


@pytest.mark.parametrize(
    ("program", "seed", "purpose"),
    [
        pytest.param("P", 99, SEARCH, id="another seed"),
        pytest.param("R", 11, SEARCH, id="another program"),
        pytest.param("P", 11, FINAL, id="other episodes"),
        pytest.param("Q", 1, SEARCH, id="a crash is tried again"),
    ],
)
def test_anything_else_is_trained(other: Study, tmp_path: Path, program: str, seed: int, purpose: str):
    job = TrainingJob("c009", program, seed, str(tmp_path / "mine.pt"))
    assert train(other, job, purpose)[1] == [job]


def test_a_lost_policy_is_trained_again(other: Study, tmp_path: Path):
    (other.folder / "a.pt").unlink()
    job = TrainingJob("c009", "P", 11, str(tmp_path / "mine.pt"))
    assert train(other, job, SEARCH)[1] == [job]
