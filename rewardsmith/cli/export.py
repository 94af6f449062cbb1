"""``rewardsmith export STUDY [CANDIDATE] --out DIR``: a reward and its policy for use elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.cli.actors import usable_candidate
from rewardsmith.cli.arguments import check_words, parse
from rewardsmith.cli.output import say
from rewardsmith.lock import check_new
from rewardsmith.registry import TASKS
from rewardsmith.study import Study


@dataclass(frozen=True)
class ExportOptions:
    """Take a reward and its policy out of a study: program, TorchScript, a sheet about them."""

    study: Positional[Path]
    """Folder of the study."""
    out: Path
    """A new or empty folder."""
    candidate: Positional[str] = "best"
    """Its id, such as c003, or `best`."""
    onnx: bool = False
    """Also write the policy as ONNX."""


def run(arguments: list[str]) -> int:
    """Write the folder."""
    options = parse(ExportOptions, "export", arguments)
    check_words(options.out, "--out")
    # imports torch, for which help texts do not wait
    from rewardsmith.reports.export import export, policy_spec
    from rewardsmith.training import policy_file
    from rewardsmith.training.portable import require_onnx

    if options.onnx:
        require_onnx()
    check_new(options.out, resumable=False)
    with Study.open(options.study) as study:
        trial = usable_candidate(study, options.candidate)
        assert trial.run, "it has a policy"
        task = TASKS.load(study.config.task)
        env = task.make(1, 1)
        spec = policy_spec(study, trial, task, (env.observation_size, env.action_size))
        files = export(
            study,
            trial,
            policy_file.load(study.policy_path(trial.run), env),
            spec,
            options.out,
            onnx=options.onnx,
        )
    say("\n".join(f"wrote {file}" for file in files))
    return 0
