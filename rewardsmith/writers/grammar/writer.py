"""The writer that needs no network, key or model: the offline default and the honest ablation."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import ALIGN, VERIFY, Brief, Ledger, Parent, Quote
from rewardsmith.errors import WriterError
from rewardsmith.records import Draft
from rewardsmith.seeds import derive
from rewardsmith.writers.grammar.features import Vocabulary
from rewardsmith.writers.grammar.operators import Change, change_one, cross, draw, mutate
from rewardsmith.writers.grammar.terms import from_plan, in_words, to_plan, to_source
from rewardsmith.writers.grammar.tree_operators import differ, follow_path, restructure, retune, score, unite

_LABEL = "[no language model]"

OPERATORS: dict[str, Callable[[Sequence[Parent], Vocabulary, random.Random], Change]] = {
    "reflect": lambda parents, vocabulary, rng: mutate(parents[0], vocabulary, rng),
    "mutate": lambda parents, vocabulary, rng: change_one(parents[0], vocabulary, rng),
    "crossover": lambda parents, _, rng: _cross(parents, rng),
    "tree_mutate_structure": lambda parents, vocabulary, rng: restructure(parents[-1], vocabulary, rng),
    "tree_mutate_parameters": lambda parents, _, rng: retune(parents[-1], rng),
    "tree_crossover_elite": lambda parents, _, rng: unite(parents, rng),
    "tree_path": lambda parents, _, rng: follow_path(parents, rng),
    "tree_different": differ,
}
"""What the operators of all strategies mean on trees, once there are
parents. ``initial`` draws from nothing."""


class GrammarWriter:
    """Draws typed programs from a task's signal table, mutates and crosses them by feedback.

    It sees roles and units of the signals and the training statistics, never the human reward.
    """

    name = "grammar"
    notice = "grammar writer: no language model is used"
    concurrency = 1

    def __init__(self, options: LanguageModelOptions) -> None:
        """Take the options of language models and ignore them."""
        del options

    def prompt(self, brief: Brief) -> str:
        """There is none."""
        return f"({self.notice}; nothing is sent for {brief.candidate})"

    def quote(self, brief: Brief) -> Quote | None:
        """Nothing is paid."""
        del brief

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        """Answer at once.

        The same brief always gets the same draft, so there is nothing to record.
        """
        del ledger
        return _answer(brief)

    def close(self) -> None:
        """There is nothing to end."""


def _answer(brief: Brief) -> Draft:
    if brief.operator == ALIGN:
        plan = brief.parents[0].candidate.plan
        return Draft(
            brief.candidate,
            f"{_LABEL} {in_words(from_plan(plan))}" if plan else brief.parents[0].candidate.idea,
        )
    if brief.operator == VERIFY:
        return Draft(
            brief.candidate, f"{_LABEL} Nobody judged this program; 0 stands for no opinion.", judgement=0.0
        )
    vocabulary = Vocabulary.of(brief.task.signals, metric=brief.task.has_metric)
    if not vocabulary.purposes:
        raise WriterError(
            f"the grammar writer knows no term for the signals of {brief.task.name}. Use --writer openai."
        )
    change = _change(brief, vocabulary, random.Random(derive("grammar", brief.seed, brief.attempt - 1)))
    return Draft(brief.candidate, f"{_LABEL} {change.idea}", to_source(change.tree), to_plan(change.tree))


def _cross(parents: Sequence[Parent], rng: random.Random) -> Change:
    better, *others = sorted(parents, key=score, reverse=True)
    return cross(better, (others or [better])[0], rng)


def _change(brief: Brief, vocabulary: Vocabulary, rng: random.Random) -> Change:
    """Apply the operator.

    One that is not known is a crossover of several parents, or a revision of one.
    """
    parents = [parent for parent in brief.parents if parent.candidate.plan]
    if not parents:
        return draw(vocabulary, rng)
    operator = OPERATORS.get(brief.operator, OPERATORS["crossover" if len(parents) > 1 else "reflect"])
    return operator(parents, vocabulary, rng)
