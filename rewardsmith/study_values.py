"""What a database says of its study in texts, and whether that fits the study's config."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, parse_yaml, short
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.origins import origins
from rewardsmith.people import givens, notes
from rewardsmith.store.sqlite import Store
from rewardsmith.study_folder import CONFIG, DATABASE

IDENTITY = "identity"
IN_FLIGHT, LOST = "in flight", "lost"
"""Tokens and USD set aside for calls under way, and those of calls that a killed process left."""
_MOST_TEXT = 100_000


def check_config(folder: Path, config: StudyConfig, store: Store) -> int:
    """What the study found belongs to the config that it was made with.

    Args:
        folder: Of the study.
        config: As it is now.
        store: Remembers how it was.

    Returns:
        The candidates that the study was made for.

    Raises:
        UsageError: The config is about another search now.
        StoreError: What the store remembers cannot be read.
    """
    made = store.value(CONFIG)
    if made is None:
        return config.candidates
    try:
        before = from_mapping(StudyConfig, parse_yaml(made, "the config in it"))
    except UsageError as error:
        raise StoreError(
            f"{folder / DATABASE} cannot be read: {error} Restore the study from a copy, or start a new one."
        ) from None
    if changed := before.changed_terms(config):
        raise UsageError(
            f"{folder / CONFIG} was changed: the study was made with another {changed}. Put it back."
        )
    return before.candidates


def check_values(folder: Path, store: Store) -> None:
    """Look at the texts about a study that parts of the program rely on.

    Args:
        folder: Of the study.
        store: Holds them.

    Raises:
        StoreError: One of them cannot be what it should be.
    """
    for name, fits in _VALUES.items():
        value = store.value(name)
        if value is not None and not fits(value):
            raise StoreError(
                f"{folder / DATABASE} cannot be read: its value {name!r} is {short(value)}. "
                "Restore the study from a copy, or start a new one."
            )

    notes(store)
    givens(store)
    origins(store)


def _is_time(text: str) -> bool:
    try:
        return 0.0 <= float(text) <= 1e10  # and so a number
    except ValueError:
        return False


def _is_short(text: str) -> bool:
    return len(text) <= _MOST_TEXT


_VALUES: dict[str, Callable[[str], object]] = {
    IDENTITY: re.compile(r"[0-9a-f]{32}").fullmatch,
    "seconds": _is_time,
    **dict.fromkeys(
        (IN_FLIGHT, LOST), re.compile(r"\[[0-9]{1,15}, [0-9]{1,9}(\.[0-9]{1,20})?(e-[0-9]{1,3})?\]").fullmatch
    ),
    **dict.fromkeys(("version", "notice", "stopped", "finished"), _is_short),
}
