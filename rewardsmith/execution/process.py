"""A child Python process that takes and gives lines of JSON text.

Both the guard's probe and the training worker run behind this: whatever a reward program
does to its process, the parent only ever sees a line, an end of file or a silence.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from typing import IO

from rewardsmith.errors import RewardsmithError

_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SYSTEMROOT", "CUDA_VISIBLE_DEVICES")
_PASSED_ON_PREFIXES = ("OMP_", "MKL_", "OPENBLAS_", "COVERAGE_")
_CHUNK = 1 << 16


class ProcessDiedError(RewardsmithError):
    """The child ended without an answer."""

    def __init__(self, message: str, signal: int = 0) -> None:
        """Say how it ended.

        Args:
            message: How, with its last words.
            signal: The signal that ended it; 0 where it ended by itself.
        """
        super().__init__(message)
        self.signal = signal


class ProcessSilentError(RewardsmithError):
    """The child did not answer in time."""


class JsonProcess:
    """One child process running ``python -m module``, started on first use.

    The child gets no secrets: its environment is a short list of harmless variables. It has a session
    of its own, so that Ctrl-C reaches the parent only, and ends when its standard input closes.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        """Name the module to run; nothing starts yet."""
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._errors: IO[bytes] | None = None

    def send(self, line: str) -> None:
        """Send one line, starting the child if there is none.

        Raises:
            ProcessDiedError: The child no longer reads.
        """
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None

    def receive(self, timeout_s: float) -> str:
        """The next line of the child.

        Raises:
            ProcessDiedError: The child ended; the message says how, with its last words.
            ProcessSilentError: Nothing came within ``timeout_s``.
        """
        assert self._process is not None, "send before receive"
        assert self._process.stdout is not None
        deadline = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ProcessSilentError(f"no answer within {timeout_s:g} s")
                chunk = os.read(self._process.stdout.fileno(), _CHUNK)
                if not chunk:
                    raise self._died()
                self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode()

    def kill(self) -> None:
        """End the child at once; a later :meth:`send` starts a new one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout, self._errors):
                with contextlib.suppress(BrokenPipeError):
                    assert pipe is not None
                    pipe.close()
        self._process, self._buffer, self._errors = None, b"", None

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {k: v for k, v in os.environ.items() if k in _PASSED_ON or k.startswith(_PASSED_ON_PREFIXES)}
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the child)
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            start_new_session=True,
        )
        return self._process

    def _died(self) -> ProcessDiedError:
        assert self._process is not None
        assert self._errors is not None
        code = self._process.wait()
        self._errors.seek(0)
        last_words = self._errors.read().decode(errors="replace").strip().splitlines()[-1:]
        self.kill()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return ProcessDiedError(f"the process {how}" + (f": {last_words[0]}" if last_words else ""), signal=max(0, -code))


def claim_stdout() -> int:
    """For the child: keep the pipe to the parent, and send every stray print to standard error.

    Returns:
        The file descriptor to answer on.
    """
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def answer(descriptor: int, line: str) -> None:
    """For the child: write one whole line. Raises ``BrokenPipeError`` when the parent is gone."""
    data = line.encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]
