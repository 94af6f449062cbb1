from pathlib import Path

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.errors import WriterError
from rewardsmith.writers.openai.access import resolve

KEY = "sk-0123456789"


def test_flags_go_before_the_environment():
    environment = {"REWARDSMITH_MODEL": "b", "OPENAI_MODEL": "c", "OPENAI_BASE_URL": "http://two/v1", "OPENAI_API_KEY": KEY}
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
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert resolve(LanguageModelOptions(model="m", key_file=str(tmp_path / "key")), {}).key == KEY
    with pytest.raises(WriterError, match=r"cannot read the key file .*missing: No such file"):
        resolve(LanguageModelOptions(model="m", key_file=str(tmp_path / "missing")), {})
    (tmp_path / "empty").write_text("")
    with pytest.raises(WriterError, match="empty is empty"):
        resolve(LanguageModelOptions(model="m", key_file=str(tmp_path / "empty")), {})


@pytest.mark.parametrize("key", [f"{KEY}\n{KEY}", f"{KEY}\x00", "sch\u00fcssel-0123456789"])
def test_a_bad_key_is_refused_without_showing_it(key: str):
    with pytest.raises(WriterError, match="OPENAI_API_KEY has characters that no key has") as refused:
        resolve(LanguageModelOptions(model="m"), {"OPENAI_API_KEY": key})
    assert key[:8] not in str(refused.value)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host/v1", "http://", "http://[::1/v1", "http://host:port/v1"])
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
