"""``rewardsmith compare`` as a user starts it."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.integration.command_line import TINY, candidates, run, start

pytestmark = pytest.mark.slow

COMPARE = [
    "compare",
    "franka-reach",
    "--strategies",
    "eureka",
    "random",
    "--repeats",
    "2",
    "--candidates",
    "3",
    *TINY,
]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny comparison that ran to its end; its folder."""
    cwd = tmp_path_factory.mktemp("compared")
    code, out, err = run(*COMPARE, "--out", "c", cwd=cwd)
    assert code == 0, err
    (cwd / "printed.txt").write_text(out, encoding="utf-8")
    return cwd / "c"


def report(*folders: Path, cwd: Path) -> dict[str, list[dict[str, object]]]:
    code, out, err = run("compare", *folders, "--json", cwd=cwd)
    assert code == 0, err
    return json.loads(out)


def findings(folder: Path) -> list[tuple[object, ...]]:
    searches = report(folder, cwd=folder.parent)["searches"]
    return [
        (
            row["method"],
            row["seed"],
            row["winner"],
            row["search_score"],
            row["fresh_scores"],
            row["trainings"],
        )
        for row in searches
    ]


def test_it_ends_with_a_report(compared: Path):
    out = (compared.parent / "printed.txt").read_text(encoding="utf-8")
    assert "search 4 of 4: random, seed 1" in out
    assert "no language model is used" in out
    assert "there are 2" in out  # no intervals
    assert {"report.md", "report.json", "searches.csv", "curves.csv", "winners.html"} <= {
        path.name for path in compared.iterdir()
    }


def test_all_have_the_same_budget_and_one_set_of_baselines(compared: Path):
    found = report(compared, cwd=compared.parent)
    assert [(row["method"], row["seed"]) for row in found["searches"]] == [
        ("eureka", 0),
        ("eureka", 1),
        ("random", 0),
        ("random", 1),
    ]
    assert {(row["candidates"], row["trainings"], row["env_steps"]) for row in found["searches"]} == {
        (3, 3, 4800)
    }
    assert [(row["name"], row["runs"]) for row in found["baselines"]] == [("human", 2), ("sparse", 2)]
    (warning,) = found["warnings"]
    assert str(warning).startswith("eureka revised no program")  # three candidates, four first draws


@pytest.mark.slow
def test_a_search_in_a_comparison_is_the_search_alone(compared: Path, tmp_path: Path):
    """Trainings that were taken over from another search are what
    they would have been, to the last digit."""
    code, _, err = run(
        "search",
        "franka-reach",
        "--strategy",
        "random",
        "--candidates",
        "3",
        *TINY,
        "--seed",
        "1",
        "--out",
        "s",
        cwd=tmp_path,
    )
    assert code == 0, err
    drawn = [(c["source"], c["score"], c["state"]) for c in candidates(tmp_path / "s", tmp_path)]
    assert drawn == [
        (c["source"], c["score"], c["state"])
        for c in candidates(compared / "studies" / "random-s1", tmp_path)
    ]
    alone, among = (
        report(tmp_path / "s", cwd=tmp_path)["searches"][0],
        report(compared, cwd=tmp_path)["searches"][3],
    )
    assert (alone["winner"], alone["fresh_scores"]) == (among["winner"], among["fresh_scores"])


@pytest.mark.slow
def test_killed_anywhere_it_resumes_to_the_same_end(compared: Path, tmp_path: Path):
    process = start(*COMPARE, "--out", "c", cwd=tmp_path)
    assert process.stdout
    for line in process.stdout:
        if "search 2 of 4" in line:
            process.kill()
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    code, out, err = run("resume", "c", cwd=tmp_path)
    assert code == 0, err
    assert "search 1 of 4" not in out  # finished before the kill
    assert findings(tmp_path / "c") == findings(compared)


def test_two_at_a_time_are_refused_with_the_holder(tmp_path: Path):
    process = start(*COMPARE, "--out", "c", cwd=tmp_path)
    assert process.stdout
    for line in process.stdout:
        if "search 1 of 4" in line:
            break
    code, _, err = run("resume", "c", cwd=tmp_path)
    process.kill()
    process.communicate()
    assert code == 1
    assert f"in use by process {process.pid} on " in err


def test_studies_by_name_give_the_same_as_their_comparison(compared: Path):
    studies = [compared / "studies" / name for name in ("eureka-s0", "eureka-s1", "random-s0", "random-s1")]
    assert report(*studies, cwd=compared.parent) == report(compared, cwd=compared.parent)


def test_a_study_named_twice_counts_once(compared: Path):
    twice = report(compared, compared / "studies" / "eureka-s0", cwd=compared.parent)
    assert twice == report(compared, cwd=compared.parent)


def test_a_damaged_study_is_named_and_left_alone(compared: Path, tmp_path: Path):
    shutil.copytree(compared, tmp_path / "c")
    damaged = tmp_path / "c" / "studies" / "random-s0"
    (damaged / "config.yaml").unlink()
    before = sorted(path.name for path in damaged.iterdir())
    code, _, err = run("resume", "c", cwd=tmp_path)
    assert code == 1
    assert "c/studies/random-s0 is a damaged study" in err
    assert sorted(path.name for path in damaged.iterdir()) == before
    assert "3 of 4 searches are at their end" in str(report(Path("c"), cwd=tmp_path)["warnings"])


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("comparison.yaml", "episodes: 8", "episodes: 9"), ("config.yaml", "seed: 0", "seed: 7")],
)
def test_terms_that_were_changed_since_are_refused(
    compared: Path, tmp_path: Path, file: str, old: str, new: str
):
    shutil.copytree(compared, tmp_path / "c")
    (path,) = [*(tmp_path / "c").glob(file), *(tmp_path / "c" / "studies" / "eureka-s0").glob(file)]
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    code, _, err = run("resume", "c", cwd=tmp_path)
    assert code == 2
    assert f"another {old.partition(':')[0]}" in err
    assert "Put it back" in err


def test_a_report_takes_the_place_of_reports_only(compared: Path, tmp_path: Path):
    for _ in range(2):
        assert run("compare", compared, "--out", "r", cwd=tmp_path)[0] == 0
    before = (compared / "report.md").read_bytes()
    code, _, err = run("compare", compared / "studies" / "eureka-s0", "--out", compared, cwd=tmp_path)
    assert code == 2
    assert "holds other files than a report" in err
    assert (compared / "report.md").read_bytes() == before


def test_a_comparison_can_be_made_again_from_its_file(compared: Path, tmp_path: Path):
    code, out, err = run(
        "compare", "franka-reach", "--config", compared / "comparison.yaml", "--dry-run", cwd=tmp_path
    )
    assert code == 0, err
    assert "4 searches, 2 each of eureka, random" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "franka-reach", "--strategies", "eurka"], "Did you mean 'eureka'"),
        (["compare", "franka-reach", "--strategy", "eureka"], "--strategies"),
        (["compare", "franka-reach", "--repeats", "0"], "repeats is 0"),
        (
            ["compare", "franka-reach", "--strategies", "eureka:papr"],
            "'papr': input should be 'corrected', 'paper' or 'release'",
        ),
        (["compare", "franka-rech"], "Did you mean 'franka-reach'"),
        (["compare", "runs/nothing"], "there is no folder runs/nothing"),
        (["compare", "franka-reach", "--strategies", "random:"], "names no preset"),
        (["compare", "franka-reach", "--writer", "replay"], "cannot replay"),
        (["search", "franka-reach", "--strategy", "rf-agent:paper"], "--strategy-options preset paper"),
        (["compare"], "TASK"),
    ],
)
def test_bad_input_exits_2_and_makes_nothing(tmp_path: Path, arguments: list[str], message: str):
    code, out, err = run(*arguments, cwd=tmp_path)
    assert code == 2, out
    assert message in " ".join((out + err).split())
    assert list(tmp_path.iterdir()) == []


def test_the_plan_spends_nothing(tmp_path: Path):
    code, out, err = run(*COMPARE, "--dry-run", cwd=tmp_path)
    assert code == 0, err
    assert "4 searches, 2 each of eureka, random" in out
    assert "first prompt" in out
    assert list(tmp_path.iterdir()) == []
