"""Texts of a study that lead secrets away, take over what shows them, or are no configuration."""

from __future__ import annotations

from tests.hostile.altering import Forge, Mail
from tests.hostile.forgery import ESCAPES, Forgery, changed


def _endpoint(**terms: object) -> Forge:
    """The study says where to send what."""
    lines = "".join(f"  {name}: {value}\n" for name, value in terms.items())

    def forge(mail: Mail) -> None:
        mail.unfinished()
        mail.record("candidates", "c002", state="PROPOSED")
        mail.config("writer: grammar", f"writer: {'local' if 'threads' in terms else 'openai'}")
        text = (mail.study / "config.yaml").read_text(encoding="utf-8")
        kept = text[: text.index("llm:\n")]
        (mail.study / "config.yaml").write_text(f"{kept}llm:\n{lines}", encoding="utf-8")
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
        (mail.study / "config.yaml").write_text(text, encoding="utf-8")

    return forge


def _stored_config(text: str) -> Forge:
    return lambda mail: mail.value("config.yaml", text)


_TEXTS = {
    "aliases that multiply": _alias_bomb(),
    "an impossible date": "task: 2024-13-45\n",
    "5000 digits": f"candidates: {'9' * 5000}\n",
    "3000 brackets": f"task: {'[' * 3000}\n",
    "a list": "[1, 2]\n",
    "nothing": "",
    "not YAML": "task: {\n",
    "no text": "\x00\x01",
    "a tag": "task: !!python/object/apply:os.system ['touch precious/new']\n",
    "keys that are no words": "{1: 2, [3]: 4}\n",
    "a million candidates": "task: franka-reach\nstrategy: random\ncandidates: 1000000000000\n",
    "no number": "task: franka-reach\nmax_hours: .nan\nrace: {keep: .nan}\n",
}
CONFIGS = [
    *(Forgery("config", name, _config_file(text)) for name, text in _TEXTS.items()),
    *(Forgery("config kept", name, _stored_config(text)) for name, text in _TEXTS.items()),
]
