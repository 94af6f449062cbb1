"""``rewardsmith render TASK``: a video or a picture of a task, with a policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.capabilities import make_one, own_device
from rewardsmith.cli.actors import find_actor
from rewardsmith.cli.arguments import check_words, parse
from rewardsmith.cli.output import say, tell_progress
from rewardsmith.contracts import Task
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.reports.film import SUFFIXES, Frame, film, replacing, save, with_border

_VIDEO_S = 5.0
_PICTURE_S = 0.04
"""Time between two pictures of a film, at least roughly; a control step where that is longer."""
_PIXELS = range(16, 4097)
_LONGEST_S = 600.0


@dataclass(frozen=True)
class RenderOptions:
    """Make a video or a picture of a task, without a display.

    A green border means that the task is solved at that moment.
    """

    task: Positional[str]
    policy: str = ""
    """Who acts: STUDY/CANDIDATE such as runs/study/c003 or runs/study/best,
    the folder of a `train`, FILE.pt, `random` or `zero`. Without it: random."""
    out: Path | None = None
    """File that ends in .mp4, .gif or .png (one picture). Without it: runs/TASK.mp4."""
    seconds: float | None = None
    """Length of a video, else 5; episode follows episode. For a picture:
    how long the policy acts first, else 0."""
    seed: int = 0
    """Picks the episodes, from those that no training uses, and the random actions."""
    width: int = 640
    height: int = 480
    camera: str = ""
    """A camera of the scene. Without it: the first one, or where
    there is none a view of everything."""


def run(arguments: list[str]) -> int:
    """Write the file."""
    options = parse(RenderOptions, "render", arguments)
    options = replace(options, task=TASKS.named(options.task))
    task = TASKS.load(options.task)
    out = options.out or Path("runs") / f"{task.name}.mp4"
    check_words(out, "--out")
    _check(options, out)
    moments, rate = _moments(task, options.seconds, out)
    solved: list[bool] = []
    with closing(make_one(task)) as env:
        actor = find_actor(options.policy or "random", options.task, env, options.seed)
        draw = env.camera(options.width, options.height, options.camera)
        with replacing(out) as part:
            pictures = film(env, draw, actor.act, options.seed, moments, own_device(task))
            save(map(with_border, _counted(pictures, solved, len(moments))), part, rate)
    hint = "" if options.policy else " (choose who acts with --policy)"
    length = f"{len(moments)} pictures, {len(moments) / rate:g} s" if out.suffix != ".png" else "a picture"
    say(
        f"wrote {out}: {length}, {options.width} x {options.height}; "
        f"{actor.name}{hint}{_verdict(task, solved)}"
    )
    return 0


def _check(options: RenderOptions, out: Path) -> None:
    """Refuse what cannot work before anything is made."""
    if out.suffix not in SUFFIXES:
        raise UsageError(
            f"--out is {str(out)!r}; give a file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}."
        )
    for flag, pixels in (("--width", options.width), ("--height", options.height)):
        if pixels not in _PIXELS:
            raise UsageError(
                f"{flag} is {pixels}; give a number of pixels from {_PIXELS[0]} to {_PIXELS[-1]}."
            )
        if out.suffix == ".mp4" and pixels % 2:
            raise UsageError(f"{flag} is {pixels}, but an .mp4 needs an even number; give {pixels + 1}.")
    if options.seconds is not None and not (
        0.0 <= options.seconds <= _LONGEST_S and (options.seconds or out.suffix == ".png")
    ):
        raise UsageError(f"--seconds is {options.seconds:g}; give more than 0 and at most {_LONGEST_S:g}.")
    if not all(map(find_spec, ("imageio", "imageio_ffmpeg", "PIL"))):
        raise UsageError(
            "videos and pictures need imageio: pip install 'rewardsmith[video]', then render again."
        )


def _moments(task: Task, seconds: float | None, out: Path) -> tuple[range, float]:
    """Control steps to take a picture after, and pictures per second."""
    if out.suffix == ".png":
        step = round((seconds or 0.0) / task.control_dt)
        return range(step, step + 1), 1.0
    every = max(1, round(_PICTURE_S / task.control_dt))
    rate = 1.0 / (every * task.control_dt)
    count = max(1, round((seconds or _VIDEO_S) * rate))
    return range(0, count * every, every), rate


def _counted(frames: Iterable[Frame], solved: list[bool], total: int) -> Iterator[Frame]:
    """Pass frames on, note which are solved, and tell a waiting person how far it is."""
    for frame in frames:
        solved.append(frame.solved)
        tell_progress(f"picture {len(solved)} of {total}")
        yield frame


def _verdict(task: Task, solved: list[bool]) -> str:
    """How often the task was solved, where it is something to be solved and not a metric."""
    if task.has_metric:
        return ""
    return f"; solved in {sum(solved)} of {len(solved)} picture{'s' * (len(solved) != 1)}"
