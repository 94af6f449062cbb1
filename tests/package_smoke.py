"""Build wheel and sdist, install each outside the checkout, and run the program from there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def smoke(artifact: Path, folder: Path) -> None:
    """Install one artifact without its dependencies, which this
    interpreter has, and run it elsewhere."""
    target = folder / artifact.suffix.lstrip(".")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "--target", str(target), str(artifact)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(target)}
    program = (
        "import rewardsmith, rewardsmith_envs, rewardsmith_search, sys; sys.modules['pytest'] = None; "
        "from rewardsmith.testing import executors, scorers, strategies, tasks, trainers, writers; "
        "from rewardsmith import templates; from rewardsmith.cli.main import run; "
        f"assert rewardsmith.__file__.startswith({str(target)!r}), rewardsmith.__file__; "
        f"assert str(templates.prompt_root()).startswith({str(target)!r}); "
        "sys.exit(run(['tasks', 'franka-push']) or run(['search', 'franka-reach', '--dry-run']))"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL
    )
    search = ["search", "franka-reach", "--candidates", "1", "--final-seeds", "0", "--episodes", "4"]
    tiny = ["--training.env-steps", "2000", "--training.envs", "16"]
    subprocess.run(
        [sys.executable, "-m", "rewardsmith.cli.main", *search, *tiny],
        check=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    print(f"{artifact.name}: installs and runs")


def main() -> None:
    """Build both artifacts and try them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        artifacts = sorted((folder / "dist").iterdir())
        assert len(artifacts) == 2, artifacts
        for artifact in artifacts:
            smoke(artifact, folder)


if __name__ == "__main__":
    main()
