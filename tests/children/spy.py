"""A trainer that trains nothing: it tries what a training process must not be able to do, and what
it must.

Its job's program names a folder outside; its result's cause is what became of every attempt, in
JSON form."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from rewardsmith.contracts import Jobs, TrainingProgress, TrainingResult
from rewardsmith.records import Fault, RunState
from rewardsmith.training.ppo import PpoSettings

LIBC = ctypes.CDLL(None, use_errno=True)
VICTIM, EMPTY = "victim.txt", "empty"


def call(number: int, *arguments: int) -> None:
    """A system call by its number on x86-64."""
    if LIBC.syscall(number, *(ctypes.c_long(argument) for argument in arguments)) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def write(path: Path | str, mode: str = "w") -> None:
    with open(path, mode) as file:
        file.write("spied")


def through(link: Path, make: Callable[[], None]) -> None:
    make()
    write(link)


def fork() -> None:
    if os.fork() == 0:
        os._exit(0)
    os.wait()


def shell() -> None:
    if os.system("true") != 0:
        raise OSError(errno.EPERM, "refused")


def forbidden(inside: Path, outside: Path) -> dict[str, Callable[[], object]]:
    victim, parent = outside / VICTIM, os.getppid()
    return {
        "write outside": lambda: write(outside / "new.txt"),
        "overwrite outside": lambda: write(victim),
        "append outside": lambda: write(victim, "a"),
        "truncate outside": lambda: os.truncate(victim, 0),
        "remove outside": lambda: os.remove(victim),
        "make a folder outside": lambda: os.mkdir(outside / "folder"),
        "remove a folder outside": lambda: os.rmdir(outside / EMPTY),
        "rename outside": lambda: os.rename(victim, outside / "renamed.txt"),
        "move out": lambda: (write(inside / "own.txt"), os.rename(inside / "own.txt", outside / "own.txt")),
        "move in": lambda: os.rename(victim, inside / "stolen.txt"),
        "link in": lambda: through(inside / "hard.txt", lambda: os.link(victim, inside / "hard.txt")),
        "symbolic link in": lambda: through(
            inside / "soft.txt", lambda: os.symlink(victim, inside / "soft.txt")
        ),
        "a link in a folder": lambda: os.symlink(outside, inside / "folder"),
        "pipe": lambda: os.mkfifo(inside / "pipe"),
        "device": lambda: os.mknod(inside / "device", 0o600 | 0o020000, os.makedev(1, 3)),
        "torch.save outside": lambda: torch.save(torch.zeros(1), outside / "new.pt"),
        "map outside": lambda: torch.from_file(str(victim), True, 4, dtype=torch.uint8).fill_(65),
        "home": lambda: write(Path.home() / ".rewardsmith-spied"),
        "working folder": lambda: write("rewardsmith-spied.txt"),
        "/tmp": lambda: write("/tmp/rewardsmith-spied.txt"),
        "/dev/shm": lambda: write("/dev/shm/rewardsmith-spied"),
        "/dev/full": lambda: write("/dev/full"),
        "the rest of the study": lambda: write(inside.parent / "study.db"),
        "mode": lambda: os.chmod(victim, 0o777),
        "mode through a descriptor": lambda: os.fchmod(os.open(victim, os.O_RDONLY), 0o777),
        "owner": lambda: os.chown(victim, 12345, -1),
        "times": lambda: os.utime(victim, (0, 0)),
        "attributes": lambda: os.setxattr(victim, "user.spied", b"x"),
        "TCP": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "UDP": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
        "raw packets": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "local socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "pair of sockets": socket.socketpair,
        "fork": fork,
        "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "subprocess": lambda: subprocess.run(["/bin/true"], check=True),
        "shell": shell,
        "execute": lambda: os.execv("/bin/true", ["true"]),
        "signal to the parent": lambda: os.kill(parent, 0),
        "signal to everybody": lambda: os.kill(0, signal.SIGCONT),
        "signal through a file": lambda: fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, parent),
        "the parent's limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0)),
        "the parent's secrets": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "the parent's memory": lambda: open(f"/proc/{parent}/mem", "r+b"),
        "handle of a process": lambda: os.pidfd_open(parent),
        "survive the parent": lambda: call(157, 1, 0, 0, 0, 0),
        "somebody's terminal": lambda: fcntl.ioctl(0, 0x5412, b"x"),
        "ptrace": lambda: call(101, 16, parent, 0, 0),
        "another root": lambda: os.chroot(inside),
        "namespace": lambda: call(272, 0x10000000),
        "io_uring": lambda: call(425, 4, 0),
        "keys": lambda: call(250, 0, -3, 0),
        "shared memory": lambda: call(29, 0, 4096, 0o1600),
        "another table of calls": lambda: call(0x40000000 | 39),
        "another user": lambda: os.setuid(os.getuid()),
        "a large file": lambda: os.truncate(os.open(inside / "large", os.O_CREAT | os.O_WRONLY), 1 << 40),
    }


def allowed(inside: Path, outside: Path) -> dict[str, Callable[[], object]]:
    return {
        "read outside": (outside / VICTIM).read_text,
        "list outside": lambda: os.listdir(outside),
        "write": lambda: write(inside / "new.txt"),
        "torch.save": lambda: torch.save(torch.zeros(1), inside / "deep.pt"),
        "make folders": lambda: (inside / "deep" / "down").mkdir(parents=True),
        "move within": lambda: (inside / "new.txt").rename(inside / "deep" / "new.txt"),
        "shorten": lambda: os.truncate(inside / "deep" / "new.txt", 1),
        "remove": lambda: os.remove(inside / "deep" / "new.txt"),
        "temporary file": lambda: tempfile.NamedTemporaryFile().write(b"x"),
        "temporary folder": lambda: tempfile.TemporaryDirectory().cleanup(),
        "cache": lambda: write(Path(os.environ["XDG_CACHE_HOME"]) / "kernel.txt"),
        "/dev/null": lambda: write(os.devnull),
        "/dev/urandom": lambda: os.urandom(4),
        "thread": thread,
        "signal to itself": lambda: os.kill(os.getpid(), 0),
        "its own limits": lambda: resource.getrlimit(resource.RLIMIT_NOFILE),
        "import": lambda: __import__("xmlrpc.client"),
    }


def thread() -> None:
    done = threading.Event()
    threading.Thread(target=done.set).start()
    assert done.wait(30)


def attempt(action: Callable[[], object]) -> str:
    """What became of it: "done", or the name of the error."""
    try:
        action()
    except (OSError, RuntimeError) as error:
        number = error.errno if isinstance(error, OSError) else None
        return errno.errorcode.get(number, str(number)) if number else type(error).__name__
    return "done"


class Spy:
    """See :class:`rewardsmith.contracts.Trainer`."""

    can_race = can_start = starts_processes = False
    Settings = PpoSettings

    def __init__(self, *_: object) -> None: ...

    def train(
        self, jobs: Jobs, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[Sequence[TrainingResult]]:
        while due := jobs.take(wait=True):
            for job in due:
                inside, outside = Path(job.policy).parent, Path(job.program)
                sets = (forbidden(inside, outside), allowed(inside, outside))
                outcomes = [{name: attempt(action) for name, action in actions.items()} for actions in sets]
                yield [TrainingResult(job.run, RunState.FAILED, Fault.CRASHED, json.dumps(outcomes))]
