import dataclasses
from pathlib import Path

import pytest

from rewardsmith.config_file import from_mapping
from rewardsmith.errors import UsageError
from rewardsmith_search.evolutionary import EvolutionaryOptions
from rewardsmith_search.greedy import GreedyOptions
from rewardsmith_search.options import PRESETS, Options
from rewardsmith_search.random_search import RandomOptions
from rewardsmith_search.tree import TreeOptions

ALL = (EvolutionaryOptions, GreedyOptions, RandomOptions, TreeOptions)


def test_what_is_not_given_is_the_presets_and_else_the_default():
    assert (
        GreedyOptions().samples,
        GreedyOptions(preset="paper").samples,
        GreedyOptions(preset="release").samples,
    ) == (4, 16, 3)
    assert GreedyOptions(preset="paper", samples=4).samples == 4
    assert TreeOptions(preset="paper").exploration_start == TreeOptions().exploration_start


def test_options_are_values():
    options = TreeOptions(preset="paper", initial=3)
    assert dataclasses.replace(options) == options
    assert from_mapping(TreeOptions, {"preset": "paper", "initial": 3}) == options
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.initial = 4  # pyright: ignore[reportAttributeAccessIssue]


PUBLISHED: dict[type[Options], dict[str, tuple[object, ...]]] = {
    GreedyOptions: {"samples": (4, 16, 3), "parent": ("last",) * 3, "barrier": (True,) * 3},
    RandomOptions: {"samples": (16,) * 3, "barrier": (True,) * 3},
    EvolutionaryOptions: {
        "islands": (4, 14, 4), "capacity": (8,) * 3, "samples": (8, 8, 15),
        "crossover": (0.5,) * 3, "migration": (0.3, 0.2, 0.3),
        "temperature_start": (1.0,) * 3, "temperature_end": (1.0,) * 3,
        "scale": ("range", "raw", "raw"), "moving_mean": (False, True, True),
        "strict": (False, True, False), "between_islands": (False, True, False),
        "reset": ("keep_best", "empty", "keep_best"), "horizon": (0,) * 3, "barrier": (True,) * 3,
    },
    TreeOptions: {
        "initial": (6,) * 3, "structure": (2,) * 3, "parameters": (2,) * 3, "crossover": (2,) * 3,
        "path": (1,) * 3, "different": (1,) * 3,
        "exploration_start": (0.4,) * 3, "exploration_end": (0.1, 0.0, 0.1),
        "best_rate": (0.7,) * 3, "mean_rate": (0.15, 0.0, 0.15), "own_visit": (True, False, True),
        "elite": (10,) * 3, "distinct": (True, False, False),
        "shown_low": (2,) * 3, "shown_high": (4,) * 3, "path_low": (4, 2, 4), "path_high": (4,) * 3,
        "max_depth": (0, 0, 16), "zero_in_bounds": (False, False, True),
        "align": (True,) * 3, "verify": (True,) * 3, "horizon": (0,) * 3, "barrier": (True,) * 3,
    },
}  # fmt: skip
"""Constants of ours, of the papers and of the authors' code."""


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(("column", "preset"), list(enumerate(PRESETS)))
def test_constants_are_those_that_were_published(kind: type[Options], column: int, preset: str):
    expected = {name: values[column] for name, values in PUBLISHED[kind].items()}
    assert dataclasses.asdict(kind(preset=preset)) == {"preset": preset, **expected}


@pytest.mark.parametrize("kind", ALL)
def test_presets_and_ranges_name_fields(kind: type[Options]):
    names = {field.name for field in dataclasses.fields(kind)}
    assert set(kind.RANGES) <= names
    assert all(set(changes) <= names for changes in kind.CHANGES.values())
    assert set(kind.CHANGES) <= {"paper", "release"}


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preset": "papre"}, "unknown preset 'papre'. Did you mean 'paper'"),
        ({"barier": True}, "unknown strategy option 'barier'. Did you mean 'barrier'"),
    ],
)
def test_unknown_names_are_refused(kind: type[Options], given: dict[str, str | bool], message: str):
    with pytest.raises(UsageError, match=message):
        kind(**given)


def test_values_outside_of_their_range_are_refused():
    with pytest.raises(UsageError, match=r"crossover is 1.5; give 0 to 1"):
        EvolutionaryOptions(crossover=1.5)
    with pytest.raises(UsageError, match="initial is 0; give at least 1"):
        TreeOptions(initial=0)
    with pytest.raises(UsageError, match="horizon is -1; give at least 0"):
        TreeOptions(horizon=-1)
    with pytest.raises(UsageError, match=r"mean_rate is -0.5; give 0 to 1"):
        TreeOptions(mean_rate=-0.5)


def test_both_ends_of_a_range_are_allowed():
    assert [EvolutionaryOptions(crossover=share).crossover for share in (0.0, 1.0)] == [0.0, 1.0]
    assert (TreeOptions(initial=1).initial, TreeOptions(parameters=0).parameters) == (1, 0)


@pytest.mark.parametrize("kind", ALL)
def test_every_constant_is_documented(kind: type[Options]):
    page = (Path(__file__).parents[3] / "docs" / "strategies.md").read_text(encoding="utf-8")
    assert [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in page] == []
