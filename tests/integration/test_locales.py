"""Any letter in a reply is kept and shown as far as it can be, whatever the locale is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rewardsmith.study import Study
from tests.integration.command_line import TINY, start
from tests.servers import GOOD, completion, serving

IDEA = "\u63a8\u52a8\u65b9\u5757 \U0001f916 Gr\u00f6\u00dfe \ud800 \u202e caf\u00e9"
KEPT = IDEA.replace("\ud800", "\ufffd")
REPLY = f"{IDEA}\n\n{GOOD}".replace(
    "    return near", "    # \u8d8a\u8fd1\u8d8a\u597d \U0001f3af\n    return near"
)
PLAIN = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}


@pytest.fixture(params=["C", "ISO-8859-1"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    if request.param == "C":
        return {**os.environ, **PLAIN}
    if shutil.which("localedef") is None:
        pytest.skip("no localedef here")
    name = f"en_US.{request.param}"
    subprocess.run(["localedef", "-i", "en_US", "-f", request.param, str(tmp_path / name)], check=True)
    return {**os.environ, **PLAIN, "LC_ALL": name, "LOCPATH": str(tmp_path)}


@pytest.mark.slow
def test_a_search_whose_replies_have_all_kinds_of_letters(environment: dict[str, str], tmp_path: Path):
    def run(*arguments: str) -> str:
        process = start(*arguments, cwd=tmp_path, env=environment, encoding="latin-1")
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
        return out

    with serving(lambda exchange: completion(REPLY)) as server:
        run("search", "franka-reach", "--out", "s", "--candidates", "2", "--strategy-options", "samples", "1",
            "--writer", "openai", "--llm.model", "m", "--llm.base-url", server.url, "--final-seeds", "0",
            "--no-baselines", *TINY)  # fmt: skip
    assert len(server.requests) == len(server.charged) == 2
    assert "\U0001f916" in server.requests[1].text  # the second revises the first
    with Study.open(tmp_path / "s") as study:
        assert [trial.state for trial in study.trials] == ["SCORED"] * 2
        assert all(candidate.idea.startswith(KEPT) for candidate in study.candidates)
        assert all(KEPT in call.reply and "\U0001f3af" in call.reply for call in study.store.calls())
    listed = json.loads(run("inspect", "s", "--json"))["candidates"]
    assert all(candidate["idea"].startswith(KEPT) for candidate in listed)
    shown = run("inspect", "s", "c000")
    assert ("caf\u00e9" if "ISO" in environment["LC_ALL"] else "caf?") in shown
    assert "compute_reward" in shown
    run("inspect", "s", "c001", "--diff", "c000")
    run("inspect", "s", "--tree")
    run("export", "s", "--out", "e")
    run("compare", "s", "--out", "report")
    assert (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert (tmp_path / "e" / "README.md").read_text(encoding="utf-8")
    replayed = run("search", "--config", "s/config.yaml", "--writer", "replay", "--from", "s", "--out", "r")
    assert "no model is asked" in replayed
