"""Named findings about a training, with the numbers they come from and what usually helps.

How often each is right is measured in ``results/feedback.md``. The names follow the taxonomy of
arXiv 2605.28918 (reward flooding, weak shaping) as far as it has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from rewardsmith.feedback.curve_maths import both, correlation, curve, known, mean_of, part, rise, smooth
from rewardsmith.records import Run
from rewardsmith.templates import number

_EPOCHS = 10
"""Shorter trainings say nothing about trends."""


@dataclass(frozen=True)
class Diagnosis:
    """One finding."""

    name: str
    text: str
    """What was seen, in numbers, and what usually helps."""


@dataclass(frozen=True)
class Evidence:
    """What rules look at."""

    run: Run
    score: float
    """The true score."""
    horizon: int
    """Control steps of a whole episode."""
    rate: bool
    """Whether the true score is a share of successes: then it is known what is little and much."""
    twin: str = ""
    """An earlier candidate that gives the same rewards."""

    @property
    def poor(self) -> bool:
        """Whether hardly an episode succeeds."""
        return self.rate and self.score < 0.05

    @property
    def good(self) -> bool:
        """Whether there is little left to gain."""
        return self.rate and self.score > 0.9

    @property
    def spreads(self) -> dict[str, float]:
        """Mean standard deviation of every component over the steps of an epoch.

        Empty for runs from before that was kept: rules that need it then say nothing.
        """
        return {component.name: mean_of(component) for component in self.run.spreads}


Rule = Callable[[Evidence], str]
"""What is to be said; nothing where a rule does not fire."""


def diagnose(evidence: Evidence) -> tuple[Diagnosis, ...]:
    """All findings about a training, the gravest first."""
    found = ((name, rule(evidence)) for name, rule in RULES.items())
    return tuple(Diagnosis(name, text) for name, text in found if text)


def unreachable_gate(evidence: Evidence) -> str:
    """A term that was never paid: zero at all steps of all epochs."""
    spreads = evidence.spreads
    sizes = {c.name: mean_of(c) + spreads.get(c.name, 0.0) for c in evidence.run.components}
    largest = max(sizes.values(), default=0.0)
    names = [name for name, size in sizes.items() if size < 1e-4 * largest]
    return (
        f"{_list(names)} paid nothing at any time: the policy never got to where it pays. Reward the way "
        "there, or open the gate earlier."
        if names
        else ""
    )


def dead_term(evidence: Evidence) -> str:
    """A term that hardly differs between states, and does not move in training either."""
    spreads, names = evidence.spreads, list[str]()
    for component in evidence.run.components:
        values, size = known(component.values), mean_of(component)
        still = bool(values) and size > 0 and max(values) - min(values) <= 0.02 * size
        if still and spreads.get(component.name, size) <= 0.02 * size:
            names.append(component.name)
    return (
        f"{_list(names)} {'is' if len(names) == 1 else 'are'} practically constant: nothing can be learned "
        "from it. Change its scale or temperature, or drop it."
        if names
        else ""
    )


def flooding(evidence: Evidence) -> str:
    """One term is nearly all of the variance."""
    variances = {name: spread**2 for name, spread in evidence.spreads.items()}
    whole = sum(variances.values())
    if len(variances) < 2 or whole <= 0 or evidence.good:
        return ""
    name = max(variances, key=lambda one: variances[one])
    share = variances[name] / whole
    return (
        f"{name} makes {100 * share:.0f} % of the variance of all terms, so the others are hardly felt. "
        "Bring it down to their size."
        if share > 0.95
        else ""
    )


def reversed_sign(evidence: Evidence) -> str:
    """A paying term falls while success rises."""
    names: list[str] = []
    for component in evidence.run.components:
        success, values = both(curve(evidence.run, "success"), component.values)
        if len(success) < _EPOCHS or max(success) - min(success) < 0.1 or not evidence.rate:
            continue
        success, values = smooth(success), smooth(values)
        paying, moves = fmean(values) > 0, max(values) - min(values) > 0.1 * mean_of(component)
        if paying and moves and correlation(success, values) < -0.6:
            names.append(f"{component.name} (correlation {correlation(success, values):.2f})")
    return (
        f"{_list(names)} fell while the true score rose: it pays for something else than the task. Check its "
        "sign and what it measures."
        if names
        else ""
    )


def proxy_up_truth_flat(evidence: Evidence) -> str:
    """The reward is learnt, the task is not: there is a cheaper way to collect it."""
    total = known(curve(evidence.run, "total"))
    success = known(curve(evidence.run, "success"))
    if len(total) < _EPOCHS or not success or not evidence.poor or max(smooth(success)) >= 0.05:
        return ""
    trend = smooth(total)
    gain, wobble = rise(total), _wobble(total)
    if gain > 4.0 * wobble and correlation(trend, range(len(trend))) > 0.7:
        return (
            f"the reward rose from {number(total[0])} to {number(total[-1])} a step while the "
            f"true score stayed at {number(evidence.score)}: it can be collected without doing the task. "
            "Find what it pays for in the states reached, and pay for the next stage instead."
        )
    return ""


def success_without_reward(evidence: Evidence) -> str:
    """The true score rises, the reward falls."""
    success, total = both(curve(evidence.run, "success"), curve(evidence.run, "total"))
    if len(success) < _EPOCHS or not evidence.rate:
        return ""
    success, total = smooth(success), smooth(total)
    if max(success) - min(success) > 0.1 and correlation(success, total) < -0.5:
        return (
            f"the true score rose and the reward fell (correlation {correlation(success, total):.2f}): doing "
            "the task costs reward. Weaken what punishes it, or pay more for the goal."
        )
    return ""


def saturated_early(evidence: Evidence) -> str:
    """Nearly all of the reward's rise came in the first half, and the task is not done."""
    total = known(curve(evidence.run, "total"))
    if len(total) < 3 * _EPOCHS or evidence.good or evidence.poor:
        return ""
    trend = smooth(total)
    gain = max(trend) - trend[0]
    early = max(part(trend, 0.0, 0.5)) - trend[0]
    if (
        gain > 4.0 * _wobble(total)
        and early > 0.97 * gain
        and abs(rise(trend[len(trend) // 2 :])) < 0.05 * gain
    ):
        return (
            "the reward reached its height in the first half of the training, and nothing more was learnt: "
            "what is left of the task hardly pays. Sharpen the terms near the goal."
        )
    return ""


def unlearnt_at_the_end(evidence: Evidence) -> str:
    """Still rising: the budget was short."""
    success = known(curve(evidence.run, "success"))
    if len(success) < 2 * _EPOCHS or evidence.good or not evidence.rate:
        return ""
    late, before = fmean(part(success, 0.85, 1.0)), fmean(part(success, 0.6, 0.75))
    if late - before > max(0.05, 0.25 * late):
        return (
            f"the true score was still rising at the end of the training (from {number(before)} to "
            f"{number(late)} in its last third): the reward works, but too slowly. Make early progress pay "
            "more clearly."
        )
    return ""


def noise_collapsed(evidence: Evidence) -> str:
    """The policy stopped exploring before it did the task."""
    noise = known(curve(evidence.run, "action_noise"))
    if len(noise) < _EPOCHS or not evidence.rate or evidence.score >= 0.1:
        return ""
    if noise[-1] < 0.45 * noise[0]:
        return (
            f"the policy varies its actions by {number(noise[-1])} only, from {number(noise[0])} at first, "
            "and hardly ever does the task: it settled too soon. Weaken terms that punish motion or "
            "pay at once for standing still."
        )
    return ""


def ends_early(evidence: Evidence) -> str:
    """Episodes get shorter while the true score does not rise: ending pays."""
    lengths = known(curve(evidence.run, "episode_length"))
    success = known(curve(evidence.run, "success"))
    if len(lengths) < _EPOCHS or not success:
        return ""
    first, last = fmean(part(lengths, 0.0, 0.2)), fmean(part(lengths, 0.8, 1.0))
    gained = rise(success) > 0.02 * max(1e-9, max(abs(value) for value in success))
    if last < 0.7 * first and last < 0.9 * evidence.horizon and not gained:
        return (
            f"episodes shrank from {number(first)} to {number(last)} of {evidence.horizon} steps and the "
            "true score did not rise: ending an episode pays. A reward below zero at most steps "
            "does that; add a bonus for every step."
        )
    return ""


def twin(evidence: Evidence) -> str:
    """It says the same as an earlier program."""
    return (
        f"its rewards are those of {evidence.twin} but for scale, so it is no new idea."
        if evidence.twin
        else ""
    )


RULES: dict[str, Rule] = {
    "proxy up, truth flat": proxy_up_truth_flat,
    "reversed sign": reversed_sign,
    "success without reward": success_without_reward,
    "ending early": ends_early,
    "unreachable gate": unreachable_gate,
    "dead term": dead_term,
    "flooding": flooding,
    "noise collapsed": noise_collapsed,
    "saturated early": saturated_early,
    "unlearnt at the end": unlearnt_at_the_end,
    "twin": twin,
}
"""By name, the gravest first."""


def _wobble(values: list[float]) -> float:
    """Mean size of the difference of two epochs that follow each other."""
    return fmean(abs(b - a) for a, b in pairwise(values)) if len(values) > 1 else 0.0


def _list(names: list[str]) -> str:
    return ", ".join(names)
