"""Small tools of a forger: rows, files and links of a study that are changed by hand."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

Forge = Callable[["Mail"], None]


@dataclass(frozen=True)
class Mail:
    """What a forger has: the study that will be sent, and
    knowledge of where the victim keeps things."""

    study: Path
    home: Path

    @property
    def precious(self) -> Path:
        return self.home / "precious" / "notes.txt"

    @property
    def token(self) -> Path:
        return self.home / ".token"

    def sql(self, *statements: str) -> None:
        """Run statements on the study's database."""
        with closing(sqlite3.connect(self.study / "study.db")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    def record(self, table: str, identity: str, **changes: object) -> None:
        """Change fields of a JSON record; ``components__0__name`` reaches into it. A
        call or score goes by how its id begins."""
        with closing(sqlite3.connect(self.study / "study.db")) as database:
            query = f"SELECT id, record FROM {table} WHERE id = ? OR id LIKE ? ORDER BY position"
            row, text = database.execute(query, (identity, f"{identity}/%")).fetchone()
            data = json.loads(text)
            for path, value in changes.items():
                *way, last = path.split("__")
                place = data
                for step in way:
                    place = place[int(step) if step.isdecimal() else step]
                place[last] = value
            database.execute(f"UPDATE {table} SET record = ? WHERE id = ?", (json.dumps(data), row))
            database.commit()

    def raw(self, table: str, identity: str, record: str) -> None:
        """Put any text in the place of a record."""
        with closing(sqlite3.connect(self.study / "study.db")) as database:
            database.execute(f"UPDATE {table} SET record = ? WHERE id = ?", (record, identity))
            database.commit()

    def add(self, table: str, identity: str, record: object) -> None:
        """Put one more record behind the others."""
        query = (
            f"INSERT INTO {table} (id, revision, record) VALUES (?, (SELECT MAX(revision) + 1 FROM "
            f"{table}), ?)"
        )
        with closing(sqlite3.connect(self.study / "study.db")) as database:
            database.execute(query, (identity, json.dumps(record)))
            database.commit()

    def copy_run(self, old: str, new: str, **changes: object) -> None:
        """Put one more run behind the others, like one that is there, with its score."""
        with closing(sqlite3.connect(self.study / "study.db")) as database:
            (run,) = database.execute("SELECT record FROM runs WHERE id = ?", (old,)).fetchone()
            row, score = database.execute(
                "SELECT id, record FROM scores WHERE id LIKE ?", (f"{old}/%",)
            ).fetchone()
        subject, purpose, _ = new.split("-")
        self.add(
            "runs",
            new,
            json.loads(run) | {"id": new, "subject": subject, "purpose": purpose, "policy": ""} | changes,
        )
        self.add("scores", f"{new}/{row.partition('/')[2]}", json.loads(score))

    def unfinished(self) -> None:
        """As if the search had been killed before the last candidate's training."""
        self.unclosed()
        self.sql(
            "DELETE FROM runs WHERE id = 'c002-search-0'",
            "DELETE FROM scores WHERE id LIKE 'c002-search-0/%'",
        )
        self.sql("DELETE FROM events WHERE id = '3'")

    def unclosed(self) -> None:
        """As if it had been killed before the closing comparison."""
        self.sql(
            "DELETE FROM runs WHERE id NOT LIKE '%-search-0'",
            "DELETE FROM scores WHERE id NOT LIKE '%-search-0/%'",
        )
        self.sql("DELETE FROM study WHERE key = 'finished'")

    def value(self, key: str, value: str) -> None:
        """Set a text of the study."""
        with closing(sqlite3.connect(self.study / "study.db")) as database:
            database.execute("INSERT OR REPLACE INTO study VALUES (?, ?)", (key, value))
            database.commit()

    def config(self, old: str, new: str) -> None:
        """Change both copies of the config, as a careful forger does."""
        file = self.study / "config.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text, old
        file.write_text(text.replace(old, new), encoding="utf-8")
        self.value("config.yaml", text.replace(old, new))

    def link(self, name: str, target: Path) -> None:
        """Put a link in the place of a file or folder of the study."""
        self.gone(name)
        (self.study / name).symlink_to(target)

    def hard_link(self, name: str, target: Path) -> None:
        """The same without a link's looks."""
        self.gone(name)
        os.link(target, self.study / name)

    def pipe(self, name: str) -> None:
        """Put a pipe in the place of a file."""
        self.gone(name)
        os.mkfifo(self.study / name)

    def folder(self, name: str) -> None:
        """Put a folder in the place of a file."""
        self.gone(name)
        (self.study / name).mkdir()

    def gone(self, name: str) -> None:
        """Move something out of the way, within the study."""
        path = self.study / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or path.exists():
            path.rename(path.with_name(f"{path.name}.was"))
