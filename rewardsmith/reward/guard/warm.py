"""The parent's end of the guard's child process: one process serves many checks of one task."""

from __future__ import annotations

from rewardsmith.contracts import Task, TrainerSettings, readable
from rewardsmith.errors import RewardsmithError
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError, hear
from rewardsmith.records import Verdict
from rewardsmith.reward.guard.probe_orders import PROGRAM, READY, START, VERDICT, Ready, Start
from rewardsmith.reward.guard.recording import TIMEOUT_S, cache_file, pack

ANSWER_S = 4.5
_START_S = 60.0 + TIMEOUT_S
_CHECKS = 2_000
"""A compiled program leaves some memory behind: replace the child long before its limit."""


class WarmChild:
    """Keeps a child ready, and starts the next as soon as a program broke this one."""

    def __init__(self, task: Task, settings: TrainerSettings) -> None:
        """Start the child; it is waited for when the first program comes.

        Args:
            task: Whose signals programs may read.
            settings: Of the training that follows, for the numbers of states that it shows a
                program at once.
        """
        start = Start(
            readable(task.signals), settings.epoch_steps, settings.envs, str(cache_file(task)), pack(task)
        )
        self._start_line = START.dump_json(start).decode()
        self._process = JsonProcess("rewardsmith.reward.guard.probe_child")
        self._ready: Ready | None = None
        self._checks = 0
        self._start()

    def ready(self) -> Ready:
        """Wait for the child, and hear what confines it.

        Raises:
            RewardsmithError: It does not come up; no program is to blame.
        """
        if self._ready is None:
            try:
                self._ready = hear(self._process, READY, _START_S)
            except (ProcessDiedError, ProcessSilentError) as failure:
                self._start()
                raise RewardsmithError(
                    f"the guard's child process does not start: {failure}. Run `rewardsmith doctor`."
                ) from None
        return self._ready

    def check(self, program: str) -> Verdict:
        """Layers 4 to 6 on a program that was printed anew.

        A verdict, whatever the program does.
        """
        notice = self.ready().notice
        try:
            self._process.send(PROGRAM.dump_json(program).decode())
            verdict = hear(self._process, VERDICT, ANSWER_S)
        except (ProcessDiedError, ProcessSilentError) as failure:
            self._start()
            message = (
                f"the program takes too much time or memory, or breaks the process that tries it: {failure}."
            )
            return Verdict(False, "probe", None, message, "Make it simpler and smaller.")
        self._checks += 1
        if self._checks >= _CHECKS:
            self._start()
        if not verdict.accepted:
            return verdict
        # The program is ours, not what the child says it was.
        return Verdict(True, message="; ".join(filter(None, (notice, verdict.message))), program=program)

    def close(self) -> None:
        """End the child."""
        self._process.kill()

    def _start(self) -> None:
        self._process.kill()
        self._ready, self._checks = None, 0
        self._process.send(self._start_line)
