"""The processes that simulate a suite: started once, used by every simulation of this process.

A process that trains gives up the right to start others before it sees the first program. So its
servers are there before, and simulations that are made later are pools within them.
"""

from __future__ import annotations

import errno
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, ClassVar

from numpy.typing import NDArray

from rewardsmith.errors import RewardsmithError
from rewardsmith_envs.adapters.serving import frames

_SCRIPT = Path(__file__).parent / "serving" / "serve.py"
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A server has one core: the others have servers of their own."""


_MOST_PRINTED = 2_000


class SuiteError(RewardsmithError):
    """Somebody else's environment failed; the message names it and says what to do."""


class _Patient:
    """A pipe that is not waited for endlessly."""

    def __init__(self, stream: IO[bytes], patience_s: float) -> None:
        self._stream, self._patience_ms = stream, round(1e3 * patience_s)
        self._poll = select.poll()
        self._poll.register(stream, select.POLLIN | select.POLLHUP)

    def readinto(self, view: memoryview) -> int:
        if not self._poll.poll(self._patience_ms):
            raise TimeoutError
        return os.readv(self._stream.fileno(), [view])


class Server:
    """One process, and the pipes to it."""

    def __init__(self, python: str, backend: str, spec: Mapping[str, object], patience_s: float) -> None:
        """Start it, and tell it what the task file says.

        Raises:
            SuiteError: There is no such interpreter, or it lacks the suite.
        """
        # what a suite prints is of interest when it fails
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._name, self._patience_s = f"{spec['environment']} ({python})", patience_s
        try:
            self._process = subprocess.Popen(
                [python, "-u", str(_SCRIPT), backend],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                bufsize=0,
                env={**_surroundings(python), **_THREADS},
                start_new_session=True,
            )
        except OSError as error:
            raise SuiteError(
                f"cannot start {python}: {error.strerror}. Give an interpreter as `python`."
            ) from error
        assert self._process.stdin
        assert self._process.stdout
        self._asked, self._said = self._process.stdin, self._process.stdout
        self._answers = _Patient(self._said, patience_s)
        frames.write_head(self._asked, frames.HELLO, 0, 0)
        frames.write_json(self._asked, spec)
        self.versions: dict[str, str] = self.plain_answer()["versions"]

    def ask(self, op: int, pool: int, rows: int, *arrays: tuple[NDArray[Any], str]) -> None:
        """Send a message; its answer is to be read next."""
        try:
            frames.write_head(self._asked, op, pool, rows)
            for array, kind in arrays:
                frames.write_array(self._asked, array, kind)
        except (OSError, ValueError) as error:
            raise self._gone() from error

    def array(self, kind: str, *shape: int) -> NDArray[Any]:
        """The next array of an answer."""
        try:
            return frames.read_array(self._answers, kind, *shape)
        except (frames.GoneError, OSError) as error:
            raise self._gone(error) from error

    def begin_answer(self) -> None:
        """Wait for an answer.

        Raises:
            SuiteError: The environment raised, the process ended or says nothing.
        """
        try:
            status = frames.read(self._answers, 1)[0]
            failure = None if status == frames.FINE else frames.read_json(self._answers)
        except (frames.GoneError, OSError, json.JSONDecodeError) as error:
            raise self._gone(error) from error
        if failure:
            raise SuiteError(
                f"{self._name} raised {failure['kind']} in {failure['where'][:300]}: "
                f"{str(failure['text'])[:1000] or 'it says nothing more'}"
            )

    def plain_answer(self) -> Any:
        """The answer of a message that is answered with plain data."""
        self.begin_answer()
        try:
            return frames.read_json(self._answers)
        except (frames.GoneError, OSError, json.JSONDecodeError) as error:
            raise self._gone(error) from error

    def _gone(self, error: BaseException | None = None) -> SuiteError:
        if isinstance(error, TimeoutError):
            self.stop()
            return SuiteError(
                f"{self._name} said nothing for {self._patience_s:g} s, so it is taken for hung. If its "
                "steps or resets take longer, raise `patience_s` in the task file."
            )
        code = self._process.poll()
        how = (
            "is ending"
            if code is None
            else f"was ended by signal {-code}"
            if code < 0
            else f"ended with {code}"
        )
        return SuiteError(
            f"the server of {self._name} {how}. `rewardsmith adapt --check FILE` tries the environment "
            f"alone. The last that it printed: {self._printed() or 'nothing'}"
        )

    def _printed(self) -> str:
        if self._log.closed:  # it was stopped, and said what there was to say
            return ""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _MOST_PRINTED))
        return self._log.read().decode(errors="replace").strip()

    def stop(self) -> None:
        """End the process, where this one may still do that; else it ends with its pipes."""
        try:
            self._process.kill()
            self._process.wait(timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            pass
        finally:
            for opened in (self._asked, self._said, self._log):
                opened.close()


def _surroundings(python: str) -> dict[str, str]:
    """Another interpreter has packages of its own, and must not find ours before them."""
    if python == sys.executable:
        return dict(os.environ)
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


class Fleet:
    """The servers of one task file in this process."""

    _known: ClassVar[dict[tuple[int, str], Fleet]] = {}
    _making = threading.Lock()

    def __init__(self, python: str, backend: str, spec: Mapping[str, object], patience_s: float) -> None:
        """Prepare; nothing is started yet. Use :meth:`of`."""
        self._start = lambda: Server(python, backend, spec, patience_s)
        self.servers: list[Server] = []
        self.lock = threading.RLock()
        """Held from the first question to the last answer of one step: lanes take turns."""
        self._pools = 0

    @classmethod
    def of(cls, python: str, backend: str, spec: Mapping[str, object], patience_s: float) -> Fleet:
        """The one for what a task file says, made when it is first asked for."""
        key = os.getpid(), json.dumps([python, backend, dict(spec)], sort_keys=True)
        with cls._making:
            if key not in cls._known:
                cls._known[key] = cls(python, backend, spec, patience_s)
            return cls._known[key]

    @classmethod
    def stop_all(cls) -> None:
        """End the servers of every task file in this process."""
        with cls._making:
            for fleet in cls._known.values():
                fleet.stop()

    def ready(self, wanted: int) -> Sequence[Server]:
        """At least one server, and as many as wanted where more may still be started."""
        with self.lock:
            while len(self.servers) < wanted:
                try:
                    self.servers.append(self._start())
                except SuiteError as error:
                    # a process that trains gave up the right to start others
                    if not self.servers or getattr(error.__cause__, "errno", None) != errno.EPERM:
                        raise
                    break
            return tuple(self.servers)

    def number(self) -> int:
        """For a new pool."""
        with self.lock:
            self._pools += 1
            return self._pools

    def stop(self) -> None:
        """End all servers; the next simulation starts others."""
        with self.lock:
            for server in self.servers:
                server.stop()
            self.servers.clear()
