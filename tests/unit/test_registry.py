import subprocess
import sys

import pytest

from rewardsmith.errors import UsageError
from rewardsmith.registry import STRATEGIES, TASKS, TRAINERS, WRITERS


def test_built_ins_are_registered():
    assert {"franka-push", "franka-reach"} <= set(TASKS.names())
    assert "eureka" in STRATEGIES.names()
    assert {"grammar", "openai"} <= set(WRITERS.names())
    assert "population" in TRAINERS.names()


def test_unknown_names_are_refused():
    with pytest.raises(UsageError, match="Did you mean 'eureka'"):
        STRATEGIES.load("eurekka")


@pytest.mark.parametrize("arguments", [["--help"], ["tasks"], ["tasks", "franka-push"]])
def test_help_and_lists_import_neither_torch_nor_mujoco(arguments: list[str]):
    code = (
        "import sys; from rewardsmith.cli.main import run; assert run(sys.argv[1:]) == 0; "
        "heavy = {'torch', 'mujoco', 'openai', 'numpy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL)
