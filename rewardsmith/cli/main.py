"""``rewardsmith``: picks the command and turns errors into exit codes.

Only the chosen command's module is imported, so that help and lists answer at once.
"""

from __future__ import annotations

import sys
from importlib import import_module

from rewardsmith.errors import RewardsmithError, unknown_name

COMMANDS = {
    "search": "search for a reward on a task",
    "resume": "continue a search that was stopped",
    "compare": "compare strategies under equal budgets, or studies that exist",
    "train": "train policies on a given reward, or on a baseline",
    "check": "is this reward program acceptable, and why not",
    "inspect": "what a search found: candidates, scores, code",
    "export": "a reward and its policy, to be used elsewhere",
    "render": "a video or a picture of a task, with a policy",
    "tasks": "the tasks, or one task's signals and success",
    "bench": "how fast this machine simulates, trains and searches",
    "doctor": "does everything work on this machine",
}
INTERRUPTED = 130


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        if not arguments or arguments[0] in ("-h", "--help"):
            print(_help())
            return 0 if arguments else 2
        if arguments[0] == "--version":
            from importlib.metadata import version

            print(version("rewardsmith"))
            return 0
        if arguments[0] not in COMMANDS:
            raise unknown_name("command", arguments[0], COMMANDS)
        return import_module(f"rewardsmith.cli.{arguments[0]}").run(arguments[1:])
    except RewardsmithError as error:
        print(f"rewardsmith: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader of a pipe left, as `head` does
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("rewardsmith: interrupted", file=sys.stderr)
        return INTERRUPTED


def _help() -> str:
    lines = "\n".join(f"  {name:<9}{text}" for name, text in COMMANDS.items())
    return (
        "usage: rewardsmith COMMAND ...\n\nSearches for reward functions: a writer proposes, physics decides.\n\n"
        f"commands:\n{lines}\n\n`rewardsmith COMMAND --help` shows a command's options."
    )


if __name__ == "__main__":
    main()
