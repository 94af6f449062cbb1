import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.contracts import Strategy, Task
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.registry import EXECUTORS, SCORERS, STRATEGIES, TASKS, TRAINERS, WRITERS, Registry
from tests import documented
from tests.plugins import install


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def (:\n", r"SyntaxError: .* in .*bad_plug_in\.py"),
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("", "AttributeError: .*TASK"),
    ],
)
def test_a_broken_plug_in_is_named_and_ends_no_other_command(
    text: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    install(tmp_path, monkeypatch, "bad-task", tasks="bad_plug_in:TASK")
    (tmp_path / "bad_plug_in.py").write_text(text, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "bad_plug_in", raising=False)
    monkeypatch.setitem(TASKS.__dict__, "_points", Registry("task", "rewardsmith.tasks", Task)._points)
    with pytest.raises(
        RewardsmithError, match=rf"the task 'bad-task' \(bad_plug_in:TASK\) cannot be loaded: {message}"
    ):
        TASKS.load("bad-task")
    assert main.run(["tasks"]) == 0
    out, err = capsys.readouterr()
    assert "franka-push" in out
    assert "warning: the task 'bad-task'" in err


@pytest.mark.parametrize(
    "command",
    [["search"], ["search", "--dry-run"], ["compare", "--repeats", "1"], ["train", "--reward", "human"]],
)
def test_a_task_whose_scene_lacks_a_sensor_is_refused_before_anything_is_made(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    install(tmp_path / "site", monkeypatch, "franka-button", tasks="button_without_sensor:TASK")
    whole = documented.source()
    text = whole.replace('<framepos name="button_pos"', '<framepos name="button_poss"')
    assert text != whole
    (tmp_path / "site" / "button_without_sensor.py").write_text(text, encoding="utf-8")
    monkeypatch.setitem(TASKS.__dict__, "_points", Registry("task", "rewardsmith.tasks", Task)._points)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert main.run([command[0], "franka-button", *command[1:]]) == 1
    assert "has no sensor named 'button_pos'" in capsys.readouterr().err
    assert list((tmp_path / "work").iterdir()) == []
