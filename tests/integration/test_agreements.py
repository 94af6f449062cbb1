"""Somebody else's study: nothing of what it says of secrets, addresses
and money happens before its user agrees."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from rewardsmith.cli import main
from rewardsmith.comparison import Comparison, ComparisonConfig
from rewardsmith.config import LanguageModelOptions, StudyConfig, TrainingOverrides
from rewardsmith.config_file import to_yaml
from rewardsmith.study import Study
from tests.servers import ChatServer, in_turn, refusal, serving

SECRET = "wJalrXUtnFEMI-K7MDENG-0123456789"
OWN = "sk-own-0123456789abcdef"
TINY = TrainingOverrides(env_steps=1_600, envs=16, rollout=10, hidden=(16,), minibatches=2, mini_epochs=2)


@pytest.fixture
def attacker() -> Iterator[ChatServer]:
    """Whoever reaches it is told to go away, so that no search goes on."""
    with serving(in_turn(refusal(401))) as server:
        yield server


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("OPENAI_API_KEY", OWN)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    def call(*arguments: str | Path) -> tuple[int, str]:
        code = main.run([*map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call


def config(server: ChatServer, **llm: object) -> StudyConfig:
    options = LanguageModelOptions(
        model="m", base_url=server.url, key_variable="AWS_SECRET_ACCESS_KEY", pause_s=0.01
    )
    return StudyConfig(
        "franka-reach",
        writer="openai",
        candidates=2,
        final_seeds=1,
        episodes=8,
        training=TINY,
        llm=replace(options, **llm),  # pyright: ignore[reportArgumentType]
    )


def foreign(folder: Path, made: StudyConfig) -> Path:
    Study.create(folder, made).close()
    return folder


def compared(folder: Path, made: StudyConfig) -> Path:
    Comparison.create(folder, ComparisonConfig(made, ("eureka",), 1))
    return folder


Command = Callable[..., tuple[int, str]]


@pytest.mark.parametrize("make", [foreign, compared])
def test_a_foreign_study_sends_nothing_and_says_what_it_wants(
    command: Command, attacker: ChatServer, tmp_path: Path, make: Callable[..., Path]
):
    make(tmp_path / "s", config(attacker))
    code, said = command("resume", "s")
    assert code == 2
    for part in (
        attacker.url,
        "AWS_SECRET_ACCESS_KEY",
        "model: 'm'",
        "2 candidates",
        "--trust-endpoint",
        "--max-usd",
        "--llm.base-url",
    ):
        assert part in said, said
    assert SECRET not in said
    assert attacker.connections == 0


@pytest.mark.parametrize("make", [foreign, compared])
def test_trust_is_about_where_and_a_budget_about_how_much(
    command: Command, attacker: ChatServer, tmp_path: Path, make: Callable[..., Path]
):
    make(tmp_path / "s", config(attacker))
    code, said = command("resume", "s", "--trust-endpoint")
    assert (code, "--max-usd or --max-tokens" in said, "--trust-endpoint" in said) == (2, True, False)
    code, said = command("resume", "s", "--max-tokens", "90000")
    assert (code, "--trust-endpoint" in said, "Give a budget" in said) == (2, True, False)
    assert attacker.connections == 0
    code, said = command("resume", "s", "--trust-endpoint", "--max-tokens", "90000")
    assert (code, "401" in said) == (1, True)
    assert {request.key for request in attacker.requests} == {f"Bearer {SECRET}"}
    if make is compared:
        asked = len(attacker.requests)
        code, said = command("resume", "s")  # agreed to before
        assert (code, len(attacker.requests) > asked) == (1, True)


def test_the_user_s_own_terms_go_before_the_study_s(command: Command, attacker: ChatServer, tmp_path: Path):
    foreign(tmp_path / "s", config(attacker, key_file=str(tmp_path / "token")))
    (tmp_path / "token").write_text(SECRET)
    with serving(in_turn(refusal(401))) as mine:
        flags = (
            "--llm.base-url",
            mine.url,
            "--llm.key-variable",
            "OPENAI_API_KEY",
            "--llm.model",
            "n",
            "--max-tokens",
            "90000",
        )
        code, said = command("resume", "s", *flags)
        assert (code, "401" in said) == (1, True)
        assert {(request.key, request.body["model"]) for request in mine.requests} == {(f"Bearer {OWN}", "n")}
    assert attacker.connections == 0


def test_a_key_of_another_name_is_asked_for_even_at_one_s_own_address(
    command: Command, attacker: ChatServer, tmp_path: Path, monkeypatch
):
    monkeypatch.setenv("OPENAI_BASE_URL", attacker.url)
    foreign(tmp_path / "s", config(attacker, base_url=None))
    code, said = command("resume", "s", "--max-tokens", "90000", "--llm.model", "m")
    assert (code, "AWS_SECRET_ACCESS_KEY" in said) == (2, True)
    assert attacker.connections == 0


def test_one_s_own_study_goes_on_until_somebody_changes_it(
    command: Command, attacker: ChatServer, tmp_path: Path
):
    made = replace(config(attacker, key_variable="OPENAI_API_KEY"), max_usd=None, max_tokens=90_000)
    (tmp_path / "mine.yaml").write_text(to_yaml(made))
    assert command("search", "--config", "mine.yaml", "--out", "s")[0] == 1
    assert command("resume", "s")[0] == 1
    reached = attacker.connections
    assert reached
    if Study.open(tmp_path / "s").store.value("identity") is None:
        pytest.fail("a new study has no identity")
    plain = (tmp_path / "s" / "config.yaml").read_text()

    def say(**changes: object) -> None:
        llm = {**yaml.safe_load(plain)["llm"], **{k: v for k, v in changes.items() if k in vars(made.llm)}}
        top = {k: v for k, v in changes.items() if k not in vars(made.llm) or k == "max_tokens"}
        (tmp_path / "s" / "config.yaml").write_text(
            yaml.safe_dump({**yaml.safe_load(plain), **top, "llm": {**llm, "max_tokens": 4096}})
        )

    say(max_tokens=80_000, candidates=1)
    assert command("resume", "s")[0] == 1  # lower limits are no question
    reached = attacker.connections
    for changes, flag in (
        ({"candidates": 100}, "--candidates"),
        ({"max_tokens": 10**7}, "--max-tokens"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "--llm.base-url"),
        ({"key_variable": "AWS_SECRET_ACCESS_KEY"}, "--llm.key-variable"),
        ({"writer": "replay", "replay": "/etc"}, "--trust-endpoint"),
    ):
        say(**changes)
        code, said = command("resume", "s")
        if "writer" in changes:
            assert code == 2, said
            continue
        assert (code, flag in said) == (2, True), said
    assert attacker.connections == reached
    say(candidates=100, max_tokens=80_000)
    assert command("resume", "s", "--candidates", "100")[0] == 1
    assert command("resume", "s")[0] == 1
    assert attacker.connections > reached


@pytest.mark.parametrize("verb", ["search", "compare"])
@pytest.mark.parametrize("make", [foreign, compared])
def test_a_config_file_inside_a_study_is_the_study_s_word(
    command: Command, attacker: ChatServer, tmp_path: Path, make: Callable[..., Path], verb: str
):
    folder = make(tmp_path / "s", config(attacker))
    file = folder / "mine.yaml"
    file.write_text(
        to_yaml(config(attacker)).replace(
            "strategy: eureka\n", "" if verb == "compare" else "strategy: eureka\n"
        )
    )
    (tmp_path / "link.yaml").symlink_to(file)
    few = ("--strategies", "eureka", "--repeats", "1") if verb == "compare" else ()
    for path in ("s/mine.yaml", "link.yaml"):
        code, said = command(verb, "--config", path, "--out", "new", "--dry-run", *few)
        assert (code, "--trust-endpoint" in said) == (2, True), said
    assert attacker.connections == 0
    assert not (tmp_path / "new").exists()
    flags = (
        "--llm.base-url",
        attacker.url,
        "--llm.key_variable=OPENAI_API_KEY",
        "--llm.model",
        "m",
        "--max-tokens",
        "90000",
    )
    code, said = command(verb, "--config", "s/mine.yaml", "--out", "new", *few, *flags)
    assert (code, "401" in said) == (1, True), said
    assert {request.key for request in attacker.requests} == {f"Bearer {OWN}"}


def test_a_foreign_comparison_cannot_hide_its_terms_in_a_search(
    command: Command, attacker: ChatServer, tmp_path: Path
):
    """The searches inside have configs of their own; the comparison's
    terms, which were shown, hold for all of them."""
    with serving(in_turn(refusal(401))) as shown:
        compared(tmp_path / "c", config(shown, key_variable="OPENAI_API_KEY"))
        hidden = replace(config(attacker), seed=0, strategy="eureka")
        foreign(tmp_path / "c" / "studies" / "eureka-s0", hidden)
        assert command("resume", "c", "--trust-endpoint", "--max-tokens", "90000")[0] == 1
        assert shown.connections
    assert attacker.connections == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "s"),
        ("inspect", "s", "--json"),
        ("export", "s", "--out", "e"),
        ("render", "s", "--out", "v.mp4"),
        ("compare", "./s"),
    ],
)
def test_reading_a_study_reads_no_key(
    command: Command, attacker: ChatServer, tmp_path: Path, arguments: tuple[str, ...]
):
    foreign(tmp_path / "s", config(attacker, key_file=str(tmp_path / "pipe")))
    os.mkfifo(tmp_path / "pipe")  # whoever reads it waits for ever
    command(*arguments)
    assert attacker.connections == 0


def _at_a_terminal(folder: Path, answer: str, *flags: str) -> tuple[int, str]:
    """``resume`` with a person who types the answer."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "rewardsmith.cli.main", "resume", folder.name, *flags],
        cwd=folder.parent, stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, answer.encode())
    said = b""
    try:
        while part := os.read(ours, 65_536):
            said += part
    except OSError:  # as Linux says that the other side is closed
        pass
    os.close(ours)
    return process.wait(), said.decode()


def test_a_person_is_shown_everything_and_decides(command: Command, attacker: ChatServer, tmp_path: Path):
    folder = foreign(tmp_path / "s", config(attacker, model="m\x1b[2J\u202e"))
    code, said = _at_a_terminal(folder, "n\n")
    assert (code, "[y/N]" in said, "\x1b[2J" in said, r"m\x1b[2J\u202e" in said) == (2, True, False, True), (
        said
    )
    for part in (
        attacker.url,
        "AWS_SECRET_ACCESS_KEY",
        "no limit of money",
        "no limit of tokens",
        "2 candidates",
    ):
        assert part in said, said
    assert attacker.connections == 0
    folder = foreign(tmp_path / "t", config(attacker))
    code, said = _at_a_terminal(folder, "y\n")
    assert (code, "401" in said) == (1, True), said
    assert {request.key for request in attacker.requests} == {f"Bearer {SECRET}"}


def test_a_search_that_pays_nothing_takes_the_limits_of_resume(command: Command, tmp_path: Path):
    free = StudyConfig(
        "cartpole", writer="grammar", candidates=2, finalists=1, final_seeds=1, episodes=8, training=TINY
    )
    foreign(tmp_path / "s", free)
    assert command("resume", "s")[0] == 0
    assert command("resume", "s", "--candidates", "3")[0] == 0
    with Study.open(tmp_path / "s") as study:
        assert len(study.trials) == 3
    assert command("resume", "s", "--candidates", "0")[0] == 2
