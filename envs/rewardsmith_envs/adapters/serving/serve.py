"""Serves environments over two pipes, in whatever interpreter the suite lives in.

Started by :mod:`rewardsmith_envs.adapters.servers`; it ends with the process that started it.
"""

import contextlib
import ctypes
import importlib
import importlib.util
import os
import signal
import sys
import traceback

BACKENDS = {
    "gymnasium": "gymnasium_pool",
    "envpool": "envpool_pool",
    "metaworld": "metaworld_pool",
    "isaacgym": "isaacgym_pool",
    "mjlab": "manager_pool",
    "isaaclab": "manager_pool",
}
_DEATH_SIGNAL = 1


def own_package():
    """This folder as a package of its own name, without being on anybody's path."""
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) != folder]
    name = "rewardsmith_serving"
    spec = importlib.util.spec_from_file_location(
        name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return name


def claim_pipes():
    """The pipes for us alone: suites print to stdout, and ask questions on stdin."""
    asked, answers = os.fdopen(os.dup(0), "rb", 1 << 16), os.fdopen(os.dup(1), "wb", 1 << 16)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return asked, answers


def failure(error):
    """What an environment raised, as plain data."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = "%s, line %s, %s" % (last.filename, last.lineno, last.name)
    return {"kind": type(error).__name__, "text": str(error), "where": where}


def die_with_parent():
    """End with the process that started this one."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the search decides when to stop


def versions(packages):
    """Of this interpreter, and of the packages that it has."""
    from importlib import metadata

    found = {"python": "%d.%d.%d" % sys.version_info[:3]}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


class Server:
    """Answers one message after another."""

    def __init__(self, frames, backend, asked, answers):
        """Serve pools of one backend."""
        self.frames, self.backend, self.asked, self.answers = frames, backend, asked, answers
        self.pools, self.spec = {}, None

    def hello(self, spec):
        """Take in what the task file says."""
        self.spec = spec
        for folder in reversed(spec["path"]):
            sys.path.insert(0, folder)

    def serve_one(self):
        """Read one message, do what it says, and answer."""
        frames = self.frames
        op, number, count = frames.read_head(self.asked)
        if op in (frames.START, frames.JOIN, frames.AGAIN):
            rows = frames.read_array(self.asked, "i4", count)
            seeds = frames.read_array(self.asked, "i8", count)
            pool = self.pools[number]
            begin = {frames.START: "start", frames.JOIN: "join", frames.AGAIN: "again"}[op]
            answer = [(getattr(pool, begin)(rows, seeds), "f4")]
        elif op == frames.STEP:
            pool = self.pools[number]
            rows = frames.read_array(self.asked, "i4", count)
            actions = frames.read_array(self.asked, "f4", count, pool.actions.size)
            answer = list(zip(pool.step(rows, actions), ("f4", "f4", "f4", "f4", "u1")))
        elif op == frames.RENDER:
            picture = self.pools[number].render(count)
            answer = [(picture.shape, "i4"), (picture, "u1")]
        else:
            self._plain(op, number, count)
            return
        self.answers.write(bytes([frames.FINE]))
        for array, kind in answer:
            frames.write_array(self.answers, array, kind)

    def _plain(self, op, number, count):
        """What is answered with plain data."""
        frames, said = self.frames, {}
        if op == frames.HELLO:
            self.hello(frames.read_json(self.asked))
        elif op == frames.MAKE:
            pool = self.pools[number] = self.backend.Pool(self.spec, count)
            pool.check_widths(self.spec["widths"], self.spec["names"])
            said = {"observations": pool.inputs, "actions": pool.actions.size}
        elif op == frames.CLOSE:
            if number in self.pools:  # not every pool is in every server
                self.pools.pop(number).close()
        else:
            raise frames.GoneError("the message %d is unknown" % op)
        self.answers.write(bytes([frames.FINE]))
        frames.write_json(self.answers, said)


def main():
    """Serve until the other side goes."""
    die_with_parent()
    asked, answers = claim_pipes()
    package = own_package()
    frames = importlib.import_module(package + ".frames")
    backend = importlib.import_module(package + "." + BACKENDS[sys.argv[1]])
    server = Server(frames, backend, asked, answers)
    while True:
        try:
            server.serve_one()
        except (frames.GoneError, BrokenPipeError):
            return
        except Exception as error:  # the boundary: other people's environments run here
            answers.write(bytes([frames.FAILED]))
            frames.write_json(answers, failure(error))
        answers.flush()


if __name__ == "__main__":
    main()
