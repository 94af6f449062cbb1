"""Ids, runs, scores, events and values as an enemy would put them into the database of a study."""

from __future__ import annotations

from tests.hostile.altering import Forge, Mail
from tests.hostile.forgery import CLOSING, POLICY, SEARCHED, Forgery, changed


def _renamed(new: str, *, row: bool) -> Forge:
    def forge(mail: Mail) -> None:
        mail.unfinished()
        mail.record("candidates", "c002", id=new)
        if row:
            mail.sql(f"UPDATE candidates SET id = '{new}' WHERE id = 'c002'")

    return forge


def _policy(path: str, run: str = SEARCHED) -> Forge:
    return lambda mail: mail.record("runs", run, policy=path.replace("HOME", str(mail.home)))


def _start(run: str, of: str = SEARCHED, **changes: object) -> Forge:
    def forge(mail: Mail) -> None:
        mail.record("runs", of, start=run.replace("HOME", str(mail.home)), **changes)
        mail.sql("DELETE FROM study WHERE key = 'finished'")

    return forge


def _begun(mail: Mail, content: bytes | None) -> None:
    """One run more is to begin from the policy of the last candidate, and instead of that there is
    ``content``, or a link."""
    mail.copy_run(SEARCHED, "c002-search-1", start=SEARCHED, state="QUEUED")
    _to_be_scored(mail, content)


def _run(new: str, subject: str, old: str = CLOSING) -> Forge:
    """A run has another name, in its row too, and the search goes on."""

    def forge(mail: Mail) -> None:
        mail.record("runs", old, id=new, subject=subject)
        mail.sql(
            f"UPDATE runs SET id = '{new}' WHERE id = '{old}'", "DELETE FROM study WHERE key = 'finished'"
        )

    return forge


def _score_row(new: str) -> Forge:
    return lambda mail: mail.sql(f"UPDATE scores SET id = '{new}' WHERE id LIKE '{SEARCHED}/%'")


def _another_run(new: str, **changes: object) -> Forge:
    """One run more, and the search goes on."""

    def forge(mail: Mail) -> None:
        mail.copy_run(SEARCHED, new, **changes)
        mail.unclosed()

    return forge


IDS = [
    Forgery("id", "absolute", _renamed("/tmp/escape", row=False), "c002"),
    Forgery("id", "relative", _renamed("../../../precious/escape", row=False), "c002"),
    Forgery("id", "relative, row too", _renamed("../../../precious/escape", row=True), "escape"),
    Forgery("id", "of another candidate", _renamed("c001", row=False), "c002"),
    Forgery("id", "with an escape", _renamed("c002\x1b[2J", row=False)),
    Forgery("id", "of parents", lambda mail: mail.record("candidates", "c002", parents=["../../precious"])),
    Forgery("id", "of a run", _run("../../../precious/escape", "c002"), "Run.id"),
    Forgery("id", "of a run, absolute", _run("/tmp/escape-final-0", "c002"), "Run.id"),
    Forgery(
        "id", "of a run in the search", _run("../../../precious/escape-search-0", "c002", SEARCHED), "Run.id"
    ),
    Forgery(
        "id", "of a run, no row", lambda mail: mail.record("runs", SEARCHED, id="../../x-search-0"), "Run.id"
    ),
    Forgery("id", "of a run's program", _run("c002-final-0", "../../precious"), "Run.subject"),
    Forgery("id", "of a run of another candidate", _run("c002-final-0", "c001"), "Run.subject"),
    Forgery("id", "of a run of nobody", _run("c999-final-0", "c999")),
    Forgery("id", "of a run with thirty digits", _run(f"c002-final-{10**30}", "c002"), "Run.id"),
    Forgery("id", "of a score", _score_row("../../../precious/escape/heldout/0")),
    Forgery("id", "of a score of nobody", _score_row("nobody")),
    Forgery(
        "id", "of an event", lambda mail: mail.sql("UPDATE events SET id = '../../x' WHERE id = '3'"), "Event"
    ),
    Forgery("policy", "absolute", _policy("HOME/.token"), "Run.policy"),
    Forgery("policy", "relative", _policy("../../.token"), "Run.policy"),
    Forgery(
        "policy", "by way of another run", _policy("runs/c001-search-0/../../../../.token"), "Run.policy"
    ),
    Forgery("policy", "of another run", _policy("runs/c001-search-0/policy.pt"), "Run.policy"),
    Forgery("policy", "of format 1", _policy("candidates/c002/policy.pt"), "Run.policy"),
    Forgery("policy", "of a final run", _policy("HOME/.token", CLOSING), "Run.policy"),
    Forgery(
        "policy", "that does not fit, of a run to be scored", lambda mail: _to_be_scored(mail, b"no policy")
    ),
    Forgery("policy", "that is a link, of a run to be scored", lambda mail: _to_be_scored(mail, None)),
    Forgery("start", "absolute", _start("HOME/.token"), "Run.start"),
    Forgery("start", "relative", _start("../../../precious"), "Run.start"),
    Forgery("start", "by way of a run", _start("c001-search-0/../../../.token"), "Run.start"),
    Forgery("start", "at itself", _start(SEARCHED), "Run.start"),
    Forgery("start", "of a final run", _start("c001-search-0", CLOSING), "Run.start"),
    Forgery("start", "at nobody", _start("c999-search-0", state="QUEUED"), "which has none"),
    Forgery(
        "start", "at a policy that does not fit", lambda mail: _begun(mail, b"no policy"), "not a policy"
    ),
    Forgery("start", "at a link", lambda mail: _begun(mail, None)),
    Forgery("record", "states differ", lambda mail: mail.record("candidates", "c002", state="PROPOSED")),
    Forgery("record", "calls differ", lambda mail: mail.record("calls", "c002", candidate="../../x")),
    Forgery("record", "scores differ", lambda mail: mail.record("scores", SEARCHED, seed=8)),
    Forgery("record", "scorers differ", lambda mail: mail.record("scores", SEARCHED, scorer="../../x")),
    Forgery("record", "programs differ", lambda mail: mail.record("runs", SEARCHED, program="0" * 64)),
    Forgery(
        "record",
        "purposes differ",
        lambda mail: mail.record("runs", SEARCHED, purpose="final"),
        "Run.purpose",
    ),
    Forgery("record", "the run is gone", lambda mail: mail.sql(f"DELETE FROM runs WHERE id = '{SEARCHED}'")),
    Forgery(
        "record",
        "the candidate is gone",
        lambda mail: mail.sql("DELETE FROM candidates WHERE id = 'c002'"),
        "c002 is missing",
    ),
]
RUNS = [
    Forgery("run", "of nobody in the search", _another_run("c999-search-0")),
    Forgery("run", "of nobody, to be trained", _another_run("c999-search-0", state="QUEUED")),
    Forgery("run", "of nobody that wins", _another_run("c999-finalist-0")),
    Forgery("run", "of a candidate that is a baseline", _another_run("c002-baseline-0")),
    Forgery("run", "of a reward that is in the search", _another_run("human-search-0")),
    Forgery("run", "of a reward that wins", _another_run("sparse-finalist-0")),
    Forgery(
        "run", "with a number far off", _another_run("c002-search-999999999", state="FAILED", fault="CRASHED")
    ),
    Forgery("run", "that is not at its end", _another_run("c002-search-1", state="RUNNING")),
    Forgery("run", "that is at its end in no way", _another_run("c002-search-1", state="FAILED")),
    Forgery("run", "that was lost too often", _another_run("c002-search-1", state="LOST", tries=10**15)),
    Forgery("run", "that was trained, without a policy", lambda mail: _to_be_scored(mail, b"")),
    Forgery(
        "run",
        "by a machine elsewhere",
        _another_run("c002-search-1", executor="ssh://127.0.0.1:9", state="QUEUED"),
    ),
    Forgery(
        "run",
        "with settings that are none",
        _another_run("c002-search-1", settings="[" * 100_000, state="QUEUED"),
    ),
    Forgery("run", "that was raced without a rung", _another_run("c002-search-1", state="EVICTED")),
]


def _to_be_scored(mail: Mail, content: bytes | None) -> None:
    """A training at its end that nobody scored, and instead of
    its policy ``content``, or a link."""
    mail.unclosed()
    mail.sql(f"DELETE FROM scores WHERE id LIKE '{SEARCHED}/%'", "DELETE FROM events WHERE id = '3'")
    if content is None:
        mail.link(POLICY, mail.token)
    elif content:
        (mail.study / POLICY).write_bytes(content)
    else:
        mail.gone(POLICY)


def _event(kind: str, *names: str, limit: int = 1) -> Forge:
    """One event more, and the search goes on."""

    def forge(mail: Mail) -> None:
        mail.unfinished()
        mail.add("events", "3", {"kind": kind, "candidates": names, "limit": limit})

    return forge


def _many_events(mail: Mail) -> None:
    """A strategy that is asked again and again and has nothing to say."""
    mail.unfinished()
    row = """'{"kind": "asked", "candidates": [], "limit": 1000}'"""
    mail.sql(
        "INSERT INTO events (id, revision, record) "
        "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 19000) "
        f"SELECT CAST(i AS TEXT), 1000, {row} FROM n"
    )


_OTHER = "does not fit its strategy"
EVENTS = [
    Forgery("event", "of nobody", _event("told", "c999"), "c999 is missing"),
    Forgery("event", "of paths", _event("told", "../../x"), "Event.candidates"),
    Forgery("event", "of another kind", _event("bribed", "c002"), "Event.kind"),
    Forgery("event", "twice", _event("told", "c000"), _OTHER),
    Forgery("event", "before the end", _event("told", "c002"), _OTHER),
    Forgery("event", "of what was asked before", _event("asked", "c002"), _OTHER),
    Forgery("event", "ten thousand times the same", _event("told", *["c002"] * 10_000), _OTHER),
    Forgery("event", "a thousand million asked", _event("asked", limit=10**9), "Event.limit"),
    Forgery("event", "a negative number asked", _event("asked", limit=-1), "Event.limit"),
    Forgery("event", "asked for nothing", _event("asked", limit=0)),
    Forgery("event", "nineteen thousand", _many_events, _OTHER),
    Forgery("event", "none", lambda mail: mail.sql("DELETE FROM events"), _OTHER),
    Forgery(
        "event",
        "in another order",
        lambda mail: mail.sql("UPDATE events SET position = 9 WHERE id = '0'"),
        _OTHER,
    ),
]


_RUNG: dict[str, object] = {
    "env_steps": 0,
    "score": {"mean": 0.1, "standard_error": 0.1, "episodes": 2},
    "rivals": 0,
    "better": 10**15,
}
_VALUES: dict[str, tuple[str, dict[str, object]]] = {
    "a score that is no number": ("scores", {"mean": float("nan")}),
    "a score without end": ("scores", {"mean": float("inf")}),
    "a score that is text": ("scores", {"mean": "0.5"}),
    "a score of no episode": ("scores", {"episodes": 0}),
    "a score of more episodes than there are": ("scores", {"episodes": 10**15, "unstable": 10**15}),
    "a score of episodes without end": ("scores", {"episodes": 10**400}),
    "an iteration of thirty digits": ("candidates", {"iteration": 10**30}),
    "an iteration of fifteen digits": ("candidates", {"iteration": 10**15}),
    "a negative iteration": ("candidates", {"iteration": -5}),
    "steps without end": ("runs", {"env_steps": 10**400}),
    "steps of fifteen digits": ("runs", {"env_steps": 10**15, "due_steps": 1}),
    "negative calls": ("calls", {"usage__calls": -(10**12)}),
    "an attempt of thirty digits": ("calls", {"attempt": 10**30}),
    "an unknown state": ("candidates", {"state": "OWNED"}),
    "an unknown state of a run": ("runs", {"state": "OWNED"}),
    "itself as its parent": ("candidates", {"parents": ["c002"]}),
    "a parent that is not there": ("candidates", {"parents": ["c999"]}),
    "ten thousand parents": ("candidates", {"parents": ["c000"] * 10_000}),
    "a missing score": ("scores", {"mean": None}),
    "a seed of a hundred digits": ("runs", {"seed": 10**100}),
    "a rung without a score": ("runs", {"rungs": [{}]}),
    "a rung of no training": ("runs", {"state": "EVICTED", "due_steps": 0, "rungs": [_RUNG]}),
    "a rung after the end": (
        "runs",
        {"state": "EVICTED", "due_steps": 1, "rungs": [_RUNG | {"env_steps": 10**15}]},
    ),
    "seconds of a hundred digits": ("runs", {"wall_s": 1e100}),
    "curves of one name": ("runs", {"progress": [{"name": "success", "values": []}] * 1_000}),
    "curves without a value": ("runs", {"progress": [], "components": [{"name": "", "values": []}]}),
}


def _cycle(mail: Mail) -> None:
    mail.record("candidates", "c001", parents=["c002"])
    mail.record("candidates", "c002", parents=["c001"])


RECORDS = [
    *(Forgery("value", name, changed(table, **changes)) for name, (table, changes) in _VALUES.items()),
    Forgery("value", "a circle of parents", _cycle),
]
