"""The processes that simulate a suite: started once, used by every simulation of this process.

A process that trains gives up the right to start others before it sees the first program. So its
servers are there before, and simulations that are made later are pools within them.
"""

from __future__ import annotations

import atexit
import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import ClassVar

from rewardsmith_envs.adapters.servers import Server, SuiteError
from rewardsmith_envs.adapters.serving import frames

_ALONE = 3
"""Processes for a suite with one simulation in each: one trains, others play held-out episodes."""


class Fleet:
    """The servers of one task file in this process, as long as a simulation needs them."""

    _known: ClassVar[dict[tuple[int, str], Fleet]] = {}
    _making = threading.Lock()

    def __init__(
        self, python: str, backend: str, spec: Mapping[str, object], patience_s: float, alone: bool
    ) -> None:
        """Prepare; nothing is started yet. Use :meth:`of`."""
        self._start = lambda: Server(python, backend, spec, patience_s)
        self.alone = alone
        """Whether a server has one simulation, which pools take in turns."""
        self.servers: list[Server] = []
        self._owners: dict[int, Server] = {}
        self._talking = threading.Lock()
        self._pools, self._open = 0, 0
        self._due: list[int] = []

    @classmethod
    def of(
        cls, python: str, backend: str, spec: Mapping[str, object], patience_s: float, alone: bool = False
    ) -> Fleet:
        """The one for what a task file says, made when it is first asked for."""
        key = os.getpid(), json.dumps([python, backend, dict(spec)], sort_keys=True)
        with cls._making:
            if key not in cls._known:
                cls._known[key] = cls(python, backend, spec, patience_s, alone)
            return cls._known[key]

    @contextmanager
    def talk(self) -> Iterator[None]:
        """From the first question to the last answer: lanes take turns.

        A conversation that breaks off leaves answers that nobody reads, so its servers end.
        """
        with self._talking:
            try:
                yield
            except BaseException:
                self._stop()
                raise
            finally:
                self._close_due()

    def enter(self, wanted: int) -> tuple[int, Sequence[Server]]:
        """The number of a new pool, and the servers for it.

        They are as many as wanted, or fewer where no more may be started.

        Raises:
            SuiteError: None can be started.
        """
        with self.talk():
            for server in [server for server in self.servers if not server.alive]:
                server.stop()
                self.servers.remove(server)
            self._more(_ALONE if self.alone else wanted)
            some = (self._free(),) if self.alone else tuple(self.servers[:wanted])
            self._pools, self._open = self._pools + 1, self._open + 1
            return self._pools, some

    def _more(self, wanted: int) -> None:
        """Start servers, or as many as may be started."""
        while len(self.servers) < wanted:
            try:
                self.servers.append(self._start())
            except SuiteError as error:
                # a process that trains gave up the right to start others
                if not self.servers or getattr(error.__cause__, "errno", None) != errno.EPERM:
                    raise
                break

    def _free(self) -> Server:
        """One whose simulation nobody plays in.

        Raises:
            SuiteError: There is none, and none can be started.
        """
        free = [server for server in self.servers if server not in self._owners.values()]
        if not free:
            self._more(len(self.servers) + 1)
            free = [server for server in self.servers if server not in self._owners.values()]
        if not free:
            raise SuiteError(
                f"all {len(self.servers)} simulations are in use, and a process that trains can start no "
                "more. Train with --training.slots 1 and one worker."
            )
        return free[0]

    def claim(self, pool: int, server: Server) -> Server:
        """The server whose simulation a pool has for itself from now on.

        It is the one that it was opened in, unless another pool was faster: then one that is free.
        """
        with self.talk():
            if self._owners.get(pool) is not server:
                self._owners[pool] = self._free() if server in self._owners.values() else server
            return self._owners[pool]

    def close(self, pool: int) -> None:
        """Close a pool; with the last one the servers end.

        Python may collect a simulation in the middle of a conversation, which is not interrupted:
        whoever talks closes the pool afterwards.
        """
        self._due.append(pool)
        if self._talking.acquire(blocking=False):
            try:
                self._close_due()
            finally:
                self._talking.release()

    def _close_due(self) -> None:
        while self._due:
            pool = self._due.pop()
            self._open -= 1
            self._owners.pop(pool, None)
            for server in self.servers if self._open else ():
                with suppress(SuiteError):  # it has ended, and its environments with it
                    server.ask(frames.CLOSE, pool, 0)
                    server.plain_answer()
        if not self._open:
            self._stop()

    def _stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.servers.clear()
        self._owners.clear()

    @classmethod
    def stop_all(cls) -> None:
        """End all servers of this process."""
        for (owner, _), fleet in cls._known.items():
            if owner == os.getpid():
                fleet._stop()


atexit.register(Fleet.stop_all)
