"""Components that only the desk's own pages need."""

from dataclasses import dataclass
from typing import ClassVar

from sterna.desk.segments.models import Membership
from sterna.desk.web.components import Component, Provenance, Tier


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
