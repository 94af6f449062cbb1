"""Studies as an enemy would send them: every one is made from an
honest study by changing rows, files or links."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import torch

from rewardsmith.records import program_hash
from tests.hostile.altering import Forge, Mail
from tests.hostile.forged_records import EVENTS, IDS, RECORDS, RUNS
from tests.hostile.forgery import CLOSING, ESCAPES, POLICY, SEARCHED, Forgery, changed
from tests.hostile.old_forgeries import OLD

_HEAD = "def compute_reward(tcp_pos: Tensor, goal_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"
_TAIL = "    d = torch.linalg.vector_norm(goal_pos - tcp_pos, 2.0, dim=-1)\n    return -d + x, {'d': -d}\n"


def _writes(mail: Mail, name: str = "notes.txt") -> str:
    """A program that overwrites a file of the victim's."""
    path = mail.home / "precious" / name
    return (
        _HEAD + f"    f = torch.from_file('{path}', True, 8, dtype=torch.uint8)\n"
        "    x = f.copy_(torch.tensor([80, 87, 78, 69, 68, 33, 33, 10], dtype=torch.uint8)).sum() * 0.0\n"
        + _TAIL
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


def _of_its_run(mail: Mail, candidate: str, program: str) -> None:
    """Another program, whose run says that it trained that one."""
    mail.record("candidates", candidate, program=program)
    mail.record("runs", f"{candidate}-search-0", program=program_hash(program))


def _winner_overwrites(mail: Mail) -> None:
    _of_its_run(mail, "c002", _writes(mail))
    mail.unclosed()


def _screened_overwrites(mail: Mail) -> None:
    """An earlier candidate's program is run on episodes before the next iteration is trained."""
    mail.config("screening: 'off'", "screening: order")
    _of_its_run(mail, "c000", _writes(mail))
    mail.unfinished()


_REFUSED = "is refused"
PROGRAMS = [
    Forgery("program", "overwrites a file", _overwrites, _REFUSED),
    Forgery("program", "overwrites a file and says so", _overwrites_as_source, _REFUSED),
    Forgery("program", "of the winner overwrites a file", _winner_overwrites, _REFUSED),
    Forgery("program", "of an earlier candidate overwrites a file", _screened_overwrites, _REFUSED),
    Forgery(
        "program",
        "saves",
        _program(_HEAD + "    torch.save('x', 'precious/new')\n    x = 0.0\n" + _TAIL),
        _REFUSED,
    ),
    Forgery(
        "program",
        "reads",
        _program(_HEAD + "    x = torch.from_file('/etc/passwd', False, 9).sum()\n" + _TAIL),
        _REFUSED,
    ),
    Forgery(
        "program",
        "never ends",
        _program(_HEAD + "    x = 0.0\n    while True:\n        x += 1.0\n" + _TAIL),
        _REFUSED,
    ),
    Forgery("program", "is another one", _program(_HEAD + "    x = 1.0\n" + _TAIL), _REFUSED),
    Forgery("program", "is empty", _program(""), _REFUSED),
    Forgery("program", "has no source", _program(_HEAD + "    x = 1.0\n" + _TAIL, ""), _REFUSED),
    Forgery(
        "program",
        "is Python",
        _program("import os\nos.system('touch precious/new')\n", "import os\n"),
        _REFUSED,
    ),
    Forgery("program", "is a bomb for parsers", _program("(" * 500_000, "(" * 500_000), _REFUSED),
    Forgery("program", "is huge", _program(_HEAD + "    x = 1.0\n" * 400_000 + _TAIL), _REFUSED),
    Forgery(
        "program",
        "takes all memory",
        _program(_HEAD + "    x = torch.ones([99999, 99999]).sum()\n" + _TAIL),
        _REFUSED,
    ),
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
    Forgery(
        "secret", "in a variable", _endpoint(model="m", base_url=_AWAY, key_variable="SECRET_TOKEN"), _ASKS
    ),
    Forgery("secret", "in a file", _endpoint(model="m", base_url=_AWAY, key_file="~/.token"), _ASKS),
    Forgery("secret", "to the usual place", _endpoint(model="m", key_variable="SECRET_TOKEN"), _ASKS),
    Forgery(
        "secret", "in the address", _endpoint(model="m", base_url="http://user:pass@127.0.0.1:9/v1"), _ASKS
    ),
    Forgery("secret", "a model's file", _endpoint(model="precious/notes.txt", threads=1), _ASKS),
]


def _source_with_escapes(mail: Mail) -> None:
    mail.record("candidates", "c002", source=f"# {ESCAPES}\ndef compute_reward(tcp_pos):\n    pass\n")


def _surrogates(mail: Mail) -> None:
    mail.record("candidates", "c002", idea="half a letter \ud83d", reason="\udcff")


SHOWN = [
    *(
        Forgery("shown", name, changed("candidates", **{name: ESCAPES}))
        for name in ("idea", "reason", "operator", "plan", "source", "program")
    ),
    *(
        Forgery("shown", f"{name} of a run", changed("runs", **{name: ESCAPES}))
        for name in ("cause", "executor", "settings")
    ),
    Forgery(
        "shown", "cause of a failed run", changed("runs", state="FAILED", fault="CRASHED", cause=ESCAPES)
    ),
    Forgery("shown", "scorer", changed("scores", scorer=ESCAPES)),
    Forgery("shown", "parents", changed("candidates", parents=[ESCAPES])),
    Forgery("shown", "components", changed("runs", components=[{"name": ESCAPES, "values": [1.0]}])),
    Forgery("shown", "reward", changed("runs", subject=ESCAPES)),
    Forgery("shown", "a comment in the source", _source_with_escapes),
    Forgery("shown", "halves of letters", _surrogates),
    Forgery("shown", "notice", lambda mail: mail.value("notice", ESCAPES)),
    Forgery("shown", "stopped", lambda mail: mail.value("stopped", ESCAPES)),
    Forgery("shown", "version", lambda mail: mail.value("version", ESCAPES)),
    Forgery("shown", "task", lambda mail: mail.config("task: franka-reach", 'task: "\\e[2J[/x]=1+1|"')),
    Forgery("shown", "strategy", lambda mail: mail.config("strategy: random", 'strategy: "=1+1|\\e[2J[/x]"')),
    Forgery("shown", "writer", lambda mail: mail.config("writer: grammar", 'writer: "../../\\e[2J[/x]"')),
]


def _alias_bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]\n"]
    lines += [
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "".join(lines) + "task: *i\n"


def _config_file(text: str) -> Forge:
    def forge(mail: Mail) -> None:
        (mail.study / "config.yaml").write_text(text)

    return forge


def _stored_config(text: str) -> Forge:
    return lambda mail: mail.value("config.yaml", text)


_TEXTS = {
    "aliases that multiply": _alias_bomb(), "an impossible date": "task: 2024-13-45\n",
    "5000 digits": f"candidates: {'9' * 5000}\n",
    "3000 brackets": f"task: {'[' * 3000}\n", "a list": "[1, 2]\n", "nothing": "", "not YAML": "task: {\n",
    "no text": "\x00\x01",
    "a tag": "task: !!python/object/apply:os.system ['touch precious/new']\n",
    "keys that are no words": "{1: 2, [3]: 4}\n",
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
    mail.record("runs", SEARCHED, components=[{"name": "near", "values": [0.5] * 3_000_000}])


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


class _Touch:
    """A pickle that runs a command."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch precious/new",)


def _policy_file(content: bytes) -> Forge:
    def forge(mail: Mail) -> None:
        (mail.study / POLICY).write_bytes(content)

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
        for number, content in enumerate(
            (b"", b"\x80\x02.", b"\x80\x02h\x05.", b"\x80\x02K\x01K\x02R.", b"\x80\x02]q\x00K\x01b.")
        )
    ),
    Forgery(
        "policy file", "layers that are too wide", _policy_file(_saved(hidden=torch.tensor([30_000, 30_000])))
    ),
    Forgery("policy file", "too many layers", _policy_file(_saved(hidden=torch.full((200_000,), 8)))),
    Forgery("policy file", "layers of no width", _policy_file(_saved(hidden=torch.tensor([-8])))),
    Forgery("policy file", "layers that are numbers", _policy_file(_saved(hidden=torch.tensor(8.0)))),
    Forgery(
        "policy file",
        "numbers without an end",
        _policy_file(_saved(observation_mean=torch.full((1, 30), torch.nan))),
    ),
    Forgery(
        "policy file",
        "one number for all",
        _policy_file(_saved(parameters=torch.zeros(1).expand(1 << 40)[:500])),
    ),
    Forgery("policy file", "an unknown activation", _policy_file(_saved(activation="\x1b[2J"))),
    Forgery("policy file", "zeros that multiply", _policy_file(_zip_bomb())),
    Forgery("policy file", "nothing", _policy_file(b"")),
    Forgery("policy file", "cut off", _cut(POLICY, 700)),
]

FORGERIES = [
    *PROGRAMS,
    *LINKS,
    *IDS,
    *RUNS,
    *EVENTS,
    *SECRETS,
    *SHOWN,
    *CONFIGS,
    *DATABASES,
    *RECORDS,
    *POLICIES,
    *OLD,
]
