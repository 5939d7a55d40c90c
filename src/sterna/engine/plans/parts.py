"""The parts of a migration plan that say who moves, by what and with which words, as typed values.

Every field may be None: a plan is read as far as it goes, and the check says what is missing. All Decimals are
money in the plan's currency.
"""

from datetime import date
from decimal import Decimal

import msgspec


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

    `segment` names the place of the plan's segments that the audience lies in, `size` is how many it holds,
    `expected_rate` the share of it that is expected to respond, `value_of_response` what one response is worth.
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
    segment: str | None = None

    def expected_value(self) -> Decimal | None:
        """Size of the audience x expected rate x value of a response; None when one is unknown or cannot be."""
        if self.size is None or self.expected_rate is None or self.value_of_response is None:
            return None
        if self.size < 0 or not 0 < self.expected_rate <= 1:
            return None
        return (self.size * Decimal(str(self.expected_rate)) * self.value_of_response).quantize(
            Decimal("0.01")
        )


class Counts(Part, frozen=True, kw_only=True):
    """What counts a metric by the events: of one `kind` of event how many `times`, on how many `days`, in how many
    `categories`, at how many `touchpoints`, or the `amount`; of one `category` and one `touchpoint` where named.
    """

    kind: str | None = None
    of: str | None = None
    category: str | None = None
    touchpoint: str | None = None


class Behavior(Part, frozen=True, kw_only=True):
    """The change in behavior that an asset is for: a metric, where it stands, where it should, by when.

    `baseline` and `target` are means over the customers whom it is for, in `window_days` days; `counts` says how to
    count them again.
    """

    metric: str | None = None
    baseline: float | None = None
    target: float | None = None
    window_days: int | None = None
    evidence: str | None = None
    counts: Counts | None = None


class Wants(Part, frozen=True, kw_only=True, rename={"fact_class": "class"}):
    """The recorded interest or need that an offer must match: a taxonomy class, and one value of it or any."""

    fact_class: str | None = None
    value: str | None = None


class Cap(Part, frozen=True, kw_only=True):
    """At most `contacts` of any kind in `days` days."""

    contacts: int | None = None
    days: int | None = None


class Route(Part, frozen=True, kw_only=True):
    """One way for an asset to reach a customer; preference 1 is tried first, no capacity means no limit.

    `planned` contacts go this way in all, each taking `minutes` of the `team` named.
    """

    medium: str | None = None
    touchpoint: str | None = None
    preference: int | None = None
    contact_cost: Decimal | None = None
    capacity: int | None = None
    planned: int | None = None
    minutes: float | None = None
    team: str | None = None


class Effect(Part, frozen=True, kw_only=True):
    """What an asset is stated to do: the share of those contacted who take it up, and what it adds to their chance.

    `lift` is added to the chance of the goal's move of whoever takes it up, in points of probability between -1 and 1;
    `low` and `high` are the ends between which it is believed to lie in nine cases of ten.
    """

    take_up: float | None = None
    lift: float | None = None
    low: float | None = None
    high: float | None = None


class Asset(Part, frozen=True, kw_only=True):
    """Something that can bring a move about, with its owner, cost, limits and the routes it travels by.

    `opens` and `closes` are its season where it is not that of the plan; `stages` those of the relationship in which
    it is offered (all where none is named), `needs` the dependencies without which it is not launched.
    """

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
    effect: Effect | None = None
    capacity: int | None = None
    opens: date | None = None
    closes: date | None = None
    stages: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    data_in: tuple[str, ...] = ()
    data_out: tuple[str, ...] = ()


class Exchange(Part, frozen=True, kw_only=True):
    """What the customer gives and gets, and of which kind the deal is.

    `asks` names the classes of the facts given, `liability` what is owed at most if all take it, `fulfilled_by` who
    delivers, and `promise_days` how many days after the giving at the latest.
    """

    id: str | None = None
    kind: str | None = None
    give: str | None = None
    get: str | None = None
    asset: str | None = None
    cost: Decimal | None = None
    asks: tuple[str, ...] = ()
    liability: Decimal | None = None
    fulfilled_by: str | None = None
    promise_days: int | None = None


class Touchpoint(Part, frozen=True, kw_only=True):
    """A place where contact happens: whose it is, what it costs and takes, which data go in and come out.

    `most_fields` is how many facts may be asked there in one contact.
    """

    id: str | None = None
    title: str | None = None
    medium: str | None = None
    direction: str | None = None
    purpose: str | None = None
    owner: str | None = None
    cost: Decimal | None = None
    capacity_per_week: int | None = None
    most_fields: int | None = None
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
