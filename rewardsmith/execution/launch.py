"""Runs a module as the child of another process, and ends with that process, however that ends."""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Let the kernel kill this process when the thread that started it ends.

    If that thread's process is gone already, this one ends now. Elsewhere than on Linux nothing
    happens: a child ends there when its standard input closes.

    Args:
        parent: The number of the process that started this one.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(f"process {parent}, which started this one, is gone")


def main() -> None:
    """Arguments: the parent's number, the module, its own arguments."""
    end_with(int(sys.argv[1]))
    module = sys.argv[2]
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
