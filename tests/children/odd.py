"""A child process that does what its line says."""

from __future__ import annotations

import os
import signal
import sys
import threading
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
        if command == "wild":
            for _ in range(70):
                os.write(descriptor, b"x" * (1 << 20))
        if command == "bytes":
            os.write(descriptor, b"\xff\xfe\n")
        if command == "shut":
            os.close(descriptor)
            time.sleep(60)
        if command == "threads":
            lines = [("a" * 300_000,), ("b" * 200,)] * 4
            threads = [
                threading.Thread(target=lambda line=line: [answer(descriptor, line) for _ in range(5)])
                for (line,) in lines
            ]
            for thread in threads:
                thread.start()
        if command == "folder":
            answer(descriptor, os.environ["TMPDIR"])
        if command == "busy":
            answer(descriptor, str(os.getpid()))
            while True:
                pass
        if command == "sleep":
            time.sleep(60)


if __name__ == "__main__":
    main()
