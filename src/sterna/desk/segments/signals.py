"""What happens to places that apps above hear of: customers came to one, or stand in none any more."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet

from sterna.desk.segments.models import Definition, Membership

# What moved them: a run, an event or a timer between runs, the approval of a group, an undone batch of moves, and
# two customers who became one or two again.
Cause = Literal["run", "event", "approval", "undo", "merge", "split"]


@dataclass(frozen=True)
class Left:
    """A customer who stands in no place of the scheme any more, and where they stood until then."""

    customer: UUID
    place: str
    rank: int


@dataclass(frozen=True)
class CustomersMoved:
    """Stays of one scheme that were opened anew `on` a day, and who is left without one; published as part of `Moved`.

    `stays` may be a million, so a handler works by one statement on the query. It may name more than those who moved:
    a new version opens a stay where somebody stood already, and a repeated run opens what it opened before. Where
    somebody stood before is the stay of the same customer and scheme that ended `on` that day; a stay that began
    earlier was opened again after it stood in nothing. `whole`: everybody was placed, so who is in no stay stands in
    none, and what an earlier run said of this day or a later one may have been taken back. `few` are all customers of
    `stays` and `left` where the writer has them at hand: a handler may so know without a query that none is its own.
    """

    definition: Definition
    on: date
    cause: Cause
    stays: QuerySet[Membership]
    left: tuple[Left, ...] = ()
    whole: bool = False
    few: tuple[UUID, ...] | None = None

    @property
    def scheme(self) -> str:
        """The name of the scheme."""
        return self.definition.name


@dataclass(frozen=True)
class Moved:
    """What one transaction moved, scheme by scheme: what a handler has to ask for every scheme alike it asks once."""

    schemes: tuple[CustomersMoved, ...]
