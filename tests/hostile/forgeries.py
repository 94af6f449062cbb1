"""Studies as an enemy would send them: every one is made from an honest study by changing rows, files or links."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch

from tests.hostile.altering import Forge, Mail

_HEAD = "def compute_reward(tcp_pos: Tensor, goal_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"
_TAIL = "    d = torch.linalg.vector_norm(goal_pos - tcp_pos, 2.0, dim=-1)\n    return -d + x, {'d': -d}\n"
_ESCAPES = "\x1b]0;owned\x07\x1b[2J[bold]m[/x][/]\u202e\u2066\x9b31m\r| =1+1 <script>x</script>"


@dataclass(frozen=True)
class Forgery:
    """One way to harm who opens a study."""

    kind: str
    name: str
    forge: Forge
    refused: str = ""
    """What ``resume`` must say, in some place; without it any ending is right that does no harm."""


def _writes(mail: Mail, name: str = "notes.txt") -> str:
    """A program that overwrites a file of the victim's."""
    path = mail.home / "precious" / name
    return (
        _HEAD + f"    f = torch.from_file('{path}', True, 8, dtype=torch.uint8)\n"
        "    x = f.copy_(torch.tensor([80, 87, 78, 69, 68, 33, 33, 10], dtype=torch.uint8)).sum() * 0.0\n" + _TAIL
    )


def _program(text: str, source: str | None = None) -> Forge:
    """A candidate that waits for its training, with any program."""

    def forge(mail: Mail) -> None:
        mail.unfinished()
        mail.record("candidates", "c002", program=text)
        if source is not None:
            mail.record("candidates", "c002", source=source)

    return forge


def _overwrites(mail: Mail) -> None:
    mail.unfinished()
    mail.record("candidates", "c002", program=_writes(mail))


def _overwrites_as_source(mail: Mail) -> None:
    mail.unfinished()
    mail.record("candidates", "c002", program=_writes(mail), source=_writes(mail))


def _winner_overwrites(mail: Mail) -> None:
    mail.record("candidates", "c002", program=_writes(mail))
    mail.unclosed()


def _screened_overwrites(mail: Mail) -> None:
    """An earlier candidate's program is run on episodes before the next iteration is trained."""
    mail.config("screening: 'off'", "screening: order")
    mail.record("candidates", "c000", program=_writes(mail))
    mail.unfinished()


_REFUSED = "is refused"
PROGRAMS = [
    Forgery("program", "overwrites a file", _overwrites, _REFUSED),
    Forgery("program", "overwrites a file and says so", _overwrites_as_source, _REFUSED),
    Forgery("program", "of the winner overwrites a file", _winner_overwrites, _REFUSED),
    Forgery("program", "of an earlier candidate overwrites a file", _screened_overwrites, _REFUSED),
    Forgery("program", "saves", _program(_HEAD + "    torch.save('x', 'precious/new')\n    x = 0.0\n" + _TAIL), _REFUSED),
    Forgery("program", "reads", _program(_HEAD + "    x = torch.from_file('/etc/passwd', False, 9).sum()\n" + _TAIL), _REFUSED),
    Forgery("program", "never ends", _program(_HEAD + "    x = 0.0\n    while True:\n        x += 1.0\n" + _TAIL), _REFUSED),
    Forgery("program", "is another one", _program(_HEAD + "    x = 1.0\n" + _TAIL), _REFUSED),
    Forgery("program", "is empty", _program(""), _REFUSED),
    Forgery("program", "has no source", _program(_HEAD + "    x = 1.0\n" + _TAIL, ""), _REFUSED),
    Forgery("program", "is Python", _program("import os\nos.system('touch precious/new')\n", "import os\n"), _REFUSED),
    Forgery("program", "is a bomb for parsers", _program("(" * 500_000, "(" * 500_000), _REFUSED),
    Forgery("program", "is huge", _program(_HEAD + "    x = 1.0\n" * 400_000 + _TAIL), _REFUSED),
    Forgery("program", "takes all memory", _program(_HEAD + "    x = torch.ones([99999, 99999]).sum()\n" + _TAIL), _REFUSED),
]


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


_SEARCHED, _CLOSING = "c002-search-0", "c002-final-0"
"""Runs of the last candidate."""
_POLICY = f"runs/{_SEARCHED}/policy.pt"
_PLACES = (
    "study.db", "study.db-wal", "study.db-shm", "study.lock", "config.yaml", "candidates", "candidates/c002",
    "candidates/c002/reward.py", "runs", "runs/c002-search-0", _POLICY, "runs/c002-search-0/policy.part",
    "runs/c002-search-0/episodes.pt", "runs/c002-final-0",
)  # fmt: skip
LINKS = [
    *(Forgery("link", f"{name} to a file", _running(_linked(name, "precious/notes.txt"))) for name in _PLACES),
    *(Forgery("link", f"{name} to a folder", _running(_linked(name, "precious"))) for name in _PLACES),
    Forgery("link", "config.yaml to a secret", _linked("config.yaml", ".token")),
    Forgery("link", "policy.pt to a secret", _linked(_POLICY, ".token")),
    Forgery("link", "reward.py to a secret", _linked("candidates/c002/reward.py", ".token")),
    Forgery("link", "policy.pt to endless zeros", lambda mail: mail.link(_POLICY, Path("/dev/zero"))),
    Forgery("link", "config.yaml to endless zeros", lambda mail: mail.link("config.yaml", Path("/dev/zero"))),
    Forgery("link", "the database to endless zeros", lambda mail: mail.link("study.db", Path("/dev/zero"))),
    *(Forgery("hard link", name, _running(_hard_linked(name))) for name in ("study.lock", "candidates/c002/reward.py")),
    Forgery("hard link", "of the database's log", _running(_hard_linked("study.db-wal"))),
    *(
        Forgery("pipe", name, lambda mail, name=name: mail.pipe(name))
        for name in ("study.db", "study.lock", "study.db-wal", "config.yaml", _POLICY, "candidates/c002/reward.py")
    ),
    *(
        Forgery("folder", name, lambda mail, name=name: mail.folder(name))
        for name in ("study.lock", "study.db-wal", _POLICY, "candidates/c002/reward.py")
    ),
]


def _renamed(new: str, *, row: bool) -> Forge:
    def forge(mail: Mail) -> None:
        mail.unfinished()
        mail.record("candidates", "c002", id=new)
        if row:
            mail.sql(f"UPDATE candidates SET id = '{new}' WHERE id = 'c002'")

    return forge


def _policy(path: str, run: str = _SEARCHED) -> Forge:
    return lambda mail: mail.record("runs", run, policy=path.replace("HOME", str(mail.home)))


def _run(new: str, subject: str, old: str = _CLOSING) -> Forge:
    """A run has another name, in its row too, and the search goes on."""

    def forge(mail: Mail) -> None:
        mail.record("runs", old, id=new, subject=subject)
        mail.sql(f"UPDATE runs SET id = '{new}' WHERE id = '{old}'", "DELETE FROM study WHERE key = 'finished'")

    return forge


def _score_row(new: str) -> Forge:
    return lambda mail: mail.sql(f"UPDATE scores SET id = '{new}' WHERE id LIKE '{_SEARCHED}/%'")


def _another_run(new: str, **changes: object) -> Forge:
    """One run more, and the search goes on."""

    def forge(mail: Mail) -> None:
        mail.copy_run(_SEARCHED, new, **changes)
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
    Forgery("id", "of a run in the search", _run("../../../precious/escape-search-0", "c002", _SEARCHED), "Run.id"),
    Forgery("id", "of a run, no row", lambda mail: mail.record("runs", _SEARCHED, id="../../x-search-0"), "Run.id"),
    Forgery("id", "of a run's program", _run("c002-final-0", "../../precious"), "Run.subject"),
    Forgery("id", "of a run of another candidate", _run("c002-final-0", "c001"), "Run.subject"),
    Forgery("id", "of a run of nobody", _run("c999-final-0", "c999")),
    Forgery("id", "of a run with thirty digits", _run(f"c002-final-{10**30}", "c002"), "Run.id"),
    Forgery("id", "of a score", _score_row("../../../precious/escape/heldout/0")),
    Forgery("id", "of a score of nobody", _score_row("nobody")),
    Forgery("id", "of an event", lambda mail: mail.sql("UPDATE events SET id = '../../x' WHERE id = '3'"), "Event"),
    Forgery("policy", "absolute", _policy("HOME/.token"), "Run.policy"),
    Forgery("policy", "relative", _policy("../../.token"), "Run.policy"),
    Forgery("policy", "by way of another run", _policy("runs/c001-search-0/../../../../.token"), "Run.policy"),
    Forgery("policy", "of another run", _policy("runs/c001-search-0/policy.pt"), "Run.policy"),
    Forgery("policy", "of format 1", _policy("candidates/c002/policy.pt"), "Run.policy"),
    Forgery("policy", "of a final run", _policy("HOME/.token", _CLOSING), "Run.policy"),
    Forgery("policy", "that does not fit, of a run to be scored", lambda mail: _to_be_scored(mail, b"no policy")),
    Forgery("policy", "that is a link, of a run to be scored", lambda mail: _to_be_scored(mail, None)),
    Forgery("record", "states differ", lambda mail: mail.record("candidates", "c002", state="PROPOSED")),
    Forgery("record", "calls differ", lambda mail: mail.record("calls", "c002", candidate="../../x")),
    Forgery("record", "scores differ", lambda mail: mail.record("scores", _SEARCHED, seed=8)),
    Forgery("record", "scorers differ", lambda mail: mail.record("scores", _SEARCHED, scorer="../../x")),
    Forgery("record", "programs differ", lambda mail: mail.record("runs", _SEARCHED, program="0" * 64)),
    Forgery("record", "purposes differ", lambda mail: mail.record("runs", _SEARCHED, purpose="final"), "Run.purpose"),
    Forgery("record", "the run is gone", lambda mail: mail.sql(f"DELETE FROM runs WHERE id = '{_SEARCHED}'")),
    Forgery("record", "the candidate is gone", lambda mail: mail.sql("DELETE FROM candidates WHERE id = 'c002'"), "c002 is missing"),
]
RUNS = [
    Forgery("run", "of nobody in the search", _another_run("c999-search-0")),
    Forgery("run", "of nobody, to be trained", _another_run("c999-search-0", state="QUEUED")),
    Forgery("run", "of nobody that wins", _another_run("c999-finalist-0")),
    Forgery("run", "of a candidate that is a baseline", _another_run("c002-baseline-0")),
    Forgery("run", "of a reward that is in the search", _another_run("human-search-0")),
    Forgery("run", "of a reward that wins", _another_run("sparse-finalist-0")),
    Forgery("run", "with a number far off", _another_run("c002-search-999999999", state="FAILED", fault="CRASHED")),
    Forgery("run", "that is not at its end", _another_run("c002-search-1", state="RUNNING")),
    Forgery("run", "that is at its end in no way", _another_run("c002-search-1", state="FAILED")),
    Forgery("run", "that was lost too often", _another_run("c002-search-1", state="LOST", tries=10**15)),
    Forgery("run", "that was trained, without a policy", lambda mail: _to_be_scored(mail, b"")),
    Forgery("run", "by a machine elsewhere", _another_run("c002-search-1", executor="ssh://127.0.0.1:9", state="QUEUED")),
    Forgery("run", "with settings that are none", _another_run("c002-search-1", settings="[" * 100_000, state="QUEUED")),
    Forgery("run", "that was raced without a rung", _another_run("c002-search-1", state="EVICTED")),
]


def _to_be_scored(mail: Mail, content: bytes | None) -> None:
    """A training at its end that nobody scored, and instead of its policy ``content``, or a link."""
    mail.unclosed()
    mail.sql(f"DELETE FROM scores WHERE id LIKE '{_SEARCHED}/%'", "DELETE FROM events WHERE id = '3'")
    if content is None:
        mail.link(_POLICY, mail.token)
    elif content:
        (mail.study / _POLICY).write_bytes(content)
    else:
        mail.gone(_POLICY)


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
        "INSERT INTO events (id, revision, record) WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 19000) "
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
    Forgery("event", "in another order", lambda mail: mail.sql("UPDATE events SET position = 9 WHERE id = '0'"), _OTHER),
]


def _endpoint(**terms: object) -> Forge:
    """The study says where to send what."""
    lines = "".join(f"  {name}: {value}\n" for name, value in terms.items())

    def forge(mail: Mail) -> None:
        mail.unfinished()
        mail.record("candidates", "c002", state="PROPOSED")
        mail.config("writer: grammar", f"writer: {'local' if 'threads' in terms else 'openai'}")
        text = (mail.study / "config.yaml").read_text()
        kept = text[: text.index("llm:\n")]
        (mail.study / "config.yaml").write_text(f"{kept}llm:\n{lines}")
        mail.value("config.yaml", f"{kept}llm:\n{lines}")

    return forge


_AWAY = "http://127.0.0.1:9/v1"
_ASKS = "--trust-endpoint"
SECRETS = [
    Forgery("secret", "in a variable", _endpoint(model="m", base_url=_AWAY, key_variable="SECRET_TOKEN"), _ASKS),
    Forgery("secret", "in a file", _endpoint(model="m", base_url=_AWAY, key_file="~/.token"), _ASKS),
    Forgery("secret", "to the usual place", _endpoint(model="m", key_variable="SECRET_TOKEN"), _ASKS),
    Forgery("secret", "in the address", _endpoint(model="m", base_url="http://user:pass@127.0.0.1:9/v1"), _ASKS),
    Forgery("secret", "a model's file", _endpoint(model="precious/notes.txt", threads=1), _ASKS),
]


def _shown(table: str, **changes: object) -> Forge:
    return lambda mail: mail.record(table, _SEARCHED if table in ("runs", "scores") else "c002", **changes)


def _source_with_escapes(mail: Mail) -> None:
    mail.record("candidates", "c002", source=f"# {_ESCAPES}\ndef compute_reward(tcp_pos):\n    pass\n")


def _surrogates(mail: Mail) -> None:
    mail.record("candidates", "c002", idea="half a letter \ud83d", reason="\udcff")


SHOWN = [
    *(
        Forgery("shown", name, _shown("candidates", **{name: _ESCAPES}))
        for name in ("idea", "reason", "operator", "plan", "source", "program")
    ),
    *(Forgery("shown", f"{name} of a run", _shown("runs", **{name: _ESCAPES})) for name in ("cause", "executor", "settings")),
    Forgery("shown", "cause of a failed run", _shown("runs", state="FAILED", fault="CRASHED", cause=_ESCAPES)),
    Forgery("shown", "scorer", _shown("scores", scorer=_ESCAPES)),
    Forgery("shown", "parents", _shown("candidates", parents=[_ESCAPES])),
    Forgery("shown", "components", _shown("runs", components=[{"name": _ESCAPES, "values": [1.0]}])),
    Forgery("shown", "reward", _shown("runs", subject=_ESCAPES)),
    Forgery("shown", "a comment in the source", _source_with_escapes),
    Forgery("shown", "halves of letters", _surrogates),
    Forgery("shown", "notice", lambda mail: mail.value("notice", _ESCAPES)),
    Forgery("shown", "stopped", lambda mail: mail.value("stopped", _ESCAPES)),
    Forgery("shown", "version", lambda mail: mail.value("version", _ESCAPES)),
    Forgery("shown", "task", lambda mail: mail.config("task: franka-reach", 'task: "\\e[2J[/x]=1+1|"')),
    Forgery("shown", "strategy", lambda mail: mail.config("strategy: random", 'strategy: "=1+1|\\e[2J[/x]"')),
    Forgery("shown", "writer", lambda mail: mail.config("writer: grammar", 'writer: "../../\\e[2J[/x]"')),
]


def _alias_bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]\n"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    return "".join(lines) + "task: *i\n"


def _config_file(text: str) -> Forge:
    def forge(mail: Mail) -> None:
        (mail.study / "config.yaml").write_text(text)

    return forge


def _stored_config(text: str) -> Forge:
    return lambda mail: mail.value("config.yaml", text)


_TEXTS = {
    "aliases that multiply": _alias_bomb(), "an impossible date": "task: 2024-13-45\n", "5000 digits": f"candidates: {'9' * 5000}\n",
    "3000 brackets": f"task: {'[' * 3000}\n", "a list": "[1, 2]\n", "nothing": "", "not YAML": "task: {\n", "no text": "\x00\x01",
    "a tag": "task: !!python/object/apply:os.system ['touch precious/new']\n", "keys that are no words": "{1: 2, [3]: 4}\n",
    "a million candidates": "task: franka-reach\nstrategy: random\ncandidates: 1000000000000\n",
    "no number": "task: franka-reach\nmax_hours: .nan\nrace: {keep: .nan}\n",
}  # fmt: skip
CONFIGS = [
    *(Forgery("config", name, _config_file(text)) for name, text in _TEXTS.items()),
    *(Forgery("config kept", name, _stored_config(text)) for name, text in _TEXTS.items()),
]


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
    mail.record("runs", _SEARCHED, components=[{"name": "near", "values": [0.5] * 3_000_000}])


def _cut(name: str, at: int) -> Forge:
    def forge(mail: Mail) -> None:
        file = mail.study / name
        file.write_bytes(file.read_bytes()[:at])

    return forge


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
    Forgery("database", "cut off", _cut("study.db", 20_000)),
    Forgery("database", "its header alone", _cut("study.db", 100)),
    Forgery("database", "damaged", _noise("study.db")),
    Forgery("database", "another format", lambda mail: mail.sql("PRAGMA user_version = 7")),
    Forgery("database", "no table", lambda mail: mail.sql("DROP TABLE candidates")),
    Forgery("database", "a table with a computed column", lambda mail: mail.sql("ALTER TABLE study ADD COLUMN x AS (value || value)")),
    Forgery("database", "records that are no JSON", lambda mail: mail.raw("runs", _CLOSING, "{")),
    Forgery("database", "records that are no text", lambda mail: mail.sql("UPDATE candidates SET record = x'ff00ff' WHERE id = 'c002'")),
    Forgery("database", "deep JSON", lambda mail: mail.raw("candidates", "c002", "[" * 100_000)),
    Forgery("database", "a negative position", lambda mail: mail.sql("UPDATE candidates SET position = -1 WHERE id = 'c002'")),
    Forgery("database", "a negative revision", lambda mail: mail.sql("UPDATE runs SET revision = -1 WHERE id LIKE 'c002-%'")),
    Forgery("database", "the last revision", lambda mail: _last_revision(mail)),
    Forgery("database", "a revision that is no number", lambda mail: mail.sql("UPDATE scores SET revision = 'x'")),
    Forgery("database", "seconds that are no number", lambda mail: mail.value("seconds", "abc")),
    Forgery("database", "seconds without end", lambda mail: mail.value("seconds", "inf")),
]
_RUNG: dict[str, object] = {"env_steps": 0, "score": {"mean": 0.1, "standard_error": 0.1, "episodes": 2}, "rivals": 0, "better": 10**15}
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
    "a rung after the end": ("runs", {"state": "EVICTED", "due_steps": 1, "rungs": [_RUNG | {"env_steps": 10**15}]}),
    "seconds of a hundred digits": ("runs", {"wall_s": 1e100}),
    "curves of one name": ("runs", {"progress": [{"name": "success", "values": []}] * 1_000}),
    "curves without a value": ("runs", {"progress": [], "components": [{"name": "", "values": []}]}),
}


def _cycle(mail: Mail) -> None:
    mail.record("candidates", "c001", parents=["c002"])
    mail.record("candidates", "c002", parents=["c001"])


RECORDS = [
    *(Forgery("value", name, _shown(table, **changes)) for name, (table, changes) in _VALUES.items()),
    Forgery("value", "a circle of parents", _cycle),
]


class _Touch:
    """A pickle that runs a command."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch precious/new",)


def _policy_file(content: bytes) -> Forge:
    def forge(mail: Mail) -> None:
        (mail.study / _POLICY).write_bytes(content)

    return forge


def _saved(**changes: object) -> bytes:
    """A policy file with some entries changed."""
    data: dict[str, object] = {
        "hidden": torch.tensor([8]), "activation": "tanh", "parameters": torch.zeros(500),
        "observation_mean": torch.zeros(1, 30), "observation_variance": torch.ones(1, 30),
    }  # fmt: skip
    file = io.BytesIO()
    torch.save(data | changes, file)
    return file.getvalue()


def _zip_with_pickle(content: bytes) -> bytes:
    """A policy file whose pickle is another one."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_saved())) as honest, zipfile.ZipFile(file, "w") as forged:
        for name in honest.namelist():
            forged.writestr(name, content if name.endswith("data.pkl") else honest.read(name))
    return file.getvalue()


def _zip_bomb() -> bytes:
    """300 MB of zeros in a few hundred kilobytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as forged:
        forged.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        with forged.open("archive/data/0", "w", force_zip64=True) as entry:
            for _ in range(300):
                entry.write(bytes(1 << 20))
    return file.getvalue()


POLICIES = [
    Forgery("policy file", "a command as an old pickle", _policy_file(pickle.dumps(_Touch()))),
    Forgery("policy file", "a command in an archive", _policy_file(_zip_with_pickle(pickle.dumps(_Touch())))),
    *(
        Forgery("policy file", f"broken pickle {number}", _policy_file(_zip_with_pickle(content)))
        for number, content in enumerate((b"", b"\x80\x02.", b"\x80\x02h\x05.", b"\x80\x02K\x01K\x02R.", b"\x80\x02]q\x00K\x01b."))
    ),
    Forgery("policy file", "layers that are too wide", _policy_file(_saved(hidden=torch.tensor([30_000, 30_000])))),
    Forgery("policy file", "too many layers", _policy_file(_saved(hidden=torch.full((200_000,), 8)))),
    Forgery("policy file", "layers of no width", _policy_file(_saved(hidden=torch.tensor([-8])))),
    Forgery("policy file", "layers that are numbers", _policy_file(_saved(hidden=torch.tensor(8.0)))),
    Forgery("policy file", "numbers without an end", _policy_file(_saved(observation_mean=torch.full((1, 30), torch.nan)))),
    Forgery("policy file", "one number for all", _policy_file(_saved(parameters=torch.zeros(1).expand(1 << 40)[:500]))),
    Forgery("policy file", "an unknown activation", _policy_file(_saved(activation="\x1b[2J"))),
    Forgery("policy file", "zeros that multiply", _policy_file(_zip_bomb())),
    Forgery("policy file", "nothing", _policy_file(b"")),
    Forgery("policy file", "cut off", _cut(_POLICY, 700)),
]

FORGERIES = [*PROGRAMS, *LINKS, *IDS, *RUNS, *EVENTS, *SECRETS, *SHOWN, *CONFIGS, *DATABASES, *RECORDS, *POLICIES]
