"""``rewardsmith resume STUDY``: continue where a search was stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.cli.arguments import parse
from rewardsmith.cli.search import carry_on
from rewardsmith.parts import assemble
from rewardsmith.study import Study


@dataclass(frozen=True)
class ResumeOptions:
    """Continue a search; what is finished is not made again."""

    study: Positional[Path]
    """Folder of the study."""


def run(arguments: list[str]) -> int:
    """Continue and show the result."""
    options = parse(ResumeOptions, "resume", arguments)
    with Study.open(options.study, write=True) as study:
        parts = assemble(study.config)
        try:
            return carry_on(study, parts)
        finally:
            parts.close()
