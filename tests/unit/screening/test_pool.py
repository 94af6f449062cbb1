import math
from pathlib import Path

import pytest
import torch

from rewardsmith.screening.pool import Pool, load_pool
from rewardsmith.training.episodes import Episodes, save


def episodes(
    distance: list[list[float]], alive: list[list[int]], score: list[float], **more: torch.Tensor
) -> Episodes:
    true_score = torch.tensor(score)
    return Episodes(
        {"distance": torch.tensor(distance), **more}, torch.tensor(alive).bool(), true_score, true_score > 0.5
    )


def stored(path: Path, content: Episodes) -> Path:
    save(path, content)
    return path


def pooled(*paths: Path) -> Pool:
    pool = load_pool(paths)
    assert pool
    return pool


def test_moments_that_count_are_joined_episode_by_episode(tmp_path: Path):
    first = stored(tmp_path / "a.pt", episodes([[1.0, 2.0], [3.0, 4.0]], [[1, 1], [1, 0]], [1.0, 0.0]))
    second = stored(tmp_path / "b.pt", episodes([[5.0, 6.0]], [[1, 1]], [0.25]))
    pool = pooled(first, second)
    assert pool.moments["distance"].tolist() == [1.0, 2.0, 3.0, 5.0, 6.0]
    assert pool.count == 5
    assert pool.true_score.tolist() == [1.0, 0.0, 0.25]
    assert pool.success.tolist() == [True, False, False]
    assert pool.spread(torch.tensor([1.0, 2.0, 3.0, 5.0, 6.0])).tolist() == [
        [1.0, 2.0],
        [3.0, 0.0],
        [5.0, 6.0],
    ]


def test_vectors_keep_their_shape(tmp_path: Path):
    position = torch.arange(12.0).view(2, 2, 3)
    pool = pooled(
        stored(
            tmp_path / "a.pt",
            episodes([[1.0, 2.0], [3.0, 4.0]], [[1, 0], [1, 1]], [1.0, 0.0], position=position),
        )
    )
    assert pool.moments["position"].tolist() == [[0.0, 1.0, 2.0], [6.0, 7.0, 8.0], [9.0, 10.0, 11.0]]


def test_files_that_cannot_be_read_or_do_not_fit_are_left_out(tmp_path: Path):
    good = stored(tmp_path / "good.pt", episodes([[1.0, 2.0]], [[1, 1]], [1.0]))
    other_signals = stored(
        tmp_path / "signals.pt", episodes([[1.0, 2.0]], [[1, 1]], [1.0], more=torch.zeros(1, 2))
    )
    other_length = stored(tmp_path / "length.pt", episodes([[1.0, 2.0, 3.0]], [[1, 1, 1]], [1.0]))
    (tmp_path / "text.pt").write_text("no tensors", encoding="utf-8")
    (tmp_path / "empty.pt").write_bytes(b"")
    (tmp_path / "half.pt").write_bytes(good.read_bytes()[:500])
    torch.save({"weights": torch.zeros(2)}, tmp_path / "policy.pt")
    bad = [tmp_path / f"{name}.pt" for name in ("missing", "text", "empty", "half", "policy")]
    assert len(pooled(*bad, good, other_signals, other_length).true_score) == 1
    assert load_pool(bad) is None
    assert load_pool([]) is None


def test_lost_episodes_are_left_out_but_what_comes_after_an_end_does_not_matter(tmp_path: Path):
    distance = [[1.0, math.nan], [2.0, math.inf], [3.0, 4.0], [5.0, 6.0]]
    path = stored(
        tmp_path / "a.pt", episodes(distance, [[1, 1], [1, 0], [0, 0], [1, 1]], [1.0, 0.0, 1.0, math.nan])
    )
    pool = pooled(path)
    assert pool.moments["distance"].tolist() == [2.0]
    assert pool.true_score.tolist() == [0.0]


def test_nothing_is_left_of_lost_episodes_only(tmp_path: Path):
    assert load_pool([stored(tmp_path / "a.pt", episodes([[math.nan]], [[1]], [0.0]))]) is None


@pytest.mark.parametrize(("most", "kept"), [(16, 2), (15, 1), (7, 0)])
def test_files_beyond_the_memory_that_is_meant_for_them_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, kept: int
):
    monkeypatch.setattr("rewardsmith.screening.pool._MOST_BYTES", most)
    # 8 bytes each
    paths = [
        stored(tmp_path / f"{number}.pt", episodes([[1.0, 2.0]], [[1, 1]], [float(number)]))
        for number in range(4)
    ]
    pool = load_pool(paths)
    assert (len(pool.true_score) if pool else 0) == kept


def test_one_lost_component_is_a_lost_episode(tmp_path: Path):
    position = torch.tensor([[[0.0, math.nan, 0.0]], [[1.0, 2.0, 3.0]]])
    pool = pooled(
        stored(tmp_path / "a.pt", episodes([[1.0], [2.0]], [[1], [1]], [1.0, 0.0], position=position))
    )
    assert pool.moments["position"].tolist() == [[1.0, 2.0, 3.0]]
