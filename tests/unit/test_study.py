import os
import platform
from dataclasses import replace

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.records import Proposal, State
from rewardsmith.study import Study
from tests.builders import trained

CONFIG = StudyConfig("franka-reach", candidates=3)


def test_a_study_that_exists_is_refused_with_the_two_ways_on(tmp_path):
    with Study.create(tmp_path / "s", CONFIG):
        pass
    with pytest.raises(UsageError, match=r"rewardsmith resume .*s`, or give another folder with --out"):
        Study.create(tmp_path / "s", CONFIG)


def test_any_other_folder_with_content_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        Study.create(tmp_path, CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Give a writable folder with --out"):
        Study.create(tmp_path / "file" / "s", CONFIG)


def test_no_study_is_a_clear_error(tmp_path):
    with pytest.raises(UsageError, match="is not a study folder"):
        Study.open(tmp_path)


def test_a_study_in_use_is_refused_with_the_process_that_has_it(tmp_path):
    with Study.create(tmp_path / "s", CONFIG), pytest.raises(StoreError, match=f"in use by process {os.getpid()} on {platform.node()}"):
        Study.open(tmp_path / "s", write=True)
    with Study.open(tmp_path / "s", write=True):
        pass


def test_reading_needs_no_lock(tmp_path):
    with Study.create(tmp_path / "s", CONFIG), Study.open(tmp_path / "s") as reader:
        assert reader.config == CONFIG


def test_the_effective_config_is_kept(tmp_path):
    with Study.create(tmp_path / "s", CONFIG):
        pass
    with Study.open(tmp_path / "s") as study:
        assert study.config == CONFIG


def test_claiming_twice_gives_the_recorded_candidate(tmp_path):
    with Study.create(tmp_path / "s", CONFIG) as study:
        study.claim(Proposal("initial"), 0, 0)
        study.save(trained("c000", 0.5))
        assert study.claim(Proposal("initial"), 0, 0) == trained("c000", 0.5)
        with pytest.raises(StoreError, match="start a new study"):
            study.claim(Proposal("reflect", ("c009",)), 0, 0)


def test_best_is_the_first_of_equals_and_never_a_failure(tmp_path):
    with Study.create(tmp_path / "s", CONFIG) as study:
        assert study.best is None
        for candidate in (trained("c000", None), trained("c001", -0.5), trained("c002", -0.5)):
            study.save(candidate)
        assert study.best
        assert study.best.id == "c001"


def test_the_file_of_a_reward_is_the_program_that_is_compiled(tmp_path):
    """Not the writer's text, which a comment or a refusal may keep apart from it; a refused draft leaves no file."""
    raw, program = "# mine\ndef compute_reward(a): return a, {}", "def compute_reward(a):\n    return (a, {})\n"
    with Study.create(tmp_path / "s", CONFIG) as study:
        file = tmp_path / "s" / "candidates" / "c000" / "reward.py"
        refused = trained("c000", None, state=State.PROPOSED, source=raw, program="")
        study.save(refused)
        assert not file.exists()
        study.save(replace(refused, program=program, state=State.ACCEPTED))
        assert file.read_text() == program
        study.save(refused)
        assert not file.exists()
        assert study.candidates[0].source == raw
