"""What happens to customers that those above them hear of: two became one, one became two."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class CustomersMerged:
    """The customer `gone` is part of `kept` from now on; its id leads there."""

    kept: UUID
    gone: UUID
    at: datetime


@dataclass(frozen=True)
class CustomersSplit:
    """The customer `part` stands alone again, or for the first time; its records were `kept`'s until now."""

    kept: UUID
    part: UUID
    at: datetime


@dataclass(frozen=True)
class PreferencesChanged:
    """A customer, under any of these ids, chose anew; `refused` are the (medium, purpose) pairs with a new no."""

    customers: tuple[UUID, ...]
    refused: frozenset[tuple[str, str]]
    at: datetime


@dataclass(frozen=True)
class FactsChanged:
    """Other facts are held of these customers than before: said, retracted, inferred or no longer so.

    Those that a file brings are told by nothing: a history is no news, the next run finds it.
    """

    customers: tuple[UUID, ...]


@dataclass(frozen=True)
class HouseholdsChanged:
    """These customers live with others than before."""

    customers: tuple[UUID, ...]


@dataclass(frozen=True)
class InboxActed:
    """Events of the inbox were acted on, up to this sequence."""

    position: int
