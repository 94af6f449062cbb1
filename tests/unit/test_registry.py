import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from rewardsmith.contracts import Strategy
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.registry import EXECUTORS, SCORERS, STRATEGIES, TASKS, TRAINERS, WRITERS, Registry


def test_built_ins_are_registered():
    assert {"franka-push", "franka-reach"} <= set(TASKS.names())
    assert "eureka" in STRATEGIES.names()
    assert {"grammar", "openai"} <= set(WRITERS.names())
    assert "population" in TRAINERS.names()


def test_unknown_names_are_refused():
    with pytest.raises(UsageError, match="Did you mean 'eureka'"):
        STRATEGIES.load("eurekka")


class HalfAStrategy:
    barrier: bool

    def ask(self, names: list[str]) -> list[str]:
        return []


def test_a_plug_in_that_misses_a_part_is_named_with_what_it_misses(monkeypatch: pytest.MonkeyPatch):
    point = EntryPoint("half", f"{__name__}:HalfAStrategy", "rewardsmith.strategies")
    registry = Registry("strategy", "rewardsmith.strategies", Strategy)
    monkeypatch.setattr(registry, "_points", {"half": point})
    with pytest.raises(
        RewardsmithError,
        match=r"'half' \(.*:HalfAStrategy\) lacks Options, tell, which .*search\.Strategy asks for",
    ):
        registry.load("half")


@pytest.mark.parametrize("registry", [TASKS, STRATEGIES, WRITERS, TRAINERS, SCORERS, EXECUTORS])
def test_built_ins_have_all_parts_of_their_contracts(registry: Registry[object]):
    for name in registry.names():
        registry.load(name)


@pytest.mark.parametrize("arguments", [["--help"], ["tasks"], ["tasks", "franka-push"]])
def test_help_and_lists_import_neither_torch_nor_mujoco(arguments: list[str]):
    code = (
        "import sys; from rewardsmith.cli.main import run; assert run(sys.argv[1:]) == 0; "
        "heavy = {'torch', 'mujoco', 'openai', 'numpy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL)
