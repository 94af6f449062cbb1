"""``rewardsmith note STUDY [CANDIDATE] TEXT``: tell the writer something, for all that follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from rewardsmith import people
from rewardsmith.cli.arguments import parse
from rewardsmith.cli.output import say
from rewardsmith.errors import UsageError
from rewardsmith.records import Note
from rewardsmith.records.people import NOTE_CHARACTERS
from rewardsmith.shown import one_line
from rewardsmith.store.sqlite import Store
from rewardsmith.study import Study
from rewardsmith.study_folder import DATABASE


@dataclass(frozen=True)
class NoteOptions:
    """Tell the writer what you want, or what you saw of a candidate.

    It is in every later prompt until it is withdrawn, also of a search that runs now. Without a
    text the notes of the study are listed.
    """

    study: Positional[Path]
    """Folder of the study."""
    words: Positional[tuple[str, ...]] = ()
    """A text; or a candidate, such as c003, and a text about it."""
    withdraw: int | None = None
    """Number of a note that is to be shown no longer."""


def run(arguments: list[str]) -> int:
    """Keep, withdraw or list."""
    options = parse(NoteOptions, "note", arguments)
    candidate, text = _about(options)
    with Study.open(options.study) as study:
        known = study.store.candidates()
        if candidate and candidate not in known:
            raise UsageError(f"there is no {candidate} in {options.study}; it has {len(known)} candidates.")
        if not text and options.withdraw is None:
            say(_list(study.store))
            return 0
        path = study.folder / DATABASE
    store = Store(path)  # without the study's lock: a search may be at work in it
    try:
        if options.withdraw is not None:
            say(f"withdrawn: {one_line(people.withdraw(store, options.withdraw).text)}")
        if text:
            number = people.add(store, Note(text, candidate))
            say(f"note {number}, in every prompt from now on; --withdraw {number} takes it back")
    finally:
        store.close()
    return 0


def _about(options: NoteOptions) -> tuple[str, str]:
    """Candidate, if one is named, and text.

    Raises:
        UsageError: There are more words than that, or the text is too long.
    """
    *about, text = options.words or ("",)
    text = " ".join(text.split())
    if len(about) > 1:
        raise UsageError(
            f"{len(options.words)} texts were given; give one, in quotes, perhaps with a candidate before it."
        )
    if len(text) > NOTE_CHARACTERS:
        raise UsageError(f"the note has {len(text):,} characters; give at most {NOTE_CHARACTERS:,}.")
    return (about[0] if about else ""), text


def _list(store: Store) -> str:
    gone = {False: "", True: "(withdrawn) "}
    lines = [
        f"{number:>3}  {note.candidate or 'all':<6}{gone[note.withdrawn]}{one_line(note.text)}"
        for number, note in people.notes(store).items()
    ]
    return "\n".join(lines) or "there are no notes"
