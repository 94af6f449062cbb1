import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.errors import UsageError
from rewardsmith.usage import Price, Usage
from rewardsmith.writers import prices

OPENAI = "https://api.openai.com/v1"


def test_the_table_has_sound_prices():
    for model in ("gpt-4o", "gpt-5-mini", "o4-mini"):
        price = prices.price_of(LanguageModelOptions(), OPENAI, model)
        assert price
        assert price.cached is not None
        assert 0 < price.cached < price.prompt < price.completion


@pytest.mark.parametrize(
    ("url", "model"),
    [(OPENAI, "gpt-99"), ("http://127.0.0.1:8000/v1", "gpt-4o"), ("https://openrouter.ai/api/v1", "gpt-4o")],
)
def test_what_is_not_listed_is_unknown_also_at_another_address(url: str, model: str):
    assert prices.price_of(LanguageModelOptions(), url, model) is None


def test_options_overrule_the_table():
    options = LanguageModelOptions(price_prompt=1.0, price_completion=2.0)
    assert prices.price_of(options, OPENAI, "gpt-4o") == Price(1.0, 2.0, None)


def test_half_a_price_is_refused():
    with pytest.raises(UsageError, match="go together"):
        LanguageModelOptions(price_prompt=1.0).check()


def test_cached_tokens_cost_less_and_reasoning_is_part_of_the_completion():
    usage = Usage(1, 1_000_000, 100_000, cached_tokens=400_000, reasoning_tokens=90_000)
    assert Price(2.0, 8.0, 0.5).of(usage) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.1 * 8)
    assert Price(2.0, 8.0).of(usage) == pytest.approx(2 + 0.8)
