"""The requests of a writer's threads: one loop for all, and what becomes of it at the end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from rewardsmith.contracts import Brief, TaskSheet
from rewardsmith.errors import WriterError
from rewardsmith.usage import Price
from rewardsmith.writers import desk
from rewardsmith.writers.backend import Answer, Parameters, Tell
from rewardsmith.writers.chat import ChatWriter
from rewardsmith.writers.prompts import Prompt
from tests.asking import Memory, write_all
from tests.servers import GOOD
from tests.toys import TOY


@dataclass
class Model:
    """A backend that answers after a while, and remembers who asked it when."""

    think: Callable[[], Any] = lambda: asyncio.sleep(0.02)
    model: str = "m"
    address: str = "here"
    concurrency: int = 4
    loops: list[asyncio.AbstractEventLoop] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    refuse: str = ""
    asked: int = 0
    under_way: int = 0
    most: int = 0
    left: bool = False

    async def __aenter__(self):
        if self.refuse:
            raise WriterError(self.refuse)
        self.loops.append(asyncio.get_running_loop())
        return self

    async def __aexit__(self, *error: object) -> None:
        self.left = True

    def parameters(self, brief: Brief) -> Parameters:
        return {"seed": brief.seed}

    async def ask(self, prompt: Prompt, parameters: Parameters, tell: Tell) -> Answer:
        self.threads.add(threading.get_ident())
        assert asyncio.get_running_loop() is self.loops[0]
        self.asked, self.under_way = self.asked + 1, self.under_way + 1
        self.most = max(self.most, self.under_way)
        try:
            await self.think()
        finally:
            self.under_way -= 1
        return Answer(GOOD)


def writer(model: Model) -> Any:
    made: Any = ChatWriter(model, Price(1.0, 1.0), reply_tokens=100, resends=0)  # pyright: ignore[reportArgumentType]
    return made


def order(number: int) -> Brief:
    return Brief(f"c{number:03d}", TaskSheet.of(TOY), "initial", (), number)


def until(condition: Callable[[], bool]) -> None:
    """Wait for it, but not for ever."""
    ends = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.005)


def loops_since(before: set[threading.Thread]) -> set[threading.Thread]:
    """Threads that are there since then; threads of earlier tests may end meanwhile."""
    return set(threading.enumerate()) - before


def forever() -> Any:
    return asyncio.sleep(3600.0)


class TestOneLoop:
    def test_requests_of_many_threads_share_one_loop_and_one_backend(self):
        model, memory = Model(), Memory()
        drafts = write_all(writer(model), [order(n) for n in range(40)], memory)
        assert [draft.candidate for draft in drafts] == [f"c{n:03d}" for n in range(40)]
        assert (len(model.loops), len(model.threads), model.asked) == (1, 1, 40)
        assert threading.get_ident() not in model.threads

    def test_more_threads_than_places_wait(self):
        model, memory = Model(concurrency=3), Memory()
        scribe = writer(model)
        with ThreadPoolExecutor(12) as threads:
            drafts = list(threads.map(lambda n: scribe.write(order(n), memory), range(24)))
        scribe.close()
        assert all(draft.source for draft in drafts)
        assert model.most == 3

    def test_nothing_runs_before_the_first_request(self):
        before = set(threading.enumerate())
        writer(Model()).close()
        assert not loops_since(before)

    def test_a_backend_that_does_not_open_leaves_nothing_behind_and_is_tried_again(self):
        model, before = Model(refuse="no model here."), set(threading.enumerate())
        scribe = writer(model)
        for _ in range(3):
            with pytest.raises(WriterError, match="no model here"):
                scribe.write(order(0), Memory())
        until(lambda: not loops_since(before))
        model.refuse = ""
        assert scribe.write(order(0), Memory()).source
        scribe.close()

    def test_a_failure_of_one_ends_all_that_share_its_ledger_and_no_others(self):
        model, broken, sound = Model(), Memory(), Memory()
        scribe = writer(model)
        broken.settle = lambda quote, call: 1 / 0  # pyright: ignore[reportAttributeAccessIssue]
        for _ in range(2):
            with pytest.raises(WriterError, match="the writer failed, ZeroDivisionError"):
                scribe.write(order(0), broken)
        assert model.asked == 1
        assert scribe.write(order(1), sound).source
        scribe.close()


class TestClosing:
    def test_what_is_in_flight_is_cancelled_and_recorded(self):
        model, memory = Model(think=forever), Memory()
        scribe = writer(model)
        with ThreadPoolExecutor(4) as threads:
            futures = [threads.submit(scribe.write, order(n), memory) for n in range(4)]
            until(lambda: model.under_way == 4)
            scribe.close()
            for future in futures:
                with pytest.raises(WriterError, match="closed"):
                    future.result(timeout=20.0)
        assert model.left
        assert sorted(call.candidate for call in memory.calls) == ["c000", "c001", "c002", "c003"]
        assert {(call.answered, call.usage.unmetered, call.error) for call in memory.calls} == {
            (False, 1, "interrupted before the reply came.")
        }

    def test_those_that_wait_for_a_place_are_not_sent_and_cost_nothing(self):
        model, memory = Model(think=forever, concurrency=1), Memory()
        scribe = writer(model)
        with ThreadPoolExecutor(3) as threads:
            futures = [threads.submit(scribe.write, order(n), memory) for n in range(3)]
            until(lambda: model.under_way == 1)
            scribe.close()
            assert all(isinstance(future.exception(timeout=20.0), WriterError) for future in futures)
        assert (model.asked, len(memory.calls)) == (1, 1)

    def test_a_closed_writer_asks_nothing_more(self):
        model, memory = Model(), Memory()
        scribe = writer(model)
        scribe.write(order(0), memory)
        scribe.close()
        scribe.close()
        with pytest.raises(WriterError, match="closed"):
            scribe.write(order(1), memory)
        assert (model.asked, len(memory.calls)) == (1, 1)

    def test_nobody_waits_for_ever_who_asks_while_it_is_closed(self):
        for _ in range(20):
            model, memory = Model(think=lambda: asyncio.sleep(0.001)), Memory()
            scribe = writer(model)
            with ThreadPoolExecutor(8) as threads:
                futures = [threads.submit(scribe.write, order(n), memory) for n in range(200)]
                until(lambda memory=memory: len(memory.calls) > 8)
                scribe.close()
                ended = [future.exception(timeout=20.0) for future in futures]
            assert all(error is None or "closed" in str(error) for error in ended)
            assert sum(error is None for error in ended) == sum(call.answered for call in memory.calls)

    def test_its_thread_ends(self):
        before = set(threading.enumerate())
        scribe = writer(Model())
        scribe.write(order(0), Memory())
        assert len(loops_since(before)) == 1
        scribe.close()
        until(lambda: not loops_since(before))

    def test_a_model_that_computes_in_the_loop_s_thread_is_not_waited_for(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        """A small model in this process answers nothing and stops nothing while it generates."""
        monkeypatch.setattr(desk, "_ENDING_S", 0.1)
        before, goes_on = set(threading.enumerate()), threading.Event()

        async def generate() -> None:
            goes_on.wait(20.0)

        model, memory = Model(think=generate, concurrency=1), Memory()
        scribe = writer(model)
        with ThreadPoolExecutor(1) as threads:
            future = threads.submit(scribe.write, order(0), memory)
            until(lambda: model.under_way == 1)
            begun = time.monotonic()
            scribe.close()
            assert time.monotonic() - begun < 10.0
            goes_on.set()
            future.exception(timeout=20.0)
        until(lambda: not loops_since(before))
        assert model.left
        assert len(memory.calls) == 1
