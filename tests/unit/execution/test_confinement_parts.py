"""Confinement by its parts: what the kernel is told, for machines that are not at hand, too."""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import sys

import pytest

from rewardsmith.execution.confinement import denied
from rewardsmith.execution.confinement.seccomp import ALLOWED, Code

_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
REFUSED, UNKNOWN = errno.EPERM, errno.ENOSYS
NUMBERS = {
    "x86_64": {
        "read": 0, "mmap": 9, "ioctl": 16, "socket": 41, "socketpair": 53, "clone": 56, "fork": 57,
        "execve": 59, "kill": 62, "fcntl": 72, "rename": 82, "chmod": 90, "prctl": 157, "futex": 202,
        "tgkill": 234, "openat": 257, "prlimit64": 302, "getrandom": 318, "memfd_create": 319,
        "clone3": 435, "io_uring_setup": 425,
    },
    "aarch64": {
        "read": 63, "mmap": 222, "ioctl": 29, "socket": 198, "socketpair": 199, "clone": 220,
        "execve": 221, "kill": 129, "fcntl": 25, "renameat": 38, "fchmodat": 53, "prctl": 167,
        "futex": 98, "tgkill": 131, "openat": 56, "prlimit64": 261, "getrandom": 278,
        "memfd_create": 279, "clone3": 435, "io_uring_setup": 425,
    },
}  # fmt: skip
THREAD = 0x3D0F00
"""The flags with which glibc starts one."""
VFORK = 0x4111


def verdict(code: Code, number: int, *arguments: int) -> int:
    """What a filter says of a call: 0, or the error that it gets."""
    data = struct.pack("<iIQ6Q", number, 0, 0, *arguments, *[0] * (6 - len(arguments)))
    position, looked_at = 0, number
    while True:
        operation, then, otherwise, value = struct.unpack("HBBI", code[position])
        position += 1
        if operation == 0x06:
            return 0 if value == _ALLOW else value - _FAIL
        if operation == 0x20:
            looked_at = struct.unpack_from("<I", data, value)[0]
        elif operation == 0x54:
            looked_at &= value
        else:
            holds = {0x15: looked_at == value, 0x45: bool(looked_at & value)}[operation]
            position += then if holds else otherwise


@pytest.mark.parametrize("machine", NUMBERS)
@pytest.mark.parametrize("gpu", [False, True])
def test_what_the_filter_says(machine: str, gpu: bool):
    code, own = denied.rules(machine, unix_sockets=gpu) + ALLOWED, os.getpid()
    other = own + 1
    local = 0 if gpu else REFUSED
    expected = {
        ("clone", THREAD): 0, ("clone", VFORK): REFUSED,
        ("clone", THREAD | 0x20000): REFUSED, ("clone3",): UNKNOWN,
        ("socket", 2, 1): REFUSED, ("socket", 10, 2): REFUSED,
        ("socket", 1, 1 | 0x80000): local, ("socket", 1, 5): local,
        ("socket", 1, 2): REFUSED, ("socketpair", 1, 2): REFUSED,
        ("kill", own): 0, ("kill", other): REFUSED, ("kill", 0): REFUSED, ("kill", 2**32 - 1): REFUSED,
        ("tgkill", own, own, 6): 0, ("tgkill", other, other, 6): REFUSED,
        ("prlimit64", 0): 0, ("prlimit64", own): 0, ("prlimit64", other): REFUSED,
        ("fcntl", 3, 1): 0, ("fcntl", 3, 8): REFUSED, ("fcntl", 3, 10): REFUSED, ("fcntl", 3, 15): REFUSED,
        ("ioctl", 0, 0x5401): 0, ("ioctl", 0, 0x5412): REFUSED, ("ioctl", 0, 2**32 | 0x5412): REFUSED,
        ("prctl", 15): 0, ("prctl", 1): REFUSED,
    }  # fmt: skip
    expected |= {
        (name,): 0
        for name in ("read", "mmap", "futex", "openat", "getrandom", "memfd_create", "rename", "renameat")
    }
    expected |= {(name,): REFUSED for name in ("fork", "execve", "chmod", "fchmodat", "io_uring_setup")}
    numbers = NUMBERS[machine]
    due = {call: answer for call, answer in expected.items() if call[0] in numbers}
    assert {call: verdict(code, numbers[str(call[0])], *map(int, call[1:])) for call in due} == due


LACKING = """
import sys
from pathlib import Path
from rewardsmith.execution.confinement import capabilities, confine, landlock, seccomp
landlock.version = lambda: int(sys.argv[2])
seccomp.platform.machine = lambda: "riscv64"
print(confine.confine([Path(sys.argv[1])]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
@pytest.mark.parametrize(
    ("version", "said"),
    [(0, "no Landlock here"), (1, "Landlock (writes only below the study, not against truncation)")],
)
def test_what_a_kernel_lacks_is_said_and_no_error(version: int, said: str, tmp_path):
    command = [sys.executable, "-c", LACKING, str(tmp_path), str(version)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if version and "no Landlock here" in done.stdout:
        pytest.skip("this kernel has no Landlock")
    assert said in done.stdout, done.stderr
    assert "no seccomp here" in done.stdout
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_limits_that_are_lower_already_stay(tmp_path):
    script = (
        "import resource, sys\nfrom pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))\n"
        "from rewardsmith.execution.confinement.confine import confine\nconfine([Path(sys.argv[1])])\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE), "
        "resource.getrlimit(resource.RLIMIT_FSIZE)[1] <= 4 << 30)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("(100, 200) True\n", "")
