import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardsmith.cli import main
from rewardsmith.shown import (
    as_json,
    beginning,
    clean,
    command,
    count,
    csv_cell,
    html,
    markdown,
    number,
    one_line,
)

ANY = st.text(st.characters(), max_size=60)  # half characters, too
UNSEEN = (
    *(
        "\x1b",
        "\x07",
        "\0",
        "\x7f",
        "\x85",
        "\x9b",
        "\xad",
        "\u061c",
        "\u200b",
        "\u200e",
        "\u202e",
        "\u2028",
        "\u2029",
    ),
    *(
        "\u2066",
        "\u2069",
        "\ufeff",
        "\ufffe",
        "\ue000",
        "\ud800",
        "\udcff",
        "\U000e0001",
        "\U000f0000",
        "\U0010ffff",
    ),
)


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_what_is_not_printed_is_replaced(character: str):
    assert clean(f"a{character}b") == "a\ufffdb"


def test_what_is_printed_stays():
    assert clean("a\tb\nc é 抓 ± ━ 😀") == "a\tb\nc é 抓 ± ━ 😀"
    assert clean("a\r\nb\rc") == "a\nb\nc"
    assert clean("1\u00a0000\u3000\u202f!") == "1 000  !"


@given(ANY)
def test_nothing_but_lines_and_tabs_is_left_and_xml_can_hold_it(text: str):
    shown = clean(text)
    assert all(c.isprintable() or c in "\n\t" for c in shown)
    assert clean(shown) == shown
    assert (ElementTree.fromstring(f"<t>{html(text)}</t>").text or "") == shown
    assert one_line(text).isprintable()


def test_an_endless_text_has_an_end():
    assert beginning("x" * 50_000) == "x" * 50_000
    assert beginning("x" * 50_001) == "x" * 50_000 + "…"


def test_a_line_has_an_end():
    assert one_line("  a\n\tb \x1b ", 5) == "a b \ufffd"
    assert one_line("x" * 100, 5) == "xxxx…"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "# head",
            "- item",
            "1. item",
            "> quote",
            "---",
            "===",
            "```",
            "~~~",
            "    code",
            "| a | b |",
            "*a* _b_ **c**",
            "`a`",
        ),
        *(
            "![x](http://h/i.png)",
            "[x](http://h)",
            "<http://h>",
            "<img src=x>",
            "http://h",
            "&lt;",
            "\\`a\\`",
            "a\\",
            "[x]: http://h",
        ),
    ],
)
def test_markdown_shows_the_text_itself(text: str):
    from markdown_it import MarkdownIt

    for form in ("{}", "- **a {}**", "| {} |\n|---|\n"):
        tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(form.format(markdown(text)))
        kinds = {inner.type for token in tokens for inner in token.children or ()}
        assert kinds <= {"text", "text_special", "strong_open", "strong_close"}, markdown(text)
        assert not {token.type for token in tokens} & {
            "heading_open",
            "ordered_list_open",
            "fence",
            "code_block",
            "hr",
            "html_block",
        }
        seen = "".join(inner.content for token in tokens for inner in token.children or ())
        assert one_line(text) in seen
    assert "://" not in markdown(text)  # GitHub makes a link of it


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "\t=1", "\rx", " =1", '"=1', "\uff1d1", "a;=1", "a\n-b"]
)
def test_a_spreadsheet_computes_no_text(text: str):
    cell = csv_cell(text)
    assert isinstance(cell, str)
    assert "'" in cell
    assert not any(
        part.lstrip(' "\t')[:1] in tuple("=+-@\uff1d") for part in cell.replace("\n", ";").split(";")
    )


def test_numbers_stay_numbers():
    assert [csv_cell(value) for value in (-1.5, -2, None, "franka-reach")] == [-1.5, -2, None, "franka-reach"]


@dataclass(frozen=True)
class Record:
    text: str
    value: float
    path: Path


@given(ANY)
def test_json_is_ascii_whatever_the_text(text: str):
    written = as_json([Record(text, float("nan"), Path("x\udcff"))])
    assert all(" " <= c <= "~" or c == "\n" for c in written)
    read = json.loads(written)[0]
    assert (read["text"], read["value"], read["path"]) == (
        re.sub("[\ud800-\udfff]", "\ufffd", text),
        None,
        "x\ufffd",
    )


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "o v",
        "o[v2]",
        "it's",
        "$(touch x)",
        "`x`",
        "a\nb",
        "\x1b]0;x",
        "x\udcff",
        "é\u202e\\'",
        "-x;y",
    ],
)
def test_a_command_to_copy_gives_the_very_words(name: str):
    line = command("resume", Path(name))
    assert line.isprintable()
    said = subprocess.run(
        ["bash", "-c", f"rewardsmith() {{ printf '%s\\0' \"$@\"; }}; {line}"], capture_output=True, check=True
    )
    assert said.stdout == b"resume\0" + name.encode("utf-8", "surrogateescape") + b"\0"


def test_ordinary_commands_have_no_quotes():
    assert command("inspect", Path("runs/a-1"), "c000") == "rewardsmith inspect runs/a-1 c000"
    assert shlex.split(command("resume", "a b")) == ["rewardsmith", "resume", "a b"]


def test_numbers_have_an_end():
    assert [number(v) for v in (None, 0.5, float("nan"), float("-inf"), 1e308)] == [
        "-",
        "0.500",
        "nan",
        "-inf",
        "1e+308",
    ]
    assert [count(v) for v in (1234567, 1234.4, 10**400, -(10**400), float("inf"))] == [
        *("1,234,567", "1,234", "10^15 or more", "-10^15 or more", "inf")
    ]


@pytest.mark.parametrize("command", main.COMMANDS)
def test_help_does_not_wait_for_torch(command: str):
    code = (
        f"import sys; from rewardsmith.cli.main import run; run(['{command}', '--help']); "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


def test_it_is_quick_to_import():
    code = (
        "import sys, rewardsmith.cli.main; print(sorted({'torch', 'pydantic', 'rich', 'numpy'} & "
        "set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
