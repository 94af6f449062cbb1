from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rewardsmith.contracts import Race, TrainingJob
from rewardsmith.records import Rung, Score
from rewardsmith.training.racing import Racetrack, eviction, rung_epochs, with_rivals

HALVES = Race((0.5,), keep=0.34)


def job(
    name: str, *, repeats: str = "", race: Race | None = HALVES, **rivals: tuple[float, ...]
) -> TrainingJob:
    return TrainingJob(name, "", 0, "", race=race, rivals=tuple(rivals.items()), repeats=repeats)


def entered(jobs: Sequence[TrainingJob], epochs: int = 10) -> Racetrack:
    track = Racetrack(epochs)
    track.enter(jobs)
    return track


def score(mean: float) -> Score:
    return Score(mean, 0.1, 32)


def rung(mean: float, env_steps: int = 100, rivals: int = 0, better: int = 0) -> Rung:
    return Rung(env_steps, score(mean), rivals, better)


@pytest.mark.parametrize(
    ("keep", "going_on"),
    [
        pytest.param(1 / 3, [1, 1, 1, 2, 2, 2], id="a third"),
        pytest.param(0.34, [1, 1, 2, 2, 2, 3], id="a little more"),
        pytest.param(1.0, [1, 2, 3, 4, 5, 6], id="all"),
    ],
)
def test_how_many_go_on_by_hand(keep: float, going_on: list[int]):
    """Of 1 to 6 candidates, itself included: it is allowed as
    long as fewer than so many are better."""
    race = Race(keep=keep)
    for candidates, places in enumerate(going_on, start=1):
        allowed = [race.allows(better, candidates - 1) for better in range(candidates)]
        assert allowed == [better < places for better in range(candidates)], candidates


def test_the_rungs_of_a_training():
    race = Race((0.25, 0.5))
    assert rung_epochs(race, 100) == [25, 50]
    assert rung_epochs(race, 65) == [16, 32]
    assert rung_epochs(race, 3) == [1, 2]
    assert rung_epochs(race, 1) == []
    assert rung_epochs(Race((0.01,)), 10) == [1]


def test_a_track_knows_its_rungs():
    track, a = Racetrack(100), job("a", race=Race((0.25, 0.5)))
    assert [track.rung(a, epochs) for epochs in (24, 25, 26, 50, 100)] == [None, 0, None, 1, None]
    assert track.rung(replace(a, race=None), 25) is None


def test_the_order_of_the_queue_decides_and_not_that_of_arrival():
    jobs = [job("a"), job("b"), job("c")]
    scores = {"a": 0.3, "b": 0.5, "c": 0.4}
    seen: list[dict[str, tuple[int, int]]] = []
    for order in ("abc", "acb"):  # nobody is overtaken by one behind it that is not there yet
        track = entered(jobs)
        found = {name: track.arrive(0, jobs["abc".index(name)], 80, score(scores[name])) for name in order}
        seen.append({name: (found[name].better, found[name].rivals) for name in "ab"})
        assert found["a"] == Rung(80, score(0.3), 0, 0)
    assert seen[0] == seen[1] == {"a": (0, 0), "b": (0, 1)}
    track = entered(jobs)
    track.arrive(0, jobs[2], 80, score(0.9))
    assert track.arrive(0, jobs[0], 80, score(0.3)) == Rung(80, score(0.3), 0, 0)
    assert track.arrive(0, jobs[1], 80, score(0.2)) == Rung(80, score(0.2), 1, 1)


def test_the_queue_is_put_in_order():
    jobs = [job("b"), job("c"), job("a")]
    assert entered(jobs).in_order([jobs[2], jobs[0], jobs[1]]) == jobs


def test_ties_evict_nobody():
    track = entered(jobs := [job(name) for name in "abcdefgh"])
    for each in jobs:
        assert track.verdict(each, track.arrive(0, each, 80, score(0.0))) == ""


def test_the_last_of_many_is_evicted():
    track = entered(jobs := [job(name) for name in "abc"])
    verdicts = [
        track.verdict(each, track.arrive(0, each, 80, score(mean)))
        for each, mean in zip(jobs, (0.3, 0.2, 0.1), strict=True)
    ]
    # ceil(0.34 * 2) = 1 and ceil(0.34 * 3) = 2
    assert [bool(verdict) for verdict in verdicts] == [False, True, True]


def test_rungs_are_apart():
    race = Race((0.25, 0.5))
    track = entered(jobs := [job("a", race=race), job("b", race=race)], 100)
    track.arrive(0, jobs[0], 80, score(0.9))
    assert track.arrive(1, jobs[1], 160, score(0.1)).rivals == 0
    assert track.arrive(0, jobs[1], 80, score(0.1)) == Rung(80, score(0.1), 1, 1)


def test_a_second_training_is_compared_but_nobodys_rival():
    track = entered(jobs := [job("a"), job("b", repeats="x"), job("c")])
    track.arrive(0, jobs[0], 80, score(0.5))
    assert track.arrive(0, jobs[1], 80, score(0.4)) == Rung(80, score(0.4), 1, 1)
    assert track.arrive(0, jobs[2], 80, score(0.3)) == Rung(80, score(0.3), 1, 1)


def test_a_repaired_program_does_not_race_against_its_own_first_training():
    """It came with the failed one, it came before it in the queue, and it was told from outside."""
    track = entered(jobs := [job("a"), job("b"), job("c", repeats="a")])
    for each, mean in zip(jobs[:2], (0.5, 0.2), strict=True):
        track.arrive(0, each, 80, score(mean))
    assert track.arrive(0, jobs[2], 80, score(0.3)) == Rung(80, score(0.3), 1, 0)
    late = job("c", repeats="a", b=(0.4,))
    assert dict(with_rivals(late, {"a": (rung(0.5),)}).rivals) == {"b": (0.4,)}
    track = entered([known := job("c", repeats="a", a=(0.9,), b=(0.2,))])
    assert track.arrive(0, known, 80, score(0.3)) == Rung(80, score(0.3), 1, 0)


def test_rivals_from_outside_count_at_their_own_rung():
    race = Race((0.25, 0.5), keep=0.34)
    a = job("a", race=race, x=(0.1,), y=(0.6,))
    b = job("b", race=race, x=(0.1, 0.7), y=(0.6, 0.8), z=(0.05, 0.9), a=(0.2,))
    track = entered(jobs := [a, b], 100)
    track.arrive(0, jobs[0], 80, score(0.5))
    # a counts once, as it stands here
    assert track.arrive(0, jobs[1], 80, score(0.4)) == Rung(80, score(0.4), 4, 2)
    assert track.arrive(1, jobs[0], 160, score(0.5)) == Rung(160, score(0.5), 0, 0)
    assert track.arrive(1, jobs[1], 160, score(0.75)) == Rung(160, score(0.75), 4, 2)


def test_why_a_training_ends():
    assert eviction(HALVES, rung(0.25, 12_800, rivals=5, better=2)) == ""  # ceil(0.34 * 6) = 3
    assert eviction(HALVES, rung(0.25, 12_800, rivals=5, better=3)) == (
        "evicted after 12,800 steps: 3 of 5 earlier candidates had a higher true score there than 0.250; "
        "racing keeps the best 34%"
    )


def test_rivals_of_different_depths():
    before = {"w": (rung(0.1), rung(0.2), rung(0.3)), "x": (), "y": (rung(0.4),), "z": (rung(0.5), rung(0.6))}
    known = {"w": (0.1, 0.2, 0.3), "y": (0.4,), "z": (0.5, 0.6)}
    assert dict(with_rivals(job("a"), before).rivals) == known
    assert dict(with_rivals(job("a", v=(0.9, 0.8)), before).rivals) == {"v": (0.9, 0.8), **known}
    # the same run, not another
    assert dict(with_rivals(job("a", w=(0.9,)), {"w": (rung(0.1),)}).rivals) == {"w": (0.1,)}
    assert with_rivals(job("a", v=(0.9,)), {}) == job("a", v=(0.9,))


def test_who_comes_later_stands_behind_and_who_comes_again_keeps_its_place():
    track = entered(jobs := [job("a"), job("b")])
    track.arrive(0, jobs[1], 80, score(0.9))
    late = job("c")
    track.enter([late, jobs[0]])
    assert track.in_order([late, jobs[1], jobs[0]]) == [*jobs, late]
    assert track.arrive(0, late, 80, score(0.3)) == Rung(80, score(0.3), 1, 1)
    assert track.arrive(0, jobs[0], 80, score(0.2)) == Rung(80, score(0.2), 0, 0)


def test_one_that_begins_anew_is_no_rival_of_its_own():
    """As where memory was short: it comes to the rung a second time."""
    first, second = job("a"), job("b")
    track = entered([first, second])
    track.arrive(0, first, 100, score(0.5))
    expected = track.arrive(0, second, 100, score(0.2))
    assert (expected.rivals, expected.better) == (1, 1)
    track.enter([second])
    assert track.arrive(0, second, 100, score(0.2)) == expected
