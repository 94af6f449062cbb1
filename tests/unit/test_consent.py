"""What of a study's terms its user has agreed to: by flags, before, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.consent import (
    LIMITS,
    Agreement,
    Terms,
    Value,
    decide,
    place_identity,
    remember,
    remembered,
    terms_of,
    with_terms,
)

IDENTITY = "0123456789abcdef" * 2
LLM = LanguageModelOptions(model="m", base_url="http://mine/v1", price_prompt=1.0, price_completion=2.0)
CONFIG = StudyConfig("franka-reach", writer="openai", max_usd=5.0, llm=LLM)
MINE = terms_of(CONFIG)
AGREED = Agreement(MINE, MINE)


def changed(**changes: Value) -> Terms:
    return replace(MINE, **changes)  # pyright: ignore[reportArgumentType]


def test_terms_are_everything_that_reaches_loads_or_pays():
    assert with_terms(CONFIG, MINE) == CONFIG
    other = replace(
        MINE,
        model="n",
        base_url=None,
        key_variable="B",
        candidates=3,
        reply_tokens=9,
        retries=0,
        max_usd=None,
    )
    assert terms_of(with_terms(CONFIG, other)) == other


def test_what_was_agreed_to_goes_on():
    decision = decide(MINE, {}, AGREED)
    assert (decision.terms, decision.places, decision.spending) == (MINE, (), ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("candidates", 1),
        ("repairs", 0),
        ("max_usd", 4.5),
        ("max_tokens", 10),
        ("max_hours", 1.0),
        ("reply_tokens", 1),
        ("retries", 0),
    ],
)
def test_lower_limits_go_on_and_higher_ones_do_not(name: str, value: float):
    lower = decide(changed(**{name: value}), {}, AGREED)
    assert (lower.places, lower.spending) == ((), ())
    assert getattr(lower.terms, name) == value
    higher: Value = 10_000 if getattr(MINE, name) is not None else None
    if higher:
        assert decide(changed(**{name: higher}), {}, AGREED).spending == (name,)
        assert decide(changed(**{name: higher}), {name: higher}, AGREED).spending == ()


def test_no_limit_is_higher_than_any():
    assert decide(changed(max_usd=None), {}, AGREED).spending == ("max_usd",)
    assert decide(changed(max_usd=float("nan")), {}, AGREED).spending == ("max_usd",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "http://other/v1"),
        ("key_variable", "AWS_SECRET_ACCESS_KEY"),
        ("key_file", "/home/me/.token"),
        ("model", "dear"),
    ],
)
def test_another_place_is_asked_for(name: str, value: str):
    assert decide(changed(**{name: value}), {}, AGREED).places == (name,)
    assert name in decide(changed(**{name: value}), {}, None).places
    by_flag = decide(changed(**{name: value}), {name: "mine"}, AGREED)
    assert by_flag.places == ()
    assert getattr(by_flag.terms, name) == "mine"


def test_nothing_of_a_foreign_study_is_agreed_to_but_what_is_left_to_the_user():
    decision = decide(MINE, {}, None)
    assert set(decision.places) == {"base_url", "model"}
    assert set(LIMITS) <= set(decision.spending)
    plain = terms_of(StudyConfig("franka-reach", writer="openai"))
    assert decide(plain, {"max_tokens": 1_000}, None) == decide(
        replace(plain, max_tokens=1_000), {"max_tokens": 1_000}, None
    )
    assert decide(plain, {"max_tokens": 1_000}, None).places == ()
    assert decide(plain, {"max_tokens": 1_000}, None).spending == ()


def test_a_budget_of_money_is_worth_what_the_price_is():
    free = changed(price_prompt=0.0, price_completion=0.0)
    assert decide(free, {"max_usd": 1.0}, None).spending == ("price_prompt", "price_completion")
    assert decide(free, {"max_usd": 1.0, "price_prompt": 1.0, "price_completion": 1.0}, None).spending == ()
    assert decide(free, {"max_tokens": 1}, None).spending == ()
    assert decide(free, {}, AGREED).spending == ("price_prompt", "price_completion")


def test_another_limit_than_a_budget_gives_a_foreign_study_none():
    assert set(decide(MINE, {"candidates": 1}, None).spending) >= {"max_usd", "max_tokens"}


def test_whoever_names_a_variable_does_not_mean_the_study_s_file():
    decision = decide(
        changed(key_file="/etc/shadow"), {"key_variable": "MINE", "base_url": "http://b", "model": "m"}, None
    )
    assert (decision.terms.key_file, decision.terms.key_variable, decision.places) == (None, "MINE", ())


def test_what_flags_said_holds_until_the_study_says_something_new():
    stated, granted = changed(base_url="http://theirs/v1", max_usd=None), changed(max_usd=2.0)
    agreed = Agreement(stated, granted)
    assert decide(stated, {}, agreed).terms == granted
    assert decide(stated, {}, agreed).places == ()
    assert decide(replace(stated, base_url="http://third/v1"), {}, agreed).places == ("base_url",)
    assert decide(replace(stated, max_usd=1.0), {}, agreed).terms.max_usd == 1.0
    assert decide(replace(stated, max_usd=3.0), {}, agreed).spending == ("max_usd",)


@pytest.mark.parametrize(
    ("writer", "places", "spends"),
    [
        ("local", {"writer", "model"}, False),
        ("replay", {"writer", "replay"}, False),
        ("grammar", set(), False),
    ],
)
def test_writers_that_only_load(writer: str, places: set[str], spends: bool):
    config = replace(CONFIG, writer=writer, llm=replace(LLM, replay="/other"))
    decision = decide(terms_of(config), {}, None)
    assert set(decision.places) == places
    assert bool(decision.spending) == spends


def test_a_plug_in_may_use_everything():
    config = replace(CONFIG, writer="theirs", llm=replace(LLM, key_variable="SECRET", replay="/other"))
    decision = decide(terms_of(config), {}, None)
    assert set(decision.places) == {"writer", "base_url", "key_variable", "model", "replay"}
    assert decision.spending


def test_another_writer_is_asked_for():
    assert "writer" in decide(changed(writer="theirs"), {}, AGREED).places
    assert decide(changed(writer="theirs"), {"writer": "openai"}, AGREED).places == ()


def test_files_are_named_in_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    config = replace(CONFIG, writer="local", llm=replace(LLM, model="m.gguf", key_file="~/key"))
    assert (terms_of(config).model, terms_of(config).key_file) == (str(tmp_path / "m.gguf"), "/home/me/key")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "rewardsmith" / "agreements"


def test_agreements_are_kept_for_their_user_alone(state: Path):
    remember(IDENTITY, AGREED)
    assert remembered(IDENTITY) == AGREED
    (file,) = state.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o077 == 0
    remember(IDENTITY, Agreement(MINE, changed(max_usd=1.0)))
    assert remembered(IDENTITY) == Agreement(MINE, changed(max_usd=1.0))
    assert remembered("f" * 32) is None


@pytest.mark.parametrize(
    "identity", ["", "../../../../etc/passwd", "0" * 31, "0" * 33, "G" * 32, "0" * 31 + "\n", "0" * 32 + "\n"]
)
def test_no_identity_is_no_file(state: Path, identity: str):
    remember(identity, AGREED)
    assert not state.exists()
    assert remembered(identity) is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b'{"stated": 1}', b"null"])
def test_what_cannot_be_read_is_nothing(state: Path, content: bytes):
    remember(IDENTITY, AGREED)
    (file,) = state.iterdir()
    file.write_bytes(content)
    assert remembered(IDENTITY) is None


def test_links_and_pipes_are_not_read(state: Path, tmp_path: Path):
    import os

    remember(IDENTITY, AGREED)
    (file,) = state.iterdir()
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert remembered(IDENTITY) is None
    file.unlink()
    os.mkfifo(file)
    assert remembered(IDENTITY) is None


def test_a_state_folder_that_cannot_be_made_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    remember(IDENTITY, AGREED)
    assert remembered(IDENTITY) is None


def test_a_comparison_is_known_by_its_place(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert place_identity(tmp_path / "a") == place_identity(tmp_path / "b") != place_identity(tmp_path)


def test_limits_of_a_search_that_pays_nothing_hold_there_only():
    free = terms_of(replace(CONFIG, writer="grammar", max_usd=None))
    before = Agreement(free, replace(free, candidates=20))
    assert decide(free, {}, before).terms.candidates == 20
    assert (decide(free, {}, before).places, decide(free, {}, before).spending) == ((), ())
    paid = replace(free, writer="openai")
    assert decide(paid, {}, before) == decide(paid, {}, None)
    assert decide(free, {"writer": "openai"}, before) == decide(free, {"writer": "openai"}, None)
