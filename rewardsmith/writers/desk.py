"""Requests of several threads on one event loop.

Connections are shared, and so is what is known of the server.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, TypeVar

from rewardsmith.contracts import Ledger, Quote
from rewardsmith.errors import RewardsmithError, WriterError
from rewardsmith.records import Call
from rewardsmith.writers.backend import Backend

T = TypeVar("T")
_ENDING_S = 5.0
_CLOSED = "the writer was closed before its answer came."


class Silence:
    """Counts requests without an answer since the last answer, and rounds of them.

    Those that were in flight together are one round: an outage of a moment meets all of them.
    """

    def __init__(self) -> None:
        self.requests = self.rounds = 0
        self._counted_at = 0.0

    def end(self) -> None:
        """An answer came."""
        self.requests = self.rounds = 0

    def add(self, sent_at: float) -> None:
        """A request got none; ``sent_at`` is of the monotonic clock."""
        self.requests += 1
        if sent_at >= self._counted_at:
            self.rounds += 1
            self._counted_at = time.monotonic()


class Desk:
    """Lets requests go out one after another, as places and budget allow."""

    def __init__(self, ledger: Ledger, concurrency: int) -> None:
        self.ledger = ledger
        self.places = asyncio.Semaphore(concurrency)
        self.broken: RewardsmithError | None = None
        """Why no further request makes sense."""
        self.silence = Silence()
        self._in_flight = 0
        self._settled = asyncio.Condition()

    async def admit(self, quote: Quote) -> str:
        """Reserve a quote.

        Where it does not fit, wait for what is in flight to cost less than feared.

        Returns:
            Nothing, or the limit that does not allow the call.

        Raises:
            RewardsmithError: Another request found that none makes sense.
        """
        async with self._settled:
            while True:
                if self.broken:
                    raise self.broken
                limit = self.ledger.reserve(quote)
                if not limit:
                    self._in_flight += 1
                    return ""
                if not self._in_flight:
                    return limit
                await self._settled.wait()

    def fail(self, failure: Exception) -> RewardsmithError:
        """Send nothing any more, for the first of all failures, which is returned."""
        if self.broken is None:
            told = f"the writer failed, {type(failure).__name__}: {failure}"
            self.broken = failure if isinstance(failure, RewardsmithError) else WriterError(told[:500])
        return self.broken

    async def settle(self, quote: Quote, call: Call) -> None:
        """Record a call and let others try to reserve."""
        try:
            self.ledger.settle(quote, call)
        except Exception as failure:
            self.fail(failure)  # what cannot be recorded must not be spent
            raise
        finally:
            self._in_flight -= 1
            async with self._settled:
                self._settled.notify_all()


class Counter:
    """An event loop in its own thread, with an open backend, from the first request to closing."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._desks: dict[int, Desk] = {}
        self._backend: Backend | None = None
        self._closed = False

    def serve(self, backend: Backend, ask: Callable[[Desk], Coroutine[Any, Any, T]], ledger: Ledger) -> T:
        """Wait for an answer.

        Raises:
            RewardsmithError: There is none, and no other request makes sense.
        """
        # what is handed in before it is closed is cancelled with the rest; nothing comes after it
        with self._lock:
            if self._closed:
                raise WriterError(_CLOSED)
            loop = self._loop or self._start(backend)
            desk = self._desks.setdefault(id(ledger), Desk(ledger, backend.concurrency))
            answer = asyncio.run_coroutine_threadsafe(ask(desk), loop)
        try:
            return answer.result()
        except RewardsmithError:
            raise
        except CancelledError:
            raise WriterError(_CLOSED) from None
        except Exception as error:
            raise desk.fail(error) from error

    def close(self) -> None:
        """Cancel what is in flight, close the backend and end the thread.

        A model that cannot be stopped is not waited for.
        """
        with self._lock:
            loop, self._loop, self._closed = self._loop, None, True
        if loop is None:
            return
        ended = asyncio.run_coroutine_threadsafe(self._end(), loop)
        ended.add_done_callback(lambda _: loop.call_soon_threadsafe(loop.stop))
        with suppress(TimeoutError):
            ended.result(_ENDING_S)

    def _start(self, backend: Backend) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=_turn, args=(loop,), daemon=True).start()
        try:
            asyncio.run_coroutine_threadsafe(backend.__aenter__(), loop).result()
        except BaseException:
            loop.call_soon_threadsafe(loop.stop)
            raise
        self._loop, self._backend = loop, backend
        return loop

    async def _end(self) -> None:
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._backend is not None:
            with suppress(WriterError):
                await self._backend.__aexit__(None, None, None)


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    loop.close()
