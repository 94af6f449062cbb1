"""A search that is killed with -9 again and again spends no more than its user allowed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.study import Study
from tests.integration.command_line import SHORT, go_on
from tests.servers import ChatServer, Exchange, Reaction, completion, serving

KILLS = 3
PROMPT, REPLY = 300, 400
USD_PER_TOKEN = 1e-5
DELAY_S = 0.4
PROGRAM = """\
```python
def compute_reward(pole_angle):
    upright = {number:.1f} * torch.exp(-torch.abs(pole_angle))
    return upright, {{"upright": upright}}
```
"""
SEARCH = (
    "search", "cartpole", "--strategy", "eureka", "--candidates", "400", "--finalists", "1",
    "--final-seeds", "1", "--writer", "openai", "--llm.model", "m", "--llm.max-tokens", str(REPLY),
    "--llm.price-prompt", "10", "--llm.price-completion", "10", *SHORT,
)  # fmt: skip


class Provider:
    """A model that charges for all that it hears, also where nobody waits for the reply."""

    def __init__(self) -> None:
        self.heard_s: list[float] = []
        self._lock = threading.Lock()

    def react(self, exchange: Exchange) -> Reaction:
        with self._lock:
            self.heard_s.append(time.monotonic())
        counts: dict[str, object] = {
            "prompt_tokens": PROMPT,
            "completion_tokens": REPLY,
            "total_tokens": PROMPT + REPLY,
        }
        return replace(completion(PROGRAM.format(number=1 + exchange.number), usage=counts), delay_s=DELAY_S)

    @property
    def tokens(self) -> int:
        return len(self.heard_s) * (PROMPT + REPLY)


def carried_out(folder: Path, server: ChatServer, provider: Provider, limit: Sequence[str]) -> list[float]:
    """Seconds from the first request to the last one or the kill, of each process."""
    environment = {**os.environ, "OPENAI_API_KEY": "k", "XDG_STATE_HOME": str(folder.parent / "state")}
    fresh = (*SEARCH, "--llm.base-url", server.url, *limit)
    moments, spans = random.Random(7), []
    for number in range(KILLS + 1):
        begun = len(provider.heard_s)
        with folder.with_suffix(".errors").open("wb") as errors:
            process = go_on(folder, fresh, errors, env=environment)
        if number < KILLS:
            wait_until(lambda begun=begun: len(provider.heard_s) > begun, process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(moments.uniform(0.2, 4.0))
            assert process.poll() is None, folder.with_suffix(".errors").read_text(encoding="utf-8")[-2_000:]
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            spans.append(time.monotonic() - provider.heard_s[begun])
        else:
            assert process.wait(600) == 0, folder.with_suffix(".errors").read_text(encoding="utf-8")[-2_000:]
            spans.append(provider.heard_s[-1] - provider.heard_s[begun])
    return spans


def wait_until(done: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Unless the process ends before."""
    deadline = time.monotonic() + 120
    while not done() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [("--max-tokens", "60000"), ("--max-usd", "0.6")])
def test_what_is_charged_stays_below_the_limit(tmp_path: Path, limit: tuple[str, str]) -> None:
    provider = Provider()
    with serving(provider.react) as server:
        carried_out(tmp_path / "study", server, provider, limit)
    charged = provider.tokens * (USD_PER_TOKEN if limit[0] == "--max-usd" else 1)
    assert 0.5 * float(limit[1]) < charged <= float(limit[1])


@pytest.mark.slow
def test_hours_before_a_kill_count(tmp_path: Path) -> None:
    limit_s, noted_every_s = 60.0, 1.0
    provider = Provider()
    with serving(provider.react) as server:
        spans = carried_out(tmp_path / "study", server, provider, ("--max-hours", str(limit_s / 3600)))
    with Study.open(tmp_path / "study") as study:
        longest_s = max(run.wall_s for run in study.runs)
        assert len(study.candidates) < 400
    assert sum(spans) < limit_s + KILLS * (noted_every_s + DELAY_S + longest_s) + DELAY_S
