"""Text of models, servers, studies and file names, made harmless for the place where it is shown.

Such text may hold anything: sequences that a terminal obeys, characters that turn a line around,
half a character. :func:`clean` takes out what is not to be seen; the other functions build on it
for one kind of file each.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

UNSHOWN = "\ufffd"
"""Stands for a character that is not printed."""
_BIG = 10**15
_LONGEST = 50_000
"""Characters of a text that are shown; the guard accepts programs of 8,000."""
_MARKUP = re.compile(r"[\\`*~$\|\[\]]|(?<!\w)_|_(?!\w)|(?<=:)//|(?<=www)\.", re.IGNORECASE)
_BLOCK = re.compile(r"^(?:[#+=]|-(?=[\s-])|\d+(?=[.)]\s))")
_FORMULA = re.compile(r"(^|[;\t\n])(?=[\s\"']*[=+\-@\uff0b\uff0d\uff1d\uff20])|^(?=[\t\n])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_ASCII = re.compile("[^\0-\x7e]+")


def clean(text: str) -> str:
    r"""Replace everything that cannot be printed, except ``\n`` and ``\t``.

    Control characters, escape sequences, characters that change the direction or have no width,
    half characters and unassigned ones become U+FFFD; every other kind of space becomes a space,
    and every kind of line end ``\n``. What remains is well-formed UTF-8 and may stand in XML, once
    ``<`` and ``&`` are escaped.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _stand_in(c) for c in text)


def _stand_in(character: str) -> str:
    return " " if unicodedata.category(character) == "Zs" else UNSHOWN


def beginning(text: str) -> str:
    """The text, without its end where somebody made it endless."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def one_line(text: str, most: int | None = None) -> str:
    """Clean text as a single line.

    Args:
        text: Anything.
        most: Characters at most; longer text ends in an ellipsis.
    """
    line = " ".join(clean(text).split())
    return line if most is None or len(line) <= most else line[: most - 1] + "…"


def markdown(text: str, most: int | None = None) -> str:
    """A single line of Markdown that shows the text as it is.

    No heading, list, link, image, code, cell or HTML begins in it.
    """
    line = one_line(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _MARKUP.sub(lambda found: f"\\{found[0]}", line)
    return _BLOCK.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", line)


def csv_cell(value: T) -> T | str:
    """A cell that no spreadsheet computes: text that would begin a formula gets an apostrophe.

    Numbers stay numbers.
    """
    return _FORMULA.sub(r"\1'", clean(value)) if isinstance(value, str) else value


def html(text: str) -> str:
    """Text to stand between tags, also in the labels of a figure."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_json(record: object) -> str:
    """A dataclass, or a list of them, as JSON in ASCII.

    What JSON cannot hold, such as infinity, is ``null``.
    """
    import json

    from pydantic import TypeAdapter  # slow to import, and errors do not need it

    plain = TypeAdapter(object).dump_python(record, mode="json")
    text = _SURROGATE.sub(UNSHOWN, json.dumps(plain, indent=2, ensure_ascii=False))
    return _NOT_ASCII.sub(lambda found: re.sub("(....)", r"\\u\1", found[0].encode("utf-16-be").hex()), text)


def number(value: float | None, digits: int = 3) -> str:
    """A number in few letters, however large; ``-`` where there is none."""
    if value is None:
        return "-"
    return f"{value:.{digits}f}" if abs(value) < _BIG else _large(value)


def count(value: float) -> str:
    """A number without its fraction, with separators."""
    return f"{value:,.0f}" if abs(value) < _BIG else _large(value)


def _large(value: float) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{'-' * (value < 0)}10^15 or more"


def command(*words: str | Path) -> str:
    """A command line of this program, to be copied into a shell.

    Args:
        words: What comes after the program's name, such as ``"resume"`` and a folder.
    """
    return " ".join(["rewardsmith", *map(quoted, words)])


def quoted(word: str | Path) -> str:
    r"""One word for a shell.

    With characters that are not printed, as bash and zsh take it: ``$'x\xff'``.
    """
    text = str(word)
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_escaped(character) for character in text) + "'"


def _escaped(character: str) -> str:
    if character.isprintable():
        return f"\\{character}" if character in "\\'" else character
    errors = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", errors))
