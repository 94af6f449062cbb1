"""A comparison's report as files: Markdown, CSV, JSON and, where plotly is installed, figures."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from rewardsmith.errors import RewardsmithError
from rewardsmith.reports.comparison_csv import curves_csv, searches_csv
from rewardsmith.reports.comparison_report import ComparisonReport
from rewardsmith.reports.comparison_text import markdown
from rewardsmith.shown import as_json

REPORT_FILE = "report.md"

_REPORT_FILES = re.compile(
    r"report\.(md|json)|(searches|curves)\.csv|(winners|best-so-far)[\w.-]*\.(html|svg|png)|plotly\.min\.js"
)


def is_report_file(path: Path) -> bool:
    """Whether a file looks like part of a report."""
    return _REPORT_FILES.fullmatch(path.name) is not None


def write_report(report: ComparisonReport, folder: Path) -> str:
    """Write everything.

    Returns:
        Why there are no pictures; empty if there are.

    Raises:
        RewardsmithError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "searches.csv").write_text(searches_csv(report), encoding="utf-8")
        (folder / "curves.csv").write_text(curves_csv(report), encoding="utf-8")
        (folder / "report.json").write_text(as_json(report), encoding="utf-8")
        pictures, why_none = _draw(report, folder)
        (folder / REPORT_FILE).write_text(markdown(report, pictures), encoding="utf-8")
    except OSError as error:
        raise RewardsmithError(
            f"cannot write the report to {folder}: {error.strerror}. Give a writable folder with --out."
        ) from error
    return why_none


def _draw(report: ComparisonReport, folder: Path) -> tuple[list[str], str]:
    if not all(map(find_spec, ("plotly", "kaleido"))):
        return [], "figures need plotly: pip install 'rewardsmith[figures]', then compare again."
    from rewardsmith.reports import figures  # an extra, and slow to import

    try:
        return figures.save(report, folder), ""
    except RewardsmithError as error:
        return [], str(error)
