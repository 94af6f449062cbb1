"""What is around a candidate that is to be written hangs on what its strategy knew, not on time."""

from __future__ import annotations

from pathlib import Path

from rewardsmith import people
from rewardsmith.config import StudyConfig
from rewardsmith.drafting import surroundings, training_facts
from rewardsmith.records import Event, Note
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from tests.builders import keep, trained
from tests.toys import TOY


def test_only_what_the_strategy_was_told_of_before_it_asked(tmp_path: Path):
    with Study.create(tmp_path / "study", StudyConfig("franka-reach")) as study:
        keep(study, *(trained(f"c{n:03d}", 0.1 * n) for n in range(5)))
        for event in (
            Event("asked", ("c000", "c001"), 2),
            Event("told", ("c000", "c001")),
            Event("asked", ("c002", "c003"), 2),
            Event("told", ("c002",)),
            Event("asked", ("c004",), 1),
            Event("told", ("c003",)),
        ):
            study.store.add_event(event)
        around = {name: list(surroundings(study, TOY, name).trials) for name in ("c000", "c003", "c004", "")}
    assert around == {
        "c000": [],
        "c003": ["c000", "c001"],
        "c004": ["c000", "c001", "c002"],
        "": ["c000", "c001", "c002", "c003", "c004"],
    }


def test_without_the_task_nothing_is_diagnosed(tmp_path: Path):
    with Study.create(tmp_path / "study", StudyConfig("franka-reach")) as study:
        people.add(study.store, Note("softly", "c000"))
        assert "diagnoses" in surroundings(study, TOY).told
        assert "diagnoses" not in surroundings(study, None).told
        assert surroundings(study, None).notes == {"c000": ("softly",)}


def test_a_writer_is_told_what_trainings_begin_from():
    """As in the prompt of a search without the option, but for one sentence."""
    plain = training_facts(StudyConfig("toy"), PpoSettings(), TOY)
    parent = training_facts(StudyConfig("toy", start_policy="parent"), PpoSettings(), TOY)
    best = training_facts(StudyConfig("toy", start_policy="best"), PpoSettings(), TOY)
    assert [fact for fact in parent if fact not in plain] == [
        "Where a parent of the program has a policy, training begins from that, and not from nothing."
    ]
    assert [fact for fact in best if fact not in plain] == [
        "Once there is a policy, training begins from the best so far, and not from nothing."
    ]
    assert [fact for fact in parent if fact in plain] == list(plain)
