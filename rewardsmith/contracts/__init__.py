"""The seams of rewardsmith: what a task, environment, strategy, writer and trainer must offer.

Everything here is a protocol or a frozen dataclass. Plug-ins depend on this module, on
:mod:`rewardsmith.records` and on :mod:`rewardsmith.errors`, and on nothing else of the core.
"""

from rewardsmith.contracts.observing import Observer
from rewardsmith.contracts.search import Strategy
from rewardsmith.contracts.task import (
    Activation,
    Device,
    Fingerprinted,
    Physical,
    Role,
    Signal,
    Step,
    Task,
    TrainingSettings,
    VecEnv,
    Visible,
)
from rewardsmith.contracts.training import SPARSE, Race, Trainer, TrainingJob, TrainingProgress
from rewardsmith.contracts.writing import ALIGN, VERIFY, Brief, Ledger, Parent, Quote, Repair, Writer

__all__ = [
    "ALIGN",
    "SPARSE",
    "VERIFY",
    "Activation",
    "Brief",
    "Device",
    "Fingerprinted",
    "Ledger",
    "Observer",
    "Parent",
    "Physical",
    "Quote",
    "Race",
    "Repair",
    "Role",
    "Signal",
    "Step",
    "Strategy",
    "Task",
    "Trainer",
    "TrainingJob",
    "TrainingProgress",
    "TrainingSettings",
    "VecEnv",
    "Visible",
    "Writer",
]
