from pathlib import Path

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.errors import WriterError
from rewardsmith.writers.openai.access import resolve

KEY = "sk-0123456789"


def test_flags_go_before_the_environment():
    environment = {
        "REWARDSMITH_MODEL": "b",
        "OPENAI_MODEL": "c",
        "OPENAI_BASE_URL": "http://two/v1",
        "OPENAI_API_KEY": KEY,
    }
    access = resolve(LanguageModelOptions(model="a", base_url="http://one/v1"), environment)
    assert (access.model, access.base_url, access.key) == ("a", "http://one/v1", KEY)
    access = resolve(LanguageModelOptions(), environment)
    assert (access.model, access.base_url) == ("b", "http://two/v1")


def test_a_missing_model_names_flag_and_variable():
    with pytest.raises(WriterError, match=r"--llm\.model NAME or set REWARDSMITH_MODEL"):
        resolve(LanguageModelOptions(), {"OPENAI_API_KEY": KEY})


def test_a_missing_key_names_the_variable():
    with pytest.raises(WriterError, match="the variable MY_KEY is not set"):
        resolve(LanguageModelOptions(model="m", key_variable="MY_KEY"), {})


def test_local_servers_need_no_key():
    assert resolve(LanguageModelOptions(model="m", base_url="http://127.0.0.1:1/v1"), {}).key == "none"


def test_a_key_from_a_file(tmp_path: Path):
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    assert resolve(LanguageModelOptions(model="m", key_file=str(tmp_path / "key")), {}).key == KEY
    with pytest.raises(WriterError, match=r"cannot read the key file .*missing: No such file"):
        resolve(LanguageModelOptions(model="m", key_file=str(tmp_path / "missing")), {})
    (tmp_path / "empty").write_text("", encoding="utf-8")
    with pytest.raises(WriterError, match="empty is empty"):
        resolve(LanguageModelOptions(model="m", key_file=str(tmp_path / "empty")), {})


@pytest.mark.parametrize("key", [f"{KEY}\n{KEY}", f"{KEY}\x00", "sch\u00fcssel-0123456789"])
def test_a_bad_key_is_refused_without_showing_it(key: str):
    with pytest.raises(WriterError, match="OPENAI_API_KEY has characters that no key has") as refused:
        resolve(LanguageModelOptions(model="m"), {"OPENAI_API_KEY": key})
    assert key[:8] not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://host/v1", "http://", "http://[::1/v1", "http://host:port/v1"]
)
def test_addresses_that_are_none_are_refused(url: str):
    with pytest.raises(WriterError, match=r"Give --llm\.base-url such as"):
        resolve(LanguageModelOptions(model="m", base_url=url), {})


@pytest.mark.parametrize("url", [f"http://user:{KEY}@host/v1", f"http://host/v1?key={KEY}"])
def test_an_address_with_a_secret_is_refused_since_addresses_are_recorded(url: str):
    with pytest.raises(WriterError, match="would be recorded") as refused:
        resolve(LanguageModelOptions(model="m", base_url=url), {})
    assert KEY not in str(refused.value)


def test_keys_are_blotted_out_and_not_in_the_repr():
    access = resolve(LanguageModelOptions(model="m"), {"OPENAI_API_KEY": KEY})
    assert access.redact(f"bad key {KEY}!") == "bad key [key]!"
    assert KEY not in repr(access)


def test_short_keys_guard_nothing_and_garble_nothing():
    access = resolve(LanguageModelOptions(model="m"), {"OPENAI_API_KEY": "EMPTY"})
    assert access.redact("the cell is EMPTY") == "the cell is EMPTY"


LONG = "sk-proj-4f7a1c9e2b8d6035x9Qz7Lk2"


@pytest.mark.parametrize("start", [0, 3, 8, 20, len(LONG) - 8])
@pytest.mark.parametrize("size", [8, 12, 20])
def test_parts_of_a_key_are_blotted_out(start: int, size: int):
    part = LONG[start : start + size]
    said = resolve(LanguageModelOptions(model="m"), {"OPENAI_API_KEY": LONG}).redact(
        f"Incorrect key: {part}***, {LONG}{part}."
    )
    assert said == "Incorrect key: [key]***, [key][key]."


def test_words_of_a_key_that_is_none_garble_nothing():
    access = resolve(LanguageModelOptions(model="m"), {"OPENAI_API_KEY": "no-key-required"})
    assert access.redact("a value is required") == "a value is required"


@pytest.mark.parametrize("model", ["m\n", "m\x1b[2J", "\ud800", "x" * 501, "a\x00"])
def test_names_that_no_model_has(model: str):
    with pytest.raises(WriterError, match="characters that no name has") as refused:
        resolve(LanguageModelOptions(model=model), {"OPENAI_API_KEY": KEY})
    assert str(refused.value).isprintable()


def test_models_may_have_names_in_any_script():
    assert (
        resolve(LanguageModelOptions(model="mod\u00e8le-\u6a21\u578b"), {"OPENAI_API_KEY": KEY}).model
        == "mod\u00e8le-\u6a21\u578b"
    )


@pytest.mark.parametrize("name", [KEY, "A B", "A=B", "", "A\x00"])
def test_a_key_given_for_the_name_of_its_variable_is_not_shown(name: str):
    with pytest.raises(WriterError, match="no name of a variable") as refused:
        resolve(LanguageModelOptions(model="m", key_variable=name), {})
    assert KEY not in str(refused.value)


def test_a_key_file_without_end_is_no_key(tmp_path: Path):
    (tmp_path / "big").write_text("k" * 20_000, encoding="utf-8")
    with pytest.raises(WriterError, match="larger than 10,000 bytes"):
        resolve(LanguageModelOptions(model="m", key_file=str(tmp_path / "big")), {})
    with pytest.raises(WriterError, match="larger than 10,000 bytes"):
        resolve(LanguageModelOptions(model="m", key_file="/dev/zero"), {})
    with pytest.raises(WriterError, match="it is no text"):
        resolve(LanguageModelOptions(model="m", key_file="a\x00b"), {})


def test_an_address_with_the_key_in_it_is_refused():
    with pytest.raises(WriterError, match="the key in it") as refused:
        resolve(
            LanguageModelOptions(model="m", base_url="http://host/correcthorse/v1"),
            {"OPENAI_API_KEY": "correcthorse"},
        )
    assert "horse" not in str(refused.value)
