"""Notes and given programs: kept with the study, also while another process has it open."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith import people
from rewardsmith.config import StudyConfig
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.records import Given, Note
from rewardsmith.store.sqlite import Store
from rewardsmith.study import Study
from rewardsmith.study_folder import DATABASE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Study.create(tmp_path / "study", StudyConfig("franka-reach"), [Given("code", "mine.py")]).close()
    return tmp_path / "study"


def test_notes_are_numbered_shown_and_withdrawn(folder: Path):
    with Study.open(folder, write=True) as study:
        store = study.store
        assert [
            people.add(store, Note(text, who)) for text, who in (("a", ""), ("b", "c001"), ("c", ""))
        ] == [
            0,
            1,
            2,
        ]
        people.withdraw(store, 0)
        assert people.wishes(store) == ("c",)
        assert people.remarks(store) == {"c001": ("b",)}
        with pytest.raises(UsageError, match="there is no note 7; there are: 1, 2"):
            people.withdraw(store, 7)


def test_a_search_at_work_sees_what_another_process_adds(folder: Path):
    with Study.open(folder, write=True) as study:
        beside = Store(folder / DATABASE)
        assert people.add(beside, Note("softly")) == 0
        assert people.add(beside, Given("other", "other.py")) == 1
        beside.close()
        assert people.wishes(study.store) == ("softly",)
        assert people.waiting(study.store) == (0, Given("code", "mine.py"))


def test_given_programs_wait_in_order_until_they_are_somebodys_draft(folder: Path):
    with Study.open(folder, write=True) as study:
        people.add(study.store, Given("other", "other.py"))
        people.put(study.store, 0, Given("code", "mine.py", "c000"))
        assert people.waiting(study.store) == (1, Given("other", "other.py"))
        people.put(study.store, 1, Given("other", "other.py", "c001"))
        assert people.waiting(study.store) is None


def test_more_than_ten_stay_in_order(folder: Path):
    with Study.open(folder, write=True) as study:
        for number in range(12):
            people.add(study.store, Note(f"{number}"))
        assert people.wishes(study.store) == tuple(map(str, range(12)))


def test_there_is_an_end_to_it(folder: Path):
    with Study.open(folder, write=True) as study:
        for number in range(200):
            people.put(study.store, number, Note("again"))
        with pytest.raises(UsageError, match="200 of its kind"):
            people.add(study.store, Note("and again"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("note 0", "{}"),
        ("note 0", '{"text": ""}'),
        ("note 0", '{"text": "' + "x" * 2_001 + '"}'),
        ("note 0", '{"text": "a", "candidate": "../../etc"}'),
        ("note x", '{"text": "a"}'),
        ("note 999", '{"text": "a"}'),
        ("given 0", "no json"),
        ("given 5", '{"source": "code", "name": "n", "candidate": "human"}'),
    ],
)
def test_a_damaged_one_is_named_when_the_study_is_opened(folder: Path, key: str, value: str):
    with Study.open(folder, write=True) as study:
        study.store.put_value(key, value)
    with pytest.raises(StoreError, match=key.split()[0]):
        Study.open(folder)
