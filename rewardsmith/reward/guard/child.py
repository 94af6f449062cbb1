"""The guard's child process: compile, read the graph, probe. One JSON line in, one out."""

from __future__ import annotations

import json
import re
import sys

import torch
from pydantic import TypeAdapter

from rewardsmith.contracts import Signal
from rewardsmith.execution.process import answer, claim_stdout
from rewardsmith.records import Verdict
from rewardsmith.reward.guard.graph import check_graph
from rewardsmith.reward.guard.limits import confine
from rewardsmith.reward.guard.probe import last_line, probe
from rewardsmith.reward.guard.refusal import Refused
from rewardsmith.reward.program import RewardProgram

_SIGNALS = TypeAdapter(tuple[Signal, ...])
_VERDICT = TypeAdapter(Verdict)
_WARM_UP = "def compute_reward(a: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n    return (a * 2.0, {'a': a * 2.0})\n"


def check_program(program: str, signals: tuple[Signal, ...]) -> None:
    """Layers 4 to 6 on a re-printed program.

    Raises:
        Refused: By the first layer that objects.
    """
    try:
        compiled = RewardProgram(program)
    except RuntimeError as error:
        raise Refused("compile", f"TorchScript says: {_complaint(error)}.", _offending_line(error)) from None
    check_graph(compiled.function)
    probe(compiled, signals)


def _complaint(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(":.")[:300] if lines else last_line(error)


def _offending_line(error: RuntimeError) -> str:
    """The source line above TorchScript's arrow."""
    lines = str(error).splitlines()
    arrow = next((n for n, line in enumerate(lines) if "<--- HERE" in line), 0)
    return f"At: {re.sub(' +', ' ', lines[arrow - 1].strip())[:200]}" if arrow else ""


def main() -> None:
    """Answer until standard input closes."""
    descriptor = claim_stdout()
    torch.set_num_threads(1)
    RewardProgram(_WARM_UP)({"a": torch.zeros(2)})
    confine()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            check_program(request["program"], _SIGNALS.validate_python(request["signals"]))
            verdict = Verdict(True, program=request["program"])
        except Refused as refusal:
            verdict = refusal.verdict()
        answer(descriptor, _VERDICT.dump_json(verdict).decode())


if __name__ == "__main__":
    main()
