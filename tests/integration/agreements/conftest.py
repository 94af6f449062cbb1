"""An attacker's server, and the command line of a user with secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rewardsmith.cli import main
from tests.integration.agreements.foreign_studies import OWN, SECRET
from tests.servers import ChatServer, in_turn, refusal, serving


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
