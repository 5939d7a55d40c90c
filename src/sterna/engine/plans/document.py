"""The parts of a migration plan: goals, assets, exchanges, touchpoints and messages, as typed values.

Every field may be None: a plan is read as far as it goes, and the check says what is missing. All Decimals are
money in the plan's currency.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from sterna.engine.documents import Finding, line_of


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What all parts share: immutable, built by name."""


class HoldOut(Part, frozen=True, kw_only=True):
    """How many are held out (a share above 0 and at most .5), the salt that draws them, the least per arm."""

    share: float | None = None
    salt: str | None = None
    least_per_arm: int | None = None


class Primary(Part, frozen=True, kw_only=True):
    """The one comparison declared beforehand; `smallest_effect` is a share of the hold-out's mean."""

    measure: str | None = None
    adjust_by: str | None = None
    smallest_effect: float | None = None
    wished: str | None = None


class Goal(Part, frozen=True, kw_only=True, rename={"from_place": "from", "to_place": "to"}):
    """`customers` to move from one place to a higher one by a day, or to keep where the two are the same.

    `size` is how many the audience holds, `expected_rate` the share of it that is expected to respond,
    `value_of_response` what one response is worth.
    """

    id: str | None = None
    from_place: str | None = None
    to_place: str | None = None
    customers: int | None = None
    by: date | None = None
    owner: str | None = None
    audience: str | None = None
    size: int | None = None
    response: str | None = None
    value_of_response: Decimal | None = None
    expected_rate: float | None = None
    priority: int | None = None

    def expected_value(self) -> Decimal | None:
        """Size of the audience x expected rate x value of a response; None when one is unknown or cannot be."""
        if self.size is None or self.expected_rate is None or self.value_of_response is None:
            return None
        if self.size < 0 or not 0 < self.expected_rate <= 1:
            return None
        return (self.size * Decimal(str(self.expected_rate)) * self.value_of_response).quantize(
            Decimal("0.01")
        )


class Behavior(Part, frozen=True, kw_only=True):
    """The change in behavior that an asset is for: a metric, where it stands, where it should, by when."""

    metric: str | None = None
    baseline: float | None = None
    target: float | None = None
    window_days: int | None = None
    evidence: str | None = None


class Wants(Part, frozen=True, kw_only=True, rename={"fact_class": "class"}):
    """The recorded interest or need that an offer must match: a taxonomy class, and one value of it or any."""

    fact_class: str | None = None
    value: str | None = None


class Cap(Part, frozen=True, kw_only=True):
    """At most `contacts` of any kind in `days` days."""

    contacts: int | None = None
    days: int | None = None


class Route(Part, frozen=True, kw_only=True):
    """One way for an asset to reach a customer; preference 1 is tried first, no capacity means no limit."""

    medium: str | None = None
    touchpoint: str | None = None
    preference: int | None = None
    contact_cost: Decimal | None = None
    capacity: int | None = None


class Asset(Part, frozen=True, kw_only=True):
    """Something that can bring a move about, with its owner, cost, limits and the routes it travels by."""

    id: str | None = None
    title: str | None = None
    kind: str | None = None
    owner: str | None = None
    goals: tuple[str, ...] = ()
    purpose: str | None = None
    behavior: Behavior | None = None
    wants: Wants | None = None
    least_headroom: Decimal | None = None
    unit_cost: Decimal | None = None
    rest_days: int | None = None
    cap: Cap | None = None
    routes: tuple[Route, ...] = ()
    message: str | None = None


class Exchange(Part, frozen=True, kw_only=True):
    """What the customer gives and gets, and of which kind the deal is."""

    id: str | None = None
    kind: str | None = None
    give: str | None = None
    get: str | None = None
    asset: str | None = None
    cost: Decimal | None = None


class Touchpoint(Part, frozen=True, kw_only=True):
    """A place where contact happens: whose it is, what it costs and takes, which data go in and come out."""

    id: str | None = None
    title: str | None = None
    medium: str | None = None
    direction: str | None = None
    purpose: str | None = None
    owner: str | None = None
    cost: Decimal | None = None
    capacity_per_week: int | None = None
    data_in: tuple[str, ...] = ()
    data_out: tuple[str, ...] = ()


class Use(Part, frozen=True, kw_only=True, rename={"fact_class": "class"}):
    """A fact that a message may speak of, how old it may be, and what is said when it is not known."""

    name: str | None = None
    fact_class: str | None = None
    max_age_days: int | None = None
    fallback: str | None = None
    # What is said by class on the way up from `class`: the finest that fits is used instead of the fact's value.
    # Left out of the stored document where nobody wrote it, so that plans of before keep their hash.
    offers: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class Variant(Part, frozen=True, kw_only=True):
    """A message in one medium; which parts it needs depends on the medium."""

    subject: str | None = None
    mjml: str | None = None
    text: str | None = None
    salutation: str | None = None
    body: str | None = None
    closing: str | None = None
    signature: str | None = None
    opening: str | None = None
    script: str | None = None
    ask: str | None = None


class Message(Part, frozen=True, kw_only=True):
    """What is said, by medium, with the facts it uses."""

    id: str | None = None
    uses: tuple[Use, ...] = ()
    variants: dict[str, Variant] = {}


class Plan(Part, frozen=True, kw_only=True, rename={"name": "plan"}):
    """A migration plan, whole."""

    name: str | None = None
    version: int | None = None
    title: str | None = None
    owner: str | None = None
    currency: str | None = None
    scheme: str | None = None
    opens: date | None = None
    closes: date | None = None
    budget: Decimal | None = None
    hold_out: HoldOut | None = None
    primary: Primary | None = None
    goals: tuple[Goal, ...] = ()
    assets: tuple[Asset, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    messages: tuple[Message, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as it was read: its parts, the line of each by path such as `goals[0].by`, and reading's findings."""

    plan: Plan
    lines: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()
    readable: bool = True

    def line(self, where: str) -> int | None:
        """The line of `where`, or of the nearest part around it that the text has."""
        return line_of(self.lines, where)

    def error(self, code: str, where: str, message: str, mend: str) -> Finding:
        """A finding that keeps the plan from being used."""
        return Finding(code, "error", where, self.line(where), message, mend)

    def warning(self, code: str, where: str, message: str, mend: str) -> Finding:
        """A finding that somebody should look at before the plan is approved."""
        return Finding(code, "warning", where, self.line(where), message, mend)

    def note(self, code: str, where: str, message: str, mend: str) -> Finding:
        """A finding that is good to know."""
        return Finding(code, "note", where, self.line(where), message, mend)


def body(plan: Plan) -> dict[str, Any]:
    """`plan` as plain JSON values; money as text, days as ISO text."""
    built = msgspec.to_builtins(plan)
    assert isinstance(built, dict)
    return built


def of_body(stored: dict[str, Any]) -> Document:
    """The document of a stored `body`; it has no lines. Raises msgspec.ValidationError on a foreign body."""
    return Document(plan=msgspec.convert(stored, Plan))
