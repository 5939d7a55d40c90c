"""Components that only the desk's own pages need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sterna.desk.segments.models import Membership
from sterna.desk.web.components import Component, Number, Provenance, Tier


@dataclass(frozen=True)
class Share(Component):
    """How much of a goal is reached, as a bar with its percentage; more than all of it fills the bar."""

    template: ClassVar[str] = "dashboards/share.html"
    share: float
    of: str


@dataclass(frozen=True)
class Standing(Tier):
    """A customer's tier with its shade, since when, and why; `stay` is None for one who was in no tier that day."""

    template: ClassVar[str] = "dashboards/standing.html"
    stay: Membership | None
    provenance: Provenance


@dataclass(frozen=True)
class NextStep(Component):
    """What to do for a customer, how it stands, and why; `href` opens the contact with what to say."""

    template: ClassVar[str] = "dashboards/next_step.html"
    what: str
    state: str
    why: str
    href: str | None = None


@dataclass(frozen=True)
class MeasureCard(Component):
    """A measure of value: what it comes to over all customers, of how many it is known, how it is made, and beware.

    `number` opens to how it was made; `reasons` are why it is unknown with how many customers each; `href` leads to
    the customers by it.
    """

    template: ClassVar[str] = "dashboards/measure.html"
    name: str
    title: str
    unit: str
    version: int
    total: bool
    number: Number
    known: str
    reasons: Sequence[tuple[str, int]]
    formula: str
    source: str
    beware: str
    as_of: date
    href: str


@dataclass(frozen=True)
class GridCell(Component):
    """The customers of one cell of value by potential; `heat` 0 to 4 is how many of all stand there, for the shade."""

    template: ClassVar[str] = "dashboards/grid_cell.html"
    customers: int
    share: float
    spend: Decimal | None
    headroom: Decimal | None
    href: str
    heat: int

    def __str__(self) -> str:
        """How many customers, as a file of the table has it."""
        return str(self.customers)


@dataclass(frozen=True)
class LevelCell(Component):
    """The customers of one cell of a segment's grid and their level of treatment in words; `heat` as of GridCell."""

    template: ClassVar[str] = "dashboards/level_cell.html"
    customers: int
    share: float
    parts: Sequence[str]
    href: str
    heat: int

    def __str__(self) -> str:
        """How many customers and how they are treated, as a file of the table has it."""
        return f"{self.customers}: {'; '.join(self.parts)}"


@dataclass(frozen=True)
class Refusal(Component):
    """Why a row of a file would not be taken: the column, what stands there, the reason."""

    template: ClassVar[str] = "dashboards/refusal.html"
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class InRow(Component):
    """A form in a table's row; `token` is its CSRF field."""

    pk: UUID | int
    token: SafeString

    def __str__(self) -> str:
        """Nothing: a file of the table has no forms, and least of all their tokens."""
        return ""


@dataclass(frozen=True)
class KeyChange(InRow):
    """The form that rotates or disables a write key."""

    template: ClassVar[str] = "dashboards/key_change.html"
    name: str


@dataclass(frozen=True)
class Undo(InRow):
    """The form that takes a decision of identity back; `customer` is whose page is shown after it."""

    template: ClassVar[str] = "dashboards/undo_form.html"
    customer: UUID
    what: str


@dataclass(frozen=True)
class Retract(InRow):
    """The form that takes something said back; `to` is the name of the address it is posted to."""

    template: ClassVar[str] = "dashboards/retract_form.html"
    to: str
    what: str


@dataclass(frozen=True)
class EndOverride(InRow):
    """The form that ends what was said of a customer's tier."""

    template: ClassVar[str] = "dashboards/override_end.html"
    what: str


@dataclass(frozen=True)
class DecideMoves(InRow):
    """The form that applies, discards or undoes the changes of a run; `to` is the name of the address."""

    template: ClassVar[str] = "dashboards/moves_form.html"
    to: str
    what: str
    verb: str
    hint: str


@dataclass(frozen=True)
class Allow(InRow):
    """The form that lets a blocked value be somebody's again."""

    template: ClassVar[str] = "dashboards/allow_form.html"
    what: str


@dataclass(frozen=True)
class RequestChange(InRow):
    """The forms by which a request is promised, done or declined."""

    template: ClassVar[str] = "dashboards/request_change.html"
    what: str
    promise: str


@dataclass(frozen=True)
class ClassName(Component):
    """A class of the taxonomy, set in by how deep it stands; its id on hover."""

    template: ClassVar[str] = "dashboards/class_name.html"
    title: str
    level: int
    fact_class: str

    def __str__(self) -> str:
        """The title, as a file of the table has it."""
        return self.title


def token(request: HttpRequest) -> SafeString:
    """The CSRF field of a form in a component, which is drawn without the request's context."""
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request))
