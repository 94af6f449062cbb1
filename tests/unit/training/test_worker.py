"""Orders of a worker, as they come in."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rewardsmith.contracts import ScoringJob, TrainingJob
from rewardsmith.training.orders import ORDER, Order
from rewardsmith.training.worker import Inbox

SCORING = ScoringJob("a", "a/policy.pt", 11, 8)
TRAINING = TrainingJob("b", "program", 0, "b/policy.pt")


@contextmanager
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Inbox, int]]:
    """An inbox that reads from a pipe, and the end to write orders to."""
    read, write = os.pipe()
    with os.fdopen(read) as orders:
        monkeypatch.setattr("sys.stdin", orders)
        found = Inbox([])
        found.listen()
        try:
            yield found, write
        finally:
            os.close(write)
            deadline = time.monotonic() + 60
            while not found.ended and time.monotonic() < deadline:
                found.take(wait=False)


def send(descriptor: int, order: Order) -> None:
    os.write(descriptor, ORDER.dump_json(order) + b"\n")


def within_a_minute(inbox: Inbox) -> list[TrainingJob]:
    """What it takes when it may wait."""
    taken: list[TrainingJob] = []
    thread = threading.Thread(target=lambda: taken.extend(inbox.take(wait=True)), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    return taken


def test_trainings_come_in_order_and_scorings_are_due(monkeypatch: pytest.MonkeyPatch):
    with inbox(monkeypatch) as (orders, descriptor):
        send(descriptor, Order(3, ScoringJob("b", "b/policy.pt", 11, 8), TRAINING))
        assert within_a_minute(orders) == [TRAINING]
        assert (orders.width, list(orders.scorings), orders.due) == (3, ["b"], [])
        send(descriptor, Order(3, SCORING))
        assert within_a_minute(orders) == []
        assert orders.due == [SCORING]


def test_nobody_waits_for_a_training_while_a_policy_is_due(monkeypatch: pytest.MonkeyPatch):
    """The trainer looked for more while it trained; the policy that
    came then is scored before it waits."""
    with inbox(monkeypatch) as (orders, descriptor):
        send(descriptor, Order(1, SCORING))
        deadline = time.monotonic() + 60
        while not orders.due and time.monotonic() < deadline:
            assert orders.take(wait=False) == []
        assert orders.due == [SCORING]
        assert within_a_minute(orders) == []
        orders.due = []
