"""What a user agreed to here: where a search may go, which secret it may take, what it may spend.

A study is input: anybody may have written its config. What it says of addresses, keys, models and
limits is a default for the user who said it first, on the machine where it was said, and nothing
for anybody else. What was said is remembered outside of the study, in the user's own state folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from pydantic import TypeAdapter, ValidationError

from rewardsmith.cache import state_folder
from rewardsmith.config import LanguageModelOptions, StudyConfig

FREE = "grammar"
"""The writer that reaches, loads and pays nothing."""
_UNPAID = (FREE, "local", "replay")
_KEY_VARIABLE = LanguageModelOptions.key_variable
_PLACES = {
    FREE: (),
    "local": ("model",),
    "replay": ("replay",),
    "openai": ("base_url", "key_variable", "key_file", "model"),
}
"""By writer: the terms that say where it goes and what it takes. A plug-in may use all of them."""
_ALL_PLACES = ("base_url", "key_variable", "key_file", "model", "replay")
_PRICES = ("price_prompt", "price_completion", "price_cached")
LIMITS = (
    "candidates",
    "repairs",
    "max_usd",
    "max_tokens",
    "max_hours",
    "reply_tokens",
    "retries",
    "searches",
)
_BUDGETS = ("max_usd", "max_tokens")
"""The limits that bound what is paid, whatever the others are."""
_MOST_BYTES = 100_000

Value = str | int | float | None


@dataclass(frozen=True)
class Terms:
    """What a search may reach, load and spend."""

    writer: str
    base_url: str | None
    key_variable: str
    key_file: str | None
    model: str | None
    """For the ``local`` writer the file, absolute."""
    replay: str | None
    price_prompt: float | None
    price_completion: float | None
    price_cached: float | None
    candidates: int
    repairs: int
    max_usd: float | None
    max_tokens: int | None
    max_hours: float | None
    reply_tokens: int
    retries: int
    searches: int = 1
    """Of a comparison."""

    @property
    def spends(self) -> bool:
        """Whether the writer may cost money."""
        return self.writer not in _UNPAID

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the terms that say where the writer goes and what it takes.

        Of variable and file, the one that counts.
        """
        unused = "key_variable" if self.key_file else "key_file"
        return tuple(name for name in _PLACES.get(self.writer, _ALL_PLACES) if name != unused)


@dataclass(frozen=True)
class Agreement:
    """What a study said when its user agreed, and what was agreed to.

    Flags may have overruled the study.
    """

    stated: Terms
    granted: Terms


@dataclass(frozen=True)
class Decision:
    """What a search would do, and which of it its user has not agreed to."""

    terms: Terms
    places: tuple[str, ...] = ()
    """Terms of where to go and what to take that only the study says."""
    spending: tuple[str, ...] = ()
    """Limits that only the study says, or that are higher than what was agreed to."""


def terms_of(config: StudyConfig, searches: int = 1) -> Terms:
    """The terms in a config."""
    llm = config.llm
    return Terms(
        writer=config.writer,
        base_url=llm.base_url,
        key_variable=llm.key_variable,
        key_file=_absolute(llm.key_file),
        model=_absolute(llm.model) if config.writer == "local" else llm.model,
        replay=_absolute(llm.replay),
        price_prompt=llm.price_prompt,
        price_completion=llm.price_completion,
        price_cached=llm.price_cached,
        candidates=config.candidates,
        repairs=config.repairs,
        max_usd=config.max_usd,
        max_tokens=config.max_tokens,
        max_hours=config.max_hours,
        reply_tokens=llm.max_tokens,
        retries=llm.retries,
        searches=searches,
    )


def with_terms(config: StudyConfig, terms: Terms) -> StudyConfig:
    """A config with other terms."""
    llm = {name: getattr(terms, name) for name in (*_ALL_PLACES, *_PRICES, "retries")}
    study = {
        name: getattr(terms, name)
        for name in ("writer", "candidates", "repairs", "max_usd", "max_tokens", "max_hours")
    }
    return replace(config, **study, llm=replace(config.llm, **llm, max_tokens=terms.reply_tokens))


def decide(stated: Terms, given: Mapping[str, Value], agreed: Agreement | None) -> Decision:
    """Compare what a study says with what its user said, now or before.

    Args:
        stated: What the study says.
        given: What the user gives now, by name of the term.
        agreed: What was agreed to before, for this very study on this machine.

    Returns:
        The terms that hold, and which of them nobody but the study gave.
    """
    if "key_variable" in given and "key_file" not in given:
        given = {**given, "key_file": None}  # whoever names the variable does not mean the study's file
    if agreed and agreed.granted.writer == FREE != given.get("writer", stated.writer):
        agreed = None  # limits of a search that pays nothing say nothing of one that pays
    values: dict[str, Value] = {}
    unsaid: set[str] = set()
    for name in (field.name for field in fields(Terms)):
        values[name], said = (given[name], True) if name in given else _held(name, stated, agreed)
        if not said:
            unsaid.add(name)
    terms = replace(stated, **values)  # pyright: ignore[reportArgumentType]
    places = (
        tuple(name for name in ("writer", *terms.places) if name in unsaid) if terms.writer != FREE else ()
    )
    return Decision(terms, places, _unsaid_spending(terms, given, agreed, unsaid))


def _held(name: str, stated: Terms, agreed: Agreement | None) -> tuple[Value, bool]:
    """The value of one term without a flag, and whether its user has said it."""
    value: Value = getattr(stated, name)
    if agreed is None:
        return value, value == _own(name, stated.writer)
    granted: Value = getattr(agreed.granted, name)
    if value == getattr(agreed.stated, name):
        return granted, True
    return value, value == granted or (name in LIMITS and _at_most(value, granted))


def _own(name: str, writer: str) -> Value:
    """What a term is where the study leaves it to its user's environment."""
    return {"writer": "openai" if writer == "openai" else "", "key_variable": _KEY_VARIABLE}.get(name)


def _at_most(limit: Value, other: Value) -> bool:
    """Whether a limit is no higher than another; ``None`` is none at all."""
    return other is None or (
        isinstance(limit, int | float) and isinstance(other, int | float) and limit <= other
    )


def _unsaid_spending(
    terms: Terms, given: Mapping[str, Value], agreed: Agreement | None, unsaid: set[str]
) -> tuple[str, ...]:
    if not terms.spends:
        return ()
    prices = tuple(
        name for name in _PRICES if name in unsaid and "max_tokens" not in given and terms.max_usd is not None
    )
    if any(given.get(name) is not None for name in _BUDGETS):
        return prices  # a budget bounds the rest; one of money is worth what the price is
    limits = tuple(name for name in LIMITS if name in unsaid)
    return (*prices, *limits) if agreed else (*prices, *LIMITS)


def place_identity(folder: Path) -> str:
    """What agreements about a comparison are kept under: it has no number, so its place counts."""
    return sha256(f"comparison at {folder.resolve()}".encode(errors="surrogateescape")).hexdigest()[:32]


def study_identity(identity: str, folder: Path) -> str:
    """The name under which agreements about a study are kept.

    Nothing where it has no number of its own.

    The number is in the study, so whoever was sent the study knows it: at another place it is
    another study.
    """
    text = f"study {identity} at {folder.resolve()}"
    return sha256(text.encode(errors="surrogateescape")).hexdigest()[:32] if identity else ""


def remember(identity: str, agreement: Agreement) -> None:
    """Keep what was agreed to for a study; where nothing can be kept, the user is asked again.

    Args:
        identity: Of the study; without one, nothing is kept.
        agreement: Replaces an earlier one.
    """
    path = _path(identity)
    if path is None:
        return
    part = path.with_name(f".{path.name}.{token_hex(4)}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with open(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb"
            ) as file:
                file.write(_AGREEMENT.dump_json(agreement))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def remembered(identity: str) -> Agreement | None:
    """What was agreed to for a study on this machine.

    ``None`` where that is nothing, or cannot be read.
    """
    path = _path(identity)
    if path is None:
        return None
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            return _AGREEMENT.validate_json(file.read(_MOST_BYTES))
    except (OSError, ValidationError):
        return None


_AGREEMENT = TypeAdapter(Agreement)


def _path(identity: str) -> Path | None:
    """Where the agreement about a study is kept; ``None`` where there is no such place."""
    if not re.fullmatch(r"[0-9a-f]{32}", identity):
        return None
    try:
        return state_folder() / "agreements" / f"{identity}.json"
    except RuntimeError:  # no home
        return None


def _absolute(name: str | None) -> str | None:
    return os.path.abspath(os.path.expanduser(name)) if name else None
