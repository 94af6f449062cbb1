"""Where a simulation may run, and whether this machine has it."""

from __future__ import annotations

from importlib.util import find_spec

from rewardsmith.errors import UsageError, unknown_name

DEVICES = ("cpu", "cuda")
"""``cpu``: MuJoCo's C engine on all cores. ``cuda``: mujoco-warp on one NVIDIA GPU."""


def check(device: str) -> None:
    """Refuse a device that cannot simulate here.

    Args:
        device: One of :data:`DEVICES`.

    Raises:
        UsageError: There is no such device, or this machine lacks its packages or its GPU; the
            message says what was found.
    """
    if device not in DEVICES:
        raise unknown_name("device", device, DEVICES)
    if device == "cpu":
        return
    missing = [package for package in ("mujoco_warp", "warp") if find_spec(package) is None]
    if missing:
        raise UsageError(
            f"device 'cuda' needs {' and '.join(missing)}, which is not installed. Run pip install "
            "'rewardsmith[gpu]', or use --device cpu."
        )
    complaint = _no_gpu()
    if complaint:
        raise UsageError(
            f"device 'cuda' needs an NVIDIA GPU, but {complaint}. Install what is missing, or use --device "
            "cpu."
        )


def _no_gpu() -> str:
    """Why torch cannot use a GPU; empty where it can."""
    import torch

    if torch.cuda.is_available():
        return ""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built without CUDA"
    return f"torch {torch.__version__} (CUDA {torch.version.cuda}) sees none"
