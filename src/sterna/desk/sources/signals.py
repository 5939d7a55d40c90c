"""What an import or an event says about people; the app that keeps customers subscribes to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class RecordsSeen:
    """A source named these identifiers of one kind; each becomes a source record of a customer."""

    source: str
    kind: str
    values: list[str]
    at: datetime


@dataclass(frozen=True)
class FactsSaid:
    """A source said (identifier, value, observed on, purpose) of one taxonomy class."""

    source: str
    kind: str
    fact_class: str
    rows: Iterable[tuple[str, str, date, str]]
    at: datetime


@dataclass(frozen=True)
class ConsentsSaid:
    """A source said (identifier, granted, said on) of contact through a medium for a purpose."""

    source: str
    kind: str
    medium: str
    purpose: str
    rows: Iterable[tuple[str, bool, date]]
    at: datetime


@dataclass(frozen=True)
class AddressesSaid:
    """A source said (identifier, address) for a medium."""

    source: str
    kind: str
    medium: str
    rows: Iterable[tuple[str, str]]
    at: datetime
