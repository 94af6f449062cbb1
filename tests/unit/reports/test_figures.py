import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from rewardsmith.errors import RewardsmithError
from rewardsmith.reports import figures
from rewardsmith.reports.best_so_far import best_so_far
from rewardsmith.reports.comparison_report import ComparisonReport
from rewardsmith.reports.comparison_rows import MethodRow
from rewardsmith.reports.statistics import Estimate
from tests.builders import trained


def method(name: str, *scores: float) -> MethodRow:
    iqm = Estimate(0.5, 0.4, 0.7) if len(scores) >= 5 else Estimate(0.5)
    return MethodRow(name, "franka-push", len(scores), tuple(range(len(scores))), scores, iqm, 0.5, None)


def report(repeats: int) -> ComparisonReport:
    candidates = [trained("c000", 0.3), trained("c001", 0.6)]
    return ComparisonReport(
        tasks=("franka-push",),
        notices=(),
        setup=(),
        warnings=(),
        searches=(),
        methods=(method("eureka", *[0.5] * repeats),),
        baselines=(method("human", 0.9),),
        improvements=(),
        overall=(),
        curves=tuple(best_so_far("franka-push", "eureka", seed, candidates) for seed in range(repeats)),
    )


def traces(figure: go.Figure) -> list[Any]:
    return list(figure.select_traces())


def test_every_run_is_a_dot_and_the_interval_a_bar():
    dots, middle, human, _ = traces(figures.winners(report(5), "franka-push"))
    assert (list(dots.x), list(dots.y)) == (["eureka"] * 5, [0.5] * 5)
    assert (middle.error_y.array[0], middle.error_y.arrayminus[0]) == (pytest.approx(0.2), pytest.approx(0.1))
    assert list(human.y) == [0.9]


def test_below_five_repeats_no_interval_is_drawn():
    assert traces(figures.winners(report(4), "franka-push"))[1].error_y.array is None
    assert not [trace for trace in traces(figures.best_so_far(report(4), "franka-push")) if trace.fill]
    assert (
        len(
            [
                trace
                for trace in traces(figures.best_so_far(report(5), "franka-push"))
                if trace.fill == "tonexty"
            ]
        )
        == 2
    )


def test_best_so_far_stands_over_trainings_and_over_steps():
    named = [trace for trace in traces(figures.best_so_far(report(1), "franka-push")) if trace.showlegend]
    assert [trace.name for trace in named] == ["eureka"]  # in the legend once
    lines = traces(figures.best_so_far(report(1), "franka-push"))
    assert [list(trace.x) for trace in lines] == [
        [1, 2, 2.06],
        [1, 2, 2.06],
        [100, 200, 206],
        [100, 200, 206],
    ]
    assert {tuple(trace.y) for trace in lines} == {(0.3, 0.6, 0.6)}


@pytest.mark.skipif(
    not any(map(shutil.which, ("chromium", "google-chrome", "chrome"))), reason="draws with a real browser"
)
def test_pages_and_pictures_need_no_network(tmp_path: Path):
    assert figures.save(report(5), tmp_path) == ["winners.svg", "best-so-far.svg"]
    for stem in ("winners", "best-so-far"):
        assert (tmp_path / f"{stem}.svg").read_text(encoding="utf-8").lstrip().startswith("<svg")
        assert (tmp_path / f"{stem}.png").read_bytes().startswith(b"\x89PNG")
        sources = re.findall(
            r'<script[^>]*src="([^"]*)"', (tmp_path / f"{stem}.html").read_text(encoding="utf-8")
        )
        assert sources == ["plotly.min.js"]


def test_without_a_browser_the_pages_are_there_and_the_error_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    with pytest.raises(RewardsmithError, match="apt-get install chromium"):
        figures.save(report(1), tmp_path)
    assert (tmp_path / "winners.html").is_file()


def test_names_in_a_figure_are_text_and_its_file_stays_in_the_folder():
    evil = "../<a href='http://h'>x</a>\x1b\u202e"
    forged = replace(report(5), tasks=(evil, "b"))
    rows = [replace(row, name=evil, task=evil) for row in forged.methods]
    forged = replace(
        forged, methods=tuple(rows), curves=tuple(replace(c, method=evil, task=evil) for c in forged.curves)
    )
    for stem, figure in figures.figures(forged):
        assert re.fullmatch(r"[\w-]+", stem, re.ASCII)
        drawn = json.dumps(json.loads(figure.to_json() or ""), ensure_ascii=False)
        assert "<a" not in drawn
        assert drawn.isprintable()
