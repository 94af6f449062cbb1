"""A whole search as a user starts it: what it leaves, how it is looked at, stopped and resumed."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import networkx as nx
import pytest

from rewardsmith.study import Study
from tests.integration.command_line import SEARCH, candidates, run, start


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tiny search that ran to its end; its folder."""
    cwd = tmp_path_factory.mktemp("finished")
    code, out, err = run(*SEARCH, "--out", "s", cwd=cwd)
    assert code == 0, err
    (cwd / "printed.txt").write_text(out, encoding="utf-8")
    return cwd / "s"


def test_ends_with_candidates_code_comparison_and_folder(finished: Path):
    out = (finished.parent / "printed.txt").read_text(encoding="utf-8")
    assert "no language model is used" in out
    for text in (
        "c000",
        "c003",
        "def compute_reward(",
        "human",
        "sparse",
        "study folder: s",
        "policy of c",
        "iteration 1",
    ):
        assert text in out, text


def test_the_folder_is_complete(finished: Path):
    assert (finished / "config.yaml").is_file()
    listed = candidates(finished, finished.parent)
    assert [c["id"] for c in listed] == ["c000", "c001", "c002", "c003"]
    best = max((c for c in listed[:2]), key=lambda c: (float(str(c["score"])), -int(str(c["id"])[1:])))["id"]
    with Study.open(finished) as study:
        programs = {candidate.id: candidate.program for candidate in study.candidates}
    for c in listed:
        assert c["state"] == "SCORED"
        assert c["operator"] == ("initial" if c["iteration"] == 0 else "reflect")
        assert c["parents"] == ([] if c["iteration"] == 0 else [best])
        assert "def compute_reward(" in str(c["source"])
        assert (finished / str(c["policy"])).is_file()
        text = (finished / "candidates" / str(c["id"]) / "reward.py").read_text(encoding="utf-8")
        assert text.endswith(programs[str(c["id"])])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_programs_and_scores(finished: Path, tmp_path: Path):
    assert run(*SEARCH, "--out", "again", cwd=tmp_path)[0] == 0
    assert candidates(tmp_path / "again", tmp_path) == candidates(finished, tmp_path)


def test_a_copied_study_opens(finished: Path, tmp_path: Path):
    import shutil

    shutil.copytree(finished, tmp_path / "elsewhere")
    assert candidates(tmp_path / "elsewhere", tmp_path) == candidates(finished, tmp_path)


def test_inspect_one_candidate(finished: Path):
    code, out, _ = run("inspect", finished, "best", cwd=finished.parent)
    assert code == 0
    assert "true score of" in out
    code, out, _ = run("inspect", finished, "c003", "--diff", "c000", cwd=finished.parent)
    assert code == 0
    assert "--- c000" in out
    code, _, err = run("inspect", finished, "c03", cwd=finished.parent)
    assert code == 2
    assert "Did you mean" in err


def test_inspect_draws_a_picture_that_loads_nothing(finished: Path, tmp_path: Path):
    assert run("inspect", finished, "--svg", tmp_path / "s.svg", cwd=tmp_path)[0] == 0
    picture = (tmp_path / "s.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "url(" not in picture.replace("url(#", "")


def test_inspect_shows_and_exports_who_comes_from_whom(finished: Path, tmp_path: Path):
    code, out, err = run("inspect", finished, "--tree", "--lineage", tmp_path / "l.graphml", cwd=tmp_path)
    assert code == 0, err
    listed = candidates(finished, tmp_path)
    branches = (
        "\u251c\u2500\u2500 ",
        "\u2514\u2500\u2500 ",
        "+-- ",
        "`-- ",
    )  # the latter on terminals of ASCII
    lines = {
        words[0]: line
        for line in out.splitlines()
        if (words := re.sub("|".join(map(re.escape, branches)), "", line).split())
    }
    for candidate in listed:
        line = lines[str(candidate["id"])]
        assert f"{candidate['score']:.3f}" in line
        assert any(branch in line for branch in branches) == bool(candidate["parents"])
    graph = nx.read_graphml(tmp_path / "l.graphml")
    assert set(graph.edges) == {(parent, c["id"]) for c in listed for parent in c["parents"]}  # pyright: ignore[reportGeneralTypeIssues]
    code, _, err = run("inspect", finished, "--lineage", "/proc/l.json", cwd=tmp_path)
    assert (code, "Give another file with --lineage" in err) == (1, True)


def test_resuming_a_finished_study_makes_nothing_again(finished: Path):
    before = candidates(finished, finished.parent)
    code, out, err = run("resume", finished, cwd=finished.parent)
    assert code == 0, err
    assert "training" not in out.split("Trained again")[0].replace("of training", "").split("id ")[0].replace(
        "study", ""
    )
    assert candidates(finished, finished.parent) == before
    assert "iteration" not in out
    assert "policy of c" in out
    more = f"rewardsmith resume {finished} --candidates 8"
    assert out.endswith(f"it was finished already, so nothing was made. To try more: {more}\n")


@pytest.mark.parametrize(
    "moment",
    [
        "iteration 0",
        "c001 ACCEPTED",
        "SCORED",
        "iteration 1",
        "the best 2",
        "-finalist-0 SCORED",
        "final comparison",
    ],
)
@pytest.mark.slow
def test_killed_anywhere_it_resumes_to_the_same_end(finished: Path, tmp_path: Path, moment: str):
    process = start(*SEARCH, "--out", "s", cwd=tmp_path)
    assert process.stdout
    for line in process.stdout:
        if moment in line:
            process.kill()
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    code, _, err = run("resume", "s", cwd=tmp_path)
    assert code == 0, err
    assert candidates(tmp_path / "s", tmp_path) == candidates(finished, tmp_path)


def test_ctrl_c_stops_cleanly_keeps_what_is_finished_and_exits_130(tmp_path: Path):
    process = start(*SEARCH, "--out", "s", cwd=tmp_path)
    assert process.stdout
    for line in process.stdout:
        if "SCORED" in line:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "rewardsmith resume s" in out
    assert any(c["state"] == "SCORED" for c in candidates(tmp_path / "s", tmp_path))


def test_no_process_is_left_behind_after_a_kill(tmp_path: Path):
    process = start(*SEARCH, "--out", "s", cwd=tmp_path)
    assert process.stdout
    for line in process.stdout:
        if "c001 ACCEPTED" in line:
            break
    time.sleep(0.5)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
    assert children
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 15
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    alive = [
        child
        for child in children
        if Path(f"/proc/{child}").exists()
        and "zombie" not in Path(f"/proc/{child}/status").read_text(encoding="utf-8")
    ]
    assert not alive


def test_a_full_disk_is_a_clear_error(tmp_path: Path):
    """A limit on file size stands in for the full disk: the store's writes fail half way."""
    import resource

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    process = start(*SEARCH, "--out", "s", cwd=tmp_path, preexec_fn=small_files)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    assert "disk is not full" in err or "Make room" in err or "writable folder" in err
