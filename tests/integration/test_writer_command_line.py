"""The command line with a language model behind a real server."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.contracts import Task
from rewardsmith.registry import WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from tests.integration.command_line import COMMAND, TINY
from tests.searching import Eights, go
from tests.servers import GOOD, Reaction, completion, in_turn, refusal, serving

KEY = "sk-search-0123456789"
Inside = Callable[..., tuple[int, str, str]]


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """The command line without a process of its own, which saves the imports."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, key: str = KEY) -> tuple[int, str, str]:
        monkeypatch.setenv("OPENAI_API_KEY", key)
        code = main.run([*map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def search(url: str, *more: str | Path) -> list[str | Path]:
    strategy = ("--candidates", "4", "--strategy-options", "samples", "2")
    return [
        "search",
        "franka-reach",
        *strategy,
        "--writer",
        "openai",
        "--llm.base-url",
        url,
        "--llm.model",
        "m",
        *TINY,
        "--final-seeds",
        "0",
        *more,
    ]


SAME = ("id", "operator", "parents", "state", "score", "idea", "source", "reason", "attempts")


@pytest.mark.slow
def test_a_search_through_faults_and_its_replay_without_a_network(inside: Inside, tmp_path: Path):
    def listed(study: str) -> list[dict[str, object]]:
        return [
            {name: c[name] for name in SAME}
            for c in json.loads(inside("inspect", study, "--json")[1])["candidates"]
        ]

    bad = GOOD.replace("tcp_pos, goal_pos", "tcp_pos, cube_pos")
    faults = (
        refusal(429, retry_after="0.1"),
        refusal(500),
        Reaction(200, b"{"),
        completion(""),
        completion("no"),
        completion(bad),
    )
    with serving(in_turn(*faults, completion())) as server:
        code, out, err = inside(*search(server.url, "--out", "s", "--llm.pause-s", "0.01"))
    assert code == 0, out + err
    printed = " ".join(out.split())
    assert "8 language-model calls" in printed
    assert "price unknown, and 1 call without a count, perhaps charged" in printed
    first = listed("s")
    assert [c["state"] for c in first] == ["SCORED"] * 4
    assert sum(int(str(c["attempts"])) for c in first) == 7  # half a reply is no draft
    code, out, err = inside(
        "search", "--config", "s/config.yaml", "--writer", "replay", "--from", "s", "--out", "again", key=""
    )
    assert code == 0, out + err
    assert "no model is asked" in out
    assert listed("again") == first
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in written
    assert KEY not in printed + out + err


@pytest.mark.parametrize(
    ("reaction", "key", "message"),
    [
        (refusal(401, f"bad key {KEY}"), KEY, "Check the key"),
        (completion(), "bad\nkey", "characters that no key has"),
        (None, KEY, "cannot reach"),
    ],
)
def test_no_way_in_ends_before_any_training(
    inside: Inside, reaction: Reaction | None, key: str, message: str
):
    with serving(in_turn(reaction or completion())) as server:
        url = server.url if reaction else "http://127.0.0.1:9/v1"
        code, out, err = inside(*search(url, "--llm.retries", "0", "--out", "s"), key=key)
    assert code == 1
    assert message in err
    assert "training" not in out
    assert KEY not in out + err


def test_a_missing_key_names_the_variable_and_makes_no_study(inside: Inside, tmp_path: Path):
    code, _, err = inside(
        "search", "franka-reach", "--writer", "openai", "--llm.model", "m", "--out", "s", key=""
    )
    assert (code, "OPENAI_API_KEY is not set" in err) == (1, True)
    assert not (tmp_path / "s").exists()


def test_what_cannot_be_priced_cannot_be_limited_in_money(inside: Inside, tmp_path: Path):
    code, _, err = inside(*search("http://127.0.0.1:9/v1", "--max-usd", "1", "--out", "s"))
    assert (code, "--llm.price-prompt" in err) == (2, True)
    assert not (tmp_path / "s").exists()


def test_a_dry_run_spends_nothing_and_says_what_would_be(inside: Inside, tmp_path: Path):
    with serving(in_turn(completion())) as server:
        prices = ("--llm.price-prompt", "1", "--llm.price-completion", "10")
        code, out, err = inside(*search(server.url, *prices, "--max-usd", "2.5", "--dry-run"))
    assert code == 0, err
    assert server.requests == []
    assert list(tmp_path.iterdir()) == []
    figures = (
        "calls: 4 to 16",
        "tokens: ",
        "money: 0.0",
        "USD",
        "environment steps: ",
        "hours: ",
        "disk: about",
        "limit: 2.5 USD",
    )
    for text in (*figures, "--- system ---"):
        assert text in out, text


@pytest.mark.parametrize("command", [["search"], ["compare", "--repeats", "2"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    "url", [None, "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21"]
)
def test_a_dry_run_needs_no_key(inside: Inside, tmp_path: Path, command: list[str], url: str | None):
    place = ["--llm.base-url", url] if url else []
    name, *more = command
    code, out, err = inside(
        name, "franka-reach", *more, "--writer", "openai", "--llm.model", "gpt-4o-mini",
        "--llm.key-file", "no-such-file", *place, "--dry-run", key="",
    )  # fmt: skip
    assert (code, "--- system ---" in out) == (0, True), err
    assert list(tmp_path.iterdir()) == []


def test_killed_while_it_writes_it_asks_again_only_for_what_it_does_not_have(
    guard: Guard, reach: Task, tmp_path: Path
):
    slow = replace(completion(), delay_s=0.5)
    with serving(in_turn(slow)) as server:
        arguments = search(
            server.url, "--strategy-options", "samples", "4", "--llm.concurrency", "1", "--out", "s"
        )
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "OPENAI_API_KEY": KEY},
        )
        while len(server.charged) < 2:
            time.sleep(0.02)
        time.sleep(0.25)  # the second answer is recorded, the third is on its way
        process.kill()
        process.wait()
        with Study.open(tmp_path / "s") as study:
            config = study.config
        trials, _, _ = go(tmp_path / "s", config, WRITERS.load("openai")(config.llm), guard, reach, Eights)
    assert [trial.state for trial in trials] == ["SCORED"] * 4
    seeds = [request.body["seed"] for request in server.requests]
    assert len(set(seeds)) == 4
    assert len(seeds) == 5
    assert seeds[2] == seeds[3]  # only the one in flight
