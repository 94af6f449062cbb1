"""What people add to a study, also while another process searches in it.

It is kept with the texts about the study, one under each key. Nobody needs the study's lock for
that: the search looks whenever it asks a writer for something.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from rewardsmith.errors import UsageError
from rewardsmith.records import Given, Note
from rewardsmith.store.sqlite import Store

T = TypeVar("T", Note, Given)
_KEYS: dict[type, str] = {Note: "note ", Given: "given "}
_MOST = 200
"""Of each kind."""


def notes(store: Store) -> dict[int, Note]:
    """All notes by number, withdrawn ones included.

    Raises:
        StoreError: One cannot be read.
    """
    return _all(store, Note)


def givens(store: Store) -> dict[int, Given]:
    """All programs that people gave, by number.

    Raises:
        StoreError: One cannot be read.
    """
    return _all(store, Given)


def add(store: Store, record: Note | Given) -> int:
    """Keep a note or a program.

    Returns:
        Its number.

    Raises:
        UsageError: There are too many.
    """
    with store.transaction():
        number = len(notes(store) if isinstance(record, Note) else givens(store))
        if number >= _MOST:
            raise UsageError(f"the study has {_MOST} of its kind already; it takes no more.")
        put(store, number, record)
    return number


def put(store: Store, number: int, record: Note | Given) -> None:
    """Keep what became of a note or a program."""
    store.put_value(f"{_KEYS[type(record)]}{number}", TypeAdapter(type(record)).dump_json(record).decode())


def withdraw(store: Store, number: int) -> Note:
    """Show a note no longer.

    Raises:
        UsageError: There is none of that number.
    """
    found = notes(store)
    if number not in found:
        known = ", ".join(str(n) for n, note in found.items() if not note.withdrawn) or "none"
        raise UsageError(f"there is no note {number}; there are: {known}.")
    note = replace(found[number], withdrawn=True)
    put(store, number, note)
    return note


def wishes(store: Store) -> tuple[str, ...]:
    """What people want of every program."""
    return tuple(note.text for note in notes(store).values() if not note.withdrawn and not note.candidate)


def remarks(store: Store) -> dict[str, tuple[str, ...]]:
    """What people say of candidates, by candidate."""
    found: dict[str, tuple[str, ...]] = {}
    for note in notes(store).values():
        if note.candidate and not note.withdrawn:
            found[note.candidate] = (*found.get(note.candidate, ()), note.text)
    return found


def waiting(store: Store) -> tuple[int, Given] | None:
    """The first given program that is nobody's draft yet, and its number."""
    return next(((n, given) for n, given in givens(store).items() if not given.candidate), None)


def _all(store: Store, kind: type[T]) -> dict[int, T]:
    adapter, key = TypeAdapter(kind), _KEYS[kind]
    found: dict[int, T] = {}
    for name, text in store.values_from(key).items():
        number = name.removeprefix(key)
        try:
            if not number.isdecimal() or int(number) >= _MOST:
                raise ValueError(f"its number is {number[:20]!r}")
            found[int(number)] = adapter.validate_json(text)
        except ValidationError as error:
            raise store.damaged(f"{name}: {error.errors(include_input=False)[0]['msg']}") from None
        except ValueError as error:
            raise store.damaged(f"{key.strip()}: {error}") from None
    return dict(sorted(found.items()))
