from __future__ import annotations

import pytest

from rewardsmith.contracts import Race, TrainingJob
from rewardsmith.records import Curve, Rung, Score, State, TrainingResult
from rewardsmith.training.racing import Racetrack, cut, eviction, left_over, rung_epochs, with_rivals

HALVES = Race((0.5,), keep=0.34)


def job(name: str, *rivals: tuple[float, ...], first: bool = True) -> TrainingJob:
    return TrainingJob(name, "", 0, "", rivals=rivals, first=first)


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
    """Of 1 to 6 candidates, itself included: it is allowed as long as fewer than so many are better."""
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
    track = Racetrack(Race((0.25, 0.5)), [job("a")], 100)
    assert [track.rung(epochs) for epochs in (24, 25, 26, 50, 100)] == [None, 0, None, 1, None]
    assert Racetrack(None, [job("a")], 100).rung(25) is None


def test_the_order_of_the_queue_decides_and_not_that_of_arrival():
    jobs = [job("a"), job("b"), job("c")]
    scores = {"a": 0.3, "b": 0.5, "c": 0.4}
    seen: list[dict[str, tuple[int, int]]] = []
    for order in ("abc", "acb"):  # nobody is overtaken by one behind it that is not there yet
        track = Racetrack(HALVES, jobs, 10)
        found = {name: track.arrive(0, jobs["abc".index(name)], 80, score(scores[name])) for name in order}
        seen.append({name: (found[name].better, found[name].rivals) for name in "ab"})
        assert found["a"] == Rung(80, score(0.3), 0, 0)
    assert seen[0] == seen[1] == {"a": (0, 0), "b": (0, 1)}
    track = Racetrack(HALVES, jobs, 10)
    track.arrive(0, jobs[2], 80, score(0.9))
    assert track.arrive(0, jobs[0], 80, score(0.3)) == Rung(80, score(0.3), 0, 0)
    assert track.arrive(0, jobs[1], 80, score(0.2)) == Rung(80, score(0.2), 1, 1)


def test_the_queue_is_put_in_order():
    jobs = [job("b"), job("c"), job("a")]
    assert Racetrack(HALVES, jobs, 10).in_order([jobs[2], jobs[0], jobs[1]]) == jobs


def test_ties_evict_nobody():
    track = Racetrack(HALVES, jobs := [job(name) for name in "abcdefgh"], 10)
    for each in jobs:
        assert track.verdict(track.arrive(0, each, 80, score(0.0))) == ""


def test_the_last_of_many_is_evicted():
    track = Racetrack(HALVES, jobs := [job(name) for name in "abc"], 10)
    verdicts = [track.verdict(track.arrive(0, each, 80, score(mean))) for each, mean in zip(jobs, (0.3, 0.2, 0.1), strict=True)]
    assert [bool(verdict) for verdict in verdicts] == [False, True, True]  # ceil(0.34 * 2) = 1 and ceil(0.34 * 3) = 2


def test_rungs_are_apart():
    track = Racetrack(Race((0.25, 0.5)), jobs := [job("a"), job("b")], 100)
    track.arrive(0, jobs[0], 80, score(0.9))
    assert track.arrive(1, jobs[1], 160, score(0.1)).rivals == 0
    assert track.arrive(0, jobs[1], 80, score(0.1)) == Rung(80, score(0.1), 1, 1)


def test_a_second_training_is_compared_but_nobodys_rival():
    track = Racetrack(HALVES, jobs := [job("a"), job("b", first=False), job("c")], 10)
    track.arrive(0, jobs[0], 80, score(0.5))
    assert track.arrive(0, jobs[1], 80, score(0.4)) == Rung(80, score(0.4), 1, 1)
    assert track.arrive(0, jobs[2], 80, score(0.3)) == Rung(80, score(0.3), 1, 1)


def test_rivals_from_outside_count_at_their_own_rung():
    race = Race((0.25, 0.5), keep=0.34)
    track = Racetrack(race, jobs := [job("a", (0.1, 0.6)), job("b", (0.1, 0.6), (0.7, 0.8, 0.9))], 100)
    track.arrive(0, jobs[0], 80, score(0.5))
    assert track.arrive(0, jobs[1], 80, score(0.4)) == Rung(80, score(0.4), 3, 2)
    assert track.arrive(1, jobs[0], 160, score(0.5)) == Rung(160, score(0.5), 0, 0)
    assert track.arrive(1, jobs[1], 160, score(0.75)) == Rung(160, score(0.75), 4, 2)


def test_why_a_training_ends():
    assert eviction(HALVES, rung(0.25, 12_800, rivals=5, better=2)) == ""  # ceil(0.34 * 6) = 3
    assert eviction(HALVES, rung(0.25, 12_800, rivals=5, better=3)) == (
        "evicted after 12,800 steps: 3 of 5 earlier candidates had a higher true score there than 0.250; racing keeps the best 34%"
    )


WHOLE = TrainingResult(
    "a",
    State.SCORED,
    3,
    env_steps=1_000,
    wall_s=10.0,
    components=(Curve("near", tuple(range(10))),),
    progress=(Curve("success", (None, *range(9))), Curve("total", tuple(range(10)))),
    score=score(0.9),
    policy="policy.pt",
    rungs=(rung(0.2, 200), rung(0.4, 500), rung(0.8, 700)),
)
QUARTERS = Race((0.2, 0.5), keep=0.34)


def test_a_whole_training_that_a_race_lets_pass_has_its_rungs():
    found = cut(WHOLE, job("a", (0.1, 0.1), (0.5,)), QUARTERS, [2, 5], 100)
    # The second time one of two is better: ceil(0.34 * 2) = 1, so it would not be let pass at 0.5 but for the tie.
    assert found.state == State.EVICTED
    found = cut(WHOLE, job("a", (0.1, 0.3, 0.3), (0.4, 0.5, 0.1)), QUARTERS, [2, 5], 100)
    # First 2 of 3 are better, and ceil(0.34 * 4) = 2 may be at most 1: evicted at the first rung.
    assert (found.state, found.env_steps) == (State.EVICTED, 200)
    found = cut(WHOLE, job("a", (0.1, 0.1, 0.3), (0.4, 0.5, 0.1)), QUARTERS, [2, 5], 100)
    assert found.rungs == (rung(0.2, 200, 3, 1), rung(0.4, 500, 3, 1))
    assert (found.state, found.score, found.policy, found.env_steps) == (State.SCORED, score(0.9), "policy.pt", 1_000)
    assert (found.components, found.progress, found.wall_s) == (WHOLE.components, WHOLE.progress, 10.0)


def test_a_whole_training_is_cut_where_a_race_ends_it():
    found = cut(WHOLE, job("a", (0.1,), (0.5, 0.6)), QUARTERS, [2, 5], 100)
    # Two of two are better, and ceil(0.34 * 3) = 2.
    assert (found.state, found.score, found.env_steps, found.wall_s) == (State.EVICTED, None, 500, 5.0)
    assert found.rungs == (rung(0.2, 200, 1, 0), rung(0.4, 500, 2, 2))
    assert found.cause.startswith("evicted after 500 steps: 2 of 2 earlier candidates had a higher true score there than 0.400")
    assert found.components == (Curve("near", (0, 1, 2, 3, 4)),)
    assert found.progress == (Curve("success", (None, 0, 1, 2, 3)), Curve("total", (0, 1, 2, 3, 4)))


def test_rivals_of_different_depths():
    before = [(rung(0.1), rung(0.2), rung(0.3)), (), (rung(0.4),), (rung(0.5), rung(0.6))]
    assert with_rivals(job("a"), before).rivals == ((0.1, 0.4, 0.5), (0.2, 0.6), (0.3,))
    assert with_rivals(job("a", (0.9,), (0.8,)), before).rivals == ((0.9, 0.1, 0.4, 0.5), (0.8, 0.2, 0.6), (0.3,))
    assert with_rivals(job("a", (0.9,), (0.8,)), [(rung(0.1),), ()]).rivals == ((0.9, 0.1), (0.8,))
    assert with_rivals(job("a", (0.9,)), []).rivals == ((0.9,),)
    assert with_rivals(job("a"), []).rivals == ()


def test_what_is_left_over_is_compared_with_what_ended_before_it():
    jobs = [job("a"), job("b", (0.9,)), job("c", first=False), job("d"), job("e"), job("f")]
    ended = {"a": (rung(0.1), rung(0.2)), "c": (rung(0.3),), "d": (rung(0.4),), "f": (rung(0.5),)}
    assert left_over(jobs, ended) == [job("b", (0.9, 0.1), (0.2,)), job("e", (0.1, 0.4), (0.2,))]
