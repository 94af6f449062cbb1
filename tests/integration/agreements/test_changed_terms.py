"""Terms that change after they were agreed to, or come from a file inside of a study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from rewardsmith.config import StudyConfig
from rewardsmith.config_file import to_yaml
from rewardsmith.study import Study
from tests.integration.agreements.foreign_studies import OWN, TINY, Command, compared, config, foreign
from tests.servers import ChatServer, in_turn, refusal, serving


def test_one_s_own_study_goes_on_until_somebody_changes_it(
    command: Command, attacker: ChatServer, tmp_path: Path
):
    made = replace(config(attacker, key_variable="OPENAI_API_KEY"), max_usd=None, max_tokens=90_000)
    (tmp_path / "mine.yaml").write_text(to_yaml(made), encoding="utf-8")
    assert command("search", "--config", "mine.yaml", "--out", "s")[0] == 1
    assert command("resume", "s")[0] == 1
    reached = attacker.connections
    assert reached
    if Study.open(tmp_path / "s").store.value("identity") is None:
        pytest.fail("a new study has no identity")
    plain = (tmp_path / "s" / "config.yaml").read_text(encoding="utf-8")

    def say(**changes: object) -> None:
        llm = {**yaml.safe_load(plain)["llm"], **{k: v for k, v in changes.items() if k in vars(made.llm)}}
        top = {k: v for k, v in changes.items() if k not in vars(made.llm) or k == "max_tokens"}
        (tmp_path / "s" / "config.yaml").write_text(
            yaml.safe_dump({**yaml.safe_load(plain), **top, "llm": {**llm, "max_tokens": 4096}}),
            encoding="utf-8",
        )

    say(max_tokens=80_000, candidates=1)
    assert command("resume", "s")[0] == 1  # lower limits are no question
    reached = attacker.connections
    for changes, flag in (
        ({"candidates": 100}, "--candidates"),
        ({"max_tokens": 10**7}, "--max-tokens"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "--llm.base-url"),
        ({"key_variable": "AWS_SECRET_ACCESS_KEY"}, "--llm.key-variable"),
        ({"writer": "replay", "replay": "/etc"}, "--trust-endpoint"),
    ):
        say(**changes)
        code, said = command("resume", "s")
        if "writer" in changes:
            assert code == 2, said
            continue
        assert (code, flag in said) == (2, True), said
    assert attacker.connections == reached
    say(candidates=100, max_tokens=80_000)
    assert command("resume", "s", "--candidates", "100")[0] == 1
    assert command("resume", "s")[0] == 1
    assert attacker.connections > reached


@pytest.mark.parametrize("verb", ["search", "compare"])
@pytest.mark.parametrize("make", [foreign, compared])
def test_a_config_file_inside_a_study_is_the_study_s_word(
    command: Command, attacker: ChatServer, tmp_path: Path, make: Callable[..., Path], verb: str
):
    folder = make(tmp_path / "s", config(attacker))
    file = folder / "mine.yaml"
    file.write_text(
        to_yaml(config(attacker)).replace(
            "strategy: eureka\n", "" if verb == "compare" else "strategy: eureka\n"
        ),
        encoding="utf-8",
    )
    (tmp_path / "link.yaml").symlink_to(file)
    few = ("--strategies", "eureka", "--repeats", "1") if verb == "compare" else ()
    for path in ("s/mine.yaml", "link.yaml"):
        code, said = command(verb, "--config", path, "--out", "new", "--dry-run", *few)
        assert (code, "--trust-endpoint" in said) == (2, True), said
    assert attacker.connections == 0
    assert not (tmp_path / "new").exists()
    flags = (
        "--llm.base-url",
        attacker.url,
        "--llm.key_variable=OPENAI_API_KEY",
        "--llm.model",
        "m",
        "--max-tokens",
        "90000",
    )
    code, said = command(verb, "--config", "s/mine.yaml", "--out", "new", *few, *flags)
    assert (code, "401" in said) == (1, True), said
    assert {request.key for request in attacker.requests} == {f"Bearer {OWN}"}


def test_a_foreign_comparison_cannot_hide_its_terms_in_a_search(
    command: Command, attacker: ChatServer, tmp_path: Path
):
    """The searches inside have configs of their own; the comparison's
    terms, which were shown, hold for all of them."""
    with serving(in_turn(refusal(401))) as shown:
        compared(tmp_path / "c", config(shown, key_variable="OPENAI_API_KEY"))
        hidden = replace(config(attacker), seed=0, strategy="eureka")
        foreign(tmp_path / "c" / "studies" / "eureka-s0", hidden)
        assert command("resume", "c", "--trust-endpoint", "--max-tokens", "90000")[0] == 1
        assert shown.connections
    assert attacker.connections == 0


@pytest.mark.slow
def test_a_search_that_pays_nothing_takes_the_limits_of_resume(command: Command, tmp_path: Path):
    free = StudyConfig(
        "cartpole", writer="grammar", candidates=2, finalists=1, final_seeds=1, episodes=8, training=TINY
    )
    foreign(tmp_path / "s", free)
    assert command("resume", "s")[0] == 0
    assert command("resume", "s", "--candidates", "3")[0] == 0
    with Study.open(tmp_path / "s") as study:
        assert len(study.trials) == 3
    assert command("resume", "s", "--candidates", "0")[0] == 2
