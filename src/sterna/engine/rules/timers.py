"""Tells on which day a rule may hold or cease to hold although nothing happens: "no purchase for 60 days" falls due."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from math import ceil, floor

from sterna.engine.rules.person import Person, deeds_of
from sterna.engine.rules.tree import Behavior, HasFact, InPlace, Rule


def timed(asked: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those of some comparisons that time alone may turn, so that the others need not be asked of everybody."""
    return tuple(leaf for leaf in asked if _is_timed(leaf))


def _is_timed(leaf: Rule) -> bool:
    if isinstance(leaf, HasFact):
        return leaf.within_days is not None or leaf.older_than_days is not None
    if isinstance(leaf, InPlace):
        return leaf.least_days is not None
    return isinstance(leaf, Behavior)


def soonest(asked: Iterable[Rule], person: Person, on: date) -> date | None:
    """The first day after `on` on which one of some comparisons may say something else although nothing new is known.

    Before that day they say what they say `on`. None where time alone changes nothing. When facts expire is not known
    here: who keeps them says so.
    """
    days = (
        day for leaf in asked for one in (person, *person.others) for day in _turns(leaf, one, on) if day > on
    )
    return min(days, default=None)


def _turns(leaf: Rule, person: Person, on: date) -> Iterator[date]:
    """The days on which what a comparison says may turn, past ones among them."""
    if isinstance(leaf, HasFact):
        for fact in person.facts:
            for days in (leaf.within_days, leaf.older_than_days):
                if days is not None:
                    yield from _later(fact.observed_on, days + 1)
    elif isinstance(leaf, InPlace) and leaf.least_days is not None:
        for stay in person.stays:
            yield from _later(stay.entered_on, leaf.least_days)
    elif isinstance(leaf, Behavior):
        yield from _of_deeds(leaf, person, on)


def _of_deeds(leaf: Behavior, person: Person, on: date) -> Iterator[date]:
    # Deeds of a day to come, as a clock that is ahead may bring them, count from the day after.
    ahead = [deed.on for deed in person.deeds.since(leaf.kind, on)]
    for day in ahead:
        yield from _later(day, 1)
    ends = leaf.of in ("first", "last")
    if leaf.within_days is None and not ends:
        return
    days = [deed.on for deed in deeds_of(leaf, person, on)]
    days += ahead
    if not days:
        return
    if leaf.within_days is not None:
        # Those of the window leave it in their order: the first one is the first to do so.
        yield from _later(min(days), leaf.within_days + 1)
    if ends:
        # Any of those ahead may become the last one, or the first where there is none.
        for day in {min(days), max(days), *ahead}:
            if leaf.least is not None:
                yield from _later(day, ceil(leaf.least) + 1)
            if leaf.most is not None:
                yield from _later(day, floor(leaf.most) + 2)


def _later(day: date, days: int) -> Iterator[date]:
    """The day so many days later, if a calendar has it."""
    if 1 <= day.toordinal() + days <= date.max.toordinal():
        yield day + timedelta(days=days)
