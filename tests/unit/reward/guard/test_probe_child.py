"""What people and models get wrong most, and TorchScript's refusals
of it, in words that say what to write."""

from __future__ import annotations

import pytest
from reward_bodies import body, result

from rewardsmith.contracts import Task
from rewardsmith.reward.guard import Guard, probe_child
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.states import make_states
from rewardsmith.reward.guard.static import check_source

RETURNS_WRONG = "not the total and a dictionary of its components."


@pytest.mark.parametrize(
    ("source", "line", "message", "hint"),
    [
        (
            body().replace('return r, {"r": r}', "return r"),
            4,
            f"compute_reward returns one tensor, {RETURNS_WRONG}",
            "End with: return total, {",
        ),
        (
            body().replace('return r, {"r": r}', "return"),
            4,
            f"compute_reward returns nothing, {RETURNS_WRONG}",
            "End with: return total, {",
        ),
        (
            body().replace('return r, {"r": r}', "return {'r': r}"),
            4,
            "compute_reward returns one dictionary,",
            "End with: return total, {",
        ),
        (
            body().replace('return r, {"r": r}', "return [r, {'r': r}]"),
            4,
            "compute_reward returns one list,",
            "End with: return total, {",
        ),
        (
            result("d, d"),
            3,
            "compute_reward returns Tuple[Tensor, Tensor, Dict[str, Tensor]],",
            "End with: return total, {",
        ),
        (
            result("d", "{'d': d}, d"),
            3,
            "compute_reward returns Tuple[Tensor, Dict[str, Tensor], Tensor],",
            "End with: return total, {",
        ),
        (result("d", "{'d': [1.0]}"), 3, "a component is not a tensor.", "leave plain numbers out"),
        (
            body("r = r * WEIGHT"),
            4,
            "WEIGHT is not defined.",
            "plain numbers above the functions (SCALE = 3.0)",
        ),
        (body("r = np.exp(r)"), 4, "np is not defined.", "torch"),
        (
            body("r = r + tcp_quat[:, 0]"),
            4,
            "tcp_quat is not defined here.",
            "a signal of this task: take it as a parameter",
        ),
        (
            body("if d.dim() == 1:", "    q = d", "r = r + q"),
            6,
            "q is not defined in the false branch.",
            "torch.where",
        ),
        (
            body("q = (d > 0.1) and (d < 0.2)", "r = r + q.float()"),
            5,
            "'bool' object has no attribute",
            "Use &, | and ~",
        ),
    ],
)
def test_messages(source: str, line: int, message: str, hint: str, guard: Guard, reach: Task) -> None:
    verdict = guard.check(source, reach)
    assert verdict.layer == "compile"
    assert verdict.line == line
    assert message in verdict.message
    assert hint in verdict.hint


@pytest.mark.parametrize("module", ["torch.nn", "torch.linalg", "torch.nn.functional"])
def test_a_module_that_is_called(module: str, guard: Guard, reach: Task) -> None:
    """Layer 2 says so first; the child does not rely on it."""
    printed = check_source(body("r = torch.exp(r)"), reach.signals).program
    verdict = guard._child(reach).check(printed.replace("torch.exp(", f"{module}("))
    assert (verdict.layer, verdict.message) == ("compile", f"{module} is not a function.")
    assert guard.check(body(), reach).accepted


@pytest.mark.parametrize(("layer", "part"), [("graph", "check_environments"), ("probe", "probe")])
def test_a_fault_in_a_layer_is_its_refusal(
    layer: str, part: str, reach: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: object) -> None:
        raise LookupError("no such\nthing")

    monkeypatch.setattr(probe_child, part, failing)
    printed = check_source(reach.human_reward, reach.signals)
    with pytest.raises(RefusedError) as caught:
        probe_child.check_program(printed.program, make_states(reach.signals, 100, {}))
    assert caught.value.layer == layer
    assert caught.value.message == "it cannot be checked: LookupError: no such thing."
    assert isinstance(caught.value.__cause__, LookupError)


def test_an_empty_program_is_told_so_in_words_for_people_and_models(guard: Guard, reach: Task) -> None:
    assert guard.check("", reach).text == "lexical: there is no code. Write one function compute_reward."
