"""Asking the user about what a study says of addresses, keys, models and spending.

This comes before anything of it is read or sent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from rewardsmith.cli.output import warn
from rewardsmith.comparison import is_comparison
from rewardsmith.config import StudyConfig
from rewardsmith.consent import (
    FREE,
    LIMITS,
    Agreement,
    Decision,
    Terms,
    Value,
    decide,
    place_identity,
    remember,
    remembered,
    study_identity,
    terms_of,
    with_terms,
)
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.study import Study

_FLAGS = {
    "writer": "--writer", "base_url": "--llm.base-url", "key_variable": "--llm.key-variable",
    "key_file": "--llm.key-file",
    "model": "--llm.model", "replay": "--from", "price_prompt": "--llm.price-prompt",
    "price_completion": "--llm.price-completion",
    "price_cached": "--llm.price-cached", "candidates": "--candidates", "repairs": "--repairs",
    "max_usd": "--max-usd",
    "max_tokens": "--max-tokens", "max_hours": "--max-hours", "reply_tokens": "--llm.max-tokens",
    "retries": "--llm.retries",
}  # fmt: skip
_LABELS = {
    "base_url": "address", "key_variable": "key from the variable", "key_file": "key from the file",
    "model": "model",
    "replay": "replies of", "price_prompt": "price of a million prompt tokens",
    "price_completion": "price of a million reply tokens",
    "price_cached": "price of a million cached tokens", "max_usd": "max_usd", "max_tokens": "max_tokens",
    "max_hours": "max_hours",
    "reply_tokens": "tokens of a reply", "retries": "resends of a request",
}  # fmt: skip
_TRACES = ("study.db", ".study.db", "study.lock", "comparison.yaml", "candidates", "studies")
"""Whatever of these is in a folder, be it whole or not, a config in it may be somebody else's."""
_FOR_RESUME = ("--llm.base-url", "--llm.key-variable", "--llm.key-file", "--llm.model")


@dataclass(frozen=True)
class ModelFlags:
    """How to reach the model, where the user says so anew."""

    model: str | None = None
    """Name of the model; for the `local` writer a GGUF file."""
    base_url: str | None = None
    """Address of the endpoint."""
    key_variable: str | None = None
    """Environment variable that holds the key."""
    key_file: str | None = None
    """File that holds the key."""
    max_tokens: int | None = None
    """Limit of one reply."""
    retries: int | None = None
    """Of a request."""
    price_prompt: float | None = None
    """USD per million prompt tokens."""
    price_completion: float | None = None
    """USD per million completion tokens."""
    price_cached: float | None = None
    """USD per million cached prompt tokens."""


def agreed(
    config: StudyConfig,
    identity: str,
    given: Mapping[str, Value],
    *,
    trust: bool,
    subject: str,
    searches: int = 1,
) -> StudyConfig:
    """The config that the user agrees to: by flags, from before, or now.

    Nothing is read or sent for a writer before this: neither a key nor a model's file.

    Args:
        config: As a study has it.
        identity: Of the study or of the comparison; what was agreed to is kept under it.
        given: Terms that flags give.
        trust: Whether the user accepts where the study goes and what it takes, by a flag.
        subject: What asks, for messages.
        searches: How many searches it asks for.

    Raises:
        UsageError: The user does not agree, or nobody can be asked; the message names the flags.
    """
    stated = terms_of(config, searches)
    decision = decide(stated, given, remembered(identity))
    places = () if trust else decision.places
    if places or decision.spending:
        _ask(Decision(decision.terms, places, decision.spending), subject)
    config = with_terms(config, decision.terms)
    config.check()
    remember(identity, Agreement(stated, decision.terms))
    return config


def agreed_file(
    config: StudyConfig, config_file: str | None, arguments: list[str], *, trust: bool, searches: int = 1
) -> StudyConfig:
    """The config of a new search.

    Where its file lies in a study, only flags are the user's own word.

    Args:
        config: Of the file and of the flags.
        config_file: The file, if there is one.
        arguments: Of the command line.
        trust: See :func:`agreed`.
        searches: See :func:`agreed`.

    Raises:
        UsageError: See :func:`agreed`.
    """
    folder = _study_around(Path(config_file)) if config_file else None
    if folder is None:
        return config
    flags = {
        argument.partition("=")[0].replace("_", "-") for argument in arguments if argument.startswith("--")
    }
    stated = terms_of(config, searches)
    given: dict[str, Value] = {name: getattr(stated, name) for name, flag in _FLAGS.items() if flag in flags}
    return agreed(
        config,
        _identity_at(folder),
        given,
        trust=trust,
        subject=f"the config file {config_file}",
        searches=searches,
    )


def agree_to_own(identity: str, config: StudyConfig, searches: int = 1) -> None:
    """Keep the terms that the user gave a new search."""
    if config.writer != FREE:
        terms = terms_of(config, searches)
        remember(identity, Agreement(terms, terms))


def given_terms(llm: ModelFlags, limits: Mapping[str, Value]) -> dict[str, Value]:
    """The terms that flags of ``resume`` give."""
    named = {"reply_tokens" if name == "max_tokens" else name: value for name, value in vars(llm).items()}
    return {name: value for name, value in {**named, **limits}.items() if value is not None}


def _identity_at(folder: Path) -> str:
    if is_comparison(folder):
        return place_identity(folder)
    try:
        with Study.open(folder) as study:
            return study_identity(study.identity, folder)
    except RewardsmithError:
        return ""


def _study_around(file: Path) -> Path | None:
    """The study or comparison that a file lies in, also by way of a link."""
    for path in (file.absolute(), file.resolve()):
        for folder in path.parents:
            if any(os.path.lexists(folder / name) for name in _TRACES):
                return folder
    return None


def _ask(decision: Decision, subject: str) -> None:
    """Show what is asked for; only a person at a terminal can agree.

    Raises:
        UsageError: He does not, or nobody is there.
    """
    if not (sys.stdin and sys.stderr and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(_refusal(decision, subject))
    warn(f"{subject} asks for what you have not agreed to on this machine.")
    for name in ("writer", *decision.terms.places):
        warn(f"  {_line(decision.terms, name)}{'   <- new' if name in decision.places else ''}")
    if decision.terms.spends:
        warn(f"  spending: {_spending(decision.terms)}{'   <- new' if decision.spending else ''}")
    warn("Go on with that? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError(f"nothing was sent or begun. {_ways(decision)}")


def _refusal(decision: Decision, subject: str) -> str:
    terms = decision.terms
    asked = [_line(terms, name) for name in decision.places]
    if decision.spending:
        asked.append(f"spending: {_spending(terms)}")
    return f"{subject} asks for what was not agreed to on this machine: {'; '.join(asked)}. {_ways(decision)}"


def _ways(decision: Decision) -> str:
    """What the user may do."""
    ways: list[str] = []
    if decision.places:
        ways.append(
            "Accept address, key and model with --trust-endpoint, or give your own: "
            f"{', '.join(_FOR_RESUME)}."
        )
    prices = [name for name in decision.spending if name.startswith("price")]
    limits = [name for name in decision.spending if name not in prices]
    if limits:
        each = (
            ""
            if limits == list(LIMITS) or "searches" in limits
            else f", or say the new limits: {', '.join(_FLAGS[name] for name in limits)}"
        )
        ways.append(f"Give a budget with --max-usd or --max-tokens{each}.")
    if prices:
        ways.append(
            f"Give the prices as well: {', '.join(_FLAGS[name] for name in prices)}; or limit --max-tokens."
        )
    return " ".join(ways)


def _line(terms: Terms, name: str) -> str:
    value: Value = getattr(terms, name)
    if value is None:
        value_text = {
            "base_url": "your own, OPENAI_BASE_URL or OpenAI's",
            "model": "your own, REWARDSMITH_MODEL",
        }.get(name, "none")
    else:
        value_text = _text(value)
    return f"{_LABELS.get(name, name)}: {value_text}"


def _spending(terms: Terms) -> str:
    """The limits, those that there are."""
    money = "no limit of money" if terms.max_usd is None else f"at most {terms.max_usd:g} USD"
    tokens = "no limit of tokens" if terms.max_tokens is None else f"at most {terms.max_tokens:,} tokens"
    prices = [f"{_LABELS[name]} {_text(value)} USD" for name, value in _prices(terms) if value is not None]
    counts = [
        f"{terms.candidates:,} candidates", f"{terms.repairs:,} repairs of each",
        f"{terms.retries:,} resends of a request",
        f"{terms.reply_tokens:,} tokens of a reply",
    ]  # fmt: skip
    hours = [] if terms.max_hours is None else [f"{terms.max_hours:g} hours"]
    return ("" if terms.searches == 1 else f"{terms.searches:,} searches, each with ") + ", ".join(
        [money, tokens, *counts, *hours, *prices]
    )


def _prices(terms: Terms) -> Iterable[tuple[str, Value]]:
    return (
        (field.name, getattr(terms, field.name)) for field in fields(terms) if field.name.startswith("price")
    )


def _text(value: Value) -> str:
    """A value of a study.

    Text in quotes, with everything that a terminal might obey spelled out.
    """
    return repr(value[:300]) if isinstance(value, str) else f"{value:,}"
