"""Screening programs in a process of its own, which they may break."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError, hear
from rewardsmith.records import Screening
from rewardsmith.screening.screen_orders import (
    LOADED,
    ORDER,
    REPORT,
    Earlier,
    Fresh,
    ScreenOrder,
    ScreenReport,
)


def screen(
    earlier: Sequence[Earlier], fresh: Sequence[Fresh], patience_s: float = 60.0
) -> dict[str, Screening]:
    """What new programs say of the episodes of earlier candidates.

    A program that breaks the process, or that keeps it silent, costs itself only: a new process
    goes on behind it.

    Args:
        earlier: Candidates whose episodes are looked at and whose programs may be twins.
        fresh: The programs, in order: each may be the twin of a later one.
        patience_s: A process that says nothing for so long is taken for hung.

    Returns:
        By candidate; without those whose program failed, and empty where there are no episodes.
    """
    order, found = ScreenOrder(tuple(earlier), tuple(fresh)), {}
    while order.earlier and order.fresh:
        reports = _carry_out(order, patience_s)
        found |= {report.candidate: report.screening for report in reports or () if report.screening}
        if reports is None or len(reports) == len(order.programs):
            break
        order = _without(order, order.programs[len(reports)], found)
    return found


def _carry_out(order: ScreenOrder, patience_s: float) -> list[ScreenReport] | None:
    """The answers of one process, as far as they came.

    ``None`` where it did not get to the programs.
    """
    process, reports = JsonProcess("rewardsmith.screening.screening_child"), None
    try:
        process.send(ORDER.dump_json(order).decode())
        if hear(process, LOADED, patience_s).episodes:
            reports = []
            for _ in order.programs:
                reports.append(hear(process, REPORT, patience_s))
    except (ProcessDiedError, ProcessSilentError):
        pass  # what came before counts
    finally:
        process.kill()
    return reports


def _without(order: ScreenOrder, culprit: Earlier | Fresh, found: Container[str]) -> ScreenOrder:
    """What is left to do after a program broke the process.

    Those that were screened before it stay its possible twins.
    """
    if isinstance(culprit, Earlier):
        return replace(
            order,
            earlier=tuple(
                replace(entry, program="") if entry is culprit else entry for entry in order.earlier
            ),
        )
    place = order.fresh.index(culprit)
    screened = (
        Earlier(entry.candidate, entry.program, episodes="")
        for entry in order.fresh[:place]
        if entry.candidate in found
    )
    return ScreenOrder((*order.earlier, *screened), order.fresh[place + 1 :])
