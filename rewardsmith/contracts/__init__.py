"""The seams: what a task, environment, strategy, writer, trainer, scorer and executor must offer.

Everything here is a protocol or a frozen dataclass. Plug-ins depend on this module, on
:mod:`rewardsmith.records` and on :mod:`rewardsmith.errors`, and on nothing else of the core.
"""

from rewardsmith.contracts.environment import Role, Signal, Span, Step, VecEnv
from rewardsmith.contracts.executing import Executor, Lost, Report, Workload
from rewardsmith.contracts.observing import Observer
from rewardsmith.contracts.past_signals import INITIAL, PREVIOUS, has_past, readable
from rewardsmith.contracts.scoring import Scorer, ScoringJob
from rewardsmith.contracts.search import Strategy
from rewardsmith.contracts.task import Capabilities, Device, Preset, Repeats, Setting, Task
from rewardsmith.contracts.task_source import ORIGIN, Suite, TaskFile, TaskSource
from rewardsmith.contracts.told import TOLD, Told
from rewardsmith.contracts.training import (
    BUILT_IN,
    NATIVE,
    SPARSE,
    Jobs,
    Race,
    Trainer,
    TrainerSettings,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
)
from rewardsmith.contracts.writing import (
    ALIGN,
    VERIFY,
    Brief,
    Ledger,
    Parent,
    Quote,
    Repair,
    TaskSheet,
    Writer,
)

__all__ = [
    "ALIGN",
    "BUILT_IN",
    "INITIAL",
    "NATIVE",
    "ORIGIN",
    "PREVIOUS",
    "SPARSE",
    "TOLD",
    "VERIFY",
    "Brief",
    "Capabilities",
    "Device",
    "Executor",
    "Jobs",
    "Ledger",
    "Lost",
    "Observer",
    "Parent",
    "Preset",
    "Quote",
    "Race",
    "Repair",
    "Repeats",
    "Report",
    "Role",
    "Scorer",
    "ScoringJob",
    "Setting",
    "Signal",
    "Span",
    "Step",
    "Strategy",
    "Suite",
    "Task",
    "TaskFile",
    "TaskSheet",
    "TaskSource",
    "Told",
    "Trainer",
    "TrainerSettings",
    "TrainingJob",
    "TrainingProgress",
    "TrainingResult",
    "VecEnv",
    "Workload",
    "Writer",
    "has_past",
    "readable",
]
