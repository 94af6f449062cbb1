"""Configurations of terms."""

from dataclasses import dataclass, field

from isaaclab.app import STARTED

assert STARTED, "AppLauncher comes first"


@dataclass
class TerminationTermCfg:
    func: object
    params: dict = field(default_factory=dict)
    time_out: bool = False
