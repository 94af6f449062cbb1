"""What a training worker can do, tried from within: a trainer of a plug-in
that attempts it all, in the real process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.contracts import SPARSE, ScoringJob, TrainingJob, Workload
from rewardsmith.errors import StoreError
from rewardsmith.execution.confinement import landlock
from rewardsmith.executors.collect import Ended, train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.records import RunState
from rewardsmith.training.ppo import PpoSettings
from tests.children.spy import EMPTY, VICTIM
from tests.conftest import TINY
from tests.plugins import install

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or landlock.version() < 3, reason="this kernel has no Landlock of version 3"
)
SECRET = "sk-not-for-workers"


@pytest.fixture
def spy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Installs a package with the spy as a trainer."""
    install(tmp_path / "packages", monkeypatch, "spy", trainers="tests.children.spy:Spy")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    return "spy"


Build = Callable[..., LocalExecutor]


@pytest.fixture
def local() -> Iterator[Build]:
    """Builds executors, and ends them."""
    made: list[LocalExecutor] = []

    def build(*folders: Path, trainer: str = "population", settings: PpoSettings = TINY) -> LocalExecutor:
        made.append(LocalExecutor(Workload("franka-reach", trainer, settings, folders, SPARSE)))
        return made[-1]

    yield build
    for executor in made:
        executor.close()


def train(executor: LocalExecutor, *jobs: TrainingJob) -> list[Ended]:
    return list(train_all(executor, jobs, 2, lambda _: None))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "sibling"
    (folder / EMPTY).mkdir(parents=True)
    (folder / VICTIM).write_text("kept", encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, tuple[int, float, str]]:
    """Everything in a folder: mode, time and text."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime,
            path.read_text(encoding="utf-8") if path.is_file() else "",
        )
        for path in folder.rglob("*")
    }


def test_only_training_is_possible(spy: str, outside: Path, tmp_path: Path, local: Build):
    study = tmp_path / "study"
    before = contents(outside)
    executor = local(study / "runs", trainer=spy)
    (ended,) = train(executor, TrainingJob("a", str(outside), 0, str(study / "runs" / "policy.pt")))
    assert ended.result.cause.startswith("[{"), ended.result.cause
    forbidden, allowed = json.loads(ended.result.cause)
    assert [name for name, outcome in forbidden.items() if outcome == "done"] == []
    assert {name: outcome for name, outcome in allowed.items() if outcome != "done"} == {}
    # not merely in vain
    assert {forbidden[name] for name in ("somebody's terminal", "another table of calls", "io_uring")} == {
        "EPERM"
    }
    assert contents(outside) == before
    assert [path.name for path in study.iterdir()] == ["runs"]
    assert not any(path.is_symlink() or not (path.is_file() or path.is_dir()) for path in study.rglob("*"))
    (worker,) = executor.workers
    assert "Landlock (writes only below the study)" in worker.limits
    assert any(limit.startswith("seccomp") for limit in worker.limits) == (
        os.uname().machine in ("x86_64", "aarch64")
    )


@pytest.mark.parametrize("name", ["population", "rl-games"])
@pytest.mark.slow
def test_a_training_goes_on_as_ever_and_a_second_one_in_the_same_worker(
    name: str, tmp_path: Path, local: Build
):
    executor = local(
        tmp_path / "runs", tmp_path / "others", trainer=name, settings=replace(TINY, env_steps=320)
    )
    for folder in ("runs", "others"):
        jobs = [TrainingJob(job, SPARSE, 1, str(tmp_path / folder / job / "policy.pt")) for job in "ab"]
        found = train(executor, *jobs)
        assert [(ended.result.state, ended.result.cause) for ended in found] == [(RunState.TRAINED, "")] * 2
        assert all(ended.score for ended in found)
        assert all(Path(job.policy).is_file() for job in jobs)


@pytest.mark.parametrize("odd", ["policy", "episodes", "kept"])
def test_a_job_elsewhere_is_an_honest_error(odd: str, tmp_path: Path, local: Build):
    executor = local(tmp_path / "study")
    job = TrainingJob("a", SPARSE, 0, str(tmp_path / "study" / "policy.pt"))
    scoring = ScoringJob("a", job.policy, 0, 2)
    elsewhere = str(tmp_path / "study" / ".." / "other" / "policy.pt")
    job, scoring = (
        replace(job, **{odd: elsewhere}) if odd != "kept" else job,
        replace(scoring, kept=elsewhere if odd == "kept" else ""),
    )
    with pytest.raises(
        StoreError, match=r"other/policy.pt is to be written by a worker that can write below .*/study only"
    ):
        executor.train(job, scoring)
    assert executor.next(0.0) is None
    assert not (tmp_path / "other").exists()


def test_episodes_of_a_scoring_elsewhere_are_an_honest_error(tmp_path: Path, local: Build):
    """The policy may be anywhere: it is only read."""
    executor = local(tmp_path / "study")
    with pytest.raises(StoreError, match="is to be written by a worker"):
        executor.score(ScoringJob("a", str(tmp_path / "policy.pt"), 0, 2, str(tmp_path / "episodes.pt")))
    executor.score(ScoringJob("a", str(tmp_path / "policy.pt"), 0, 2))


def test_a_link_instead_of_the_folder_is_refused(tmp_path: Path, local: Build):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is a link"):
        train(local(tmp_path / "runs"), TrainingJob("a", SPARSE, 0, str(tmp_path / "runs" / "policy.pt")))
    assert list((tmp_path / "elsewhere").iterdir()) == []
