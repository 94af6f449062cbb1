"""A study's limits outlive its process: what it spent, and what
it may have spent when it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.budget import Budget
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Quote
from rewardsmith.drafting import StudyLedger
from rewardsmith.errors import StoreError
from rewardsmith.study import Study
from rewardsmith.usage import Price, Usage
from tests.builders import called

QUOTE = Quote(100, 900, Price(1_000.0, 1_000.0))
"""1,000 tokens, 1 USD."""
PAID = Usage(1, 100, 100, usd=0.25)
"""200 tokens."""
NOBODY_KNOWS = Usage(1, unmetered=1, usd=0.0)
UNPRICED = Quote(100, 900, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Study.create(tmp_path / "s", StudyConfig("franka-reach")).close()
    return tmp_path / "s"


@contextmanager
def process(folder: Path, **limits: float) -> Iterator[tuple[StudyLedger, Budget]]:
    """The ledger of one process; what is in flight at its end is lost, as after a kill."""
    with Study.open(folder, write=True) as study:
        budget = Budget(9, **limits)  # pyright: ignore[reportArgumentType]
        yield StudyLedger(study.store, budget), budget


def spent(folder: Path) -> tuple[int, float]:
    """What the next process knows of."""
    with process(folder) as (_, budget):
        return budget.tokens, budget.usd


def test_what_was_paid_is_spent_in_the_next_process(folder: Path):
    with process(folder) as (ledger, _):
        for number in range(3):
            assert ledger.reserve(QUOTE) == ""
            ledger.settle(QUOTE, called(f"c{number:03d}", PAID))
    assert spent(folder) == (600, 0.75)


def test_calls_in_flight_at_a_kill_are_spent_after_it_at_their_quotes(folder: Path):
    with process(folder) as (ledger, budget):
        for _ in range(3):
            ledger.reserve(QUOTE)
        ledger.settle(QUOTE, called("c000", PAID))
        assert (budget.tokens, budget.usd) == (200, 0.25)
    assert spent(folder) == (2_200, 2.25)
    assert spent(folder) == (2_200, 2.25), "once, however often it is resumed"


def test_the_losses_of_several_kills_add_up(folder: Path):
    for kills in range(1, 4):
        with process(folder) as (ledger, _):
            ledger.reserve(QUOTE)
        assert spent(folder) == (1_000 * kills, 1.0 * kills)


def test_so_a_limit_is_kept_over_kills(folder: Path):
    """Three calls fit; each process is killed with one in flight."""
    for _ in range(3):
        with process(folder, max_usd=3.0) as (ledger, _):
            assert ledger.reserve(QUOTE) == ""
    with process(folder, max_usd=3.0) as (ledger, _):
        assert "max_usd of 3 USD: 3.0000 USD are spent" in ledger.reserve(QUOTE)
    with process(folder, max_tokens=3_000) as (ledger, _):
        assert "max_tokens of 3,000: 3,000 are spent" in ledger.reserve(QUOTE)


def test_a_call_that_nobody_counted_stays_at_its_quote_after_a_restart(folder: Path):
    with process(folder) as (ledger, budget):
        ledger.reserve(QUOTE)
        ledger.settle(QUOTE, called("c000", NOBODY_KNOWS, answered=False))
        assert (budget.tokens, budget.usd) == (1_000, 1.0)
    assert spent(folder) == (1_000, 1.0)


def test_without_a_price_tokens_are_counted_all_the_same(folder: Path):
    with process(folder) as (ledger, _):
        ledger.reserve(UNPRICED)
        ledger.settle(UNPRICED, called("c000", replace(NOBODY_KNOWS, usd=None)))
        ledger.reserve(UNPRICED)
    assert spent(folder) == (2_000, 0.0)


def test_a_call_that_is_refused_is_not_in_flight(folder: Path):
    with process(folder, max_tokens=999) as (ledger, _):
        assert ledger.reserve(QUOTE)
    assert spent(folder) == (0, 0.0)


def test_prices_of_a_millionth_can_be_read_again(folder: Path):
    tiny = Quote(1, 1, Price(1e-3, 1e-3))
    with process(folder) as (ledger, _):
        for _ in range(3):
            ledger.reserve(tiny)
        ledger.settle(tiny, called("c000", replace(PAID, usd=0.0)))
    assert spent(folder) == (204, pytest.approx(4e-9))


def test_a_call_that_cannot_be_recorded_is_still_in_flight(folder: Path):
    with process(folder) as (ledger, budget):
        ledger.reserve(QUOTE)
        with pytest.raises(StoreError, match="cannot be kept"):
            ledger.settle(QUOTE, called("no id", PAID))
        assert budget.reserved == (1_000, 1.0)
    assert spent(folder) == (1_000, 1.0)


def test_a_process_that_is_really_killed(folder: Path):
    """By SIGKILL, between sending and the reply."""
    code = """
import os, signal, sys
from pathlib import Path
from tests.unit.test_ledger import PAID, QUOTE, called, process
with process(Path(sys.argv[1])) as (ledger, budget):
    for number in range(4):
        ledger.reserve(QUOTE)
    ledger.settle(QUOTE, called("c000", PAID))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]),
    }
    killed = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env=environment, check=False, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    assert spent(folder) == (3_200, 3.25)
