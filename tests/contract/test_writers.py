"""Every registered writer keeps the contract; and what ours promise beyond it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from rewardsmith.budget import Budget
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.contracts import Writer
from rewardsmith.drafting import StudyLedger
from rewardsmith.records import Candidate, CandidateState
from rewardsmith.registry import WRITERS
from rewardsmith.study import Study
from rewardsmith.testing.briefs import CountingLedger, brief, parents, reach, write_all
from rewardsmith.testing.writers import CHECKS
from rewardsmith.writers.prompts import OPERATORS
from tests.servers import GOOD, Exchange, Reaction, completion, serving

KEY = "sk-contract-0123456789"


def react(exchange: Exchange) -> Reaction:
    if "in square brackets" in exchange.text:
        return completion("It would rise. [0.5]")
    if "Give the description only" in exchange.text:
        return completion("It pays for being near.")
    return completion(GOOD)


@contextmanager
def grammar(folder: Path) -> Iterator[Writer]:
    yield WRITERS.load("grammar")(LanguageModelOptions())


@contextmanager
def openai(folder: Path) -> Iterator[Writer]:
    (folder / "key").write_text(KEY, encoding="utf-8")
    with serving(react) as server:
        yield WRITERS.load("openai")(
            LanguageModelOptions(model="m", base_url=server.url, key_file=str(folder / "key"), pause_s=0.01)
        )


@contextmanager
def replay(folder: Path) -> Iterator[Writer]:
    """Replies recorded by the openai writer, for the very briefs of these tests."""
    with openai(folder) as recorded, Study.create(folder / "recorded", StudyConfig(reach().name)) as study:
        ledger = StudyLedger(study.store, Budget(99))
        orders = [brief(operator) for operator in OPERATORS]
        for parent in parents(3):
            study.save(parent.candidate)
        for order in orders:
            named_parents = tuple(p.candidate.id for p in order.parents)
            study.save(
                Candidate(order.candidate, 0, order.operator, named_parents, state=CandidateState.ACCEPTED)
            )
        write_all(recorded, [*orders, replace(orders[0], attempt=2)], ledger)
    yield WRITERS.load("replay")(LanguageModelOptions(replay=str(folder / "recorded")))


@contextmanager
def local(folder: Path) -> Iterator[Writer]:
    model = Path(__file__).parents[2] / "models" / "local.gguf"
    if find_spec("xllamacpp") is None or not model.is_file():
        pytest.skip("needs the extra [local], and a model file at models/local.gguf")
    yield WRITERS.load("local")(LanguageModelOptions(model=str(model)))


MAKERS = {maker.__name__: maker for maker in (grammar, openai, replay, local)}


@pytest.fixture(params=MAKERS)
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Writer]:
    with MAKERS[request.param](tmp_path) as made:
        yield made
        made.close()


def test_every_registered_writer_is_tested():
    assert set(WRITERS.names()) == set(MAKERS)


@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps_the_contract(writer: Writer, check: Callable[[Writer], None]):
    check(writer)


def test_calls_name_their_template_and_hide_the_key(writer: Writer):
    ledger = CountingLedger()
    assert writer.name in MAKERS
    writer.write(brief("initial"), ledger)
    for call in ledger.calls:
        assert "initial@" in call.template
        assert KEY not in repr(call)


def test_importing_the_registry_imports_no_model_library():
    code = (
        "import sys, rewardsmith.registry as r; r.WRITERS.names(); print(sorted({'openai', 'torch', "
        "'xllamacpp'} & set(sys.modules)))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )
