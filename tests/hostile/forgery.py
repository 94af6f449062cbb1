"""What a forgery is."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hostile.altering import Forge, Mail

ESCAPES = "\x1b]0;owned\x07\x1b[2J[bold]m[/x][/]\u202e\u2066\x9b31m\r| =1+1 <script>x</script>"
"""What would take over a terminal, a table or a page that shows it."""

SEARCHED, CLOSING = "c002-search-0", "c002-final-0"
"""Runs of the last candidate."""
POLICY = f"runs/{SEARCHED}/policy.pt"


@dataclass(frozen=True)
class Forgery:
    """One way to harm who opens a study."""

    kind: str
    name: str
    forge: Forge
    refused: str = ""
    """What ``resume`` must say, in some place; without it any ending is right that does no harm."""


def changed(table: str, **changes: object) -> Forge:
    """Other fields in the last candidate's record, or in that of its run, its score or its call."""
    return lambda mail: mail.record(table, SEARCHED if table in ("runs", "scores") else "c002", **changes)


def cut(name: str, at: int) -> Forge:
    """A file's beginning alone."""

    def forge(mail: Mail) -> None:
        file = mail.study / name
        file.write_bytes(file.read_bytes()[:at])

    return forge
