"""What every writer owes a search. A plug-in's writer runs these tests by joining ``WRITERS``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from rewardsmith.budget import Budget
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.contracts import ALIGN, VERIFY, Brief, Parent, Quote, Repair, Task, TaskSheet, Writer
from rewardsmith.drafting import StudyLedger
from rewardsmith.records import Call, Candidate, CandidateState
from rewardsmith.registry import WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.store.sqlite import Store
from rewardsmith.study import Study
from rewardsmith.writers.grammar.tree import Feature, Term, Tree, to_plan
from rewardsmith.writers.prompts import OPERATORS
from tests.asking import write_all
from tests.builders import trained
from tests.servers import GOOD, Exchange, Reaction, completion, serving

KEY = "sk-contract-0123456789"
ASKED = tuple(operator for operator in OPERATORS if operator not in (ALIGN, VERIFY))
COUNTS = {"initial": 0, "crossover": 2, "tree_crossover_elite": 3, "tree_path": 3, "tree_different": 2}


def react(exchange: Exchange) -> Reaction:
    if "in square brackets" in exchange.text:
        return completion("It would rise. [0.5]")
    if "Give the description only" in exchange.text:
        return completion("It pays for being near.")
    return completion(GOOD)


SOURCE = GOOD.split("```python\n")[1].split("```")[0]
PLAN = to_plan(Tree((Term("achieve", Feature("distance", ("tcp_pos", "goal_pos")), "tanh", 0.2, 2.0),)))


def named(number: int) -> str:
    """The candidate of an operator; those between are the parents."""
    return f"c{10 * number:03d}"


def parents(count: int) -> tuple[Parent, ...]:
    shown = {"achieve": [0.1, 0.2]}
    return tuple(
        Parent(trained(f"c{n + 1:03d}", 0.1 * n, plan=PLAN, source=SOURCE, components=shown), "it was trained") for n in range(count)
    )


def brief(task: Task, operator: str, name: str = "c000", seed: int = 7, **changes: object) -> Brief:
    made = Brief(name, TaskSheet.of(task), operator, parents(COUNTS.get(operator, 1)), seed)
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


@contextmanager
def grammar(folder: Path, task: Task) -> Iterator[Writer]:
    yield WRITERS.load("grammar")(LanguageModelOptions())


@contextmanager
def openai(folder: Path, task: Task) -> Iterator[Writer]:
    (folder / "key").write_text(KEY)
    with serving(react) as server:
        yield WRITERS.load("openai")(LanguageModelOptions(model="m", base_url=server.url, key_file=str(folder / "key"), pause_s=0.01))


@contextmanager
def replay(folder: Path, task: Task) -> Iterator[Writer]:
    """Replies recorded by the openai writer, for the very briefs of these tests."""
    with openai(folder, task) as recorded, Study.create(folder / "recorded", StudyConfig(task.name)) as study:
        ledger = StudyLedger(study.store, Budget(99))
        orders = [brief(task, operator, named(number)) for number, operator in enumerate(OPERATORS)]
        for parent in parents(3):
            study.save(parent.candidate)
        for order in orders:
            named_parents = tuple(p.candidate.id for p in order.parents)
            study.save(Candidate(order.candidate, 0, order.operator, named_parents, state=CandidateState.ACCEPTED))
        write_all(recorded, [*orders, replace(orders[0], attempt=2)], ledger)
    yield WRITERS.load("replay")(LanguageModelOptions(replay=str(folder / "recorded")))


@contextmanager
def local(folder: Path, task: Task) -> Iterator[Writer]:
    model = Path(__file__).parents[2] / "models" / "local.gguf"
    if find_spec("xllamacpp") is None or not model.is_file():
        pytest.skip("needs the extra [local], and a model file at models/local.gguf")
    yield WRITERS.load("local")(LanguageModelOptions(model=str(model)))


MAKERS = {maker.__name__: maker for maker in (grammar, openai, replay, local)}


@pytest.fixture(params=MAKERS)
def writer(request: pytest.FixtureRequest, tmp_path: Path, reach: Task) -> Iterator[Writer]:
    with MAKERS[request.param](tmp_path, reach) as made:
        yield made
        made.close()


@dataclass
class Ledger:
    """Counts what is reserved and settled."""

    calls: list[Call] = field(default_factory=list)
    reserved: int = 0
    limit: str = ""

    def recall(self, request: str) -> Call | None:
        return next((call for call in self.calls if call.answered and call.request == request), None)

    def reserve(self, quote: Quote) -> str:
        self.reserved += not self.limit
        return self.limit

    def settle(self, quote: Quote, call: Call) -> None:
        self.calls.append(call)


def test_every_registered_writer_is_tested():
    assert set(WRITERS.names()) == set(MAKERS)


def test_it_says_what_it_is(writer: Writer):
    assert writer.name in MAKERS
    assert writer.notice
    assert "\n" not in writer.notice


def test_every_operator_gets_a_program_that_passes_the_guard(writer: Writer, guard: Guard, reach: Task):
    orders = [brief(reach, operator, named(number)) for number, operator in enumerate(OPERATORS) if operator in ASKED]
    drafts = write_all(writer, orders, Ledger())
    assert [draft.candidate for draft in drafts] == [order.candidate for order in orders]
    for draft in drafts:
        assert draft.error == ""
        assert draft.idea
        assert guard.check(draft.source, reach).accepted


def test_follow_ups_get_a_description_and_a_rating(writer: Writer, reach: Task):
    number = {operator: OPERATORS.index(operator) for operator in (ALIGN, VERIFY)}
    aligned = writer.write(brief(reach, ALIGN, named(number[ALIGN])), Ledger())
    judged = writer.write(brief(reach, VERIFY, named(number[VERIFY])), Ledger())
    assert aligned.idea
    assert aligned.source == judged.source == ""
    assert judged.judgement is not None
    assert -1.0 <= judged.judgement <= 1.0


def test_a_repair_gets_another_answer_or_the_next_reply(writer: Writer, reach: Task):
    refused = Repair(SOURCE, "syntax: 'cube' is not a signal.", 1)
    draft = writer.write(brief(reach, "initial", repair=refused, attempt=2), Ledger())
    assert draft.source


def test_it_may_be_closed_before_any_work_and_twice(writer: Writer):
    writer.close()
    writer.close()


def test_it_may_be_closed_after_work_and_twice(writer: Writer, reach: Task):
    assert writer.write(brief(reach, "initial"), Ledger()).source
    writer.close()
    writer.close()


def test_prompt_and_quote_spend_nothing(writer: Writer, reach: Task):
    ledger = Ledger()
    order = brief(reach, "initial")
    assert writer.prompt(order)
    quote = writer.quote(order)
    assert quote is None or (quote.prompt_tokens > 100 and quote.completion_tokens > 0)
    assert ledger.calls == []


def test_every_call_is_reserved_recorded_and_counted(writer: Writer, reach: Task):
    ledger = Ledger()
    draft = writer.write(brief(reach, "initial"), ledger)
    assert draft.usage.calls == ledger.reserved  # a replay reserves nothing, since it pays nothing
    assert draft.usage.calls <= len(ledger.calls) <= 1
    for call in ledger.calls:
        assert (call.candidate, call.operator, call.attempt) == ("c000", "initial", 1)
        assert call.answered
        assert call.request
        assert "initial@" in call.template
        assert "goal" in call.messages
        assert KEY not in repr(call)


def test_what_the_ledger_recalls_is_not_paid_again(writer: Writer, reach: Task):
    ledger = Ledger()
    first = writer.write(brief(reach, "initial"), ledger)
    calls, reserved = len(ledger.calls), ledger.reserved
    assert writer.write(brief(reach, "initial"), ledger) == first
    assert (len(ledger.calls), ledger.reserved) == (calls, reserved)


def test_what_the_budget_forbids_is_withheld_and_not_asked(writer: Writer, reach: Task):
    ledger = Ledger(limit="max_usd of 1 USD")
    draft = writer.write(brief(reach, "initial"), ledger)
    paid = writer.quote(brief(reach, "initial")) is not None
    assert draft.withheld == ("max_usd of 1 USD" if paid else "")
    assert not (paid and ledger.calls)


def test_calls_are_kept_by_a_real_store(writer: Writer, reach: Task, tmp_path: Path):
    store = Store(tmp_path / "kept.db", create=True)
    draft = writer.write(brief(reach, "initial"), StudyLedger(store, Budget(1)))
    assert writer.write(brief(reach, "initial"), StudyLedger(store, Budget(1))) == draft
    store.close()


def test_importing_the_registry_imports_no_model_library():
    import subprocess

    code = "import sys, rewardsmith.registry as r; r.WRITERS.names(); print(sorted({'openai', 'torch', 'xllamacpp'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
