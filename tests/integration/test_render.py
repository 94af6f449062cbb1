"""``rewardsmith render``: really drawn, really encoded."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest

from rewardsmith.cli import main
from rewardsmith.contracts import Task
from tests.builders import save_policy
from tests.films import probe
from tests.integration.command_line import run

pytestmark = pytest.mark.usefixtures("opengl")
SMALL = ("--width", "64", "--height", "48")


@pytest.mark.slow
def test_a_video_of_random_actions_says_so(tmp_path: Path):
    code, out, err = run("render", "franka-reach", "--seconds", "0.4", *SMALL, cwd=tmp_path)
    assert (code, err) == (0, "")
    assert out.startswith(
        "wrote runs/franka-reach.mp4: 10 pictures, 0.4 s, 64 x 48; random actions (choose who acts with "
        "--policy); solved in "
    )
    assert probe(tmp_path / "runs" / "franka-reach.mp4") == (10, (64, 48), 25.0)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["franka-reach.mp4"]


def test_the_same_policy_and_seed_give_the_same_picture(
    tmp_path: Path, reach: Task, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    save_policy(tmp_path / "p.pt", reach)
    for number, seed in enumerate("112"):
        assert (
            main.run(
                [
                    "render",
                    "franka-reach",
                    *SMALL,
                    "--policy",
                    "p.pt",
                    "--seed",
                    seed,
                    "--seconds",
                    "0.2",
                    "--out",
                    f"{number}.png",
                ]
            )
            == 0
        )
        assert capsys.readouterr().out.startswith(f"wrote {number}.png: a picture, 64 x 48; p.pt; solved in ")
    first, second, third = (imageio.imread(f"{number}.png") for number in range(3))
    assert first.shape == (48, 64, 3)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (("--out", "file/x.mp4"), 1, "rewardsmith: cannot write file/x.mp4: "),
        (("--out", "."), 2, "rewardsmith: --out is '.'; give a file that ends in"),
        (("--camera", "none"), 2, "rewardsmith: unknown camera 'none'. Allowed: "),
    ],
)
def test_errors_have_exit_codes_and_leave_nothing(
    flags: tuple[str, ...],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("", encoding="utf-8")
    assert main.run(["render", "franka-reach", *SMALL, *flags]) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err.startswith(message)) == ("", True), captured.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
