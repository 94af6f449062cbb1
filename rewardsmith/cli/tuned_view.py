"""What a tuning found, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rewardsmith.shown import number as digits
from rewardsmith.shown import one_line
from rewardsmith.tuning.folder import WRITTEN, Confirmed, Setting, Tuned
from rewardsmith.tuning.numbers import Number

_MOST = 12
"""Numbers of a long program that are shown, the most important ones."""


def setting_line(setting: Setting) -> str:
    """One setting at its end."""
    name = f"setting {setting.number:3d}"
    if setting.score:
        return f"{name}  {digits(setting.score.mean)} ± {digits(setting.score.standard_error)}"
    last = f"{digits(setting.rungs[-1].score.mean)} " if setting.rungs else ""
    return f"{name}  {last}{one_line(setting.state, 40)}: {one_line(setting.cause, 100)}"


def tuned_text(tuned: Tuned, numbers: Sequence[Number]) -> str:
    """Who was best on fresh seeds, which numbers mattered, and where they went."""
    is_fresh = any(one.fresh for one in tuned.confirmed)
    lines = ["", "trained again on fresh seeds:" if is_fresh else "not trained again:"]
    lines += [_confirmed(one, tuned.best) for one in tuned.confirmed]
    if tuned.best == WRITTEN and is_fresh:
        lines.append("no other numbers can be told from the written ones, which stay")
    elif not tuned.is_told:
        lines.append("the best of several noisy scores: try it on fresh seeds before you believe it")
    lines += ["", f"{'number':<50}{'written':>10}{'best':>10}{'importance':>12}"]
    order = sorted(numbers, key=lambda one: -tuned.importance.get(one.name, 0.0))
    for one in order[:_MOST]:
        share = f"{tuned.importance[one.name]:.0%}" if one.name in tuned.importance else "-"
        value = tuned.values.get(one.name, one.value)
        lines.append(f"{one_line(one.name, 48):<50}{one.value:>10.4g}{value:>10.4g}{share:>12}")
    if len(order) > _MOST:
        lines.append(f"and {len(order) - _MOST} more, in result.json")
    return "\n".join(lines)


def _confirmed(one: Confirmed, best: int) -> str:
    known = [score for score in one.fresh if score is not None]
    fresh = f"{digits(fmean(known))} ({', '.join(digits(score) for score in known)})" if known else "-"
    name = "the written numbers" if one.number == WRITTEN else f"setting {one.number}"
    mark = " *" if one.number == best else ""
    chosen = "-" if one.score is None else digits(one.score)
    return f"  {name:<20} chosen by {chosen}, fresh {fresh}{mark}"
