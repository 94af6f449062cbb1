"""What the command refuses, in this process; it draws in tests/integration/test_render.py."""

from pathlib import Path
from zipfile import ZipFile

import pytest
import torch

from rewardsmith.cli import actors, render
from rewardsmith.comparison import Comparison, ComparisonConfig
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.errors import UsageError
from rewardsmith.records import Purpose, Score
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, save_policy, trained
from tests.toys import TOY, Bare

POLICY = "runs/c000-search-0/policy.pt"


@pytest.fixture
def study(tmp_path: Path, reach: Task) -> Path:
    """Two candidates: c000 with a policy, and trained again, c001 that crashed."""
    folder = tmp_path / "s"
    with Study.create(folder, StudyConfig("franka-reach")) as made:
        keep(made, trained("c000", 0.25, run={"policy": POLICY}), trained("c001", None))
        keep_run(
            made, run_of("c000", Purpose.FINAL, policy="runs/c000-final-0/policy.pt"), Score(0.5, 0.01, 8)
        )
        keep_run(made, run_of("human", Purpose.BASELINE, failed="it fell over"), None)
    for policy in (POLICY, "runs/c000-final-0/policy.pt"):
        save_policy(folder / policy, reach)
    return folder


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--out", "x.avi"], r"--out is 'x\.avi'; give a file that ends in \.mp4, \.gif or \.png"),
        (["--out", "x"], r"--out is 'x'; give"),
        (["--width", "63"], r"--width is 63, but an \.mp4 needs an even number; give 64"),
        (["--height", "8"], "--height is 8; give a number of pixels from 16 to 4096"),
        (["--width", "5000"], "--width is 5000; give"),
        (["--seconds", "0"], "--seconds is 0; give more than 0 and at most 600"),
        (["--seconds", "nan"], "--seconds is nan; give"),
        (["--seconds", "-1", "--out", "x.png"], "--seconds is -1; give"),
        (["--policy", "runs/none/best"], "--policy runs/none/best: there is no such study"),
        (["--policy", "none.pt"], r"cannot read none\.pt: No such file"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_made(
    flags: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        render.run(["franka-reach", *flags])
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_the_install_line_is_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(render, "find_spec", lambda name: None if name == "imageio_ffmpeg" else name)
    with pytest.raises(UsageError, match=r"pip install 'rewardsmith\[video\]'"):
        render.run(["franka-reach"])


def test_environments_that_cannot_be_drawn_are_told(monkeypatch: pytest.MonkeyPatch, reach: Task):
    class Blind(Bare):
        action_size = 3

    monkeypatch.setattr(type(TOY), "make", lambda self, num_envs, threads, device: Blind())
    monkeypatch.setattr(render.TASKS, "load", lambda name: TOY)
    monkeypatch.setattr(render.TASKS, "named", lambda name: name)
    with pytest.raises(Exception, match="nothing to be seen"):
        render.run(["toy"])


def find(text: str | Path, task: Task) -> actors.Actor:
    return actors.find_actor(str(text), task.name, task.make(1, 1), 0)


def test_a_candidate_the_best_one_and_the_file_are_the_same_policy(study: Path, reach: Task):
    observation = torch.linspace(-1, 1, reach.make(1, 1).observation_size)[None]
    ways = [study, study / "best", study / "c000", study / POLICY]
    found = [find(way, reach) for way in ways]
    actions = [actor.act(observation) for actor in found]
    assert actions[0].shape == (1, 3)
    assert actions[0].abs().sum() > 0
    assert all(torch.equal(action, actions[0]) for action in actions)
    assert [actor.name for actor in found[:3]] == [f"c000 of {study}"] * 3


def test_a_run_after_the_search_is_named_by_its_id(study: Path, reach: Task):
    assert find(study / "c000-final-0", reach).name == f"c000-final-0 of {study}"
    with pytest.raises(UsageError, match=r"human-baseline-0 of .* has no policy \(CRASHED\)"):
        find(study / "human-baseline-0", reach)


def test_random_and_zero(reach: Task):
    observation = torch.zeros(4, 1)
    assert find("zero", reach).act(observation).abs().sum() == 0
    first, second = find("random", reach), find("random", reach)
    assert torch.equal(first.act(observation), second.act(observation))
    assert not torch.equal(first.act(observation), second.act(observation)[:1].expand(4, 3))
    assert first.act(observation).abs().max() <= 1


def test_candidates_without_a_policy(study: Path, reach: Task, push: Task):
    with pytest.raises(
        UsageError, match=r"unknown candidate 'c00'\. Did you mean 'c000'\? Allowed: best, c000, c000-final-0"
    ):
        find(study / "c00", reach)
    with pytest.raises(
        UsageError, match=r"c001 of .* has no policy \(CRASHED\)\. These have one: c000-final-0, c000, best"
    ):
        find(study / "c001", reach)
    with pytest.raises(UsageError, match=r"is a study of franka-reach, not of franka-push"):
        find(study / "c000", push)


def test_files_that_are_no_policy_of_the_task(study: Path, push: Task, tmp_path: Path):
    with pytest.raises(
        UsageError, match=r"policy\.pt is a policy of another task: it reads 20 numbers, this task gives 29"
    ):
        find(study / POLICY, push)
    for number, content in enumerate((b"", b"text", b"PK\x03\x04 broken")):
        path = tmp_path / f"{number}.pt"
        path.write_bytes(content)
        with pytest.raises(UsageError, match="is not a policy that rewardsmith saved"):
            find(path, push)
    with ZipFile(tmp_path / "zip.pt", "w") as file:
        file.writestr("a", "b")
    with pytest.raises(UsageError, match="is not a policy that rewardsmith saved"):
        find(tmp_path / "zip.pt", push)
    torch.save({"hidden": [1]}, tmp_path / "other.pt")
    with pytest.raises(UsageError, match="is not a policy that rewardsmith saved"):
        find(tmp_path / "other.pt", push)


def test_a_comparison_is_not_a_study_but_names_its_studies(tmp_path: Path, reach: Task):
    Comparison.create(tmp_path / "c", ComparisonConfig(StudyConfig("franka-reach"), ("eureka",), 1))
    with pytest.raises(
        UsageError, match=r"is a comparison\. Name one of its studies, such as STUDY/best: none has begun"
    ):
        find(tmp_path / "c", reach)
    with Study.create(tmp_path / "c" / "studies" / "eureka-s0", StudyConfig("franka-reach")):
        pass
    with pytest.raises(UsageError, match=r"STUDY/best: .*c/studies/eureka-s0"):
        find(tmp_path / "c", reach)
