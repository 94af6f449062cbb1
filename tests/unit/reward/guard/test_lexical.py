"""Layer 1."""

from __future__ import annotations

import contextlib

import pytest

from rewardsmith.reward.guard.lexical import MAX_CHARACTERS, MAX_DEPTH, MAX_LINE, check_text
from rewardsmith.reward.guard.refusal import RefusedError


def refusal(text: str) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        check_text(text)
    assert caught.value.layer == "lexical"
    return caught.value


def test_limits_are_inclusive() -> None:
    assert check_text("x" * MAX_LINE) == "x" * MAX_LINE
    assert check_text("(" * MAX_DEPTH + ")" * MAX_DEPTH)
    assert check_text("-" * MAX_DEPTH + "x")
    assert check_text("ab\n" * (MAX_CHARACTERS // 3))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x\n" + "y" * (MAX_LINE + 1), 2),
        ("x\n\n" + "(" * (MAX_DEPTH + 1), 3),
        ("x\n" + "-" * (MAX_DEPTH + 1), 2),
        ("(\n" * (MAX_DEPTH + 1), MAX_DEPTH + 1),
        ("x\x00", 1),
        ("x\n\u200b", 2),
        ("x\n\ny = \u2212d", 3),
    ],
)
def test_the_line_is_named(text: str, line: int) -> None:
    assert refusal(text).line == line


@pytest.mark.parametrize(
    "text", ["", "  \n\t", "# only\n# comments", "x" * (MAX_CHARACTERS + 1), "# c\n" * MAX_CHARACTERS]
)
def test_nothing_or_too_much(text: str) -> None:
    refusal(text)


def test_comments_go_and_line_numbers_stay() -> None:
    assert check_text("a = 1  # \u03c4 = 0.1 \u2192\n# " + "=" * 500 + "\nb = 2\n") == "a = 1  \n\nb = 2\n"


def test_strings_keep_their_hash_signs_and_become_ascii() -> None:
    assert check_text("x = '#1' + \"a # b\"  # c") == "x = '#1' + \"a # b\"  "
    assert check_text('"""\u03b8 # no comment\n-----"""\nx') == '"""? # no comment\n-----"""\nx'
    assert check_text("x = 'it\\'s # here' # c") == "x = 'it\\'s # here' "


def test_brackets_in_strings_do_not_count() -> None:
    assert check_text("x = '" + "(" * 100 + "'")


@pytest.mark.parametrize("text", ['"""' * 2_000, "'" * 8_000, "\\" * 8_000, "'''\\" * 1_000, '"#' * 4_000])
def test_odd_quotes_take_no_time(text: str) -> None:
    with contextlib.suppress(RefusedError):
        check_text(text)
