"""Links, pipes and folders in the places of a study's files."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.altering import Forge, Mail
from tests.hostile.forgery import POLICY, Forgery


def _linked(name: str, target: str) -> Forge:
    return lambda mail: mail.link(name, mail.home / target)


def _hard_linked(name: str) -> Forge:
    return lambda mail: mail.hard_link(name, mail.precious)


def _running(forge: Forge) -> Forge:
    """A study that goes on, so that what it would write is written."""

    def both(mail: Mail) -> None:
        mail.unfinished()
        forge(mail)

    return both


_PLACES = (
    "study.db", "study.db-wal", "study.db-shm", "study.lock", "config.yaml", "candidates", "candidates/c002",
    "candidates/c002/reward.py", "runs", "runs/c002-search-0", POLICY, "runs/c002-search-0/policy.part",
    "runs/c002-search-0/episodes.pt", "runs/c002-final-0",
)  # fmt: skip
LINKS = [
    *(
        Forgery("link", f"{name} to a file", _running(_linked(name, "precious/notes.txt")))
        for name in _PLACES
    ),
    *(Forgery("link", f"{name} to a folder", _running(_linked(name, "precious"))) for name in _PLACES),
    Forgery("link", "config.yaml to a secret", _linked("config.yaml", ".token")),
    Forgery("link", "policy.pt to a secret", _linked(POLICY, ".token")),
    Forgery("link", "reward.py to a secret", _linked("candidates/c002/reward.py", ".token")),
    Forgery("link", "policy.pt to endless zeros", lambda mail: mail.link(POLICY, Path("/dev/zero"))),
    Forgery("link", "config.yaml to endless zeros", lambda mail: mail.link("config.yaml", Path("/dev/zero"))),
    Forgery("link", "the database to endless zeros", lambda mail: mail.link("study.db", Path("/dev/zero"))),
    *(
        Forgery("hard link", name, _running(_hard_linked(name)))
        for name in ("study.lock", "candidates/c002/reward.py")
    ),
    Forgery("hard link", "of the database's log", _running(_hard_linked("study.db-wal"))),
    *(
        Forgery("pipe", name, lambda mail, name=name: mail.pipe(name))
        for name in (
            "study.db",
            "study.lock",
            "study.db-wal",
            "config.yaml",
            POLICY,
            "candidates/c002/reward.py",
        )
    ),
    *(
        Forgery("folder", name, lambda mail, name=name: mail.folder(name))
        for name in ("study.lock", "study.db-wal", POLICY, "candidates/c002/reward.py")
    ),
]
