from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Race, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.files import write_whole
from rewardsmith.records import Curve, FinalRun, Rung, Score, State, TrainingResult
from rewardsmith.sharing import SharedTrainings
from rewardsmith.study import FINAL, SEARCH, Study
from rewardsmith.training.racing import Racetrack
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
    write_whole(study.folder.resolve() / name / "policy.pt", content)
    return f"{name}/policy.pt"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Study]:
    """A study with a scored and a crashed candidate and one final run."""
    with Study.create(tmp_path / "other", StudyConfig("franka-reach", seed=3)) as study:
        result = TrainingResult("c000", State.SCORED, 11, 100, score=Score(0.7, 0.1, 8), policy=policy(study, "candidates/c000", b"search"))
        study.save(replace(trained("c000", 0.7, program="P"), training=result))
        study.save(trained("c001", None, program="Q"))
        again = TrainingResult("best-0", State.SCORED, 12, 100, score=Score(0.6, 0.1, 8), policy=policy(study, "finals/best-0", b"final"))
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
    (other.folder / "candidates" / "c000" / "policy.pt").unlink()
    job = TrainingJob("c009", "P", 11, str(tmp_path / "mine.pt"))
    assert train(other, job, SEARCH)[1] == [job]


RACE = Race((0.2, 0.5), keep=0.5, episodes=4)
TEN = TrainingSettings(env_steps=1_000, envs=10, rollout=10)
"""Ten epochs of a hundred steps; the rungs are at 200 and 500."""


def whole(name: str, *rungs: float, episodes: int = 4, marks: tuple[int, ...] = (200, 500)) -> TrainingResult:
    """A training to the end, with what was seen of it at its rungs."""
    seen = tuple(Rung(steps, Score(mean, 0.1, episodes), 7, 0) for steps, mean in zip(marks, rungs, strict=True))
    curves = (Curve("success", tuple(float(n) for n in range(10))),)
    return TrainingResult(name, State.SCORED, 1, 1_000, 8.0, progress=curves, score=Score(0.9, 0.1, 8), policy=f"{name}.pt", rungs=seen)


class RacingTrainer(CountingTrainer):
    """Scores at the rungs as it is told to, and compares as every trainer does."""

    def __init__(self, scores: dict[str, tuple[float, float]]) -> None:
        super().__init__()
        self.scores, self.batches = scores, list[list[str]]()

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        assert race == RACE
        self.jobs += jobs
        self.batches.append([job.candidate for job in jobs])
        track = Racetrack(race, jobs, 10)
        for job in jobs:
            rungs: list[Rung] = []
            for number, mean in enumerate(self.scores[job.candidate]):
                rungs.append(track.arrive(number, job, (200, 500)[number], Score(mean, 0.1, 4)))
                if track.verdict(rungs[-1]):
                    break
            evicted = bool(track.verdict(rungs[-1]))
            state, score = (State.EVICTED, None) if evicted else (State.SCORED, Score(0.1, 0.1, 8))
            yield TrainingResult(job.candidate, state, job.seed, rungs[-1].env_steps, score=score, rungs=tuple(rungs))


class Sharing:
    """Another study with whole trainings of the programs ``A``, ``B``, ..., and one that races with them."""

    def __init__(self, tmp_path: Path, *known: TrainingResult) -> None:
        self.folder = tmp_path / "mine"
        self.other = Study.create(tmp_path / "other", StudyConfig("franka-reach", seed=3))
        for number, result in enumerate(known):
            name = f"c{number:03d}"
            path = policy(self.other, f"candidates/{name}", result.candidate.encode())
            training = replace(result, candidate=name, policy=path)
            self.other.save(replace(trained(name, 0.9, program=result.candidate), training=training))

    def race(self, jobs: Sequence[TrainingJob], **fresh: tuple[float, float]) -> tuple[dict[str, TrainingResult], list[list[str]]]:
        """Results by candidate, and what the trainer was asked for."""
        trainer = RacingTrainer(fresh)
        shared = SharedTrainings(trainer, [self.other], TEN)
        found = {r.candidate: r for r in shared.train(jobs, self.other.evaluation_seed(SEARCH), lambda _: None, RACE)}
        assert found.keys() == {job.candidate for job in jobs}
        return found, trainer.batches

    def job(self, name: str, *rivals: tuple[float, ...], first: bool = True) -> TrainingJob:
        return TrainingJob(name, name, 1, str(self.folder / f"{name}.pt"), rivals=rivals, first=first)


def stood(result: TrainingResult) -> list[tuple[int, int]]:
    return [(rung.better, rung.rivals) for rung in result.rungs]


def test_a_known_training_ends_where_the_race_ends_it(tmp_path: Path):
    mine = Sharing(tmp_path, whole("A", 0.5, 0.2), whole("B", 0.3, 0.9))
    found, asked = mine.race([mine.job("A", (0.1,), (0.3, 0.4)), mine.job("B", (0.1,), (0.3, 0.4))])
    assert asked == []
    # A: none of one is better, then two of two, and ceil(0.5 * 3) = 2. B: A is better at the first rung, 1 of 2, and none at the second.
    assert stood(found["A"]) == [(0, 1), (2, 2)]
    assert (found["A"].state, found["A"].env_steps, found["A"].wall_s, found["A"].score) == (State.EVICTED, 500, 4.0, None)
    assert found["A"].progress == (Curve("success", (0.0, 1.0, 2.0, 3.0, 4.0)),)
    assert found["A"].policy == ""
    assert not (mine.folder / "A.pt").exists()
    assert stood(found["B"]) == [(1, 2), (0, 3)]
    assert (found["B"].state, found["B"].env_steps, found["B"].score) == (State.SCORED, 1_000, Score(0.9, 0.1, 8))
    assert (mine.folder / "B.pt").read_bytes() == b"B"


def test_evicted_at_the_first_rung_it_is_no_rival_at_the_second(tmp_path: Path):
    mine = Sharing(tmp_path, whole("A", 0.1, 0.9), whole("B", 0.3, 0.5))
    found, _ = mine.race([mine.job("A", (0.2,)), mine.job("B", (0.2,))])
    assert (found["A"].state, found["A"].env_steps) == (State.EVICTED, 200)
    assert stood(found["B"]) == [(0, 2), (0, 0)]


def test_known_and_unknown_ones_race_in_the_order_of_the_queue(tmp_path: Path):
    mine = Sharing(tmp_path, whole("A", 0.5, 0.5), whole("C", 0.6, 0.2), whole("D", 0.1, 0.1))
    fresh = {"x": (0.4, 0.6), "y": (0.5, 0.1), "z": (0.7, 0.7)}
    found, asked = mine.race([mine.job(name) for name in ("A", "x", "y", "C", "D", "z")], **fresh)
    assert asked == [["x", "y"], ["z"]]
    everybody = Sharing(tmp_path / "all")
    scores = {**fresh, "A": (0.5, 0.5), "C": (0.6, 0.2), "D": (0.1, 0.1)}
    expected, asked = everybody.race([everybody.job(name) for name in ("A", "x", "y", "C", "D", "z")], **scores)
    assert asked == [["A", "x", "y", "C", "D", "z"]]
    assert {name: (result.state, result.rungs) for name, result in found.items()} == {
        name: (result.state, result.rungs) for name, result in expected.items()
    }
    # x is worse than all of one before it, D than all of four: both end at the first rung, and are no rivals at the second.
    assert [found[name].state for name in "xD"] == [State.EVICTED] * 2
    assert stood(found["z"]) == [(0, 5), (0, 3)]


def test_a_second_training_that_is_known_is_nobodys_rival(tmp_path: Path):
    mine = Sharing(tmp_path, whole("A", 0.5, 0.5))
    found, _ = mine.race([mine.job("A", first=False), mine.job("x")], x=(0.1, 0.1))
    assert stood(found["x"]) == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(replace(whole("A", 0.5, 0.5), rungs=()), id="without a race"),
        pytest.param(whole("A", 0.5, marks=(500,)), id="without the first rung"),
        pytest.param(whole("A", 0.5, 0.5, marks=(200, 600)), id="with another second rung"),
        pytest.param(whole("A", 0.5, 0.5, episodes=8), id="scored on more episodes there"),
    ],
)
def test_a_known_training_that_was_not_seen_at_the_rungs_is_made_again(tmp_path: Path, known: TrainingResult):
    mine = Sharing(tmp_path, known)
    found, asked = mine.race([mine.job("A")], A=(0.2, 0.3))
    assert asked == [["A"]]
    assert [rung.score.mean for rung in found["A"].rungs] == [0.2, 0.3]


def test_one_that_must_leave_its_episodes_races_itself(tmp_path: Path):
    """A lone search screens with what evicted candidates played at their last rung; that of a whole training is something else."""
    mine = Sharing(tmp_path, whole("A", 0.5, 0.5), whole("B", 0.1, 0.1))
    jobs = [replace(mine.job(name), episodes=str(mine.folder / f"{name}-episodes.pt")) for name in ("A", "B")]
    found, asked = mine.race(jobs, A=(0.5, 0.5), B=(0.1, 0.1))
    assert asked == [["A", "B"]]
    assert [found[name].state for name in "AB"] == [State.SCORED, State.EVICTED]


def test_more_rungs_than_the_race_has_are_left_out(tmp_path: Path):
    mine = Sharing(tmp_path, whole("A", 0.5, 0.6, 0.7, marks=(200, 300, 500)))
    found, asked = mine.race([mine.job("A")])
    assert asked == []
    assert [(rung.env_steps, rung.score.mean, rung.rivals) for rung in found["A"].rungs] == [(200, 0.5, 0), (500, 0.7, 0)]
