"""Each diagnosis on curves made by hand: it speaks where it should, and is silent next to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from rewardsmith.feedback.diagnoses import RULES, Evidence, diagnose
from rewardsmith.records import Curve, Run
from tests.builders import run_of

EPOCHS = 60
RISING = [n / EPOCHS for n in range(EPOCHS)]
FALLING = [1.0 - value for value in RISING]
FLAT = [0.5] * EPOCHS
NOTHING = [0.0] * EPOCHS
Values = Sequence[float | None]


def curves(values: Mapping[str, Values]) -> tuple[Curve, ...]:
    return tuple(Curve(name, tuple(given)) for name, given in values.items())


def names(
    score: float,
    components: Mapping[str, Values] | None = None,
    spreads: Mapping[str, float] | None = None,
    *,
    rate: bool = True,
    twin: str = "",
    **progress: Values,
) -> list[str]:
    return [finding.name for finding in diagnose(evidence(score, components, spreads, rate, twin, progress))]


def evidence(
    score: float,
    components: Mapping[str, Values] | None,
    spreads: Mapping[str, float] | None,
    rate: bool,
    twin: str,
    progress: Mapping[str, Values],
) -> Evidence:
    run: Run = run_of(
        "c001",
        components=curves(components or {}),
        spreads=curves({name: [value] * EPOCHS for name, value in (spreads or {}).items()}),
        progress=curves(progress),
    )
    return Evidence(run, score, horizon=100, rate=rate, twin=twin)


def test_a_sound_training_has_no_findings():
    """It rises with the reward to the end of the task, and then stays there."""
    up = [min(1.0, 3.0 * value) for value in RISING]
    found = names(
        0.97,
        {"near": up, "effort": [-0.1 + 0.05 * value for value in up]},
        {"near": 0.3, "effort": 0.2},
        success=[None, *up[1:]],
        total=up,
        episode_length=[100.0] * EPOCHS,
        action_noise=FALLING,
    )
    assert found == []


def test_proxy_up_truth_flat():
    assert names(0.0, success=NOTHING, total=RISING) == ["proxy up, truth flat"]
    assert names(0.5, success=RISING, total=RISING, episode_length=[100.0] * EPOCHS) == [
        "unlearnt at the end"
    ], "the truth rises, too"
    noise = [0.5 + 0.4 * (-1) ** n for n in range(EPOCHS)]
    assert names(0.0, success=NOTHING, total=noise) == [], "it goes up and down"
    assert names(0.0, success=NOTHING, total=RISING, rate=False) == [], "for a metric 0 need not be little"


def test_reversed_sign():
    found = names(0.95, {"far": FALLING, "near": RISING}, success=RISING, total=FLAT)
    assert found == ["reversed sign"]
    costs = [-value for value in RISING]
    assert names(0.95, {"effort": costs}, success=RISING, total=RISING) == [], "doing something costs"


def test_success_without_reward():
    assert "success without reward" in names(0.95, success=RISING, total=FALLING)
    assert names(0.95, success=RISING, total=RISING) == []


def test_ending_early():
    shrinking = [100.0 - 60.0 * value for value in RISING]
    assert names(0.2, success=[0.2] * EPOCHS, total=FLAT, episode_length=shrinking) == ["ending early"]
    assert "ending early" not in names(0.9, success=RISING, total=RISING, episode_length=shrinking), (
        "some tasks end when they are done"
    )


def test_unreachable_gate_and_dead_term():
    found = names(0.2, {"near": RISING, "bonus": NOTHING, "calm": FLAT}, {"near": 0.3, "calm": 0.001})
    assert found == ["unreachable gate", "dead term", "flooding"]
    varied = names(0.2, {"near": RISING, "calm": FLAT}, {"near": 0.3, "calm": 0.3})
    assert varied == [], "it differs between states, though not its mean"


def test_flooding():
    """0.9 and 0.1 squared: 0.81 of 0.82 is 98.8 %."""
    run = evidence(0.2, {"a": RISING, "b": RISING}, {"a": 0.9, "b": 0.1}, True, "", {})
    (finding,) = diagnose(run)
    assert (finding.name, "99 %" in finding.text) == ("flooding", True)
    assert names(0.2, {"a": RISING, "b": RISING}, {"a": 0.9, "b": 0.3}) == []
    assert names(0.2, {"a": RISING}, {"a": 0.9}) == [], "alone it has nobody to drown"


def test_noise_collapsed():
    collapsed = [max(0.02, 0.6 * (1.0 - 3.0 * value)) for value in RISING]
    assert names(0.05, action_noise=collapsed) == ["noise collapsed"]
    assert names(0.2, action_noise=collapsed) == [], "it is learning the task"
    sound = [0.6 - 0.2 * value for value in RISING]
    assert names(0.05, action_noise=sound) == []


def test_saturated_early():
    soon = [min(1.0, 5.0 * value) for value in RISING]
    assert names(0.4, success=[0.4] * EPOCHS, total=soon) == ["saturated early"]
    assert "saturated early" not in names(0.4, success=[0.4] * EPOCHS, total=RISING)


def test_unlearnt_at_the_end():
    late = [max(0.0, 2.0 * value - 1.0) for value in RISING]
    assert names(0.8, success=late, total=late) == ["unlearnt at the end"]
    assert names(0.8, success=[0.8] * EPOCHS) == []


def test_twin():
    assert names(0.5, twin="c003") == ["twin"]


@pytest.mark.parametrize("length", [0, 1, 5])
@pytest.mark.parametrize("value", [None, 0.0, 1.0])
def test_short_and_empty_curves_are_no_finding_and_no_error(length: int, value: float | None):
    given = [value] * length
    found = names(0.5, {"a": given, "b": given}, success=given, total=given, episode_length=given)
    assert set(found) <= {"dead term"}


def test_every_rule_is_tried_here():
    tried = {name.removeprefix("test_").replace("_", " ") for name in globals() if name.startswith("test_")}
    for rule in RULES:
        assert any(rule.replace(",", "") in name for name in tried) or rule == "dead term", rule
