"""``rewardsmith``: picks the command and turns errors into exit codes.

Only the chosen command's module is imported, so that help and lists answer at once.
"""

from __future__ import annotations

import sys
from importlib import import_module

from rewardsmith.cli import output
from rewardsmith.errors import RewardsmithError, unknown_name

COMMANDS = {
    "search": "search for a reward on a task",
    "resume": "continue a search that was stopped",
    "note": "tell the writer of a search something",
    "enqueue": "put a program of your own into a search",
    "compare": "compare strategies under equal budgets, or studies that exist",
    "train": "train policies on a given reward, or on a baseline",
    "tune": "better numbers for a reward",
    "check": "is this reward program acceptable, and why not",
    "inspect": "what a search found: candidates, scores, code",
    "score": "play what a search trained once more, on other episodes",
    "export": "a reward and its policy, to be used elsewhere",
    "render": "a video or a picture of a task, with a policy",
    "adapt": "make a task of an environment that exists",
    "suites": "other people's environments: what is installed, and installing them",
    "tasks": "the tasks, or one task's signals and success",
    "trust": "accept the task file that somebody else's study brings",
    "bench": "how fast this machine simulates, trains and searches",
    "doctor": "does everything work on this machine",
}
INTERRUPTED = 130
_LONGEST = 10_000
"""Characters of an error message, at most: it may quote a server or a study."""


def main() -> None:
    """Entry point of the console script."""
    sys.excepthook = output.show_crash
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code.

    0 only if all that was asked for was done and written.
    """
    output.prepare()
    try:
        code = _command(arguments)
        sys.stdout.flush()
        return code
    except RewardsmithError as error:
        output.warn(f"rewardsmith: {str(error)[:_LONGEST]}")
        return error.exit_code
    except BrokenPipeError:  # the reader of a listing left, as `head` does: it has what it wants
        return 0
    except OSError as error:
        output.warn(f"rewardsmith: {output.lost(error, 'Make room, or send it elsewhere.')}")
        return 1
    except KeyboardInterrupt:
        output.warn("rewardsmith: interrupted")
        return INTERRUPTED
    finally:
        output.finish()


def _command(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        output.say(_help())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        from importlib.metadata import version

        output.say(version("rewardsmith"))
        return 0
    if arguments[0] not in COMMANDS:
        raise unknown_name("command", arguments[0], COMMANDS)
    try:
        return import_module(f"rewardsmith.cli.{arguments[0]}").run(arguments[1:])
    except SystemExit as end:  # the parser's own, after a help text or a wrong flag
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def _help() -> str:
    lines = "\n".join(f"  {name:<9}{text}" for name, text in COMMANDS.items())
    return (
        "usage: rewardsmith COMMAND ...\n\nSearches for reward functions: a writer proposes, physics "
        "decides.\n\n"
        f"commands:\n{lines}\n\n`rewardsmith COMMAND --help` shows a command's options.\n"
        "exit codes: 0 done, 1 failed, 2 wrong request, 3 budget spent before anything was trained, 130 "
        "interrupted"
    )


if __name__ == "__main__":
    main()
