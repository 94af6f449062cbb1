"""A child Python process that takes and gives lines of JSON text.

The guard's probe, the training worker and screening run behind this: whatever a reward program
does to its process, the parent only ever sees a line, an end of file or a silence.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Mapping
from typing import IO, TypeVar

from pydantic import TypeAdapter, ValidationError

from rewardsmith.errors import RewardsmithError

T = TypeVar("T")

_PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
    "SYSTEMROOT", "XDG_CACHE_HOME", "XDG_DATA_HOME", "REWARDSMITH_SUITES", "MUJOCO_GL",
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER",
)  # fmt: skip
_PASSED_ON_PREFIXES = ("OMP_", "MKL_", "OPENBLAS_", "COVERAGE_")
_CHUNK = 1 << 16
_LONGEST = 64 << 20
"""Bytes of a line. The curves of a hundred thousand epochs take less."""
_LAST_WORDS = 1 << 14
"""Bytes at the end of what it said on standard error."""
_ENDING_S = 10.0
"""From the end of what a child says to its own."""
_TAKING_S = 300.0
"""A child that does not read what it is sent for so long is taken for hung;
importing torch takes seconds, minutes at worst."""
_one_line_at_a_time = threading.Lock()


class ProcessDiedError(RewardsmithError):
    """The child ended without an answer, or what it said was none."""

    def __init__(self, message: str, signal: int = 0, code: int = 0) -> None:
        """Say how it ended.

        Args:
            message: How, with its last words.
            signal: The signal that ended it; 0 where it ended by itself, or where its answer is at
                fault.
            code: Its exit code, where it ended by itself.
        """
        super().__init__(message)
        self.signal, self.code = signal, code


class ProcessSilentError(RewardsmithError):
    """The child did not answer in time."""


def child_command(module: str, *arguments: str) -> list[str]:
    """How to run a Python module in a child that ends with this process, however this process ends.

    On Linux it ends with the *thread* that starts it, so start it from one that lives long.
    """
    return [sys.executable, "-P", "-m", "rewardsmith.execution.launch", str(os.getpid()), module, *arguments]


def child_environment() -> dict[str, str]:
    """A short list of harmless variables: a child gets no secrets.

    It imports from where this process does.

    So the folder that this process happens to be in is not one of them, unless it is one here:
    somebody else's study may lie in it.
    """
    environment = {
        k: v for k, v in os.environ.items() if k in _PASSED_ON or k.startswith(_PASSED_ON_PREFIXES)
    }
    named = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    paths = os.pathsep.join(dict.fromkeys(os.path.abspath(path) for path in (*named, *sys.path)))
    # numpy would start a thread per core, which nobody uses.
    return {"OPENBLAS_NUM_THREADS": "1", **environment, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"}


class JsonProcess:
    """One child process running a module, started on first use.

    It has a session of its own, so that Ctrl-C reaches the parent only, and a folder of its own for
    temporary files. It ends with its parent (see :func:`child_command`) or its standard input.
    """

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Name the module to run, and variables that it gets beside the usual ones.

        Nothing starts yet.
        """
        self._module, self._arguments, self._environment = module, arguments, environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = bytearray()
        self._errors: IO[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def send(self, line: str) -> None:
        """Send one line, starting the child if there is none.

        Raises:
            ProcessDiedError: The child no longer reads.
            ProcessSilentError: It has not read for minutes.
            RewardsmithError: The system does not let it start.
        """
        process = self._process or self._start()
        assert process.stdin is not None
        data = memoryview(line.encode() + b"\n")
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdin, selectors.EVENT_WRITE)
            while data:
                if not selector.select(_TAKING_S):
                    raise ProcessSilentError(f"nothing was read within {_TAKING_S:g} s")
                try:
                    data = data[os.write(process.stdin.fileno(), data) :]
                except BrokenPipeError:
                    raise self._died() from None

    def receive(self, timeout_s: float) -> str:
        """The next line of the child.

        Raises:
            ProcessDiedError: The child ended; the message says how, with its last words. Or what it
                says is no line of text.
            ProcessSilentError: Nothing came within ``timeout_s``.
        """
        assert self._process is not None, "send before receive"
        assert self._process.stdout is not None
        deadline, searched = time.monotonic() + timeout_s, 0
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while (end := self._buffer.find(b"\n", searched)) < 0:
                searched = len(self._buffer)
                if searched > _LONGEST:
                    raise self._broken(f"said more than {_LONGEST >> 20} MB at a time")
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ProcessSilentError(f"no answer within {timeout_s:g} s")
                chunk = os.read(self._process.stdout.fileno(), _CHUNK)
                if not chunk:
                    raise self._died()
                self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise self._broken(f"said what is no text: {line[:60]!r}") from None

    def has_line(self) -> bool:
        """Whether :meth:`receive` need not wait."""
        return b"\n" in self._buffer

    def fileno(self) -> int:
        """What becomes readable when the child says something, or ends."""
        assert self._process is not None, "send before you wait"
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def kill(self) -> None:
        """End the child at once; a later :meth:`send` starts a new one."""
        pipes: list[IO[bytes] | None] = [self._errors]
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            pipes += [self._process.stdin, self._process.stdout]
        for pipe in filter(None, pipes):
            pipe.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._process, self._errors, self._folder = None, None, None
        self._buffer.clear()

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the child)
            self._folder = tempfile.TemporaryDirectory(prefix="rewardsmith-", ignore_cleanup_errors=True)
            self._process = subprocess.Popen(
                child_command(self._module, *self._arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**child_environment(), **self._environment, "TMPDIR": self._folder.name},
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            self.kill()
            raise RewardsmithError(
                f"cannot start a process: {error.strerror or error}. Close other programs or make room, "
                "then try again."
            ) from error
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        return self._process

    def _broken(self, what: str) -> ProcessDiedError:
        """End a child that no longer does what it should."""
        self.kill()
        return ProcessDiedError(f"the process {what}")

    def _died(self) -> ProcessDiedError:
        assert self._process is not None
        assert self._errors is not None
        try:
            code = self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            return self._broken("closed its pipes and did not end")
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - _LAST_WORDS))
        last_words = self._errors.read().decode(errors="replace").strip().splitlines()[-1:]
        self.kill()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return ProcessDiedError(
            f"the process {how}" + (f": {last_words[0]}" if last_words else ""), max(0, -code), max(0, code)
        )


def hear(process: JsonProcess, kind: TypeAdapter[T], timeout_s: float) -> T:
    """The next line of a child, read.

    Args:
        process: The child.
        kind: What the line must be.
        timeout_s: As long is waited for it.

    Raises:
        ProcessDiedError: The child ended, or said something else; then it was ended.
        ProcessSilentError: Nothing came in time.
    """
    line = process.receive(timeout_s)
    try:
        return kind.validate_json(line)
    except ValidationError:
        process.kill()
        raise ProcessDiedError(f"the process said what is no report: {line[:60]!r}") from None


def speaking(processes: Collection[JsonProcess], timeout_s: float) -> list[JsonProcess]:
    """Wait until one of some children says something, or ends.

    All that do by then, and none after ``timeout_s``.
    """
    with selectors.DefaultSelector() as selector:
        for process in processes:
            selector.register(process, selectors.EVENT_READ)
        at_once = any(process.has_line() for process in processes)
        events = selector.select(0.0 if at_once else max(0.0, timeout_s))
        found = {key.fileobj for key, _ in events}
    return [process for process in processes if process in found or process.has_line()]


def claim_stdout() -> int:
    """For the child: keep the pipe to the parent, and send every stray print to standard error.

    Returns:
        The file descriptor to answer on.
    """
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def answer(descriptor: int, line: str) -> None:
    """For the child: write one whole line, from any thread.

    Raises ``BrokenPipeError`` when the parent is gone.
    """
    data = line.encode() + b"\n"
    with _one_line_at_a_time:
        while data:
            data = data[os.write(descriptor, data) :]
