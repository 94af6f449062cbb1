import pytest

from rewardsmith.records import Screening
from rewardsmith.screening.order import dropped, queue


def screening(score: float | None, similarity: float | None = None) -> Screening:
    return Screening(
        outcome=score,
        progress=None,
        episodes=4,
        twin="" if similarity is None else "c001",
        similarity=similarity,
    )


def test_best_first_and_the_unknown_in_the_middle():
    programs = [
        ("low", screening(0.2)),
        ("none", None),
        ("silent", screening(None)),
        ("high", screening(0.9)),
        ("chance", screening(0.5)),
    ]
    assert queue(programs, twin_above=0.98) == ("high", "none", "silent", "chance", "low")


def test_near_duplicates_come_last_best_first():
    programs = [
        ("copy", screening(0.9, 0.98)),
        ("own", screening(0.1, 0.97)),
        ("better copy", screening(1.0, 1.0)),
        ("unscored copy", screening(None, 0.99)),
        ("opposite", screening(0.3, -1.0)),
    ]
    assert queue(programs, twin_above=0.98) == ("opposite", "own", "better copy", "copy", "unscored copy")


def test_nothing_to_order():
    assert queue([], twin_above=0.98) == ()


@pytest.mark.parametrize(
    ("share", "names"), [(0.0, ""), (0.24, ""), (0.25, "d"), (0.6, "cd"), (0.75, "bcd"), (1.0, "bcd")]
)  # never all of them
def test_the_end_of_the_queue_is_dropped(share: float, names: str):
    assert dropped("abcd", share) == tuple(names)


def test_shares_are_not_cut_short_by_rounding():
    assert 0.29 * 100 < 29
    assert len(dropped(["c"] * 100, 0.29)) == 29


def test_a_single_program_and_none_are_not_dropped():
    assert dropped(["c001"], 1.0) == ()
    assert dropped([], 1.0) == ()
