from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from rewardsmith.errors import RewardsmithError
from rewardsmith.execution.process import (
    JsonProcess,
    ProcessDiedError,
    ProcessSilentError,
    child_environment,
    hear,
    speaking,
)


@pytest.fixture
def child() -> Iterator[JsonProcess]:
    process = JsonProcess("tests.children.odd")
    yield process
    process.kill()


def ask(child: JsonProcess, line: str, timeout_s: float = 20.0) -> str:
    child.send(line)
    return child.receive(timeout_s)


def test_answers_lines(child: JsonProcess):
    assert ask(child, "echo") == "echo"
    assert len(ask(child, "long")) == 1_000_000


def test_stray_prints_do_not_reach_the_parent(child: JsonProcess):
    assert ask(child, "print") == "printed"


def test_secrets_stay_with_the_parent(child: JsonProcess, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert ask(child, "secret") == "nothing"


def test_a_child_numbers_the_gpus_as_its_parent_does(monkeypatch: pytest.MonkeyPatch):
    """On a machine with different cards, "1" is another one where the order is another."""
    chosen = {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    assert chosen.items() <= child_environment().items()


def test_a_crash_is_reported_with_its_last_words_and_the_next_line_starts_anew(child: JsonProcess):
    with pytest.raises(ProcessDiedError, match=r"killed by signal 11: last words"):
        ask(child, "crash")
    assert ask(child, "echo") == "echo"


def test_an_exit_is_reported_with_its_code(child: JsonProcess):
    with pytest.raises(ProcessDiedError, match="exit code 3"):
        ask(child, "exit")


def test_silence_is_an_error(child: JsonProcess):
    assert ask(child, "echo") == "echo"
    with pytest.raises(ProcessSilentError, match=r"no answer within 0\.2 s"):
        ask(child, "sleep", 0.2)


def test_a_line_that_never_ends_is_cut(child: JsonProcess):
    child.send("wild")
    with pytest.raises(ProcessDiedError, match="more than 64 MB"):
        child.receive(60.0)
    assert ask(child, "echo") == "echo"


@pytest.mark.parametrize(("line", "match"), [("bytes", "no text"), ("echo", "no report: 'echo'")])
def test_what_cannot_be_read_is_a_fault_of_the_process(child: JsonProcess, line: str, match: str):
    child.send(line)
    with pytest.raises(ProcessDiedError, match=match) as failure:
        hear(child, TypeAdapter(int), 20.0)
    assert failure.value.signal == 0


def test_closed_pipes_are_not_waited_for(child: JsonProcess, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rewardsmith.execution.process._ENDING_S", 0.2)
    child.send("shut")
    with pytest.raises(ProcessDiedError, match="closed its pipes and did not end"):
        child.receive(60.0)


def test_a_child_that_does_not_read_is_not_waited_for(child: JsonProcess, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rewardsmith.execution.process._TAKING_S", 0.2)
    child.send("sleep")
    with pytest.raises(ProcessSilentError, match="nothing was read"):
        child.send("x" * 1_000_000)


def test_lines_of_several_threads_stay_whole(child: JsonProcess):
    """Some are longer than a pipe holds."""
    child.send("threads")
    lines: list[str] = []
    for _ in range(40):
        time.sleep(0.002)
        lines.append(child.receive(20.0))
    assert sorted(set(lines)) == ["a" * 300_000, "b" * 200]


def test_the_first_of_several_that_speaks_is_found():
    children = [JsonProcess("tests.children.odd") for _ in range(3)]
    try:
        for child, line in zip(children, ("sleep", "echo", "sleep"), strict=True):
            child.send(line)
        assert speaking(children, 60.0) == [children[1]]
        assert children[1].receive(5.0) == "echo"
        assert speaking(children, 0.0) == []
        children[2].kill()
        children[2].send("echo")
        children[0].kill()
        children[0].send("exit")  # an end is heard, too
        assert {child for _ in range(2) for child in speaking([children[0]], 60.0)} == {children[0]}
    finally:
        for child in children:
            child.kill()


def test_a_folder_for_temporary_files_lives_as_long_as_the_child(child: JsonProcess):
    folder = Path(ask(child, "folder"))
    assert folder.is_dir()
    (folder / "left.txt").write_text("behind", encoding="utf-8")
    child.kill()
    assert not folder.exists()


def test_modules_of_the_working_folder_are_not_imported(
    child: JsonProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Somebody else's study may lie there."""
    for name in ("json", "pydantic", "torch"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not mine')", encoding="utf-8")
    monkeypatch.setattr(
        sys, "path", [path for path in map(os.path.abspath, sys.path) if Path(path) != tmp_path]
    )
    monkeypatch.chdir(tmp_path)
    assert ask(child, "echo") == "echo"


def test_a_process_that_cannot_start_is_an_error_and_leaves_nothing(
    child: JsonProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(RewardsmithError, match="cannot start a process: No such file"):
        child.send("echo")
    assert list(tmp_path.iterdir()) == []


PARENT = """
import os, sys, time
from rewardsmith.execution.process import JsonProcess
child = JsonProcess("tests.children.odd")
child.send("busy")
print(child.receive(60.0), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child notices at its next line")
def test_a_child_ends_with_its_parent_even_in_the_middle_of_its_work():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = Path("/proc") / parent.stdout.readline().strip()
    assert child.is_dir()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until_gone(child)


def test_a_child_whose_parent_is_gone_already_does_not_begin():
    done = subprocess.run(
        [sys.executable, "-m", "rewardsmith.execution.launch", "1", "this"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "process 1, which started this one, is gone" in done.stderr


def wait_until_gone(process: Path, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while process.exists() and "State:\tZ" not in _status(process):
        assert time.monotonic() < until, f"{process} is still there"
        time.sleep(0.05)


def _status(process: Path) -> str:
    try:
        return (process / "status").read_text(encoding="utf-8")
    except OSError:
        return "State:\tZ"
