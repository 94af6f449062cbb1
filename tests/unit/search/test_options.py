import dataclasses
from pathlib import Path

import pytest

from rewardsmith.config_file import from_mapping
from rewardsmith.errors import UsageError
from rewardsmith_search.evolutionary import EvolutionaryOptions
from rewardsmith_search.greedy import GreedyOptions
from rewardsmith_search.options import Options
from rewardsmith_search.random_search import RandomOptions
from rewardsmith_search.search import identity, number_of
from rewardsmith_search.tree import TreeOptions

ALL = (EvolutionaryOptions, GreedyOptions, RandomOptions, TreeOptions)


def test_what_is_not_given_is_the_presets_and_else_the_default():
    assert (GreedyOptions().samples, GreedyOptions(preset="paper").samples, GreedyOptions(preset="release").samples) == (4, 16, 3)
    assert GreedyOptions(preset="paper", samples=4).samples == 4
    assert TreeOptions(preset="paper").exploration_start == TreeOptions().exploration_start


def test_options_are_values():
    options = TreeOptions(preset="paper", initial=3)
    assert dataclasses.replace(options) == options
    assert from_mapping(TreeOptions, {"preset": "paper", "initial": 3}) == options
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.initial = 4  # pyright: ignore[reportAttributeAccessIssue]


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


@pytest.mark.parametrize(("number", "name"), [(0, "c000"), (7, "c007"), (999, "c999"), (1000, "c1000"), (12345, "c12345")])
def test_candidates_are_named_in_the_order_of_their_proposals(number: int, name: str):
    assert identity(number) == name
    assert number_of(name) == number


@pytest.mark.parametrize("name", ["c7", "c0007", "C007", "c-01", "c 07", "7", "", "c", "c1e3", "c\u0660\u0660\u0667"])
def test_no_other_name_is_known(name: str):
    assert number_of(name) is None


@pytest.mark.parametrize("kind", ALL)
def test_every_constant_is_documented(kind: type[Options]):
    page = (Path(__file__).parents[3] / "docs" / "strategies.md").read_text()
    assert [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in page] == []
