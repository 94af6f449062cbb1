"""``rewardsmith doctor``: does everything work on this machine."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from rewardsmith.cli.arguments import parse, print_json
from rewardsmith.cli.output import say
from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import SPARSE, Task, TrainingJob, Workload
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.executors.collect import train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.registry import STRATEGIES, TASKS, WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.writers.openai.probe import look_at


@dataclass(frozen=True)
class EndpointFlags:
    """Where `--writer openai` would go."""

    base_url: str | None = None
    """Address to look at; else OPENAI_BASE_URL."""
    key_variable: str = LanguageModelOptions.key_variable
    """Environment variable that holds the key."""
    key_file: str | None = None
    """File that holds the key, instead of the variable."""


@dataclass(frozen=True)
class DoctorOptions:
    """Check the installation; nothing is downloaded and no model is called.

    An address of a model's endpoint, where one is given, is asked for its list of models.
    """

    json: bool = False
    """Print JSON."""
    llm: EndpointFlags = field(default_factory=EndpointFlags)


@dataclass(frozen=True)
class Finding:
    """One check."""

    name: str
    ok: bool
    detail: str


def run(arguments: list[str]) -> int:
    """Exit 0 when a search can run, 1 otherwise."""
    options = parse(DoctorOptions, "doctor", arguments)
    checks = {**CHECKS, "model": lambda: _model(options.llm)}
    findings = [_try(name, check) for name, check in checks.items()]
    if options.json:
        print_json(findings)
    else:
        for finding in findings:
            say(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name:<10} {finding.detail}")
    return 0 if all(finding.ok for finding in findings) else 1


def _try(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except (RewardsmithError, PackageNotFoundError, ImportError, OSError) as error:
        return Finding(name, False, str(error))


def _machine() -> str:
    return (
        f"Python {sys.version.split()[0]}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )


def _packages() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("rewardsmith", "torch", "mujoco", "openai"))


def _plugins() -> str:
    for registry in (TASKS, STRATEGIES, WRITERS):
        for name in registry.names():
            registry.load(name)
    return (
        f"tasks {', '.join(TASKS.names())}; strategies {', '.join(STRATEGIES.names())}; writers "
        f"{', '.join(WRITERS.names())}"
    )


def _task() -> Task:
    """The first that a person wrote a reward for, so that something is known of it."""
    for name in TASKS.names():
        with suppress(RewardsmithError):  # the check of the plug-ins tells of it
            task = TASKS.load(name)
            if task.human_reward and "cpu" in task.capabilities.devices:
                return task
    raise RewardsmithError(
        "no task that is installed has a human reward and a CPU simulation. Install rewardsmith again: it "
        "brings some."
    )


def _guard() -> str:
    task = _task()
    guard = Guard(PpoSettings())
    try:
        limits = ", ".join(guard.limits(task))
        good, bad = guard.check(task.human_reward, task), guard.check("import os\nos.system('true')\n", task)
    finally:
        guard.close()
    if not good.accepted or bad.accepted:
        raise RewardsmithError(f"the guard's child process does not work: {good.text}")
    return f"accepts the human reward, refuses an import; its child process has: {limits}"


def _training() -> str:
    name = _task().name
    settings = PpoSettings(env_steps=64, envs=8, rollout=8, hidden=(8,))
    with tempfile.TemporaryDirectory() as folder:
        executor = LocalExecutor(
            Workload(name, "population", settings, (Path(folder).resolve(),), control=SPARSE)
        )
        try:
            job = TrainingJob("doctor", SPARSE, 0, str(Path(folder).resolve() / "policy.pt"))
            (ended,) = train_all(executor, [job], 2, lambda _: None)
        finally:
            executor.close()
    if ended.score is None:
        raise RewardsmithError(f"a tiny training failed: {ended.result.cause}")
    return (
        f"a tiny training on {name} ran in a worker process; its worker has: "
        f"{', '.join(executor.workers[0].limits)}"
    )


def _extras() -> str:
    """Extras that are not installed are named and no fault.

    One that is installed and cannot be imported is.
    """
    missing = [name for name, modules in EXTRAS.items() if not all(map(find_spec, modules))]
    installed = [name for name in EXTRAS if name not in missing]
    for name in installed:
        for module in EXTRAS[name]:
            import_module(module)
    hint = (
        f"; not installed: {', '.join(missing)} (pip install 'rewardsmith[{missing[0]}]')" if missing else ""
    )
    return f"{', '.join(installed) or 'none'}{hint}"


def _gpu() -> str:
    """A machine without one is in order."""
    try:
        _task().check_device("cuda")
    except UsageError as why_not:
        return f"none for --device cuda: {why_not}"
    return "--device cuda can be used"


def _folder() -> str:
    with tempfile.NamedTemporaryFile(dir=".") as probe:
        probe.write(b"x")
    return f"{Path.cwd()} is writable, {shutil.disk_usage('.').free / 2**30:.1f} GiB free"


def _model(flags: EndpointFlags) -> str:
    """An endpoint of the user's own is looked at; OpenAI's is not, for it needs a key."""
    key = "set" if flags.key_file or os.environ.get(flags.key_variable) else "not set"
    model = os.environ.get("REWARDSMITH_MODEL") or os.environ.get("OPENAI_MODEL") or "not set"
    url = flags.base_url or os.environ.get("OPENAI_BASE_URL")
    place = look_at(LanguageModelOptions(**{**vars(flags), "base_url": url})) if url else "OpenAI's own"
    return (
        f"for --writer openai: {flags.key_file or flags.key_variable} {key}, model {model}, endpoint {place}"
    )


EXTRAS = {
    "figures": ("plotly", "kaleido"),
    "gpu": ("warp", "mujoco_warp"),
    "gym": ("gymnasium",),
    "local": ("xllamacpp",),
    "onnx": ("onnx", "onnxscript"),
    "rl-games": ("rl_games",),
    "tune": ("optuna",),
    "video": ("imageio", "imageio_ffmpeg", "PIL"),
}
"""What each optional extra brings."""
CHECKS = {
    "machine": _machine,
    "packages": _packages,
    "extras": _extras,
    "gpu": _gpu,
    "plug-ins": _plugins,
    "folder": _folder,
    "guard": _guard,
    "training": _training,
}
