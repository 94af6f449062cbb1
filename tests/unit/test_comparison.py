from pathlib import Path

import pytest

from rewardsmith.comparison import Comparison, ComparisonConfig
from rewardsmith.config import StudyConfig
from rewardsmith.errors import UsageError

STUDY = StudyConfig("franka-reach", candidates=4, seed=10, strategy_options={"barrier": True})
CONFIG = ComparisonConfig(STUDY, ("eureka", "rf-agent:paper"), repeats=3)


def test_every_strategy_gets_the_same_seeds_and_budget():
    searches = list(CONFIG.searches())
    assert [(search.strategy, search.seed) for search in searches] == [
        *(("eureka", 10), ("rf-agent", 10)),
        *(("eureka", 11), ("rf-agent", 11)),
        *(("eureka", 12), ("rf-agent", 12)),
    ]
    assert {(search.candidates, search.episodes, search.final_seeds) for search in searches} == {(4, 128, 1)}
    assert searches[1].strategy_options == {"barrier": True, "preset": "paper"}
    assert searches[0].strategy_options == {"barrier": True}


def test_baselines_are_trained_once_per_seed():
    assert [(search.seed, search.strategy) for search in CONFIG.searches() if search.baselines] == [
        *((10, "eureka"), (11, "eureka"), (12, "eureka"))
    ]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ComparisonConfig(STUDY, ("eureka",), repeats=0), "repeats is 0; give at least 1"),
        (ComparisonConfig(STUDY, ()), "no strategies are given"),
        (ComparisonConfig(STUDY, ("random", "random")), "has random twice"),
        (ComparisonConfig(StudyConfig("franka-reach", final_seeds=0), ("random",)), "final_seeds is 0"),
        (ComparisonConfig(StudyConfig("franka-reach", max_hours=1.0), ("random",)), "max_hours would leave"),
        (ComparisonConfig(StudyConfig("franka-reach", candidates=0), ("random",)), "candidates is 0"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_a_folder_is_made(
    tmp_path: Path, config: ComparisonConfig, message: str
):
    with pytest.raises(UsageError, match=message):
        Comparison.create(tmp_path / "c", config)
    assert not (tmp_path / "c").exists()


def test_the_config_is_kept(tmp_path: Path):
    Comparison.create(tmp_path / "c", CONFIG)
    assert Comparison.open(tmp_path / "c").config == CONFIG


def test_a_folder_with_content_is_refused_and_left_alone(tmp_path: Path):
    Comparison.create(tmp_path / "c", CONFIG)
    with pytest.raises(UsageError, match="rewardsmith resume"):
        Comparison.create(tmp_path / "c", CONFIG)
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="give another folder"):
        Comparison.create(tmp_path, CONFIG)


def test_an_edited_config_is_checked_with_its_path(tmp_path: Path):
    comparison = Comparison.create(tmp_path / "c", CONFIG)
    file = comparison.folder / "comparison.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("candidates:", "candidate:"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"study\.candidate.*Did you mean 'study\.candidates'"):
        Comparison.open(tmp_path / "c")
