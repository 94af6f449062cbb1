"""Databases that never end, are too large, damaged or of another make."""

from __future__ import annotations

from tests.hostile.altering import Forge, Mail
from tests.hostile.forgery import CLOSING, SEARCHED, Forgery, cut


def _endless_view(mail: Mail) -> None:
    mail.sql(
        "ALTER TABLE candidates RENAME TO kept",
        "CREATE VIEW candidates AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i AS position, 'c000' AS id, 1 AS revision, '{}' AS record FROM n",
    )


def _endless_trigger(mail: Mail) -> None:
    mail.sql(
        "CREATE TRIGGER t AFTER INSERT ON study BEGIN UPDATE study SET value = (WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n); END"
    )
    mail.unfinished()


def _last_revision(mail: Mail) -> None:
    """None comes after it."""
    mail.unfinished()
    mail.sql(f"UPDATE runs SET revision = {2**63 - 1} WHERE id = 'c000-search-0'")


def _huge_record(mail: Mail) -> None:
    mail.sql("UPDATE candidates SET record = CAST(zeroblob(600000000) AS TEXT) WHERE id = 'c002'")


def _huge_curve(mail: Mail) -> None:
    mail.record("runs", SEARCHED, components=[{"name": "near", "values": [0.5] * 3_000_000}])


def _noise(name: str) -> Forge:
    def forge(mail: Mail) -> None:
        file = mail.study / name
        data = bytearray(file.read_bytes())
        for place in range(4096, len(data), 97):
            data[place] ^= 0x5A
        file.write_bytes(bytes(data))

    return forge


DATABASES = [
    Forgery("database", "an endless view", _endless_view),
    Forgery("database", "an endless trigger", _endless_trigger),
    Forgery("database", "a record of 600 MB", _huge_record),
    Forgery("database", "a curve of three million values", _huge_curve),
    Forgery("database", "cut off", cut("study.db", 20_000)),
    Forgery("database", "its header alone", cut("study.db", 100)),
    Forgery("database", "damaged", _noise("study.db")),
    Forgery("database", "another format", lambda mail: mail.sql("PRAGMA user_version = 7")),
    Forgery("database", "no table", lambda mail: mail.sql("DROP TABLE candidates")),
    Forgery(
        "database",
        "a table with a computed column",
        lambda mail: mail.sql("ALTER TABLE study ADD COLUMN x AS (value || value)"),
    ),
    Forgery("database", "records that are no JSON", lambda mail: mail.raw("runs", CLOSING, "{")),
    Forgery(
        "database",
        "records that are no text",
        lambda mail: mail.sql("UPDATE candidates SET record = x'ff00ff' WHERE id = 'c002'"),
    ),
    Forgery("database", "deep JSON", lambda mail: mail.raw("candidates", "c002", "[" * 100_000)),
    Forgery(
        "database",
        "a negative position",
        lambda mail: mail.sql("UPDATE candidates SET position = -1 WHERE id = 'c002'"),
    ),
    Forgery(
        "database",
        "a negative revision",
        lambda mail: mail.sql("UPDATE runs SET revision = -1 WHERE id LIKE 'c002-%'"),
    ),
    Forgery("database", "the last revision", lambda mail: _last_revision(mail)),
    Forgery(
        "database", "a revision that is no number", lambda mail: mail.sql("UPDATE scores SET revision = 'x'")
    ),
    Forgery("database", "seconds that are no number", lambda mail: mail.value("seconds", "abc")),
    Forgery("database", "seconds without end", lambda mail: mail.value("seconds", "inf")),
]
