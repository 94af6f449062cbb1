"""What a search would take, before anything is spent."""

from __future__ import annotations

from rewardsmith.cache import known_speed
from rewardsmith.cli.output import say
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Brief, Quote
from rewardsmith.drafting import sheet
from rewardsmith.parts import Parts
from rewardsmith.reports.advice import few_steps
from rewardsmith.seeds import derive
from rewardsmith.shown import command
from rewardsmith.usage import Usage

_SHORT_REPLY = 300
"""Tokens of a short program with a sentence about it."""
_LONG_PROMPT = 3
"""A prompt with parents and their training, in prompts without."""
_CANDIDATE_BYTES, _CALL_BYTES, _STUDY_BYTES = 50_000, 30_000, 100_000


def show_plan(config: StudyConfig, parts: Parts) -> None:
    """Print calls, tokens, money, environment steps, hours, disk, and the first prompt."""
    first = parts.strategy.ask([f"c{n:03d}" for n in range(config.candidates)])[0]
    brief = Brief("c000", sheet(config, parts), first.operator, (), derive("writer", config.seed, "c000"))
    quote = parts.writer.quote(brief)
    fewest = config.candidates * (1 + len(first.follow_ups)) if quote else 0
    most = fewest + config.candidates * config.repairs if quote else 0
    trainings, steps = config.candidates + config.final_trainings, parts.settings.env_steps
    say(
        f"plan: {config.candidates} candidates on {config.task}, strategy {config.strategy}, "
        f"{parts.writer.notice}"
    )
    for line in _bill(quote, fewest, most):
        say(line)
    say(
        f"trainings: up to {config.candidates} + {config.final_trainings} after the search, {steps:,} "
        "environment steps each"
    )
    say(
        f"environment steps: up to {trainings * steps:,} in all; a candidate that fails in training is "
        "repaired and trained again"
    )
    if few := few_steps(config.task, config.trainer, parts.settings):
        say(f"warning: {few}")
    say(f"hours: {_hours(config, trainings * steps)}")
    size = (
        trainings * parts.settings.policy_bytes
        + config.candidates * _CANDIDATE_BYTES
        + most * _CALL_BYTES
        + _STUDY_BYTES
    )
    say(f"disk: about {max(1, round(size / 1e6))} MB")
    for name, unit in (("max_usd", "USD"), ("max_tokens", "tokens"), ("max_hours", "hours")):
        if (limit := getattr(config, name)) is not None:
            say(
                f"limit: {limit:g} {unit} ({name})"
                if isinstance(limit, float)
                else f"limit: {limit:,} {unit} ({name})"
            )
    say("\nfirst prompt:\n")
    say(parts.writer.prompt(brief))


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


def _bill(quote: Quote | None, fewest: int, most: int) -> list[str]:
    if quote is None:
        return ["calls: none; nothing is paid"]
    low = Usage(fewest, fewest * quote.prompt_tokens, fewest * min(_SHORT_REPLY, quote.completion_tokens))
    high = Usage(most, most * _LONG_PROMPT * quote.prompt_tokens, most * quote.completion_tokens)
    price = "price unknown; give --llm.price-prompt and --llm.price-completion to see an estimate"
    if quote.price:
        price = f"{quote.price.of(low):.2g} to {quote.price.of(high):.2g} USD"
    return [
        f"calls: {fewest} to {most}, with repairs",
        f"tokens: {low.prompt_tokens + low.completion_tokens:,} to "
        f"{high.prompt_tokens + high.completion_tokens:,}, estimated for prompts of 1 to "
        f"{_LONG_PROMPT} times {quote.prompt_tokens:,} tokens and replies of {_SHORT_REPLY} to "
        f"{quote.completion_tokens:,}",
        f"money: {price}",
    ]
