"""What follows from a task's capabilities: where it can be made, and what its numbers are worth."""

from __future__ import annotations

from rewardsmith.contracts import Device, Repeats, Task, VecEnv
from rewardsmith.errors import UsageError

REPEATING: dict[Repeats, str] = {
    "bit": "repeats to the bit on this machine",
    "starts": "held-out episodes start alike; physics may differ in the last digits",
    "run": "a seed names a run, not its numbers; differences below the spread of seeds mean nothing",
}
"""What the same seeds give again, in words."""


def check_device(task: Task, device: Device) -> None:
    """Refuse a device that a task cannot be made on, or that this machine lacks.

    Raises:
        UsageError: It says where it can be made, or what to install.
    """
    able = task.capabilities.devices
    if device not in able:
        raise UsageError(
            f"--device is {device}, but {task.name} can be simulated on {' or '.join(able)} only. Give "
            f"--device {able[0]}."
        )
    task.check_device(device)


def own_device(task: Task) -> Device:
    """Where one environment is made to be looked at: on the CPU if it can be made there."""
    able = task.capabilities.devices
    return "cpu" if "cpu" in able else able[0]


def make_one(task: Task) -> VecEnv:
    """One environment, for who wants to know its sizes, or to see it; close it.

    Raises:
        UsageError: This machine lacks the only device that the task has.
    """
    device = own_device(task)
    task.check_device(device)
    return task.make(1, 1, device)


def try_out(task: Task) -> None:
    """Make an environment once: refuses a scene that does not fit its task.

    Raises:
        RewardsmithError: It does not.
    """
    make_one(task).close()


def repeating_note(task: Task) -> str:
    """What a person should know who goes on with a search; nothing where it repeats to the bit."""
    repeats = task.capabilities.repeats
    if repeats == "bit":
        return ""
    return f"what was under way is repeated, not replayed. {task.name}: {REPEATING[repeats]}"


def racing_warning(task: Task) -> str:
    """Why trainings of a task should not be ended early; mostly nothing."""
    if task.capabilities.repeats != "run":
        return ""
    return (
        f"in {task.name} {REPEATING['run']}. Racing ends trainings by single scores, so chance may end the "
        "better one, and a resumed search may end others. Leave out --racing on and --tune."
    )
