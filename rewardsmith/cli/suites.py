"""``rewardsmith suites``: other people's environments, and ``suites install NAME``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from tyro.conf import Positional

from rewardsmith.cli.arguments import parse, print_json
from rewardsmith.cli.output import say, tell_progress
from rewardsmith.contracts import Suite, TaskSource
from rewardsmith.errors import UsageError, unknown_name
from rewardsmith.task_files import SOURCES


@dataclass(frozen=True)
class SuitesOptions:
    """List the suites whose environments are tasks too, or install one.

    Each has an interpreter of its own, so nothing that is installed here changes. Their tasks are
    used as `rewardsmith search SUITE:TASK`.
    """

    words: Positional[tuple[str, ...]] = ()
    """Nothing, or `install NAME`."""
    json: bool = False
    """Print JSON."""


def run(arguments: list[str]) -> int:
    """Print the list, or install."""
    options = parse(SuitesOptions, "suites", arguments)
    words = options.words
    if not words:
        found = [suite for _, suite in _known()]
    elif len(words) == 2 and words[0] == "install":
        found = [_install(words[1])]
    else:
        raise UsageError(
            f"`suites {shlex.join(words)}` says nothing. Allowed: `suites`, `suites install NAME`."
        )
    if options.json:
        print_json(found)
    else:
        say("\n\n".join(map(_text, found)))
    return 0


def _known() -> Iterator[tuple[TaskSource, Suite]]:
    for source in map(SOURCES.load, SOURCES.names()):
        for suite in source.suites():
            yield source, suite


def _install(name: str) -> Suite:
    sources = {suite.name: (source, suite) for source, suite in _known()}
    if name not in sources:
        raise unknown_name("suite", name, sources)
    source, suite = sources[name]
    if not suite.by_hand:
        tell_progress(f"installing {', '.join(suite.requirements)} in {suite.folder} ...")
    return source.install(name)


def _text(suite: Suite) -> str:
    """A few lines about one of them."""
    versions = ", ".join(f"{name} {version}" for name, version in suite.versions.items())
    state = f"installed: {versions}\n  {suite.python}" if suite.python else "not installed"
    way = f"by hand; {suite.by_hand}" if suite.by_hand else f"rewardsmith suites install {suite.name}"
    how = "" if suite.python else f"\n  to install it: {way}"
    return (
        f"{suite.name}: {suite.says}\n  {state}{how}\n  {suite.promises}\n  tasks: "
        f"{', '.join(suite.tables) or 'none ready; `rewardsmith adapt` drafts one'}"
    )
