"""Layer 1: limits on the text, before any parser sees it.

Long chains and deep nesting crash Python's parser and TorchScript's with a segmentation fault.
"""

from __future__ import annotations

from rewardsmith.reward.guard.refusal import Refused

MAX_CHARACTERS = 8_000
MAX_LINE = 400
MAX_DEPTH = 40
_OPERATORS = "+-*/~|&^<>=%@"


def check_text(source: str) -> None:
    """Refuse text that a parser should not be given.

    Raises:
        Refused: The text is empty, too long, not printable ASCII or nested too deeply.
    """
    if not source.strip():
        raise Refused("lexical", "there is no code.", "Answer with one Python code block that defines compute_reward.")
    if len(source) > MAX_CHARACTERS:
        raise Refused("lexical", f"the code has {len(source)} characters, {MAX_CHARACTERS} are allowed.", "Write it shorter.")
    for number, line in enumerate(source.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise Refused("lexical", f"the line has {len(line)} characters, {MAX_LINE} are allowed.", "Break it up.", number)
        strange = next((c for c in line if not (" " <= c <= "~" or c == "\t")), None)
        if strange:
            raise Refused("lexical", f"the character {strange!a} is not plain ASCII.", "Use plain ASCII only.", number)
        if _longest_run(line) > MAX_DEPTH:
            raise Refused("lexical", "a run of operators is too long.", "Use named intermediate values.", number)
    _check_depth(source)


def _check_depth(source: str) -> None:
    depth, line = 0, 1
    for character in source:
        line += character == "\n"
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise Refused("lexical", "brackets are nested too deeply.", "Use named intermediate values.", line)


def _longest_run(line: str) -> int:
    """Length of the longest run of operator characters, blanks ignored."""
    longest = run = 0
    for character in line.replace(" ", ""):
        run = run + 1 if character in _OPERATORS else 0
        longest = max(longest, run)
    return longest
