"""A study whose every text was written by somebody who means harm, shown by every command."""

from __future__ import annotations

import ast
import csv
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from evil_text import EVIL, OURS, harmless, hostile

import rewardsmith
from rewardsmith.cli import live, main
from rewardsmith.cli.console import Screen
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import TrainingProgress
from rewardsmith.errors import UsageError
from rewardsmith.records import Purpose, RunState, Score
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """As far as a study can be made that opens: ids and operators
    may be refused, so they are ordinary."""
    folder = tmp_path / "o[v2] [/x]"
    with Study.create(folder, StudyConfig("franka-reach", candidates=2, final_seeds=1)) as made:
        keep(made, hostile("c000", 0.25, operator="initial"))
        keep(made, hostile("c001", None, operator="reflect", parents=("c000",), source=f"# {EVIL}"))
        for purpose in (Purpose.FINALIST, Purpose.FINAL):
            keep_run(
                made, run_of("c000", purpose, cause=EVIL, settings=EVIL, executor=EVIL), Score(0.5, 0.01, 8)
            )
        keep_run(made, run_of("human", Purpose.BASELINE, failed=EVIL), None)
        for key in ("notice", "stopped", "finished"):
            made.store.put_value(key, EVIL)
    return folder


def forge(study: Path, table: str, identity: str, **changes: object) -> None:
    """Change a record as the program never would."""
    database = sqlite3.connect(study / "study.db")
    (record,) = database.execute(f"SELECT record FROM {table} WHERE id = ?", (identity,)).fetchone()
    database.execute(
        f"UPDATE {table} SET record = ? WHERE id = ?",
        (json.dumps({**json.loads(record), **changes}), identity),
    )
    database.commit()
    database.close()


@pytest.fixture(params=["pipe", "terminal"])
def show(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Runs a command line, looks at what it prints, and returns that without colours."""
    if request.param == "terminal":
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")

    def shown(*arguments: str | Path, code: int | None = 0) -> str:
        ended = main.run(list(map(str, arguments)))
        assert ended == code or (code is None and ended in (0, 1, 2))
        out, err = capsys.readouterr()
        harmless(out, terminal=request.param == "terminal")
        harmless(err)
        return OURS.sub("", out + err)

    return shown


def test_every_view_of_a_study(study: Path, show: Callable[..., str]):
    for view in ([], ["--tree"], ["c000"], ["best"], ["c001"], ["c001", "--diff", "c000"]):
        assert "\ufffd" in show("inspect", study, *view)
    assert f"wrote {study}/[l].json" in show("inspect", study, "--lineage", study / "[l].json")


def test_json_is_plain_ascii_and_whole(study: Path, show: Callable[..., str]):
    for view in ([], ["c000"]):
        text = show("inspect", study, *view, "--json")
        assert text.isascii()
        shown = json.loads(text)
        assert (shown["candidates"][0] if not view else shown)["idea"] == EVIL


def test_a_picture_is_well_formed(study: Path, show: Callable[..., str], tmp_path: Path):
    for view in ([], ["--tree"]):
        picture = tmp_path / "[b]p[c].svg"
        assert f"wrote {picture}" in show("inspect", study, *view, "--svg", picture)
        text = picture.read_text(encoding="utf-8")
        harmless(text)
        assert not [element for element in ElementTree.fromstring(text).iter() if element.tag.endswith("}b")]


def test_a_report_shows_text_as_text(study: Path, show: Callable[..., str], tmp_path: Path):
    printed = show("compare", study, "--out", tmp_path / "[r]")
    assert f"report: {tmp_path / '[r]' / 'report.md'}" in printed.replace("\n", "")
    for path in (tmp_path / "[r]").iterdir():
        if path.suffix in (".md", ".csv", ".json", ".svg"):
            harmless(path.read_text(encoding="utf-8"))
    assert "<b>" not in (tmp_path / "[r]" / "report.md").read_text(encoding="utf-8")
    for name in ("searches.csv", "curves.csv"):
        for line in csv.reader((tmp_path / "[r]" / name).read_text(encoding="utf-8").splitlines()):
            assert not [cell for cell in line if cell[:1] in ("=", "+", "@")]
    assert show("compare", study, "--json").isascii()


@pytest.mark.parametrize("column", ["id", "operator", "parents", "idea", "source", "reason", "plan"])
def test_forged_records_are_shown_or_refused_and_never_obeyed(
    study: Path, column: str, show: Callable[..., str]
):
    forge(study, "candidates", "c000", **{column: [EVIL] if column == "parents" else EVIL})
    look(study, show)


@pytest.mark.parametrize(
    "column",
    ["id", "subject", "program", "purpose", "state", "fault", "cause", "executor", "settings", "policy"],
)
def test_forged_runs_are_shown_or_refused_too(study: Path, column: str, show: Callable[..., str]):
    for identity in ("c000-search-0", "c000-final-0"):
        forge(study, "runs", identity, **{column: EVIL})
        look(study, show)


def look(study: Path, show: Callable[..., str]) -> None:
    for view in ([], ["--tree"], ["--json"], ["c000"], ["c001", "--diff", "c000"]):
        show("inspect", study, *view, code=None)


def test_messages_name_what_is_wrong_and_obey_nothing(study: Path, show: Callable[..., str], tmp_path: Path):
    assert "Allowed: best, c000, c001" in show("inspect", study, EVIL, code=2)
    assert "[bold]m[/x][/]" in show("inspect", tmp_path / EVIL, code=2)
    assert "[bold]m[/x][/]" in show("compare", tmp_path / EVIL, code=2)
    assert "unknown command" in show(EVIL, code=2)
    assert f"continue it with `rewardsmith resume '{study}'`" in show(
        *("search", "franka-reach", "--candidates", "2", "--out", study), code=2
    )


def test_a_search_that_runs(study: Path, capsys: pytest.CaptureFixture[str]):
    for terminal in (False, True):
        with (
            Study.open(study) as opened,
            live.watch(opened, 100, Screen(force_terminal=terminal, width=100)) as observer,
        ):
            observer.stage(EVIL)
            for trial in (
                hostile("c002", 0.5),
                hostile(EVIL, None),
                hostile(EVIL, None, run={"state": RunState.RUNNING, "fault": None}),
            ):
                observer.trial(trial)
            observer.progress(TrainingProgress(50, 100, ((EVIL, 0.25),)))
            observer.progress(TrainingProgress(50, 100, (), note=EVIL))
            observer.run(run_of(EVIL, Purpose.FINAL, failed=EVIL), None)
            observer.run(run_of(EVIL, Purpose.FINAL), Score(0.5, 0.01, 8))
        shown = capsys.readouterr().out
        harmless(shown, terminal=terminal)
        assert "[bold]m[/x][/]" in shown


def test_a_log_has_one_line_each(study: Path, capsys: pytest.CaptureFixture[str]):
    with Study.open(study) as opened, live.PlainObserver(opened, 100) as observer:
        observer.trial(hostile("c002", None, reason="a\n[  1.0 s] c003 SCORED score 1.000 " + "x" * 10_000))
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_words_that_are_no_text_are_refused_by_flag(tmp_path: Path):
    from rewardsmith.cli.arguments import check_words

    config = StudyConfig("franka-reach")
    check_words(config)
    with pytest.raises(UsageError, match=r"--llm\.replay is '/x.udcff', which is no text in"):
        check_words(replace(config, llm=replace(config.llm, replay="/x\udcff")))
    with pytest.raises(UsageError, match=r"--out is .*x.udcff'"):
        check_words(tmp_path / "x\udcff", "--out")


@pytest.mark.parametrize(
    "module", sorted(Path(rewardsmith.__file__).parent.rglob("*.py")), ids=lambda path: path.stem
)
def test_nothing_is_printed_past_the_cleaning(module: Path):
    """Who prints, prints by ``output`` or on a ``Screen``; nowhere is a
    text with a variable parsed as markup."""
    if module.parent.name == "cli" and module.stem in ("output", "screen", "arguments"):
        return
    calls = [
        node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    names = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in calls
    }
    assert not names & {"Console", "from_markup", "render_markup"}
    plain = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"]
    streams = [node for node in calls if ast.unparse(node.func) in ("sys.stdout.write", "sys.stderr.write")]
    assert not plain + streams
