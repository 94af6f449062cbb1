from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError
from rewardsmith.files import write_whole
from rewardsmith.library import Known, Library
from rewardsmith.records import Purpose, Run, Rung, Score, program_hash
from rewardsmith.study import Study
from tests.builders import PROGRESS, keep_run, run_of

SEARCH, FINAL, FINALIST, BASELINE = Purpose.SEARCH, Purpose.FINAL, Purpose.FINALIST, Purpose.BASELINE


def put(study: Study, run: Run, score: float | None, policy: bytes = b"", played: bytes = b"") -> None:
    """A run with its files."""
    keep_run(study, run, None if score is None else Score(score, 0.1, 8))
    for path, content in ((study.policy_path(run), policy), (study.episodes_path(run), played)):
        if content:
            write_whole(path, content)


def of(identity: str, program: str, seed: int, purpose: Purpose = SEARCH, **changes: Any) -> Run:
    return run_of(identity, purpose, program=program_hash(program), seed=seed, **changes)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Study]:
    """A study with a scored, a raced and a crashed run, one that is
    not scored, and runs after the search."""
    with Study.create(tmp_path / "other", StudyConfig("franka-reach", seed=3)) as study:
        put(study, of("c000", "P", 11, wall_s=2.5), 0.7, b"search", b"played")
        put(study, of("c001", "Q", 11, failed="it fell over"), None)
        put(study, of("c002", "R", 11, rungs=(Rung(50, Score(0.1, 0.1, 4), 0, 0),)), 0.3, b"raced")
        put(study, of("c003", "S", 11), None, b"unscored")
        put(study, of("c004", "T", 11), 0.2, b"unplayed")
        put(study, of("c000", "P", 12, FINAL), 0.6, b"final")
        put(study, of("human", "H", 12, BASELINE), 0.9, b"human")
        yield study


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Study]:
    with Study.create(tmp_path / "mine", StudyConfig("franka-reach", seed=3)) as study:
        yield study


def find(mine: Study, other: Study, run: Run) -> Known | None:
    return Library([other]).find(mine, run)


def test_a_training_that_another_study_has_is_taken_over_with_its_policy(mine: Study, other: Study):
    run = of("c005", "P", 11)
    known = find(mine, other, run)
    assert known
    result = known.result
    assert (result.run, result.env_steps, result.wall_s, result.progress) == (
        "c005-search-0",
        100,
        2.5,
        PROGRESS,
    )
    assert (known.score.mean, known.score.seed) == (0.7, mine.evaluation_seed(SEARCH))
    assert mine.policy_path(run).read_bytes() == b"search"
    assert not mine.episodes_path(run).exists()


@pytest.mark.parametrize(
    ("run", "score", "policy"),
    [
        pytest.param(of("c005", "P", 12, FINAL), 0.6, b"final", id="the winner trained again"),
        pytest.param(of("human", "H", 12, BASELINE), 0.9, b"human", id="a baseline"),
        pytest.param(
            of("c005", "H", 12, FINAL),
            0.9,
            b"human",
            id="a winner that is the human reward: it plays the same",
        ),
    ],
)
def test_so_is_what_is_trained_after_the_search(
    mine: Study, other: Study, run: Run, score: float, policy: bytes
):
    known = find(mine, other, run)
    assert known
    assert known.score.mean == score
    assert mine.policy_path(run).read_bytes() == policy


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(of("c009", "P", 99), id="another seed"),
        pytest.param(of("c009", "X", 11), id="another program"),
        pytest.param(of("c009", "P", 11, FINAL), id="other episodes"),
        pytest.param(of("c009", "P", 11, FINALIST), id="those of finalists"),
        pytest.param(of("c009", "Q", 11), id="a crash is tried again"),
        pytest.param(of("c009", "R", 11), id="one that raced"),
        pytest.param(of("c009", "S", 11), id="one without a score"),
    ],
)
def test_anything_else_is_trained(mine: Study, other: Study, run: Run):
    assert find(mine, other, run) is None
    assert not mine.policy_path(run).exists()


def test_a_search_from_another_seed_shares_nothing(tmp_path: Path, other: Study):
    with Study.create(tmp_path / "far", StudyConfig("franka-reach", seed=4)) as far:
        assert find(far, other, of("c005", "P", 11)) is None


def test_a_lost_policy_is_trained_again(mine: Study, other: Study):
    other.policy_path(of("c000", "P", 11)).unlink()
    assert find(mine, other, of("c009", "P", 11)) is None


def test_what_races_is_always_trained(mine: Study, other: Study):
    """It hangs on those before it, too. What comes after the search does not."""
    mine.config = replace(mine.config, racing="on")
    assert find(mine, other, of("c009", "P", 11)) is None
    assert find(mine, other, of("c009", "P", 12, FINAL))


def test_a_search_that_screens_takes_the_episodes_as_well(mine: Study, other: Study):
    mine.config = replace(mine.config, screening="order")
    run = of("c009", "P", 11)
    assert find(mine, other, run)
    assert mine.episodes_path(run).read_bytes() == b"played"
    assert find(mine, other, of("c008", "T", 11)) is None  # whose episodes nobody kept
    assert not mine.policy_path(of("c008", "T", 11)).exists()
    assert find(mine, other, final := of("c009", "P", 12, FINAL))
    assert not mine.episodes_path(final).exists()


def test_what_begins_from_an_earlier_policy_is_neither_taken_nor_given(mine: Study, other: Study):
    """It hangs on that policy, too."""
    assert find(mine, other, of("c009", "P", 11, start="c001-search-0")) is None
    put(other, of("c006", "U", 11, start="c000-search-0"), 0.8, b"carried")
    assert find(mine, other, of("c009", "U", 11)) is None
    put(other, of("c007", "V", 11), 0.8, b"new")
    assert find(mine, other, of("c009", "V", 11))


def test_without_others_nothing_is_known(mine: Study):
    assert Library().find(mine, of("c000", "P", 11)) is None


def test_no_room_for_the_copy_is_an_honest_error(mine: Study, other: Study):
    """A file in the place of the run's folder stands for it."""
    folder = mine.policy_path(of("c009", "P", 11)).parent
    folder.parent.mkdir(parents=True)
    folder.write_text("", encoding="utf-8")
    with pytest.raises(
        StoreError,
        match=r"cannot copy .*/other/runs/c000-search-0/policy.pt to .*/mine/runs/c009-search-0/policy.pt",
    ):
        find(mine, other, of("c009", "P", 11))
