import pytest
import torch

from rewardsmith.training.evaluation import standard_error


@pytest.mark.parametrize(
    ("successes", "episodes", "expected"),
    [
        (0, 128, 0.010625),  # rate 2 / 132 = 0.0151515; sqrt(0.0151515 * 0.9848485 / 132)
        (128, 128, 0.010625),
        (8, 16, 0.1118034),  # rate 10 / 20; sqrt(0.25 / 20)
    ],
)
def test_successes_are_never_certain(successes: int, episodes: int, expected: float):
    values = torch.zeros(episodes)
    values[:successes] = 1.0
    assert standard_error(values) == pytest.approx(expected, rel=1e-3)


def test_other_scores_have_the_usual_standard_error():
    assert standard_error(torch.tensor([1.0, 2.0, 3.0, 6.0])) == pytest.approx(1.0801234)  # sqrt(14 / 3) / 2
    assert standard_error(torch.tensor([3.0])) == 0.0
