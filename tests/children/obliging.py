"""A child process that says of every training order at once that it is
done, as rl-games' child would after minutes."""

from __future__ import annotations

import sys

from rewardsmith.contracts import TrainingResult
from rewardsmith.execution.process import answer, claim_stdout
from rewardsmith.records import RunState
from rewardsmith.training.rlgames.child_orders import ORDER, REPORT, ChildReport


def main() -> None:
    descriptor = claim_stdout()
    for line in sys.stdin:
        order = ORDER.validate_json(line)
        answer(
            descriptor,
            REPORT.dump_json(ChildReport(result=TrainingResult(order.job.run, RunState.TRAINED))).decode(),
        )


if __name__ == "__main__":
    main()
