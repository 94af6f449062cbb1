"""The guard decides whether a reward program may run at all.

Layers, each in a file of its own: ``lexical`` (limits on the text), ``syntax``, ``expressions`` and
``places`` (a positive list on the tree), ``meaning`` (where Python and TorchScript would part) and
``rewrite`` (print it anew); then in a child process with limits ``probe_child`` (compile),
``graph`` (a positive list on the compiled program) and ``probe`` (behaviour).
"""

from __future__ import annotations

import dataclasses

from rewardsmith.cache import state_folder
from rewardsmith.contracts import Signal, Task, TrainerSettings, readable
from rewardsmith.records import Verdict
from rewardsmith.reward.guard.accepted import Accepted, key_of
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.rewrite import Printed
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.guard.stored import print_stored
from rewardsmith.reward.guard.warm import WarmChild


class Guard:
    """Checks programs.

    Keeps a child process per task warm and replaces it when a program breaks it.
    """

    def __init__(self, settings: TrainerSettings) -> None:
        """No process starts before the first program gets past the static layers.

        Args:
            settings: Of the training that follows. No shape depends on anything but the number of
                states, so a program that is tried on as many as training shows it takes no more
                memory there.
        """
        self._settings = settings
        self._accepted = Accepted(state_folder() / "accepted")
        self._children: dict[tuple[str, tuple[Signal, ...]], WarmChild] = {}

    def check(self, source: str, task: Task) -> Verdict:
        """Check one program against one task's signals.

        Args:
            source: The program's text as written (see :func:`rewardsmith.reward.extract.extract`).
            task: The task whose signals it may read, as they are and as they were.

        Returns:
            The verdict; when accepted, with the re-printed program, the only text that may be
            compiled. Its message then says what could not be tried: a task that cannot be run has
            no real states.

        Raises:
            RewardsmithError: The child process does not start on this machine.
        """
        try:
            printed = check_source(source, readable(task.signals))
        except RefusedError as refusal:
            return refusal.verdict()
        return self._tried(printed, task)

    def admit(self, source: str, program: str, task: Task) -> str:
        """Check a program that comes from a store anew.

        What passed every layer on this machine before is not tried again.

        Args:
            source: What the store says that the writer gave.
            program: What it says that the guard printed of that.
            task: The task whose signals it may read, as they are and as they were.

        Returns:
            The print of the source that was made now: what may be compiled.

        Raises:
            RefusedError: It is not acceptable, or the program is not the print of its source.
            RewardsmithError: The child process does not start on this machine.
        """
        printed = print_stored(source, program, readable(task.signals))
        if self._key(printed.program, task) not in self._accepted:
            verdict = self._tried(printed, task)
            if not verdict.accepted:
                raise RefusedError(verdict.layer, verdict.message, verdict.hint, verdict.line)
        return printed.program

    def limits(self, task: Task) -> list[str]:
        """What confines the child process on this machine, for ``rewardsmith doctor``."""
        return self._child(task).ready().limits

    def close(self) -> None:
        """End the child processes."""
        for child in self._children.values():
            child.close()
        self._children.clear()

    def _tried(self, printed: Printed, task: Task) -> Verdict:
        """Layers 4 to 6, in the words of the source."""
        verdict = self._child(task).check(printed.program)
        if verdict.accepted:
            self._accepted.add(self._key(printed.program, task))
            notes = filter(None, (verdict.message, *printed.notes))
            return dataclasses.replace(verdict, message="; ".join(notes))
        line = printed.source_line(verdict.line) if verdict.line else None
        message, hint = printed.in_own_words(verdict.message), printed.in_own_words(verdict.hint)
        return dataclasses.replace(verdict, line=line, message=message, hint=hint)

    def _key(self, printed: str, task: Task) -> str:
        return key_of(printed, task.name, task.signals, self._settings.epoch_steps)

    def _child(self, task: Task) -> WarmChild:
        key = (task.name, task.signals)
        if key not in self._children:
            self._children[key] = WarmChild(task, self._settings)
        return self._children[key]
