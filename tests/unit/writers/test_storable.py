import pytest

from rewardsmith.records import Draft
from rewardsmith.writers.storable import one_line, storable, storable_record


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udc00\ud800", "caf\u00e9 \ud800"])
def test_lone_surrogates_become_the_replacement_character(text: str):
    made = storable(text)
    assert made.encode().decode() == made
    assert len(made) == len(text)
    assert "\ufffd" in made


@pytest.mark.parametrize("text", ["", "plain", "NUL \x00", "caf\u00e9", "\U0001f916", "\ufffd", "\u202e"])
def test_everything_else_stays(text: str):
    assert storable(text) == text


def test_a_record_is_changed_only_where_it_must_be():
    draft = Draft("c000", idea="good", source="x = 1")
    assert storable_record(draft) is draft
    assert storable_record(Draft("c000", idea="bad \ud800", source="x = 1")) == Draft(
        "c000", idea="bad \ufffd", source="x = 1"
    )


def test_a_message_is_one_line_that_no_terminal_obeys():
    assert one_line(" a\n b\x1b[2J\u202e\ud800\x00c\x9b ") == "a b\ufffd[2J\ufffd\ufffd\ufffdc\ufffd"
