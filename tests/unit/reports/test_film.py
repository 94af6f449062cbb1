from pathlib import Path

import imageio.v3 as imageio
import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Step
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.reports.film import Frame, film, replacing, save, with_border
from tests.films import probe
from tests.toys import Bare


class Clock(Bare):
    """Episodes of four steps, solved in their last two; a picture shows the step."""

    num_envs = observation_size = action_size = 1

    def __init__(self) -> None:
        self.now = 0

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        self.now = 0
        return torch.zeros(1, 1)

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        raise AssertionError("a film has one environment from start to end")

    def step(self, actions: Tensor) -> Step:
        self.now += 1
        solved, ended = torch.tensor([self.now >= 3]), torch.tensor([self.now == 4])
        self.now %= 4
        return Step(
            torch.zeros(1, 1),
            {},
            solved.float(),
            solved,
            torch.tensor([False]),
            ended,
            torch.zeros(1),
            torch.tensor([False]),
            torch.zeros(1, 1),
        )

    def draw(self, index: int) -> Tensor:
        return torch.full((8, 8, 3), self.now, dtype=torch.uint8)


def watch(moments: range) -> list[tuple[int, bool]]:
    clock = Clock()
    return [
        (int(frame.picture[0, 0, 0]), frame.solved)
        for frame in film(clock, clock.draw, torch.zeros_like, 0, moments)
    ]


def test_the_last_picture_of_an_episode_carries_its_verdict():
    assert watch(range(7)) == [
        (0, False),
        (1, False),
        (2, False),
        (3, True),
        (3, True),
        (1, False),
        (2, False),
    ]


def test_no_verdict_is_lost_between_pictures():
    assert watch(range(0, 7, 3)) == [(0, False), (3, True), (3, True)]
    assert watch(range(0, 7, 2)) == [(0, False), (2, False), (2, True), (2, False)]


def test_a_single_picture_may_come_after_some_steps():
    assert watch(range(3, 4)) == [(3, True)]
    assert watch(range(4, 5)) == [(0, False)], "the next episode's start is not solved"


def pictures(count: int) -> list[Tensor]:
    return [
        torch.arange(48 * 64 * 3).view(48, 64, 3).mul(number + 1).remainder(251).to(torch.uint8)
        for number in range(count)
    ]


def test_a_solved_frame_has_a_green_border():
    (picture,) = pictures(1)
    assert with_border(Frame(picture, solved=False)) is picture
    framed = with_border(Frame(picture, solved=True))
    assert framed[0, 30].tolist() == framed[20, -1].tolist() == [0, 170, 80]
    assert torch.equal(framed[1:-1, 1:-1], picture[1:-1, 1:-1])


def test_each_format_keeps_pictures_size_and_speed(tmp_path: Path):
    save(pictures(6), tmp_path / "film.mp4", 20.0)
    assert probe(tmp_path / "film.mp4") == (6, (64, 48), 20.0)
    save(pictures(6), tmp_path / "film.gif", 20.0)
    assert imageio.imread(tmp_path / "film.gif").shape == (6, 48, 64, 3)
    assert imageio.immeta(tmp_path / "film.gif")["duration"] == 50
    save(pictures(1), tmp_path / "still.png", 1.0)
    assert torch.equal(torch.from_numpy(imageio.imread(tmp_path / "still.png")), pictures(1)[0])


def test_a_file_is_whole_or_absent(tmp_path: Path):
    path = tmp_path / "new" / "film.mp4"
    with pytest.raises(ValueError, match="a bug"), replacing(path):
        raise ValueError("a bug")
    assert list(path.parent.iterdir()) == []
    path.write_text("old", encoding="utf-8")
    with replacing(path) as part:
        part.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
    assert [(file.name, file.read_text(encoding="utf-8")) for file in path.parent.iterdir()] == [
        ("film.mp4", "new")
    ]


def test_places_that_cannot_be_written_are_told_before_any_work(tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder.png").mkdir()
    with (
        pytest.raises(RewardsmithError, match=r"cannot write .*x\.png: .*Give another file with --out"),
        replacing(tmp_path / "file" / "x.png"),
    ):
        pytest.fail("it went on")
    with pytest.raises(UsageError, match=r"folder\.png is a folder"), replacing(tmp_path / "folder.png"):
        pytest.fail("it went on")
