"""The guard decides whether a reward program may run at all.

Layers, each in a file of its own: ``lexical`` (limits on the text), ``syntax`` (a positive list on
the tree), ``rewrite`` (print it anew), then in a child process with limits ``child`` (compile),
``graph`` (a positive list on the compiled program) and ``probe`` (behaviour).
"""

from __future__ import annotations

import dataclasses
import json

from pydantic import TypeAdapter

from rewardsmith.contracts import Task
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError
from rewardsmith.records import Verdict
from rewardsmith.reward.guard.lexical import check_text
from rewardsmith.reward.guard.refusal import Refused
from rewardsmith.reward.guard.rewrite import reprint
from rewardsmith.reward.guard.syntax import check_tree, parse

_VERDICT = TypeAdapter(Verdict)
_FIRST_ANSWER_S, _ANSWER_S = 60.0, 5.0
"""The first answer waits for torch to be imported."""


class Guard:
    """Checks programs; keeps one child process warm and replaces it when a program breaks it."""

    def __init__(self) -> None:
        """No process starts before the first program gets past the static layers."""
        self._child = JsonProcess("rewardsmith.reward.guard.child")
        self._patience_s = _FIRST_ANSWER_S

    def check(self, source: str, task: Task) -> Verdict:
        """Check one program against one task's signals.

        Args:
            source: The program's text as written (see :func:`rewardsmith.reward.extract.extract`).
            task: The task whose signals it may read.

        Returns:
            The verdict; when accepted, with the re-printed program, the only text that may be compiled.
        """
        try:
            check_text(source)
            tree = parse(source)
            check_tree(tree, task.signals)
            program = reprint(tree)
        except Refused as refusal:
            return refusal.verdict()
        return self._ask_child(program, task)

    def close(self) -> None:
        """End the child process."""
        self._child.kill()
        self._patience_s = _FIRST_ANSWER_S

    def _ask_child(self, program: str, task: Task) -> Verdict:
        signals = [dataclasses.asdict(signal) for signal in task.signals]
        try:
            self._child.send(json.dumps({"program": program, "signals": signals}))
            line = self._child.receive(self._patience_s)
        except (ProcessDiedError, ProcessSilentError) as failure:
            self.close()
            return Verdict(False, "probe", None, f"the program broke the process that tried it: {failure}.", "Make it simpler and smaller.")
        self._patience_s = _ANSWER_S
        return _VERDICT.validate_json(line)
