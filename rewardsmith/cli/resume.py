"""``rewardsmith resume STUDY``: continue where a search or a comparison was stopped."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.capabilities import repeating_note
from rewardsmith.cli import compare
from rewardsmith.cli.agreement import ModelFlags, agreed, given_terms
from rewardsmith.cli.arguments import check_words, parse
from rewardsmith.cli.output import warn
from rewardsmith.cli.search import carry_on, nothing_left, show_finished
from rewardsmith.comparison import Comparison, is_comparison
from rewardsmith.config import StudyConfig
from rewardsmith.consent import Value, place_identity, study_identity
from rewardsmith.contracts import Task
from rewardsmith.parts import assemble
from rewardsmith.registry import TASKS
from rewardsmith.study import Study


@dataclass(frozen=True)
class ResumeOptions:
    """Continue a search or a comparison; what is finished is not made again.

    Address, key, model and limits are those that you gave on this machine. Where a study says
    something else, you are asked, or give them here.
    """

    study: Positional[Path]
    """Folder of the study or of the comparison."""
    trust_endpoint: bool = False
    """Accept the address, the key's variable or file and the model that the study names."""
    candidates: int | None = None
    """Programs to try."""
    repairs: int | None = None
    """Drafts that may be corrected, per candidate."""
    max_usd: float | None = None
    """Money for language-model calls, those before included."""
    max_tokens: int | None = None
    """Tokens of language-model calls, those before included."""
    max_hours: float | None = None
    """Hours after which nothing new is begun, those before included."""
    max_steps: int | None = None
    """Environment steps of the search's trainings, those before included."""
    llm: ModelFlags = field(default_factory=ModelFlags)


def run(arguments: list[str]) -> int:
    """Continue and show the result."""
    options = parse(ResumeOptions, "resume", arguments)
    check_words(options.study, "the study's path")
    limits = {
        name: getattr(options, name)
        for name in ("candidates", "repairs", "max_usd", "max_tokens", "max_hours")
    }
    given = given_terms(options.llm, limits)
    if is_comparison(options.study):
        return _compare(options, given)
    with Study.open(options.study, write=True) as study:
        subject = f"the study {options.study}"
        identity = study_identity(study.identity, study.folder)
        config = agreed(study.config, identity, given, trust=options.trust_endpoint, subject=subject)
        study.config = _with_steps(config, options)
        done = nothing_left(study)  # which takes no key
        parts = assemble(study.config, study.folder, study.horizon, dry=done)
        try:
            if done:
                return show_finished(study, parts)
            _tell_of_repeating(parts.task)
            return carry_on(study, parts)
        finally:
            parts.close()


def _with_steps(config: StudyConfig, options: ResumeOptions) -> StudyConfig:
    """The config with the limit of steps that was given now."""
    if options.max_steps is None:
        return config
    return dataclasses.replace(config, max_steps=options.max_steps)


def _compare(options: ResumeOptions, given: Mapping[str, Value]) -> int:
    comparison = Comparison.open(options.study)
    config = agreed(
        comparison.config.study,
        place_identity(options.study),
        given,
        trust=options.trust_endpoint,
        subject=f"the comparison {options.study}",
        searches=sum(1 for _ in comparison.config.searches()),
    )
    comparison.config = dataclasses.replace(comparison.config, study=_with_steps(config, options))
    comparison.config.check()
    _tell_of_repeating(TASKS.load(config.task))
    return compare.carry_on(comparison)


def _tell_of_repeating(task: Task) -> None:
    if note := repeating_note(task):
        warn(f"note: {note}")
