"""A text that would take over what shows it, and trials that are full of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rewardsmith.records import Screening, Trial
from tests.builders import trained

EVIL = (
    "=\x1b]0;title\x07\x1b[2J\x9b31m[bold]m[/x][/]\u202e\u2066\u200b\u2028\x08\rc "
    ":smile: <b>&amp;|`x`[l](http://h)\ue000"
)
SHOWN = re.compile("[^\n\t\x20-\x7e\xa0-\U0010ffff]|[\x80-\x9f\u200b\u202e\u2066\u2028\ue000]")
OURS = re.compile("\x1b\\[(?:[0-9;]*[mABGK]|\\?25[lh]|[0-9]?J)")
"""What rich writes for colours and for a table that is drawn again; ``[2J``, which the text holds,
is told by its words."""


def harmless(text: str, *, terminal: bool = False) -> None:
    left = OURS.sub("", text.replace("\r", "")) if terminal else text
    assert SHOWN.findall(left) == []
    assert "\x1b[2J" not in text


def hostile(
    identity: str, score: float | None, run: Mapping[str, object] | None = None, **changes: object
) -> Trial:
    texts: dict[str, object] = {
        "operator": EVIL,
        "idea": EVIL,
        "source": f"def compute_reward(a):  # {EVIL}\n    return a\n",
        "plan": EVIL,
        "reason": EVIL,
    }
    texts["screening"] = Screening(0.5, 0.25, 3, EVIL, 0.9)
    return trained(
        identity,
        score,
        components={EVIL: [1.0, 2.0]},
        run={"cause": EVIL, **(run or {})},
        **{**texts, **changes},
    )
