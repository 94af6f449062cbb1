"""Somebody else's study: nothing of what it says of secrets, addresses and money happens before its
user agrees."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.agreements.foreign_studies import OWN, SECRET, Command, compared, config, foreign
from tests.integration.command_line import COMMAND
from tests.servers import ChatServer, in_turn, refusal, serving


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
    (tmp_path / "token").write_text(SECRET, encoding="utf-8")
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
        [*COMMAND, "resume", folder.name, *flags],
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
