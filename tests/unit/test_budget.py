import pytest

from rewardsmith.budget import Budget
from rewardsmith.contracts import Quote
from rewardsmith.usage import Price, Usage

QUOTE = Quote(100, 900, Price(1_000.0, 1_000.0))
"""1,000 tokens, 1 USD."""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_candidates_are_counted():
    budget = Budget(3)
    budget.spend(2)
    assert (budget.remaining, budget.allows()) == (1, True)
    budget.spend(1)
    assert not budget.allows()
    with pytest.raises(AssertionError):
        budget.spend(1)


def test_without_limits_everything_fits():
    budget = Budget(1)
    assert all(budget.reserve(QUOTE) == "" for _ in range(1000))
    assert budget.reserve(Quote(1, 1, None)) == ""


def test_calls_in_flight_are_reserved_and_settled_at_what_they_cost():
    budget = Budget(1, max_usd=2.5)
    assert [bool(budget.reserve(QUOTE)) for _ in range(3)] == [False, False, True]
    budget.settle(QUOTE, Usage(1, 100, 100, usd=0.2))
    assert budget.reserve(QUOTE) == ""
    limit = budget.reserve(QUOTE)
    assert limit == "max_usd of 2.5 USD: 0.2000 USD are spent and one more call may cost 1.0000 USD"


def test_tokens():
    budget = Budget(1, max_tokens=1_500)
    assert budget.reserve(QUOTE) == ""
    assert "max_tokens of 1,500: 0 are spent and one more call may take 1,000" in budget.reserve(QUOTE)
    budget.settle(QUOTE, Usage(1, 100, 300))
    assert budget.tokens == 400
    assert budget.reserve(QUOTE) == ""


def test_a_call_that_nobody_counted_keeps_its_reservation():
    budget = Budget(1, max_usd=1.5)
    budget.reserve(QUOTE)
    budget.settle(QUOTE, Usage(1, unmetered=1, usd=0.0))
    assert (budget.usd, budget.tokens) == (1.0, 1_000)
    assert budget.reserve(QUOTE)


def test_money_cannot_be_limited_without_a_price():
    assert "price is unknown" in Budget(1, max_usd=5.0).reserve(Quote(1, 1, None))


def test_hours_run_on_over_processes():
    clock = Clock()
    budget = Budget(9, max_hours=1.0, earlier_s=3000.0, clock=clock)
    assert budget.allows()
    assert budget.reserve(QUOTE) == ""
    clock.now = 599.0
    assert (budget.late, budget.seconds) == ("", 3599.0)
    clock.now = 720.0
    assert "max_hours of 1 h: the search took 1.03 h" in budget.reserve(QUOTE)
    assert not budget.allows()
    assert "max_hours" in budget.stopped


def test_the_first_limit_is_the_one_that_stopped():
    budget = Budget(9)
    budget.stop("")
    assert budget.allows()
    budget.stop("one")
    budget.stop("two")
    assert budget.stopped == "one"
    assert not budget.allows()


def test_many_reservations_leave_no_rounding_behind():
    budget = Budget(1, max_usd=1.0)
    dime = Quote(100, 0, Price(1_000.0, 0.0))
    for _ in range(1000):
        assert budget.reserve(dime) == ""
        budget.settle(dime, Usage(1, usd=0.0))
    assert budget.reserve(Quote(1000, 0, Price(1_000.0, 0.0))) == ""


def test_what_just_fits_is_let_through_and_one_token_more_is_not():
    budget = Budget(1, max_usd=1.0, max_tokens=1_000)
    assert budget.reserve(QUOTE) == ""
    assert "max_tokens" in budget.reserve(Quote(1, 0, Price(0.0, 0.0)))


def test_hours_count_from_the_start_of_the_process_and_end_when_they_are_full():
    clock = Clock()
    clock.now = 500.0
    budget = Budget(9, max_hours=2.0, clock=clock)
    assert budget.seconds == 0.0
    clock.now = 500.0 + 7_199.0
    assert budget.allows()
    clock.now = 500.0 + 7_200.0
    assert "max_hours" in budget.late


def test_a_model_that_costs_nothing_takes_nothing_from_the_others():
    budget = Budget(1, max_usd=1.0)
    free = Quote(100, 900, Price(0.0, 0.0))
    assert [budget.reserve(free), budget.reserve(QUOTE)] == ["", ""]
    budget.settle(free, Usage(1, unmetered=1))
    assert budget.usd == 0.0
    assert budget.reserve(QUOTE), "the other call is still under way"


def test_what_is_set_aside_is_that_of_the_calls_in_flight():
    budget = Budget(1)
    budget.reserve(QUOTE)
    budget.reserve(Quote(100, 400, Price(1_000.0, 1_000.0)))
    assert budget.reserved == (1_500, 1.5)
    budget.settle(QUOTE, Usage(1, 100, 100, usd=0.2))
    assert budget.reserved == (500, 0.5)
