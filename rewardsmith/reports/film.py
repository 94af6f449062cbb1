"""A task as a film: one environment, watched while a policy acts in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewardsmith.contracts import Device, VecEnv
from rewardsmith.errors import RewardsmithError, UsageError

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".mp4", ".gif", ".png")
_GREEN = (0, 170, 80)
_BORDER = 40
"""A green border is one part in so many of the picture's height."""


@dataclass(frozen=True)
class Frame:
    """One picture of a film."""

    picture: Tensor
    """``(height, width, 3)`` uint8."""
    solved: bool
    """Whether the sparse goal is met in it."""


def film(
    env: VecEnv,
    draw: Callable[[int], Tensor],
    act: Callable[[Tensor], Tensor],
    seed: int,
    moments: range,
    device: Device = "cpu",
) -> Iterator[Frame]:
    """Watch held-out episodes, one after the other.

    When an episode has ended, the simulator already stands at the start of the next one. The frame
    of that moment is the last picture before it, with the episode's last verdict.

    Args:
        env: One environment.
        draw: Its camera (see :class:`rewardsmith.contracts.VecEnv`).
        act: The policy, ``(1, inputs)`` to ``(1, actions)``, on the CPU.
        seed: Picks the episodes.
        moments: Control steps after which to take a picture; 0 is the start.
        device: Where the environment is.
    """
    # imports torch, for which help texts do not wait
    from rewardsmith.training.streams import environment_seeds

    observation, elapsed, solved = env.reset(environment_seeds("heldout", [seed], 1, device)), 0, False
    frame: Frame | None = None
    for moment in moments:
        verdict = None
        for _ in range(moment - elapsed):
            step = env.step(act(observation.cpu()).to(device))
            observation, solved = step.observation, bool(step.success)
            if step.terminated or step.truncated:
                verdict, solved = solved, False
        elapsed = moment
        frame = Frame(draw(0), solved) if frame is None or verdict is None else Frame(frame.picture, verdict)
        yield frame


def with_border(frame: Frame) -> Tensor:
    """The picture; where the task is solved, with a green border."""
    if not frame.solved:
        return frame.picture
    edge = max(1, frame.picture.shape[0] // _BORDER)
    framed = frame.picture.new_tensor(_GREEN).expand_as(frame.picture).clone()
    framed[edge:-edge, edge:-edge] = frame.picture[edge:-edge, edge:-edge]
    return framed


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file under another name and rename it in the end, so that it is whole or absent.

    Raises:
        UsageError: It is a folder.
        RewardsmithError: It cannot be written; where possible said before any work is done.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder. Give a file with --out.")
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as error:
        raise RewardsmithError(
            f"cannot write {path}: {error.strerror}. Give another file with --out."
        ) from None
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise RewardsmithError(
            f"cannot write {path}: {error.strerror or error}. Make room, or give another file with --out."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def save(pictures: Iterable[Tensor], path: Path, rate: float) -> None:
    """Write a film, or a single picture, in the format of the suffix. Needs the extra ``video``.

    Args:
        pictures: ``(height, width, 3)`` uint8 each; for ``.png`` exactly one.
        path: A file that ends in one of :data:`SUFFIXES`.
        rate: Pictures per second.
    """
    if path.suffix == ".mp4":
        _save_mp4(pictures, path, rate)
        return
    from PIL import Image

    images = (Image.fromarray(picture.numpy()) for picture in pictures)
    if path.suffix == ".png":
        next(images).save(path, optimize=True)
        return
    # keeps the colours of small things
    palettes = (image.quantize(method=Image.Quantize.FASTOCTREE) for image in images)
    next(palettes).save(path, save_all=True, append_images=palettes, duration=round(1000 / rate), loop=0)


def _save_mp4(pictures: Iterable[Tensor], path: Path, rate: float) -> None:
    import imageio.v2 as imageio

    writer: Any = imageio.get_writer(
        path, format="FFMPEG", fps=rate, macro_block_size=2, ffmpeg_log_level="error"
    )
    with writer:
        for picture in pictures:
            writer.append_data(picture.numpy())
