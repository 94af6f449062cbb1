"""Studies of format 1 as an enemy would send them: they are
read only, and still by every command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.hostile.altering import Forge, Mail
from tests.hostile.forgery import ESCAPES, Forgery

_HONEST = Path(__file__).parents[1] / "data" / "format_1"
_READ_ONLY, _UNREADABLE = "has an older format", "cannot be read"


def _old(*statements: str) -> Forge:
    """A study of format 1, and statements that change it."""

    def forge(mail: Mail) -> None:
        shutil.rmtree(mail.study)
        shutil.copytree(_HONEST, mail.study)
        mail.sql(*statements)

    return forge


def _set(table: str, identity: str, **changes: object) -> Forge:
    """Fields of a record; ``training__policy`` reaches into it."""
    pairs = "".join(
        f", '$.{name.replace('__', '.')}', json('{json.dumps(value)}')" for name, value in changes.items()
    )
    return _old(f"UPDATE {table} SET record = json_set(record{pairs}) WHERE id = '{identity}'")


def _linked(name: str, target: str) -> Forge:
    def forge(mail: Mail) -> None:
        _old()(mail)
        mail.link(name, mail.home / target)

    return forge


def _program(mail: Mail) -> None:
    _set("candidates", "c000", program="import os; os.abort()")(mail)


OLD = [
    Forgery("format 1", "honest", _old(), _READ_ONLY),
    Forgery("format 1", "id", _set("candidates", "c002", id="../../../precious/escape"), _UNREADABLE),
    Forgery("format 1", "row", _old("UPDATE candidates SET id = '../x' WHERE id = 'c002'"), _UNREADABLE),
    Forgery("format 1", "policy", _set("candidates", "c000", training__policy="../../.token"), _UNREADABLE),
    Forgery(
        "format 1",
        "policy of a final run",
        _set("finals", "best-0", training__policy="/etc/passwd"),
        _UNREADABLE,
    ),
    Forgery(
        "format 1",
        "training of another candidate",
        _set("candidates", "c000", training__candidate="../c001"),
        _UNREADABLE,
    ),
    Forgery("format 1", "final run's id", _set("finals", "best-0", id="../../x-0"), _UNREADABLE),
    Forgery(
        "format 1", "final run's reward", _set("finals", "best-0", reward="best:../../precious"), _UNREADABLE
    ),
    Forgery("format 1", "final run of nobody", _set("finals", "best-0", reward="best:c999"), _UNREADABLE),
    Forgery("format 1", "final run of another kind", _set("finals", "best-0", reward="human"), _UNREADABLE),
    Forgery(
        "format 1", "a million million trainings", _set("candidates", "c002", trainings=10**12), _UNREADABLE
    ),
    Forgery(
        "format 1",
        "no training but trainings",
        _set("candidates", "c002", training=None, trainings=10**15),
        _UNREADABLE,
    ),
    Forgery(
        "format 1",
        "steps that are fewer than the last",
        _set("candidates", "c002", env_steps=0, trainings=2),
        _READ_ONLY,
    ),
    Forgery(
        "format 1",
        "a score that is text",
        _set("candidates", "c002", training__score__mean="0.5x"),
        _UNREADABLE,
    ),
    Forgery("format 1", "an unknown state", _set("candidates", "c002", state="OWNED"), _UNREADABLE),
    Forgery(
        "format 1",
        "a state that its training denies",
        _set("candidates", "c002", training__state="PROPOSED"),
        _READ_ONLY,
    ),
    Forgery("format 1", "a circle of parents", _set("candidates", "c000", parents=["c002"]), _UNREADABLE),
    Forgery("format 1", "itself as its parent", _set("candidates", "c002", parents=["c002"]), _UNREADABLE),
    Forgery(
        "format 1",
        "escapes",
        _set("candidates", "c002", idea=ESCAPES, operator=ESCAPES, training__cause=ESCAPES),
        _READ_ONLY,
    ),
    Forgery(
        "format 1",
        "notice",
        _old("UPDATE study SET value = char(27) || '[2J' WHERE key IN ('notice', 'version')"),
        _READ_ONLY,
    ),
    Forgery(
        "format 1", "a value that is no text", _old("UPDATE study SET value = x'ff00' WHERE key = 'seconds'")
    ),
    Forgery(
        "format 1", "seconds that are no number", _old("UPDATE study SET value = 'abc' WHERE key = 'seconds'")
    ),
    Forgery("format 1", "a program that is Python", _program, _READ_ONLY),
    Forgery("format 1", "records that are no JSON", _old("UPDATE finals SET record = '{'"), _UNREADABLE),
    Forgery(
        "format 1", "records that are no text", _old("UPDATE candidates SET record = x'ff00ff'"), _UNREADABLE
    ),
    Forgery(
        "format 1",
        "a record of 600 MB",
        _old("UPDATE candidates SET record = CAST(zeroblob(600000000) AS TEXT)"),
    ),
    Forgery("format 1", "tables of format 2", _old("ALTER TABLE finals RENAME TO runs")),
    Forgery("format 1", "which says that it is format 2", _old("PRAGMA user_version = 2")),
    Forgery("format 1", "policy.pt to a secret", _linked("candidates/c000/policy.pt", ".token")),
    Forgery("format 1", "the database to a file", _linked("study.db", "precious/notes.txt")),
    Forgery("format 1", "its log to a file", _linked("study.db-wal", "precious/notes.txt")),
    Forgery(
        "format 1",
        "an endless view",
        _old(
            "ALTER TABLE finals RENAME TO kept",
            "CREATE VIEW finals AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT 'best-0' AS id, '{}' AS record FROM n",
        ),
        "is no study",
    ),
]
