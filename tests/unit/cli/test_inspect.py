"""The command in this process; the program itself is started
in tests/integration/test_search.py."""

import json
from pathlib import Path

import networkx as nx
import pytest

from rewardsmith.cli.inspect import run
from rewardsmith.config import StudyConfig
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.records import Purpose, Score
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, trained


@pytest.fixture
def study(tmp_path: Path) -> str:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as made:
        keep(made, trained("c000", 0.25, idea="near " * 100))
        keep(made, trained("c001", 0.5, parents=("c000",), operator="reflect"))
    return str(tmp_path / "s")


def test_the_tree_in_a_pipe_is_equally_wide_everywhere(
    study: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "30")
    assert run([study, "--tree"]) == 0
    title, first, second, _ = capsys.readouterr().out.splitlines()
    assert title == "franka-reach · eureka · seed 0"
    assert first.startswith("c000 initial 0.250  near near")
    assert (len(first), first[-1]) == (120, "…")
    assert second == "└── c001 reflect 0.500 *  an idea"


def test_the_best_is_who_won_on_fresh_seeds(study: str, capsys: pytest.CaptureFixture[str]):
    with Study.open(Path(study), write=True) as opened:
        for identity, mean in (("c001", 0.125), ("c000", 0.375)):
            keep_run(opened, run_of(identity, Purpose.FINALIST), Score(mean, 0.01, 8))
    assert run([study]) == 0
    shown = capsys.readouterr().out
    assert "c000 *" in shown
    assert "c001 *" not in shown
    assert "trained again on fresh seeds; the best mean of these won:" in " ".join(shown.split())
    rows = [line.split() for line in shown.splitlines() if line.startswith("c0")][-2:]
    assert rows == [["c000", "0.250", "0.375"], ["c001", "0.500", "0.125"]]
    assert run([study, "best"]) == 0
    assert capsys.readouterr().out.startswith("c000  SCORED")
    assert run([study, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["best"], summary["winner"]) == ("c001", "c000")
    assert summary["finalists"][0] == {"id": "c000", "search_score": 0.25, "fresh_scores": [0.375]}


def test_the_tree_as_a_picture(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    picture = tmp_path / "t.svg"
    assert run([study, "--tree", "--svg", str(picture)]) == 0
    assert f"wrote {picture}" in capsys.readouterr().out
    assert "──" in picture.read_text(encoding="utf-8")


def test_the_lineage_is_written_in_the_format_of_its_suffix(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for suffix in ("graphml", "json"):
        assert run([study, "--lineage", str(tmp_path / f"l.{suffix}")]) == 0
    assert f"wrote {tmp_path / 'l.json'}" in capsys.readouterr().out
    read = nx.node_link_graph(json.loads((tmp_path / "l.json").read_text(encoding="utf-8")), edges="links")
    assert (
        dict(read.adj)
        == dict(nx.read_graphml(tmp_path / "l.graphml").adj)
        == {"c000": {"c001": read.edges["c000", "c001"]}, "c001": {}}
    )
    assert read.nodes(data="best")["c001"] is True


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["c000", "--tree"], "--tree shows the whole study; leave the candidate out"),
        (["c000", "--svg", "x.svg"], "--svg shows the whole study"),
        (["c000", "--lineage", "x.json"], "--lineage shows the whole study"),
        (["--json", "--tree"], "--tree and --json do not go together"),
        (["--json", "--svg", "x.svg"], "--svg and --json do not go together"),
        (["--json", "--lineage", "x.json"], "--lineage and --json do not go together"),
        (["--tree", "--diff", "c000"], "--diff compares one candidate with another"),
        (["--lineage", "x.gexf"], r"--lineage is 'x\.gexf'; give a file that ends in \.graphml or \.json"),
    ],
)
def test_what_makes_no_sense_together_is_refused(
    study: str,
    flags: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        run([study, *flags])
    assert capsys.readouterr().out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_file_that_cannot_be_written_is_a_clear_error(study: str, tmp_path: Path):
    with pytest.raises(
        RewardsmithError, match=r"cannot write .*l\.json: Not a directory\. Give another file with --lineage"
    ):
        run([study, "--lineage", f"{study}/config.yaml/l.json"])


def test_where_all_failed_none_is_the_best_and_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as made:
        keep(made, trained("c000", 0.0, run={"due_steps": 18_432}), trained("c001", 0.0))
        keep_run(made, run_of("c000", Purpose.FINAL), Score(0.0, 0.01, 8))
    for flags in ([], ["--tree"]):
        assert run([str(tmp_path / "s"), *flags]) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert " *" not in shown.replace("; *: the best", "")
        assert "best reward" not in shown
        assert "best, c000" not in shown
        assert ("no candidate can be told from failure" in shown) is (not flags)
        assert ("the preset of franka-reach has 300,000" in shown) is (not flags)


def test_a_candidate_names_its_policy_only_where_it_is(study: str, capsys: pytest.CaptureFixture[str]):
    policy = Path(study) / "runs" / "c001-search-0" / "policy.pt"
    with Study.open(Path(study), write=True) as made:
        keep(made, trained("c001", 0.5, run={"policy": "runs/c001-search-0/policy.pt"}))
    assert run([study, "c001"]) == 0
    shown = capsys.readouterr().out
    assert "policy: its file is not here; it was not shipped with the study, or it was removed\n" in shown
    assert "policy.pt" not in shown
    policy.parent.mkdir(parents=True)
    policy.touch()
    assert run([study, "c001"]) == 0
    assert f"policy: {policy}\n" in capsys.readouterr().out


def test_a_candidate_shows_what_its_confirming_trainings_got(study: str, capsys: pytest.CaptureFixture[str]):
    with Study.open(Path(study), write=True) as made:
        keep_run(made, run_of("c001", Purpose.CONFIRM), Score(0.25, 0.02, 128))
        keep_run(made, run_of("c001", Purpose.CONFIRM, 1, failed="it raised"), None)
        keep_run(made, run_of("c001", Purpose.CONFIRM, 2), Score(0.75, 0.02, 128))
    assert run([study, "c001"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith(("trained again", "mean of"))] == [
        "trained again to confirm it: 0.250 ± 0.020 over 128 episodes (heldout)",
        "trained again to confirm it: CRASHED",
        "trained again to confirm it: 0.750 ± 0.020 over 128 episodes (heldout)",
        "mean of its 3 trainings: 0.500",
    ]
    assert run([study, "c000"]) == 0
    assert "confirm" not in capsys.readouterr().out
    assert run([study]) == 0
    assert "2 candidates, 5 trainings (3 of them confirming scores), " in " ".join(
        capsys.readouterr().out.split()
    )


@pytest.mark.parametrize(
    ("task", "meaning"),
    [
        ("franka-reach", "*: the best of the search true score:"),
        (
            "cartpole",
            "*: the best of the search; in a metric no number means failure, so compare it with human and "
            "sparse true score:",
        ),
    ],
)
def test_the_mark_of_the_winner_is_explained(
    task: str, meaning: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with Study.create(tmp_path / "m", StudyConfig(task)) as made:
        keep(made, trained("c000", 0.25))
        assert run([str(tmp_path / "m")]) == 0
        assert meaning in " ".join(capsys.readouterr().out.split())
        keep_run(made, run_of("c000", Purpose.FINALIST), Score(0.375, 0.01, 8))
        assert run([str(tmp_path / "m")]) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert "*: the best mean of those trained again, see below" in shown
        assert ("no number means failure" in shown) == ("metric" in meaning)


def test_without_a_winner_no_mark_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with Study.create(tmp_path / "m", StudyConfig("franka-reach")) as made:
        keep(made, trained("c000", 0.0))
    assert run([str(tmp_path / "m")]) == 0
    assert "*:" not in capsys.readouterr().out
