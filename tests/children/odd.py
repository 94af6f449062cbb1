"""A child process that does what its line says."""

from __future__ import annotations

import os
import signal
import sys
import time

from rewardsmith.execution.process import answer, claim_stdout


def main() -> None:
    descriptor = claim_stdout()
    for line in sys.stdin:
        command = line.strip()
        if command == "echo":
            answer(descriptor, "echo")
        if command == "print":
            print("a stray print")
            answer(descriptor, "printed")
        if command == "long":
            answer(descriptor, "x" * 1_000_000)
        if command == "secret":
            answer(descriptor, os.environ.get("OPENAI_API_KEY", "nothing"))
        if command == "crash":
            print("last words", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        if command == "exit":
            sys.exit(3)
        if command == "sleep":
            time.sleep(60)


if __name__ == "__main__":
    main()
