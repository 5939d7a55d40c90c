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
