"""``rewardsmith enqueue STUDY FILE``: a person's own program joins a search."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from rewardsmith import people
from rewardsmith.cli.arguments import parse
from rewardsmith.cli.given import given_by
from rewardsmith.cli.output import say
from rewardsmith.records import CandidateState
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.settings import effective_settings
from rewardsmith.shown import command
from rewardsmith.store.sqlite import Store
from rewardsmith.study import Study
from rewardsmith.study_folder import DATABASE


@dataclass(frozen=True)
class EnqueueOptions:
    """Put a program of your own into a search that runs or was stopped.

    It becomes the draft of the next candidate that is written, and is trained, scored and revised
    as any other.
    """

    study: Positional[Path]
    """Folder of the study."""
    program: Positional[str]
    """A file with a reward program, `human`, or a candidate of a study as STUDY/CANDIDATE."""


def run(arguments: list[str]) -> int:
    """Check the program and leave it for the search."""
    options = parse(EnqueueOptions, "enqueue", arguments)
    with Study.open(options.study) as study:
        config, candidates, path = study.config, study.candidates, study.folder / DATABASE
    task = TASKS.load(config.task)
    guard = Guard(effective_settings(task, config.trainer, config.device, config.training))
    try:
        given = given_by(options.program, task, guard)
    finally:
        guard.close()
    store = Store(path)  # without the study's lock: a search may be at work in it
    try:
        people.add(store, given)
    finally:
        store.close()
    written = sum(candidate.state != CandidateState.PROPOSED for candidate in candidates)
    say(f"{given.name} is accepted: it takes the place of the next candidate that is written.")
    if written >= config.candidates:
        more = command("resume", options.study, "--candidates", str(config.candidates + 1))
        say(f"The search has written all of its {config.candidates}; `{more}` goes on with it.")
    return 0
