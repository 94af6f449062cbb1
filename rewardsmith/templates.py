"""The text templates under ``prompts/``, versioned by the hash of their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import jinja2

from rewardsmith.errors import RewardsmithError


@cache
def prompt_root() -> Path:
    """Where the templates lie: inside the installed package, or beside it in a checkout.

    Raises:
        RewardsmithError: They are in neither place.
    """
    package = Path(__file__).parent
    places = (package / "_prompts", package.parent / "prompts")
    for place in places:
        if (place / "system.j2").is_file():
            return place
    raise RewardsmithError(f"no prompt templates in {places[0]} or {places[1]}. Reinstall rewardsmith.")


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(prompt_root())
    environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = number
    return environment


@cache
def version() -> str:
    """A short hash over all templates; it changes when any of them does."""
    digest = hashlib.sha256()
    for path in sorted(prompt_root().glob("*.j2")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def render(template: str, **values: object) -> str:
    """Fill in one template, named without its ``.j2``."""
    return _environment().get_template(f"{template}.j2").render(**values).strip()


def number(value: float | None) -> str:
    """Three significant digits, or ``-`` for a missing value."""
    return "-" if value is None else f"{value:.3g}"
