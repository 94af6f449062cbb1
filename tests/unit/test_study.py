import os
import platform
import time
from dataclasses import replace

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.records import CandidateState, Purpose, Score
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, trained
from tests.speed import slowness

CONFIG = StudyConfig("franka-reach", candidates=3)


def test_a_study_that_exists_is_refused_with_the_two_ways_on(tmp_path):
    with Study.create(tmp_path / "s", CONFIG):
        pass
    with pytest.raises(UsageError, match=r"rewardsmith resume .*s`, or give another folder with --out"):
        Study.create(tmp_path / "s", CONFIG)


def test_any_other_folder_with_content_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists already"):
        Study.create(tmp_path, CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="Give a writable folder with --out"):
        Study.create(tmp_path / "file" / "s", CONFIG)


def test_no_study_is_a_clear_error(tmp_path):
    with pytest.raises(UsageError, match="is not a study folder"):
        Study.open(tmp_path)


def test_a_study_in_use_is_refused_with_the_process_that_has_it(tmp_path):
    with (
        Study.create(tmp_path / "s", CONFIG),
        pytest.raises(StoreError, match=f"in use by process {os.getpid()} on {platform.node()}"),
    ):
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


def test_best_is_the_first_of_equals_and_never_a_failure(tmp_path):
    with Study.create(tmp_path / "s", CONFIG) as study:
        assert (study.best, study.winner) == (None, None)
        keep(study, trained("c000", None), trained("c001", -0.5), trained("c002", -0.5))
        assert study.best
        assert (study.best.id, study.best.fitness) == ("c001", -0.5)
        assert study.winner == study.best  # nobody was trained again


def again(study: Study, identity: str, *means: float) -> None:
    for number, mean in enumerate(means):
        keep_run(study, run_of(identity, Purpose.FINALIST, number), Score(mean, 0.01, 8))


def test_the_winner_is_earned_on_fresh_seeds(tmp_path):
    """Not who looked best in the search, and not who had the best single seed."""
    with Study.create(tmp_path / "s", CONFIG) as study:
        keep(study, trained("c000", 0.9), trained("c001", 0.5), trained("c002", 0.7))
        again(study, "c000", 0.25, 0.25)
        again(study, "c002", 0.75, 0.0)
        again(study, "c001", 0.5, 0.375)
        keep_run(study, run_of("c000", Purpose.FINALIST, 2, failed="it fell over"), None)
        assert study.finalists == {"c000": 0.25, "c002": 0.375, "c001": 0.4375}
        assert study.best
        assert study.winner
        assert (study.best.id, study.winner.id, study.winner.fitness) == ("c000", "c001", 0.5)


def test_a_score_on_other_episodes_is_not_that_of_a_run(tmp_path):
    with Study.create(tmp_path / "s", CONFIG) as study:
        keep(study, trained("c000", 0.5))
        study.store.put_score("c000-search-0", Score(1.0, 0.0, 8, seed=study.evaluation_seed(Purpose.FINAL)))
        study.store.put_score(
            "c000-search-0", Score(1.0, 0.0, 8, scorer="people", seed=study.evaluation_seed(Purpose.SEARCH))
        )
        assert study.best
        assert study.best.fitness == 0.5


def test_no_two_purposes_share_episodes_but_what_is_compared(tmp_path):
    with Study.create(tmp_path / "s", CONFIG) as study:
        assert len({study.evaluation_seed(purpose) for purpose in Purpose}) == len(Purpose) - 1
        assert study.evaluation_seed(Purpose.FINAL) == study.evaluation_seed(Purpose.BASELINE)


def test_a_thousand_candidates_open_in_no_time(tmp_path):
    with Study.create(tmp_path / "s", replace(CONFIG, candidates=1_000)) as study, study.store.transaction():
        keep(study, *(trained(f"c{number:03d}", 0.5) for number in range(1_000)))
    opened: list[float] = []
    polled: list[float] = []
    with Study.open(tmp_path / "s", write=True) as writer:
        for steps in range(5):  # the machine may be busy
            started = time.process_time()
            with Study.open(tmp_path / "s") as study:
                assert len(study.trials) == 1_000
                opened.append((time.process_time() - started) / slowness())
                writer.store.put_run(run_of("c999", env_steps=steps))
                started = time.process_time()
                assert study.trials[-1].env_steps == steps
                polled.append((time.process_time() - started) / slowness())
    assert (min(opened) < 0.05, min(polled) < 0.05) == (True, True), (opened, polled)


def test_the_file_of_a_reward_is_the_program_that_is_compiled(tmp_path):
    """Not the writer's text, which a comment or a refusal may keep apart
    from it; a refused draft leaves no file."""
    raw, program = (
        "# mine\ndef compute_reward(a): return a, {}",
        "def compute_reward(a):\n    return (a, {})\n",
    )
    with Study.create(tmp_path / "s", CONFIG) as study:
        file = tmp_path / "s" / "candidates" / "c000" / "reward.py"
        refused = trained("c000", None, state=CandidateState.PROPOSED, source=raw, program="").candidate
        study.save(refused)
        assert not file.exists()
        study.save(replace(refused, program=program, state=CandidateState.ACCEPTED))
        assert file.read_text(encoding="utf-8").endswith(f"\n\n\n{program}")
        study.save(refused)
        assert not file.exists()
        assert study.candidates[0].source == raw
