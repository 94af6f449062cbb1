"""The guard's child process: compile, read the graph, probe. One JSON line in, one out."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from pathlib import Path

import torch

from rewardsmith.execution.process import answer, claim_stdout
from rewardsmith.records import Verdict
from rewardsmith.reward.guard.environments import check_environments
from rewardsmith.reward.guard.nearest import NUMPY, instead_of_numpy
from rewardsmith.reward.guard.probe import failing_line, probe
from rewardsmith.reward.guard.probe_orders import PROGRAM, READY, START, VERDICT, Ready, Start
from rewardsmith.reward.guard.process_limits import confine, start_clock, stop_clock
from rewardsmith.reward.guard.recording import NoRecordingError, load_or_record
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.states import Batch, States, make_states
from rewardsmith.reward.guard.syntax import ENTRY
from rewardsmith.reward.program import ProgramFailedError, RewardProgram

_HINTS = {
    "Could not cast value of type Tensor": (
        "Use &, | and ~ or torch.where on tensors, not and, or, not or if."
    ),
    "but instead found type 'bool'": "Use &, | and ~ on tensors, not and, or, not.",
    "'bool' object has no attribute": "Use &, | and ~ on tensors, not and, or, not.",
    "is not defined in the": "Define it on both ways, or use torch.where instead of if.",
    "Arguments for call are not valid": "Check the arguments against torch's documentation.",
    "Can't get source for": "This function is not available; use elementary torch functions.",
    "is called recursively": "Write it without recursion.",
}
_RETURNED = {
    "Tensor": "one tensor",
    "NoneType": "nothing",
    "List": "one list",
    "Dict": "one dictionary",
    "float": "one number",
}
_RETURN_BOTH = 'End with: return total, {"distance": distance_reward}.'


def check_program(program: str, states: States) -> str:
    """Layers 4 to 6 on a re-printed program.

    Returns:
        What its author should know though it is accepted; mostly empty.

    Raises:
        RefusedError: By the first layer that objects, or in which anything goes wrong.
    """
    layer = "compile"
    try:
        compiled = RewardProgram(program)  # which looks at its operators before anybody can call it
        layer = "graph"
        check_environments(
            compiled, {name: tuple(batch.shape[1:]) for name, batch in states.ordinary.items()}
        )
        layer = "probe"
        return probe(compiled, states)
    except RefusedError:
        raise
    except ProgramFailedError as error:
        raise _not_compiled(str(error), failing_line(error), states.ordinary.keys()) from None
    except (
        Exception
    ) as error:  # whatever a program makes torch or a layer do, it is refused, and the next one comes
        raise _not_understood(layer, error) from error


def _not_understood(layer: str, error: Exception) -> RefusedError:
    """Something that no layer knows of, in its own words."""
    if module := re.search(r"<module '([\w.]+)'.* is not a callable object", str(error)):
        return RefusedError(
            layer,
            f"{module[1]} is not a function.",
            f"Call one of its functions, such as {module[1]}.NAME(x).",
        )
    words = " ".join(str(error).split())[:300].rstrip(".")
    hint = "Write it with simpler operations."
    return RefusedError(
        layer, f"it cannot be checked: {type(error).__name__}" + (f": {words}." if words else "."), hint
    )


def _not_compiled(complaint: str, line: int | None, signals: Collection[str]) -> RefusedError:
    lines = [re.sub(r"\s+", " ", text).strip() for text in complaint.splitlines() if text.strip()]
    arrow = next((number for number, text in enumerate(lines) if "<--- HERE" in text), 0)
    at = f" At: {lines[arrow - 1][:200]}" if arrow else ""
    what = next(
        (text for text in lines if text.startswith("Expected a value")),
        lines[0] if lines else "it cannot be compiled",
    )
    message, hint = _in_words(complaint, signals) or (
        f"TorchScript says: {what.rstrip(':. ')[:300]}.",
        next((hint for sign, hint in _HINTS.items() if sign in complaint), ""),
    )
    return RefusedError("compile", message, (hint + at).strip(), line)


def _in_words(complaint: str, signals: Collection[str]) -> tuple[str, str] | None:
    """Message and hint for the most common mistakes, which TorchScript tells in its own words."""
    if unknown := re.search(r"undefined value (\w+)", complaint):
        name = unknown[1]
        if name in signals:
            return (
                f"{name} is not defined here.",
                f"It is a signal of this task: take it as a parameter of {ENTRY}, and hand it to helpers.",
            )
        if name in NUMPY and (read := re.search(rf"\b{name}(?:\.\w+)*\.(\w+)\(", complaint)):
            return f"{name} is not defined.", instead_of_numpy(read[1][:40])
        hint = (
            "Define it before use; there are only parameters, torch, math and plain numbers above the "
            "functions (SCALE = 3.0)."
        )
        return f"{name} is not defined.", hint
    if returned := re.search(
        r"annotated as having type Tuple\[Tensor, Dict\[str, Tensor\]\] but is actually of type (.+?)\.?:?$",
        complaint,
        re.M,
    ):
        if re.match(r"Tuple\[Tensor, Dict\[str, (?!Tensor\])", returned[1]):
            return (
                "a component is not a tensor.",
                "Every component is a tensor of shape (num_envs,); leave plain numbers out.",
            )
        what = _RETURNED.get(returned[1], returned[1][:100])
        return f"{ENTRY} returns {what}, not the total and a dictionary of its components.", _RETURN_BOTH
    if literal := re.search(r"Expected an annotation of type (List|Dict) but got Tuple", complaint):
        return (
            f"{ENTRY} returns {_RETURNED[literal[1]]}, not the total and a dictionary of its components.",
            _RETURN_BOTH,
        )
    return None


def _load_states(start: Start) -> tuple[States, str]:
    recorded: Batch = {}
    notice = ""
    try:
        recorded = load_or_record(Path(start.cache), start.task, start.signals)
    except NoRecordingError as error:
        notice = f"tried on made-up states only; the task gave no real ones: {error}"
    return make_states(start.signals, start.rows, recorded, start.envs), notice


def _warm_up(states: States) -> None:
    """Use everything once that might open a file or take a lot of memory the first time."""
    name = next(iter(states.ordinary))
    for body in (f"({name} * 0.0).flatten(1).sum(-1)", f"{name}.view(7, 7, 7)", "nothing"):
        program = (
            f"def compute_reward({name}: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n    x = "
            f"{body}\n    return x, {{'x': x}}\n"
        )
        _judge(program, states)


def _judge(program: str, states: States) -> Verdict:
    try:
        return Verdict(True, message=check_program(program, states), program=program)
    except RefusedError as refusal:
        return refusal.verdict()


def main() -> None:
    """Answer until standard input closes."""
    descriptor = claim_stdout()
    torch.set_num_threads(1)
    states, notice = _load_states(START.validate_json(sys.stdin.readline()))
    _warm_up(states)
    answer(descriptor, READY.dump_json(Ready(confine(), notice)).decode())
    for line in sys.stdin:
        start_clock()
        verdict = _judge(PROGRAM.validate_json(line), states)
        stop_clock()
        answer(descriptor, VERDICT.dump_json(verdict).decode())


if __name__ == "__main__":
    main()
