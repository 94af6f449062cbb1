"""``rewardsmith trust STUDY``: say that the task file in a folder may be used on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.cli.arguments import parse
from rewardsmith.cli.output import say
from rewardsmith.errors import UsageError
from rewardsmith.files import check_plain, read_bytes
from rewardsmith.shown import clean
from rewardsmith.task_files import FOLDER, copied, trust

_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class TrustOptions:
    """Accept the task file that a folder of somebody else brings.

    It names modules to import, functions to call and an interpreter to start, so it is as much a
    program as a script is. This shows it, all that lies beside it, and accepts exactly that.
    """

    folder: Positional[Path]
    """A study, a comparison, or a folder that `train` made."""


def run(arguments: list[str]) -> int:
    """Show and accept."""
    options = parse(TrustOptions, "trust", arguments)
    if copied(options.folder) is None:
        raise UsageError(f"{options.folder} brings no task file. Name a folder with one in {FOLDER}/.")
    check_plain(options.folder / FOLDER, 1)
    for path in sorted((options.folder / FOLDER).iterdir()):
        text = read_bytes(path, _MOST_BYTES).decode(errors="replace")
        say(f"# {path}\n" + "\n".join(map(clean, text.splitlines())) + "\n")
    trust(options.folder)
    say("accepted; what else is put there is not")
    return 0
