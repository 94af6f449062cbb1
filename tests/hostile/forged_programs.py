"""Programs as an enemy would put them into the records of a study."""

from __future__ import annotations

from rewardsmith.records import program_hash
from tests.hostile.altering import Forge, Mail
from tests.hostile.forgery import Forgery

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
