"""``rewardsmith resume STUDY``: continue where a search or a comparison was stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.cli import compare
from rewardsmith.cli.arguments import parse
from rewardsmith.cli.search import carry_on
from rewardsmith.comparison import Comparison, is_comparison
from rewardsmith.parts import assemble
from rewardsmith.study import Study


@dataclass(frozen=True)
class ResumeOptions:
    """Continue a search or a comparison; what is finished is not made again."""

    study: Positional[Path]
    """Folder of the study or of the comparison."""


def run(arguments: list[str]) -> int:
    """Continue and show the result."""
    options = parse(ResumeOptions, "resume", arguments)
    if is_comparison(options.study):
        return compare.carry_on(Comparison.open(options.study))
    with Study.open(options.study, write=True) as study:
        parts = assemble(study.config, study.folder)
        try:
            return carry_on(study, parts)
        finally:
            parts.close()
