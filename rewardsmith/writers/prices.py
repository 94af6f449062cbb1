"""What models cost: a dated table, overruled by options.

What is not known is said to be unknown.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from pydantic import TypeAdapter

from rewardsmith.config import LanguageModelOptions
from rewardsmith.usage import Price

_TABLE = TypeAdapter(dict[str, dict[str, Price]])


def price_of(options: LanguageModelOptions, base_url: str, model: str) -> Price | None:
    """The price of a model at an address, or ``None``.

    Another provider's price of the same name is no guide.
    """
    if options.price_prompt is not None and options.price_completion is not None:
        return Price(options.price_prompt, options.price_completion, options.price_cached)
    return _table().get(urlsplit(base_url).hostname or "", {}).get(model)


@cache
def _table() -> dict[str, dict[str, Price]]:
    table = yaml.safe_load(Path(__file__).with_name("prices.yaml").read_text(encoding="utf-8"))
    return _TABLE.validate_python(table["providers"])
