"""What a task file of a batch in one simulation may say, and where such a batch can be made."""

from __future__ import annotations

from collections.abc import Mapping

from rewardsmith.contracts import Device
from rewardsmith.errors import UsageError
from rewardsmith_envs.adapters.table import Reader, Table

_MOST = 1_000_000
_SHOWN = ("key", "info", "attribute", "function")
"""What a batch can be asked for."""


def check_batch(table: Table, readers: Mapping[str, Reader], where: str) -> None:
    """Refuse what a batch cannot do, and what only a batch has.

    Args:
        table: What the file says.
        readers: All of its readers, by their keys in the file.
        where: The file, for errors.

    Raises:
        UsageError: With the key, what is allowed and what to do.
    """
    if not table.alone:
        _check_plain(table, readers, where)
        return
    if not 0 < table.batch <= _MOST:
        raise UsageError(
            f"{where}: batch is {table.batch}; a simulation of {table.backend} has a fixed number of "
            "environments. Give 1 to 1,000,000, such as 4096."
        )
    if table.repeats == "bit":
        raise UsageError(
            f"{where}: repeats is bit, and all environments of {table.backend} draw from one generator. Give "
            "`repeats: run`, or `starts` where starts were seen to repeat."
        )
    if table.backend != "isaacgym" and table.terminations != "all":
        raise UsageError(
            f"{where}: terminations is {table.terminations}, and {table.backend} begins anew whatever it "
            "ended. Give `terminations: all`; ends that are not wanted are taken out by `arguments`."
        )
    if table.camera:
        raise UsageError(f"{where}: camera is true, and a batch draws no pictures here. Leave it out.")
    for key, reader in readers.items():
        if not any(getattr(reader, kind) is not None for kind in _SHOWN):
            raise UsageError(
                f"{where}: {key} reads what a batch does not show; give one of {', '.join(_SHOWN)}."
            )


def _check_plain(table: Table, readers: Mapping[str, Reader], where: str) -> None:
    if table.batch:
        raise UsageError(
            f"{where}: batch is {table.batch}, and {table.backend} makes as many environments as are asked "
            "for. Leave it out; `most_envs` says how many memory holds."
        )
    if table.devices not in ([], ["cpu"]):
        raise UsageError(
            f"{where}: devices is {table.devices}, and {table.backend} simulates on the CPU. Leave it out."
        )
    for key, reader in readers.items():
        if reader.origins is not None:
            raise UsageError(
                f"{where}: {key} has `origins`, which batches have alone; {table.backend} has none. "
                "Leave it out."
            )


def devices(table: Table) -> tuple[Device, ...]:
    """Where it can be made."""
    return tuple(table.devices) or (("cuda",) if table.alone else ("cpu",))


def check_device(table: Table, device: Device) -> None:
    """Refuse a device that the file or this machine does not have.

    Raises:
        UsageError: It says what was found, and what to do.
    """
    able = devices(table)
    if device not in able:
        raise UsageError(
            f"{table.name} is simulated on {' or '.join(able)}; --device is {device!r}. Give "
            f"--device {able[0]}."
        )
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UsageError(
                f"--device is 'cuda', and torch {torch.__version__} sees no NVIDIA GPU. {table.name} "
                "needs one, for the suite's interpreter and for this one: its policies are trained there."
            )
