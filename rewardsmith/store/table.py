"""One kind of record: kept as JSON text, read when it is new or changed, and then remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from rewardsmith.records import Call, Candidate, Event, Run, Score
from rewardsmith.store.record_checks import (
    Column,
    check_call,
    check_candidate,
    check_event,
    check_run,
    check_score,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Table(Generic[T]):
    """How records of one kind are kept."""

    name: str
    title: str
    """What an error calls a record."""
    adapter: TypeAdapter[T]
    check: Callable[[T, Column], None]
    """Compares a record with its row's id."""

    def read(self, text: Column, row: Column) -> T:
        """A record that is whole and fits its row.

        Fields that it lacks, as newer ones, have their defaults.

        Raises:
            ValueError: Naming the field and what is wrong with it.
        """
        if not isinstance(text, str):
            raise ValueError(f"{self.title}: the record is no text")
        try:
            found = self.adapter.validate_json(text)
            self.check(found, row)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            raise ValueError(f"{self.title}.{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        except ValueError as error:
            raise ValueError(f"{self.title}.{error}") from error
        return found

    def write(self, record: T, row: str) -> str:
        """A record as text that can be read again.

        Raises:
            ValueError: It cannot.
        """
        text = self.adapter.dump_json(record).decode()
        self.read(text, row)
        return text


CANDIDATES = Table("candidates", "Candidate", TypeAdapter(Candidate), check_candidate)
RUNS = Table("runs", "Run", TypeAdapter(Run), check_run)
SCORES = Table("scores", "Score", TypeAdapter(Score), check_score)
EVENTS = Table("events", "Event", TypeAdapter(Event), check_event)
CALLS = Table("calls", "Call", TypeAdapter(Call), check_call)
