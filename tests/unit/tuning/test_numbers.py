"""Which numbers of a program may be tuned, where they stand, and what becomes of the text."""

from __future__ import annotations

import time

import pytest

from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard.static import check_source
from rewardsmith.study import Study
from rewardsmith.tuning.numbers import find_numbers, rounded, with_numbers

SOURCE = '''NEAR = 0.05  # 0.01 to 0.1
def compute_reward(tcp_pos, cube_pos, goal_pos):
    """Reach, then push: 0.5 of 2.0."""
    reach_temp: float = 0.12
    axis = 1
    power = 2
    d = torch.norm(tcp_pos - cube_pos, dim=-1)
    height = cube_pos[:, 2] - 0.02
    near = (d < 0.3).float()
    reach = 0.5 * torch.exp(-d / reach_temp)
    push = -2.5 * torch.norm(goal_pos - cube_pos, dim=axis) ** power / (d + 1e-6)
    still = d / NEAR * 1e-6
    total = reach + push + near + height * True
    return total, {"reach": reach * 3, "push": push}
'''


def test_names_factors_divisors_and_thresholds_are_found():
    numbers = {one.name: (one.value, one.line) for one in find_numbers(SOURCE)}
    assert numbers == {
        "NEAR": (0.05, 1),
        "reach_temp": (0.12, 4),
        "near: d < 0.3": (0.3, 9),
        "reach: 0.5 * torch.exp(-d / reach_temp)": (0.5, 10),
        "push: -2.5 * torch.norm(goal_pos - cube_pos, dim": (-2.5, 11),
        "line 14: reach * 3": (3.0, 14),
    }


def test_ranges_are_a_fifth_to_five_times_or_what_a_comment_says():
    ranges = {one.name: (one.low, one.high) for one in find_numbers(SOURCE)}
    assert ranges["NEAR"] == (0.01, 0.1)
    assert ranges["reach_temp"] == pytest.approx((0.024, 0.6))
    assert ranges["push: -2.5 * torch.norm(goal_pos - cube_pos, dim"] == pytest.approx((-0.5, -12.5))


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# 0.1 .. 1.0", (0.1, 1.0)),
        ("# range 1, 0.2", (0.2, 1.0)),
        ("# tune: 1e-2 to 1e0", (0.01, 1.0)),
        ("# from 0.6 to 1.0", (0.1, 2.5)),  # the number is not in it
        ("# -1.0 to 1.0", (0.1, 2.5)),  # of both signs
        ("# 4 cm behind the cube", (0.1, 2.5)),
        ("# 0.5 to 0.5", (0.1, 2.5)),
        ("# 0.5 to -1.0", (0.1, 2.5)),  # of both signs, the other way round
        ("# 0.2 - -5", (0.1, 2.5)),
        ("# 1e400 to 2, . to .", (0.1, 2.5)),
        ("# 0.5 to 1e300", (0.1, 2.5)),  # no program has such a number
        ("; r = '# 0.4 to 0.6'", (0.1, 2.5)),  # in a text
        ("# x\r    w = 3.0", (0.1, 2.5)),  # no line of its own
        ("# \0 \ud800", (0.1, 2.5)),
        ("# x\r" + "(" * 300, (0.1, 2.5)),
    ],
)
def test_comments(comment: str, expected: tuple[float, float]):
    source = f"def compute_reward(tcp_pos):\n    w = 0.5  {comment}\n    return w * tcp_pos[:, 0], {{}}\n"
    (number,) = find_numbers(source)
    assert (number.low, number.high) == pytest.approx(expected)


def test_only_the_numbers_change():
    numbers = find_numbers(SOURCE)
    assert with_numbers(SOURCE, numbers, {one.name: one.value for one in numbers}) == SOURCE
    changed = with_numbers(SOURCE, numbers, {"NEAR": 0.0123456, numbers[4].name: -7.0})
    assert changed == SOURCE.replace("0.05  #", "0.01235  #").replace("-2.5 *", "-7.0 *")


def test_a_tuned_program_is_the_text_written_by_hand():
    """To the last digit of what is compiled."""
    signals = TASKS.load("franka-push").signals
    source = SOURCE.replace(" * True", "")
    tuned = with_numbers(source, find_numbers(source), {"reach_temp": 0.07})
    by_hand = source.replace("reach_temp: float = 0.12", "reach_temp: float = 0.07")
    assert check_source(tuned, signals).program == check_source(by_hand, signals).program


def test_letters_before_a_number_do_not_shift_it():
    source = (
        "def compute_reward(tcp_pos):\n"
        "    r = tcp_pos[:, 0]; 'ä 数'; w = 2.0 * r  # größer 数\n    return w, {'w': w}\n"
    )
    assert "w = 3.5 * r  # größer 数" in with_numbers(
        source, find_numbers(source), {find_numbers(source)[0].name: 3.5}
    )


@pytest.mark.parametrize("end", "\f\v\x1c\x1d\x85\u2028")
def test_only_line_breaks_end_lines(end: str):
    source = f"def compute_reward(tcp_pos):\n    # a{end}b\n    w = 2.0\n    return w * tcp_pos[:, 0], {{}}\n"
    assert with_numbers(source, find_numbers(source), {"w": 3.5}) == source.replace("2.0", "3.5")


def test_a_long_comment_takes_no_time():
    comment = "#" * 2000 + "1" * 2000 + "." * 1500 + " " * 1500
    source = f"def compute_reward(tcp_pos):\n    w = 2.0  {comment}\n    return w * tcp_pos[:, 0], {{}}\n"
    began = time.monotonic()
    assert len(find_numbers(source)) == 1
    assert time.monotonic() - began < 5.0


@pytest.mark.parametrize("number", ["1e400", "1e308", "1e10", "1e-9"])
def test_numbers_that_no_program_has_are_left_out(number: str):
    with pytest.raises(UsageError, match="no number"):
        find_numbers(f"def compute_reward(tcp_pos):\n    return {number} * tcp_pos[:, 0], {{}}\n")


def test_equal_names_are_told_apart():
    source = (
        "def near(d):\n    temp = 0.1\n    return d / temp\n"
        "def compute_reward(tcp_pos):\n    temp = 0.2\n    return near(tcp_pos[:, 0]) * temp, {}\n"
    )
    assert [one.name for one in find_numbers(source)] == ["temp (1)", "temp (2)"]
    assert with_numbers(source, find_numbers(source), {"temp (2)": 0.5}) == source.replace("0.2", "0.5")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def compute_reward(tcp_pos):\n    return tcp_pos[:, 0] + 1.0, {}\n", "no number to tune"),
        ("def compute_reward(tcp_pos:\n", "cannot be read"),
        ("x = " + "(" * 500 + "1.0" + ")" * 500, "cannot be read"),
    ],
)
def test_programs_without_any(source: str, message: str):
    with pytest.raises(UsageError, match=message):
        find_numbers(source)


def test_recorded_programs_have_some():
    from tests.unit.test_recorded_searches import FOLDER

    with Study.open(FOLDER / "push-eureka-1") as study:
        for trial in study.trials:
            numbers = find_numbers(trial.candidate.source)
            assert len(numbers) >= 8
            written = {one.name: one.value for one in numbers}
            again = find_numbers(with_numbers(trial.candidate.source, numbers, written))
            assert [one.value for one in again] == [one.value for one in numbers]


def test_four_digits():
    assert (rounded(0.123456), rounded(-1234.56), rounded(2.0)) == (0.1235, -1235.0, 2.0)
