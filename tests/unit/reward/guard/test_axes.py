"""What operations make of the axis of the environments."""

from __future__ import annotations

import pytest

from rewardsmith.reward.guard import axes
from rewardsmith.reward.guard.axes import Axes, Count, MixedError, Size, UnseenError

N = Count()


@pytest.mark.parametrize(
    ("given", "sizes", "expected"),
    [
        ((N, 3), (-1, 3), (N, 3)),
        ((N, 3), (N, -1), (N, 3)),
        ((N, 6), (-1, 2, 3), (N, 2, 3)),
        ((N, 6), (-1, 3), (Count(2), 3)),
        ((Count(2), 3), (N, -1), (N, 6)),
        ((Count(2),), (-1, 2), (N, 2)),
        ((N,), (-1, 1), (N, 1)),
        ((N,), (1, -1), (1, N)),
        ((N, 3), (-1,), (Count(3),)),
        ((4, 3), (-1,), (12,)),
        ((4, 3), (2, 6), (2, 6)),
    ],
)
def test_views_that_keep_environments_whole(
    given: tuple[Size, ...], sizes: tuple[Size, ...], expected: tuple[Size, ...]
) -> None:
    assert axes.view(Axes(given), sizes) == Axes(expected)


@pytest.mark.parametrize(
    ("given", "sizes"),
    [((N,), (-1, 2)), ((N, 3), (3, -1)), ((N, 3), (3, N)), ((N, 3), (-1, 2)), ((N, 4), (2, -1, 2))],
)
def test_views_that_tear_them(given: tuple[Size, ...], sizes: tuple[Size, ...]) -> None:
    with pytest.raises(MixedError, match="mixes"):
        axes.view(Axes(given), sizes)


@pytest.mark.parametrize(
    ("given", "sizes"), [((N, 3), (7, 7)), ((3, N), (-1, 3)), ((4, 3), (-1, 5)), ((3,), (N, -1))]
)
def test_views_that_cannot_be_told(given: tuple[Size, ...], sizes: tuple[Size, ...]) -> None:
    with pytest.raises(UnseenError):
        axes.view(Axes(given), sizes)


def test_broadcasting() -> None:
    assert axes.broadcast([Axes((N, 3)), Axes((3,)), Axes(())]) == Axes((N, 3))
    assert axes.broadcast([Axes((N, 1)), Axes((1, 4))]) == Axes((N, 4))
    with pytest.raises(MixedError):
        axes.broadcast([Axes((N, 1)), Axes((N,))])
    with pytest.raises(UnseenError):
        axes.broadcast([Axes((N,)), Axes((3,))])
    with pytest.raises(UnseenError):
        axes.broadcast([Axes((N,)), Axes((Count(3),))])


def test_reductions() -> None:
    assert axes.reduce(Axes((N, 3)), -1, False, "sum") == Axes((N,))
    assert axes.reduce(Axes((N, 3)), (1,), True, "sum") == Axes((N, 1))
    assert axes.reduce(Axes((2, N)), 0, False, "sum") == Axes((N,))
    assert axes.reduce(Axes((2, 3)), None, False, "sum") == Axes(())
    for dims in (None, (), 0, (0, 1), -2):
        with pytest.raises(MixedError):
            axes.reduce(Axes((N, 3)), dims, False, "sum")
    with pytest.raises(UnseenError):
        axes.reduce(Axes((N, 3)), 2, False, "sum")


def test_cutting_and_expanding() -> None:
    assert axes.cut(Axes((N, 4)), 1, 1, None, 2) == Axes((N, 2))
    assert axes.cut(Axes((N, 4)), 0, None, N, 1) == Axes((N, 4))
    assert axes.expand(Axes((3,)), (N, -1)) == Axes((N, 3))
    assert axes.join([Axes((N, 1)), Axes((N, 2))], -1) == Axes((N, 3))
    assert axes.insert(Axes((N, 3)), -1, 1) == Axes((N, 3, 1))
    with pytest.raises(MixedError):
        axes.expand(Axes((N,)), (N, -1))
    with pytest.raises(MixedError):
        axes.cut(Axes((N, 4)), 0, None, 64, 1)
    with pytest.raises(MixedError):
        axes.pick(Axes((N, 4)), -2, 0)
