from __future__ import annotations

import math

import pytest
from pydantic import TypeAdapter, ValidationError

from rewardsmith.usage import MAX_COUNT, Price, Usage


@pytest.mark.parametrize("bad", [-1, 10**19, 10**400])
@pytest.mark.parametrize(
    "name",
    ["calls", "prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens", "unmetered", "usd"],
)
def test_nobody_spends_less_than_nothing_or_more_than_everything(name: str, bad: int):
    with pytest.raises(ValueError, match=name):
        Usage(**{name: bad})


@pytest.mark.parametrize("usd", [math.nan, math.inf, -0.01])
def test_money_is_a_number(usd: float):
    with pytest.raises(ValueError, match="usd"):
        Usage(usd=usd)
    with pytest.raises(ValueError, match="price"):
        Price(usd, 1.0)


def test_sums_and_prices_stay_finite():
    most = Usage(1, 10**18, 10**18, usd=1e18)
    total = most + most + most
    assert (total.prompt_tokens, total.usd) == (10**18, 1e18)
    assert math.isfinite(Price(1e6, 1e6, 1e6).of(total))


@pytest.mark.parametrize("price", [1e7, 10**400])
def test_absurd_prices_are_refused(price: float):
    with pytest.raises(ValueError, match="price"):
        Price(1.0, price)


def test_the_dearest_call_has_a_price():
    assert Price(1e6, 1e6).of(Usage(1, MAX_COUNT, MAX_COUNT)) == 2e9


def test_a_record_that_counts_below_zero_is_no_record():
    with pytest.raises(ValidationError, match="prompt_tokens is not between"):
        TypeAdapter(Usage).validate_json('{"calls": 1, "prompt_tokens": -1000000000}')
