"""The writer that needs no network, no key and no model: the offline default and the honest ablation."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief
from rewardsmith.errors import WriterError
from rewardsmith.records import Call, Draft
from rewardsmith.seeds import derive
from rewardsmith.writers.grammar.operators import Change, cross, draw, mutate
from rewardsmith.writers.grammar.tree import to_plan, to_source
from rewardsmith.writers.grammar.vocabulary import Vocabulary


class GrammarWriter:
    """Draws typed programs from the task's signal table, mutates and crosses them by their feedback.

    It sees roles and units of the signals and the training statistics, never the human reward.
    """

    name = "grammar"
    notice = "grammar writer: no language model is used"

    def __init__(self, options: LanguageModelOptions) -> None:
        """Take the options of language models and ignore them."""
        del options

    def prompt(self, brief: Brief) -> str:
        """There is none."""
        return f"({self.notice}; nothing is sent for {brief.candidate})"

    def write(self, briefs: Sequence[Brief], record: Callable[[Call], None]) -> list[Draft]:
        """Answer every brief at once."""
        del record
        return [_draft(brief) for brief in briefs]


def _draft(brief: Brief) -> Draft:
    vocabulary = Vocabulary.of(brief.task.signals)
    if not vocabulary.purposes:
        raise WriterError(f"the grammar writer knows no term for the signals of {brief.task.name}. Use --writer openai.")
    attempt = brief.repair.attempt if brief.repair else 0
    change = _change(brief, vocabulary, random.Random(derive("grammar", brief.seed, attempt)))
    return Draft(brief.candidate, f"[no language model] {change.idea}", to_source(change.tree), to_plan(change.tree))


def _change(brief: Brief, vocabulary: Vocabulary, rng: random.Random) -> Change:
    parents = [parent for parent in brief.parents if parent.candidate.plan]
    if len(parents) > 1:
        return cross(parents[0], parents[1], rng)
    return mutate(parents[0], vocabulary, rng) if parents else draw(vocabulary, rng)
