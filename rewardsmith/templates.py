"""The text templates under ``prompts/``, versioned by the hash of their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import jinja2
from jinja2 import meta

from rewardsmith.errors import RewardsmithError, unknown_name


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
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    return environment


@cache
def stamp(template: str) -> str:
    """A template's name and a hash over it and all it includes, such as ``mutate@1f0c2a9b7d3e``."""
    digest = hashlib.sha256()
    for part in sorted(_family(f"{template}.j2")):
        digest.update(part.encode() + b"\0" + (prompt_root() / part).read_bytes() + b"\0")
    return f"{template}@{digest.hexdigest()[:12]}"


def render(template: str, **values: object) -> str:
    """Fill in one template, named without its ``.j2``.

    Raises:
        UsageError: There is none of that name.
    """
    try:
        found = _environment().get_template(f"{template}.j2")
    except jinja2.TemplateNotFound:
        raise unknown_name(
            "prompt template", template, (path.stem for path in prompt_root().glob("*.j2"))
        ) from None
    return found.render(**values).strip()


def _family(name: str) -> set[str]:
    """A template and everything that it includes."""
    tree = _environment().parse((prompt_root() / name).read_text(encoding="utf-8"))
    included = (part for part in meta.find_referenced_templates(tree) if part)
    return {name}.union(*(_family(part) for part in included))


def number(value: float | None) -> str:
    """Three significant digits, or ``-`` for a missing value."""
    return "-" if value is None else f"{value:.3g}"
