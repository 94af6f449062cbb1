"""``rewardsmith export STUDY [CANDIDATE] --out DIR``: a reward and its policy for use elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.cli.actors import usable_candidate, usable_policy
from rewardsmith.cli.arguments import check_words, parse
from rewardsmith.cli.output import say
from rewardsmith.lock import check_new
from rewardsmith.registry import TASKS
from rewardsmith.reports.trained import is_trained, open_trained
from rewardsmith.study import Study

_POLICY = "policy"
"""Names the best policy, and no candidate."""


@dataclass(frozen=True)
class ExportOptions:
    """Take a reward and its policy along: program, TorchScript, a sheet about them."""

    study: Positional[Path]
    """Folder of a study, or one that `train` made."""
    out: Path
    """A new or empty folder."""
    candidate: Positional[str] = "best"
    """Its id, such as c003, `best`, or `policy` for the policy of highest score, whatever training
    it is from; where `train` made the folder, such as seed-0."""
    onnx: bool = False
    """Also write the policy as ONNX."""


def run(arguments: list[str]) -> int:
    """Write the folder."""
    options = parse(ExportOptions, "export", arguments)
    check_words(options.out, "--out")
    # imports torch, for which help texts do not wait
    from rewardsmith.reports.export import export, from_study, from_trained
    from rewardsmith.training.portable import require_onnx

    if options.onnx:
        require_onnx()
    check_new(options.out, resumable=False)
    if is_trained(options.study):
        trained = open_trained(options.study)
        task = TASKS.load(trained.training.task)
        files = export(
            from_trained(trained, trained.find(options.candidate), task), options.out, onnx=options.onnx
        )
    else:
        with Study.open(options.study) as study:
            if options.candidate == _POLICY:
                chosen = usable_policy(study)
            else:
                chosen = usable_candidate(study, options.candidate).run
            assert chosen is not None, "what is usable has a policy"
            task = TASKS.load(study.config.task)
            files = export(from_study(study, chosen, task), options.out, onnx=options.onnx)
    say("\n".join(f"wrote {file}" for file in files))
    return 0
