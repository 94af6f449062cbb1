"""The program itself, started as a user starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import networkx as nx
import pytest

from rewardsmith.study import Study

TINY = [
    *(
        "--training.env-steps",
        "1600",
        "--training.envs",
        "16",
        "--training.rollout",
        "10",
        "--training.hidden",
        "16",
    ),
    *("--training.minibatches", "2", "--training.mini-epochs", "2", "--episodes", "8"),
]
SEARCH = [
    "search",
    "franka-reach",
    "--candidates",
    "4",
    "--strategy-options",
    "samples",
    "2",
    "--finalists",
    "2",
    *TINY,
]


def start(*arguments: str | Path, cwd: Path, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "rewardsmith.cli.main", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen(command, cwd=cwd, **pipes)  # pyright: ignore[reportCallIssue, reportArgumentType]


def run(*arguments: str | Path, cwd: Path) -> tuple[int, str, str]:
    process = start(*arguments, cwd=cwd)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def candidates(study: Path, cwd: Path) -> list[dict[str, object]]:
    code, out, err = run("inspect", study, "--json", cwd=cwd)
    assert code == 0, err
    return json.loads(out)["candidates"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tiny search that ran to its end; its folder."""
    cwd = tmp_path_factory.mktemp("finished")
    code, out, err = run(*SEARCH, "--out", "s", cwd=cwd)
    assert code == 0, err
    (cwd / "printed.txt").write_text(out)
    return cwd / "s"


def test_ends_with_candidates_code_comparison_and_folder(finished: Path):
    out = (finished.parent / "printed.txt").read_text()
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
        assert (finished / "candidates" / str(c["id"]) / "reward.py").read_text() == programs[str(c["id"])]


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
    picture = (tmp_path / "s.svg").read_text()
    assert picture.startswith("<svg")
    assert "url(" not in picture.replace("url(#", "")


def test_inspect_shows_and_exports_who_comes_from_whom(finished: Path, tmp_path: Path):
    code, out, err = run("inspect", finished, "--tree", "--lineage", tmp_path / "l.graphml", cwd=tmp_path)
    assert code == 0, err
    listed = candidates(finished, tmp_path)
    lines = {
        words[0]: line
        for line in out.splitlines()
        if (words := line.replace("├──", "").replace("└──", "").split())
    }
    for candidate in listed:
        assert f"{candidate['score']:.3f}" in lines[str(candidate["id"])]
        assert ("── " in lines[str(candidate["id"])]) == bool(candidate["parents"])
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
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert children
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 15
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    alive = [
        child
        for child in children
        if Path(f"/proc/{child}").exists() and "zombie" not in Path(f"/proc/{child}/status").read_text()
    ]
    assert not alive


def test_config_file_below_flags(tmp_path: Path):
    (tmp_path / "c.yaml").write_text("task: franka-push\ncandidates: 5\nseed: 7\ntraining: {envs: 32}\n")
    code, out, err = run("search", "--config", "c.yaml", "--candidates", "2", "--dry-run", cwd=tmp_path)
    assert code == 0, err
    assert "2 candidates on franka-push" in out
    (tmp_path / "c.yaml").write_text("candidats: 5\n")
    code, _, err = run("search", "franka-push", "--config", "c.yaml", cwd=tmp_path)
    assert (code, "Did you mean 'candidates'" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["serch"], 2, "Did you mean 'search'"),
        (["search", "franka-rech"], 2, "Did you mean 'franka-reach'"),
        (["search", "franka-reach", "--strategy", "eurka"], 2, "Did you mean 'eureka'"),
        (["search", "franka-reach", "--writer", "gramar"], 2, "Did you mean 'grammar'"),
        (["search", "franka-reach", "--trainer", "x"], 2, "Allowed: population"),
        (["search", "franka-reach", "--executor", "x"], 2, "unknown executor 'x'. Allowed: local"),
        (["search", "franka-reach", "--finalists", "9"], 2, "at most the 8 candidates"),
        (["search", "franka-reach", "--candidtes", "3"], 2, "--candidates"),
        (["search", "franka-reach", "--candidates", "0"], 2, "give at least 1"),
        (
            ["search", "franka-reach", "--strategy-options", "sampels", "3"],
            2,
            "Did you mean 'strategy_options.samples'",
        ),
        (["search"], 2, "TASK"),
        (["inspect", "nowhere"], 2, "there is no folder nowhere"),
        (["resume", "nowhere"], 2, "there is no folder nowhere"),
        (["tasks", "franka"], 2, "ball-balance, cartpole, franka-door"),
        (["check", "missing.py", "--task", "franka-reach"], 2, "cannot read"),
        (["train", "franka-reach", "--reward", "missing.py"], 2, "cannot read"),
        (["search", "franka-reach", "--out", "/proc/rewardsmith"], 1, "Give a writable folder with --out"),
    ],
)
def test_bad_input(tmp_path: Path, arguments: list[str], code: int, message: str):
    found, out, err = run(*arguments, cwd=tmp_path)
    assert found == code, err
    assert message in " ".join((out + err).split())
    assert "Traceback" not in err


def test_train_and_check_a_file(tmp_path: Path):
    (tmp_path / "r.py").write_text(
        "def compute_reward(tcp_pos, goal_pos):\n    d = -torch.norm(goal_pos - tcp_pos, dim=-1)\n"
        "    return d, {'d': d}\n"
    )
    code, out, _ = run("check", "r.py", "--task", "franka-reach", "--json", cwd=tmp_path)
    assert (code, json.loads(out)["accepted"]) == (0, True)
    code, out, err = run(
        "train", "franka-reach", "--reward", "r.py", "--seeds", "3", "4", *TINY, "--json", cwd=tmp_path
    )
    assert code == 0, err
    results = json.loads(out)
    assert [result["state"] for result in results] == ["SCORED", "SCORED"]
    assert all((tmp_path / result["policy"]).is_file() for result in results)
    (tmp_path / "bad.py").write_text("def compute_reward(cube):\n    return cube, {}\n")
    code, out, _ = run("check", "bad.py", "--task", "franka-reach", cwd=tmp_path)
    assert (code, "'cube' is not a signal" in out) == (1, True)
    assert run("train", "franka-reach", "--reward", "bad.py", cwd=tmp_path)[0] == 1


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


@pytest.mark.slow
def test_doctor(tmp_path: Path):
    environment = {**os.environ, "OPENAI_API_KEY": "sk-very-secret"}
    process = start("doctor", cwd=tmp_path, env=environment)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert "sk-very-secret" not in out + err
    assert "OPENAI_API_KEY set" in out
