"""Streams that fail: every command ends with an exit code that is true, and with no traceback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rewardsmith.cli import main, output
from rewardsmith.config import StudyConfig
from rewardsmith.errors import WriterError
from rewardsmith.study import Study
from tests.builders import keep, trained
from tests.quick import first_is_quick

FULL = Path("/dev/full")
PROGRAM = f"{sys.executable} -m rewardsmith.cli.main"


def make(folder: Path, candidates: int) -> Path:
    with Study.create(folder, StudyConfig("franka-reach", candidates=candidates)) as made:
        for number in range(candidates):
            keep(
                made,
                trained(f"c{number:03d}", 0.5, idea="näher ± " * 100, source=f"# näher {number}\n" * 1000),
            )
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made") / "s", 2)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every view of it is more than a pipe holds."""
    return make(tmp_path_factory.mktemp("made") / "l", 900)


def shell(line: str, **environment: str) -> tuple[int, bytes, str]:
    """Exit code of the program itself, what came through, and its errors."""
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    errors = done.stderr.decode("utf-8", "replace")
    assert "Traceback" not in errors, errors
    assert "Exception ignored" not in errors, errors
    return done.returncode, done.stdout, errors


@pytest.mark.parametrize("view", first_is_quick(["", "--json", "--tree"]))
def test_a_reader_that_leaves_a_listing_has_what_it_wants(large: Path, view: str):
    assert shell(f"{PROGRAM} inspect {large} {view} | head -c 10")[::2] == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", ["", "inspect --help", "inspect {} --json", "inspect {}"])
def test_a_full_disk_is_said(study: Path, arguments: str):
    code, _, errors = shell(f"{PROGRAM} {arguments.format(study)} > /dev/full")
    assert code == 1
    assert (
        errors
        == "rewardsmith: cannot write the output: No space left on device. Make room, or send it elsewhere.\n"
    )


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.slow
def test_errors_that_cannot_be_told_keep_their_code(study: Path):
    assert shell(f"{PROGRAM} inspect nowhere 2> /dev/full")[0] == 2
    assert shell(f"{PROGRAM} inspect nowhere 2>&-")[0] == 2
    assert shell(f"{PROGRAM} inspect {study} c000 2> /dev/full")[0] == 0


@pytest.mark.parametrize("closed", first_is_quick([">&-", "2>&-", "<&- >&- 2>&-"]))
def test_a_stream_that_is_closed_from_the_start_counts_as_dev_null(study: Path, closed: str):
    for view in ("--json", ""):
        assert shell(f"{PROGRAM} inspect {study} {view} {closed}")[::2] == (0, "")


@pytest.mark.parametrize(
    "environment",
    first_is_quick(
        [
            {"PYTHONIOENCODING": "ascii"},
            {"PYTHONIOENCODING": "latin-1"},
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            {"PYTHONIOENCODING": "ascii:strict", "FORCE_COLOR": "1"},
        ]
    ),
    ids=str,
)
def test_any_locale_shows_a_study(study: Path, tmp_path: Path, environment: dict[str, str]):
    for view in ("--tree", "c000 --diff c001", f"--svg {tmp_path / 's.svg'}"):
        code, out, errors = shell(f"{PROGRAM} inspect {study} {view}", **environment)
        assert (code, errors) == (0, ""), view
        assert b"c000" in out
    picture = (tmp_path / "s.svg").read_text(encoding="utf-8")
    assert "näher" in picture


@pytest.mark.slow
def test_a_path_that_is_no_text_can_be_shown(study: Path, tmp_path: Path):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/x\xff")
    shutil.copytree(study, odd)
    for view in ("--json", "", "c000"):
        code, out, errors = shell(f"{PROGRAM} inspect {tmp_path}/$'x\\xff' {view}")
        assert (code, errors) == (0, ""), view
        out.decode()
    code, _, errors = shell(f"{PROGRAM} inspect {tmp_path}/$'x\\xff'/no")
    assert (code, "x\ufffd/no" in errors) == (2, True)


@pytest.mark.parametrize(
    "command",
    first_is_quick(
        [
            "search franka-reach --out $'x\\xff'",
            "search franka-reach --writer replay --from $'x\\xff'",
            "search franka-reach --llm.model $'x\\xff'",
            "compare franka-reach --out $'x\\xff'",
            "resume $'x\\xff'",
            "train franka-reach --reward human --out $'x\\xff'",
        ]
    ),
)
def test_work_refuses_words_that_are_no_text(command: str, tmp_path: Path):
    code, _, errors = shell(f"cd {tmp_path}; {PROGRAM} {command}")
    assert code == 2
    assert re.search(r"x\\udcff'?, which is no text in utf-8", errors), errors
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("end", "kind", "words"),
    [
        (
            BrokenPipeError(32, "Broken pipe"),
            output.OutputError,
            "cannot write the output: Broken pipe. Everything finished is kept.",
        ),
        (
            OSError(28, "No space left"),
            output.OutputError,
            "Everything finished is kept. Go on with: rewardsmith resume 'o v'",
        ),
        (
            WriterError("no key."),
            WriterError,
            "no key. The study is kept: go on with `rewardsmith resume 'o v'`, and other flags where needed",
        ),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
    ids=repr,
)
def test_work_that_is_stopped_says_how_to_go_on(
    end: BaseException, kind: type[BaseException], words: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(kind) as caught, output.resumable(Path("o v"), "study"):
        raise end
    assert words in str(caught.value)
    assert ("Go on with: rewardsmith resume 'o v'" in capsys.readouterr().out) == (kind is KeyboardInterrupt)


def test_a_fault_of_the_program_is_shown_clean():
    code = "raise ValueError('\\x1b]0;title\\x07[bold]')"
    line = f"import sys; from rewardsmith.cli import output; sys.excepthook = output.show_crash; {code}"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True)
    assert done.returncode == 1
    assert "ValueError: \ufffd]0;title\ufffd[bold]" in done.stderr


def test_interrupted_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def interrupt(_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "_help", lambda: interrupt(None))
    assert main.run(["--help"]) == 130
    assert capsys.readouterr().err == "rewardsmith: interrupted\n"
