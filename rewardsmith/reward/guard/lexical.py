"""Layer 1: limits on the text, before any parser sees it.

Long chains and deep nesting crash Python's parser and TorchScript's with a segmentation fault.
Comments end here: what a model writes beside its code, in any alphabet, is not checked or kept.
"""

from __future__ import annotations

import re

from rewardsmith.reward.guard.refusal import Objections, RefusedError

MAX_CHARACTERS = 8_000
MAX_LINE = 400
MAX_DEPTH = 40
_OPERATORS = "+-*/~|&^<>=%@"
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^\\]|\\.)*?"""'
    r"|'''(?:[^\\]|\\.)*?'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|\#[^\n]*",
    re.DOTALL,
)


def check_text(source: str) -> str:
    """Refuse text that a parser should not be given.

    Returns:
        The text without comments, its lines numbered as before. Only this may go on to the next
        layer, so that it does not matter whether Python would have found the same comments.

    Raises:
        RefusedError: The text is empty, too long, not printable ASCII or nested too deeply.
    """
    if len(source) > MAX_CHARACTERS:
        raise RefusedError(
            "lexical",
            f"the code has {len(source)} characters, {MAX_CHARACTERS} are allowed.",
            "Write it shorter.",
        )
    code = _STRING_OR_COMMENT.sub(_plain, source)
    if not code.strip():
        raise RefusedError("lexical", "there is no code.", "Write one function compute_reward.")
    with Objections() as objections:
        for number, line in enumerate(code.split("\n"), 1):
            with objections.apart():
                _check_line(line, number)
        _check_nesting(_STRING_OR_COMMENT.sub(lambda match: "\n" * match.group().count("\n"), code))
    return code


def _plain(match: re.Match[str]) -> str:
    """Nothing for a comment; a string (docstrings are strings) in ASCII."""
    text = match.group()
    return "" if text.startswith("#") else text.encode("ascii", "replace").decode()


def _check_line(line: str, number: int) -> None:
    if len(line) > MAX_LINE:
        raise RefusedError(
            "lexical",
            f"the line has {len(line)} characters, {MAX_LINE} are allowed.",
            "Break it up.",
            number,
        )
    strange = next((c for c in line if not (" " <= c <= "~" or c == "\t")), None)
    if strange:
        raise RefusedError(
            "lexical", f"the character {strange!a} is not plain ASCII.", "Use plain ASCII only.", number
        )


def _check_nesting(code: str) -> None:
    """Bound the depth of brackets and runs of operators, across lines: brackets hold breaks."""
    depth, run, line = 0, 0, 1
    for character in code:
        line += character == "\n"
        depth += (character in "([{") - (character in ")]}")
        if character in _OPERATORS:
            run += 1
        elif not character.isspace():
            run = 0
        if depth > MAX_DEPTH:
            raise RefusedError(
                "lexical", "brackets are nested too deeply.", "Use named intermediate values.", line
            )
        if run > MAX_DEPTH:
            raise RefusedError(
                "lexical", "a run of operators is too long.", "Use named intermediate values.", line
            )
