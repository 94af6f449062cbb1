"""What a search, or a comparison, would take, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rewardsmith.baselines import baselines
from rewardsmith.cache import known_speed
from rewardsmith.capabilities import racing_warning
from rewardsmith.cli.output import say, warn
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Brief, Quote
from rewardsmith.drafting import sheet
from rewardsmith.parts import Parts
from rewardsmith.reports.advice import few_steps, only_first_draws
from rewardsmith.seeds import derive
from rewardsmith.shown import command, one_line
from rewardsmith.usage import Price, Usage

_SHORT_REPLY = 300
"""Tokens of a short program with a sentence about it."""
_LONG_PROMPT = 3
"""A prompt with parents and their training, in prompts without."""
_CANDIDATE_BYTES, _CALL_BYTES, _STUDY_BYTES = 50_000, 30_000, 100_000
_UNKNOWN_PRICE = "price unknown; give --llm.price-prompt and --llm.price-completion to see an estimate"


@dataclass(frozen=True)
class Plan:
    """What one search takes at least and at most."""

    brief: Brief
    """The first that goes to its writer."""
    quote: Quote | None
    """Of the first call; ``None``: the writer makes none."""
    low: Usage
    high: Usage
    trainings: int
    steps: int
    """Environment steps of all trainings."""
    disk: int
    """Bytes."""


def plan(config: StudyConfig, parts: Parts, given: int = 0) -> Plan:
    """The plan of a search that has not begun; its parts cannot be used for the search itself.

    Args:
        config: Of the search.
        parts: Of the search.
        given: Candidates that a person wrote.
    """
    first = parts.strategy.ask([f"c{n:03d}" for n in range(config.candidates)])[0]
    brief = Brief("c000", sheet(config, parts), first.operator, (), derive("writer", config.seed, "c000"))
    quote = parts.writer.quote(brief)
    written = config.candidates - given
    fewest = written + config.candidates * len(first.follow_ups) if quote else 0
    most = fewest + config.candidates * config.repairs if quote else 0
    after = config.final_trainings(len(baselines(parts.task)))
    trainings = config.candidates + after
    prompt, reply = (quote.prompt_tokens, quote.completion_tokens) if quote else (0, 0)
    return Plan(
        brief=brief,
        quote=quote,
        low=Usage(fewest, fewest * prompt, fewest * min(_SHORT_REPLY, reply)),
        high=Usage(most, most * _LONG_PROMPT * prompt, most * reply),
        trainings=trainings,
        steps=_search_steps(config, parts) + after * parts.settings.env_steps,
        disk=trainings * parts.settings.policy_bytes
        + config.candidates * _CANDIDATE_BYTES
        + most * _CALL_BYTES
        + _STUDY_BYTES,
    )


def _search_steps(config: StudyConfig, parts: Parts) -> int:
    """Environment steps of the search's trainings, at most."""
    steps = config.candidates * parts.settings.env_steps
    return steps if config.max_steps is None else min(steps, config.max_steps)


def show_plan(
    config: StudyConfig, parts: Parts, given: Sequence[str] = (), together: Sequence[Plan] = ()
) -> None:
    """Print calls, tokens, money, environment steps, hours, disk, and the first prompt.

    Args:
        config: Of the search.
        parts: Of the search.
        given: What people call the programs that are its first candidates.
        together: The plans of all searches of a comparison, to be summed up.
    """
    own = plan(config, parts, len(given))
    say(
        f"plan: {config.candidates} candidates on {config.task}, strategy {config.strategy}, "
        f"{parts.writer.notice}"
    )
    for warning in warnings(config, parts) if not together else ():
        warn(f"warning: {warning}")
    if given:
        say(f"given, as the first candidates: {', '.join(map(one_line, given))}")
    say(
        f"trainings: up to {config.candidates} + {own.trainings - config.candidates} after the search, "
        f"{parts.settings.env_steps:,} environment steps each; a candidate that fails in training is "
        "repaired and trained again"
    )
    _show_sum(config, [own])
    for limit in _limits(config):
        say(f"limit: {limit}")
    if together:
        trainings = sum(each.trainings for each in together)
        say(f"\nall {len(together)} searches together, of which each may spend what the limits allow:")
        say(f"trainings: up to {trainings:,}; one that two searches have in common is made once")
        _show_sum(config, together)
    say("\nfirst prompt:\n")
    say(parts.writer.prompt(own.brief))


def _show_sum(config: StudyConfig, plans: Sequence[Plan]) -> None:
    steps = sum(own.steps for own in plans)
    for line in _bill(plans):
        say(line)
    say(f"environment steps: up to {steps:,} in all")
    say(f"hours: {_hours(config, steps)}")
    say(f"disk: about {max(1, round(sum(own.disk for own in plans) / 1e6))} MB")


def warnings(config: StudyConfig, parts: Parts) -> list[str]:
    """What should be known of a search before it begins."""
    racing = racing_warning(parts.task) if config.racing == "on" or config.tune else ""
    known = (few_steps(config.task, config.trainer, parts.settings), only_first_draws(config), racing)
    return [text for text in known if text]


def _limits(config: StudyConfig) -> Iterable[str]:
    for name, unit in (
        ("max_usd", "USD"),
        ("max_tokens", "tokens"),
        ("max_hours", "hours"),
        ("max_steps", "environment steps"),
    ):
        if (limit := getattr(config, name)) is not None:
            yield f"{limit:g} {unit} ({name})" if isinstance(limit, float) else f"{limit:,} {unit} ({name})"


def _hours(config: StudyConfig, env_steps: int) -> str:
    """From the speed of the last search on this machine; calls come on top."""
    task, device = config.task, config.device
    speed, machine = known_speed(task, config.trainer, device), f"this machine's {device}"
    if speed is None and config.trainer != StudyConfig.trainer:
        first = f"the first search or training with {config.trainer}"
        return f"unknown; {first} measures the speed of {task} on {machine}"
    if speed is None:
        how = command("bench", "--task", task, *(() if device == "cpu" else ("--device", device)))
        return (
            f"unknown; `{how}` measures the speed of {task} on {machine}, and so does its first search "
            "or training"
        )
    return (
        f"about {env_steps / speed / 3600:.2g} of training, at the {speed:,.0f} steps/s last measured "
        f"for {task} on {machine}"
    )


def _bill(plans: Sequence[Plan]) -> list[str]:
    """Calls, tokens and money of one search or of several, of which one writer does all."""
    quote = plans[0].quote
    if quote is None:
        return ["calls: none; nothing is paid"]
    low, high = sum((own.low for own in plans), Usage()), sum((own.high for own in plans), Usage())
    return [
        f"calls: {low.calls} to {high.calls}, with repairs",
        f"tokens: {low.prompt_tokens + low.completion_tokens:,} to "
        f"{high.prompt_tokens + high.completion_tokens:,}, estimated for prompts of 1 to "
        f"{_LONG_PROMPT} times {quote.prompt_tokens:,} tokens and replies of {_SHORT_REPLY} to "
        f"{quote.completion_tokens:,}",
        f"money: {_money(quote.price, low, high)}",
    ]


def _money(price: Price | None, low: Usage, high: Usage) -> str:
    return f"{price.of(low):.2g} to {price.of(high):.2g} USD" if price else _UNKNOWN_PRICE
