"""Ready tables as they lie there: nothing of a suite is imported or started."""

from collections import Counter

import pytest

from rewardsmith.contracts import Role
from rewardsmith.testing import sheets
from rewardsmith.testing.tasks import CHECKS
from rewardsmith_envs.adapters.suites import KNOWN, TABLES
from rewardsmith_envs.adapters.task import TableTask

PATHS = sorted(TABLES.glob("*/*.yaml"))
SHEETS = (
    sheets.it_has_all_parts,
    sheets.its_sheet_is_complete,
    sheets.its_description_does_not_tell_the_threshold,
    sheets.its_signals_do_not_reveal_success,
    sheets.its_facts_are_sentences,
    sheets.its_starts_fit_its_signals,
    sheets.its_presets_are_usable,
    sheets.an_unknown_trainer_keeps_its_defaults,
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}:{path.stem}")
def test_says_what_a_task_owes(path):
    task = TableTask(path)
    for check in SHEETS:
        check(task)
    assert task.table.python == f"suite:{path.parent.name}"
    assert path.parent.name in KNOWN
    assert task.table.packages[0] == KNOWN[path.parent.name].package
    assert set(task.table.exceptions) <= {check.__name__ for check in CHECKS}
    for file in task.files:
        assert file.is_file()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}:{path.stem}")
def test_bounds_were_measured(path):
    for signal in TableTask(path).signals:
        assert signal.role == Role.ACTION or signal.unit == "quat" or (signal.low, signal.high) != (0.0, 0.0)
        assert signal.low < signal.high


def test_names_differ():
    names = Counter(TableTask(path).name for path in PATHS)
    assert {name for name, count in names.items() if count > 1} == set()
