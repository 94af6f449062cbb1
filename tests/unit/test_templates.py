import pytest

from rewardsmith import templates
from rewardsmith.errors import UsageError
from rewardsmith.feedback.feedback import Feedback


def test_numbers_have_three_digits_and_missing_ones_a_dash():
    assert [templates.number(value) for value in (None, 0.0, 0.123456, 12345.6, -1e-9)] == [
        "-",
        "0",
        "0.123",
        "1.23e+04",
        "-1e-09",
    ]


def test_a_missing_value_is_an_error_and_not_an_empty_line():
    with pytest.raises(Exception, match="'feedback' is undefined"):
        templates.render("failure")


def test_an_unknown_template_is_refused_with_the_allowed_names():
    with pytest.raises(UsageError, match="Did you mean 'crossover'"):
        templates.render("crosover")


def test_model_text_is_never_read_as_a_template():
    feedback = Feedback(failure="{{ 7 * 7 }}{% raw %}", notes=("{{ 8 * 8 }}",))
    assert "{{ 7 * 7 }}{% raw %}" in feedback.text
    assert "{{ 8 * 8 }}" in feedback.text
