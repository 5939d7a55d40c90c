"""Checks a rule for one customer in memory, against what is known of the person and the household."""

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from sterna.engine.rules.tree import (
    MEASURES,
    NO,
    NUMBER,
    PURCHASE,
    All,
    AnyOf,
    Behavior,
    Consents,
    HasFact,
    InPlace,
    Not,
    Rule,
    Worth,
)
from sterna.engine.tables import REAL

Figure = Decimal | int | float
_NUMBER = re.compile(NUMBER)
_COMPARISONS = (Behavior, Worth, Consents, InPlace)


class Known(NamedTuple):
    """What a rule sees of a current fact."""

    fact_class: str
    value: str
    observed_on: date
    confidence: float | None
    source: str = ""


class Deed(NamedTuple):
    """What a customer did on a day, of one kind at one touchpoint: how often, and for how much where it is a purchase.

    `category` None is the whole of it; for purchases the same again by category. A return lowers the amount and is no
    time.
    """

    kind: str
    on: date
    times: int
    amount: Decimal = Decimal(0)
    category: str | None = None
    touchpoint: str | None = None


class Deeds:
    """What a customer did, by kind and in the order of days: a window is found without a look at all the rest.

    One customer is asked about windows by every comparison of every rule, and again for the days on which it may turn.
    """

    __slots__ = ("_kinds",)

    def __init__(self, deeds: Iterable[Deed] = ()) -> None:
        kinds: dict[str, list[Deed]] = {}
        for deed in sorted(deeds, key=attrgetter("on")):
            kinds.setdefault(deed.kind, []).append(deed)
        self._kinds = {kind: ([deed.on for deed in ours], ours) for kind, ours in kinds.items()}

    def __iter__(self) -> Iterator[Deed]:
        return (deed for _, ours in self._kinds.values() for deed in ours)

    def between(self, kind: str, first: date, on: date) -> Sequence[Deed]:
        """Those of a kind from the day `first` up to `on`, which is not included, the earliest first."""
        days, ours = self._kinds.get(kind, _NEVER)
        return ours[bisect_left(days, first) : bisect_left(days, on)]

    def since(self, kind: str, on: date) -> Sequence[Deed]:
        """Those of a kind on the day `on` and later, the earliest first."""
        days, ours = self._kinds.get(kind, _NEVER)
        return ours[bisect_left(days, on) :]


_NEVER: tuple[list[date], list[Deed]] = ([], [])


class Stay(NamedTuple):
    """Where a customer stands in a scheme, and since when."""

    scheme: str
    place: str
    entered_on: date


class Person(NamedTuple):
    """What a rule sees of one customer; `others` are the other people of the household.

    `values` are measures of value by name and `values_before` those of the window before, None where unknown;
    `consents` the last word by (medium, purpose).
    """

    facts: Collection[Known] = ()
    deeds: Deeds = Deeds()
    values: Mapping[str, Figure | None] = {}
    values_before: Mapping[str, Figure | None] = {}
    consents: Mapping[tuple[str, str], bool] = {}
    stays: Collection[Stay] = ()
    others: "Sequence[Person]" = ()


Above = Mapping[str, Collection[str]]  # of each class: itself and the classes above it


def holds(rule: Rule, person: Person, above: Above, on: date) -> bool:
    """Whether the rule holds for a customer as of `on`, the first day that is not included."""
    if isinstance(rule, _COMPARISONS):
        return _compared(rule, person, on)
    if isinstance(rule, All):
        return all(holds(part, person, above, on) for part in rule.of)
    if isinstance(rule, HasFact):
        return next(matching(rule, person.facts, above, on), None) is not None
    if isinstance(rule, Not):
        return not holds(rule.of, person, above, on)
    if isinstance(rule, AnyOf):
        return any(holds(part, person, above, on) for part in rule.of)
    return any(holds(rule.of, each, above, on) for each in _household(person))


def _household(person: Person) -> Iterator[Person]:
    """Everybody of the household, each with the others: what it adds up is the same for all of them."""
    everybody = (person, *person.others)
    for place, each in enumerate(everybody):
        yield each._replace(others=[*everybody[:place], *everybody[place + 1 :]])


def matching(leaf: HasFact, facts: Iterable[Known], above: Above, on: date) -> Iterator[Known]:
    """The facts that fulfil one comparison."""
    ours = [
        fact
        for fact in facts
        if leaf.fact_class in (above.get(fact.fact_class, ()) if leaf.finer else (fact.fact_class,))
    ]
    conditions = list(_conditions(leaf, on)) if ours else []
    for fact in ours:
        if all(met(fact) for met in conditions):
            yield fact


def day_before(on: date, days: int) -> date:
    """The day so many days before `on`, or after it where they are negative; beyond the calendar its end."""
    return date.fromordinal(min(max(on.toordinal() - days, 1), date.max.toordinal()))


def _conditions(leaf: HasFact, on: date) -> Iterator[Callable[[Known], bool]]:
    yield lambda fact: fact.value in leaf.among if leaf.among else fact.value != NO
    if leaf.least is not None or leaf.most is not None:
        yield lambda fact: _between_text(fact.value, leaf.least, leaf.most)
    if leaf.older_than_days is not None:
        oldest = day_before(on, leaf.older_than_days)
        yield lambda fact: fact.observed_on < oldest
    if leaf.within_days is not None:
        first = day_before(on, leaf.within_days)
        yield lambda fact: fact.observed_on >= first
    if leaf.least_confidence is not None:
        least = leaf.least_confidence
        yield lambda fact: fact.confidence is not None and fact.confidence >= least
    if leaf.sources:
        yield lambda fact: fact.source in leaf.sources


def _between_text(value: str, least: Decimal | None, most: Decimal | None) -> bool:
    return _NUMBER.fullmatch(value) is not None and _between(Decimal(value), least, most)


def _between(figure: Figure | None, least: Decimal | None, most: Decimal | None) -> bool:
    """Whether a figure lies between two bounds; of what is unknown no bound holds."""
    if figure is None or (isinstance(figure, float) and math.isnan(figure)):
        return False
    low, high = (
        float(bound) if isinstance(figure, float) and bound is not None else bound for bound in (least, most)
    )
    return (low is None or figure >= low) and (high is None or figure <= high)


def _compared(rule: Behavior | Worth | Consents | InPlace, person: Person, on: date) -> bool:
    if isinstance(rule, Behavior):
        return _between(done(rule, person, on), rule.least, rule.most)
    if isinstance(rule, Worth):
        return _between(_worth(rule, person), rule.least, rule.most)
    if isinstance(rule, Consents):
        return person.consents.get((rule.medium, rule.purpose)) is (rule.says == "yes")
    latest = day_before(on, rule.least_days or 0)
    return any(
        stay.scheme == rule.scheme
        and stay.place in rule.among
        and (rule.least_days is None or stay.entered_on <= latest)
        for stay in person.stays
    )


def deeds_of(rule: Behavior, person: Person, on: date) -> list[Deed]:
    """What the comparison looks at: the deeds of its kind inside its window, of the household where it says so."""
    everybody = (person, *person.others) if rule.household else (person,)
    first = date.min if rule.within_days is None else day_before(on, rule.within_days)
    touchpoint = rule.touchpoint
    return [
        deed
        for each in everybody
        for deed in each.deeds.between(rule.kind, first, on)
        if touchpoint is None or deed.touchpoint == touchpoint
    ]


def done(rule: Behavior, person: Person, on: date) -> Figure | None:
    """The figure that a comparison of behavior is about; None where there is none, as of a last time that never was."""
    deeds = deeds_of(rule, person, on)
    if rule.of == "categories":
        shelves = (deed.category for deed in deeds if deed.times and deed.category != "unknown")
        return len({shelf for shelf in shelves if shelf is not None})
    ours = [deed for deed in deeds if deed.category == rule.category]
    if rule.of == "amount":
        return sum((deed.amount for deed in ours), Decimal(0))
    if rule.of == "share":
        whole = sum((deed.amount for deed in deeds if deed.category is None), Decimal(0))
        return float(sum((deed.amount for deed in ours), Decimal(0))) / float(whole) if whole > 0 else None
    return _counted(rule, [deed for deed in ours if deed.times], on)


def _counted(rule: Behavior, deeds: Sequence[Deed], on: date) -> int | None:
    if rule.of == "times":
        return sum(deed.times for deed in deeds)
    if rule.of == "touchpoints":
        return len({deed.touchpoint for deed in deeds} - {None})
    days = {deed.on for deed in deeds}
    if rule.of == "days":
        return len(days)
    if not days:
        return None
    return (on - (min(days) if rule.of == "first" else max(days))).days - 1


def _worth(rule: Worth, person: Person) -> Figure | None:
    now = _summed(rule, person, lambda each: each.values)
    if not rule.change:
        return now
    # Spend has the window before it in its own row, so that it is known without an earlier run.
    if rule.measure == "spend":
        before = _summed(rule, person, lambda each: {"spend": each.values.get("spend_before")})
    else:
        before = _summed(rule, person, lambda each: each.values_before)
    if now is None or before is None:
        return None
    if rule.change == "difference":
        return float(now) - float(before) if MEASURES[rule.measure] == REAL else now - before  # type: ignore[operator]
    return (float(now) - float(before)) / float(before) if before > 0 else None


def _summed(
    rule: Worth, person: Person, told: Callable[[Person], Mapping[str, Figure | None]]
) -> Figure | None:
    everybody = (person, *person.others) if rule.household else (person,)
    known = [figure for each in everybody if (figure := told(each).get(rule.measure)) is not None]
    if not known:
        return None
    return known[0] if len(known) == 1 else sum(known)


def is_bought(rule: Behavior) -> bool:
    """Whether the comparison is about purchases."""
    return rule.kind == PURCHASE
