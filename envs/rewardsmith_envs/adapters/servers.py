"""A process that simulates a suite, in the interpreter that has it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from rewardsmith_envs.adapters.failures import SuiteError, advice
from rewardsmith_envs.adapters.interpreters import surroundings
from rewardsmith_envs.adapters.serving import frames

__all__ = ["Server", "SuiteError"]

_SCRIPT = Path(__file__).parent / "serving" / "serve.py"
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A server has one core: the others have servers of their own."""


_MOST_PRINTED, _ENDING_S = 2_000, 5.0


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
        self._name, self._python = f"{spec['environment']} ({python})", python
        self._patience_s = patience_s
        try:
            self._process = subprocess.Popen(
                [python, "-u", str(_SCRIPT), backend],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                bufsize=0,
                env={**surroundings(python), **_THREADS},
                start_new_session=True,
            )
        except OSError as error:
            self._log.close()
            raise SuiteError(
                f"cannot start {python}: {error.strerror}. Give an interpreter as `python`."
            ) from error
        assert self._process.stdin
        assert self._process.stdout
        self._asked, self._answers = self._process.stdin, _Patient(self._process.stdout, patience_s)
        try:
            self._greet(spec)
        except SuiteError:
            self.stop()
            raise

    def _greet(self, spec: Mapping[str, object]) -> None:
        """Tell it what the task file says."""
        try:
            frames.write_head(self._asked, frames.HELLO, 0, 0)
            frames.write_json(self._asked, spec)
        except OSError as error:
            raise self._gone() from error
        self.plain_answer()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

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
                f"{str(failure['text'])[:1000] or 'it says nothing more'}."
                f"{advice(str(failure['kind']), self._python)}"
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
        with suppress(subprocess.TimeoutExpired):  # its pipes close a moment before it has ended
            self._process.wait(_ENDING_S)
        code = self._process.returncode
        how = (
            "is ending"
            if code is None
            else f"was ended by signal {-code}"
            if code < 0
            else f"ended with {code}"
        )
        return SuiteError(
            f"the server of {self._name} {how}. `rewardsmith adapt --check FILE` tries the environment "
            f"alone.{advice('', self._python, self._printed())} The last that it printed: "
            f"{self._printed() or 'nothing'}"
        )

    def _printed(self) -> str:
        if self._log.closed:
            return ""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _MOST_PRINTED))
        return self._log.read().decode(errors="replace").strip()

    def stop(self) -> None:
        """End the process, where this one may still do that; else it ends with its pipes."""
        with suppress(OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(_ENDING_S)
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe:
                pipe.close()
