"""The same for comparisons: whatever is made, copied or removed lies below their folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.altering import Mail
from tests.hostile.comparisons import FORGED, make_comparison
from tests.hostile.opening import SECRET
from tests.hostile.sandbox import Sandbox
from tests.hostile.test_forged_studies import check_manners

pytestmark = pytest.mark.slow
COMPARISON = "mail/study"
COMMANDS = (
    ("compare", COMPARISON),
    ("compare", COMPARISON, "--json"),
    ("inspect", COMPARISON),
    ("export", COMPARISON, "--out", "output/export"),
    ("render", "franka-reach", "--policy", COMPARISON, "--out", "output/picture.png"),
    ("compare", "--config", f"{COMPARISON}/comparison.yaml", "--dry-run"),
    ("resume", COMPARISON),
)


@pytest.mark.parametrize("name", FORGED)
def test_nobody_is_harmed(name: str, tmp_path: Path, pristine: Path) -> None:
    make_comparison(pristine, tmp_path / "comparison")
    sandbox = Sandbox.make(tmp_path / "box", tmp_path / "comparison")
    FORGED[name](Mail(sandbox.study, sandbox.home))
    before = sandbox.outside()
    for command in COMMANDS:
        opened = sandbox.open(*command)
        check_manners(command, opened)
        assert sandbox.outside() == before, command
        assert SECRET not in opened.said, command
        assert sandbox.carried() == [], command
