"""Tables of a comparison for people and for other programs."""

import csv
import io
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from compared_studies import final, report, study

from rewardsmith.config import StudyConfig
from rewardsmith.reports.comparison_csv import curves_csv, searches_csv
from rewardsmith.reports.comparison_report import compare
from rewardsmith.reports.comparison_text import markdown
from rewardsmith.study import Study
from rewardsmith.usage import Usage


def test_few_repeats_have_no_interval_and_say_so(ten: list[Path]):
    text = markdown(report(*ten[:3]))
    assert "No intervals: they take at least 5 repeats, and there are 3." in text
    assert "| eureka | 0.700 | 0.700 | 0.75 | 0.800 0.600 0.700 |" in text


def test_tables_for_other_programs(ten: list[Path]):
    rows = list(csv.DictReader(io.StringIO(searches_csv(report(*ten)))))
    assert [row["fresh_score"] for row in rows if row["method"] == "random"] == [
        "0.4",
        "0.6",
        "0.3",
        "0.2",
        "0.5",
    ]
    assert [row["fresh_score"] for row in rows if row["method"] == "human"] == ["0.9"] * 5
    points = list(csv.DictReader(io.StringIO(curves_csv(report(*ten)))))
    assert [(row["score"], row["best_so_far"], row["trainings"]) for row in points[:2]] == [
        ("0.95", "0.95", "1"),
        ("", "0.95", "2"),
    ]


EVIL = "=1+1|x](http://h) `c` <img src=x> # \x1b]0;t\x07\u202e"


def test_names_in_a_report_are_text_and_nothing_else(tmp_path: Path):
    with ExitStack() as stack:
        studies: list[Study] = []
        for seed in range(2):
            folder = tmp_path / f"{EVIL.replace('/', '-')}{seed}"
            study(folder, StudyConfig("franka-reach", seed=seed), (0.5, None), [final("c000", 0.5, seed)])
            studies.append(stack.enter_context(Study.open(folder)))
            # No config can hold such names any more.
            studies[-1].config = StudyConfig(
                f"{EVIL}{seed}", strategy=EVIL, writer=EVIL, seed=seed, strategy_options={"preset": EVIL}
            )
        found = compare(studies)
    text = markdown(found, [])
    assert text.replace("\n", "").isprintable()
    assert "<img" not in text
    assert "](" not in text.replace("\\](", "")
    assert {line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("| ")} <= {
        3,
        5,
        6,
        9,
        10,
    }
    for table in (searches_csv(found), curves_csv(found)):
        for row in csv.reader(io.StringIO(table)):
            assert not [cell for cell in row if cell.startswith(("=", "+", "@"))]
            assert all(cell.isprintable() for cell in row)


def test_numbers_of_a_report_have_an_end(ten: list[Path]):
    found = report(*ten)
    usage = Usage(10**18, 10**18, 10**18, 1e18)
    scores = (float("nan"), float("inf"), 1e308, -1e308, 0.5)
    changes = {
        "candidates": 10**400,
        "env_steps": -(10**400),
        "training_s": 1e308,
        "usage": usage,
        "search_score": 1e308,
    }
    searches = tuple(replace(row, **changes, fresh_scores=(1e308,)) for row in found.searches)
    methods = tuple(
        replace(row, scores=scores, human_normalised=float("inf"), mean=1e308) for row in found.methods
    )
    text = markdown(replace(found, searches=searches, methods=methods))
    assert max(map(len, text.splitlines())) < 300
