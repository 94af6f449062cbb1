"""A server goes down in the middle of a search: it stops, and goes on as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.integration.command_line import TINY
from tests.servers import GOOD, Exchange, Reaction, completion, raw, refusal, serving

Run = Callable[..., tuple[int, str, str]]
BAD = completion(GOOD.replace("tcp_pos, goal_pos", "tcp_pos, no_such_signal"))
DOWN = "the-machine-room-is-on-fire"
OUTAGES = {
    "503": refusal(503, DOWN),
    "400": refusal(400, DOWN),
    "an error in a good response": raw({"error": {"message": DOWN, "code": 502}}),
    "a reply that breaks off": raw(
        {"choices": [{"finish_reason": "error", "error": {"message": DOWN}, "message": {"content": "x"}}]}
    ),
    "a page instead": Reaction(200, f"<html>{DOWN}</html>".encode(), {"Content-Type": "text/html"}),
    "broken connections": Reaction(reset_after=0),
}
LOST = ("a reply that breaks off", "a page instead", "broken connections")
"""Of these nobody knows what they cost."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line without a process of its own, which saves the imports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-outage-0123456789")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main.run(list(arguments))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def search(url: str, *more: str) -> list[str]:
    return [
        "search", "franka-reach", "--out", "s", "--candidates", "4", "--strategy-options", "samples", "2",
        "--writer", "openai", "--llm.model", "m", "--llm.base-url", url, "--llm.concurrency", "1",
        "--llm.pause-s", "0.02", "--llm.retries", "2", "--final-seeds", "0", "--no-baselines", *TINY, *more,
    ]  # fmt: skip


def answered(exchange: Exchange) -> Reaction:
    """The first draft of the first two candidates has a mistake, which their second mends."""
    mended = "no_such_signal" in exchange.text
    return BAD if exchange.number < 3 and not mended else completion(f"idea {exchange.number}\n{GOOD}")


def check_stopped(code: int, err: str, cause: str) -> None:
    assert code == 1, err
    assert cause in err
    assert "rewardsmith resume s" in err
    with Study.open(Path("s")) as study:
        states = [candidate.state for candidate in study.candidates]
        assert "REJECTED" not in states
        assert "PROPOSED" in states
        assert not any(DOWN in candidate.reason for candidate in study.candidates)
        assert sum(call.answered for call in study.store.calls()) == 4


def check_finished(code: int, out: str, err: str, lost: int = 0) -> None:
    assert code == 0, out + err
    with Study.open(Path("s")) as study:
        assert [trial.state for trial in study.trials] == ["SCORED"] * 4
        assert sorted(candidate.attempts for candidate in study.candidates) == [1, 1, 2, 2]
        calls = [call for call in study.store.calls() if call.answered]
        assert len({call.request for call in calls}) == len(calls) == 6
        paid = sum((call.usage for call in study.store.calls()), Usage())
        assert (paid.prompt_tokens, paid.completion_tokens, paid.unmetered) == (600, 300, lost)


@pytest.mark.parametrize(
    "name", [name if name == "503" else pytest.param(name, marks=pytest.mark.slow) for name in OUTAGES]
)
def test_down_at_the_fifth_call(run: Run, name: str):
    def down(exchange: Exchange) -> Reaction:
        return OUTAGES[name] if exchange.number >= 4 else answered(exchange)

    with serving(down) as server:
        code, _, err = run(*search(server.url))
        check_stopped(code, err, "connection broke" if name == "broken connections" else DOWN)
        requests = len(server.requests)
        server.react = answered
        code, out, err = run("resume", "s")
        check_finished(code, out, err, lost=3 if name in LOST else 0)
        assert len(server.requests) == requests + 2
    assert not any(DOWN in request.text for request in server.requests)


def test_nobody_listens_at_the_fifth_call(run: Run):
    """Refused connections are said while they are waited for, and are no calls."""

    def last(exchange: Exchange) -> Reaction:
        ends = exchange.number == 3
        closes = {"Connection": "close"} if ends else {}
        return replace(answered(exchange), headers=closes, sent=server.server_close if ends else lambda: None)

    with serving(last) as server:
        port, url = server.server_address[1], server.url
        code, out, err = run(*search(url))
    check_stopped(code, err, f"cannot reach {url}")
    assert f"s for {url}: it cannot be reached" in out
    with Study.open(Path("s")) as study:
        assert study.usage.calls == 4
    with serving(lambda exchange: completion(f"idea {exchange.number + 4}\n{GOOD}"), port) as again:
        code, out, err = run("resume", "s")
    check_finished(code, out, err)
    assert len(again.requests) == 2
    with Study.open(Path("s")) as study:
        assert study.usage == Usage(6, 600, 300, None)


def test_all_four_under_way_when_it_goes_down(run: Run):
    """With as many requests in flight as there are candidates, one stop is enough for all."""
    with serving(lambda exchange: refusal(503, DOWN)) as server:
        code, _, err = run(
            *search(server.url, "--llm.concurrency", "8", "--strategy-options", "samples", "4")
        )
        assert (code, DOWN in err) == (1, True)
        with Study.open(Path("s")) as study:
            assert [candidate.state for candidate in study.candidates] == ["PROPOSED"] * 4
        server.react = lambda exchange: completion()
        code, out, err = run("resume", "s")
    assert code == 0, out + err
    assert len(server.charged) == 4
