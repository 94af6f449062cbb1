"""Whose policy is taken, from what the user wrote."""

from pathlib import Path

import pytest

from rewardsmith.cli.actors import usable_candidate
from rewardsmith.config import StudyConfig
from rewardsmith.errors import UsageError
from rewardsmith.records import RunState, Trial
from rewardsmith.study import Study
from tests.builders import keep, trained


@pytest.mark.parametrize("state", [RunState.EVICTED, RunState.TRAINED])
def test_a_policy_without_a_score_is_not_taken_out(tmp_path: Path, state: RunState):
    """Racing ended its training, or the process was killed before the scoring."""
    raced = trained("c001", 0.5, run={"state": state, "policy": "runs/c001-search-0/policy.pt"})
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", candidates=2)) as study:
        keep(study, trained("c000", 0.1), Trial(raced.candidate, raced.runs))
        with pytest.raises(UsageError, match=rf"c001 of .* has no score \({state}\)"):
            usable_candidate(study, "c001")
