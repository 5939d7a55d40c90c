"""Which of several statements of one class stands: by confidence, which fades with age, then by recency."""

from collections.abc import Hashable, Iterable
from datetime import date, datetime

import msgspec

from sterna.engine.rules import Known


class Statement(msgspec.Struct, frozen=True):
    """A fact as it was said or inferred; `key` is whatever tells it from all others.

    From `expires_on` on it holds no more; None when it never expires. `sequence` is its place among what was recorded.
    """

    key: Hashable
    fact_class: str
    value: str
    observed_on: date
    recorded_at: datetime
    confidence: float
    source: str = ""
    expires_on: date | None = None
    sequence: int = 0

    def known(self) -> Known:
        """What a rule sees of it."""
        return Known(self.fact_class, self.value, self.observed_on, self.confidence)


def weight(one: Statement, on: date) -> float:
    """What a statement weighs against others of its class `on` a day.

    Its confidence, of which half is gone on the day it expires; one that never expires does not fade. The same figure
    as in the step current_facts.
    """
    if one.expires_on is None or one.expires_on <= one.observed_on:
        return one.confidence
    age, life = (on - one.observed_on).days, (one.expires_on - one.observed_on).days
    return one.confidence * (1.0 - age / (2.0 * life))


def is_in_time(one: Statement, on: date) -> bool:
    """Whether it was observed by the day and holds still."""
    return one.observed_on <= on and (one.expires_on is None or on < one.expires_on)


def current(statements: Iterable[Statement], on: date) -> dict[str, Statement]:
    """The statement that stands `on` a day, by class."""
    by_class: dict[str, list[Statement]] = {}
    for one in statements:
        if is_in_time(one, on):
            by_class.setdefault(one.fact_class, []).append(one)
    return {name: said[0] if len(said) == 1 else ranked(said, on)[0] for name, said in by_class.items()}


def ranked(statements: Iterable[Statement], on: date) -> list[Statement]:
    """The weightiest first; then the newest observed, the last recorded, and by source and value."""
    by_text = sorted(statements, key=lambda one: (one.source, one.value, str(one.key)))
    return sorted(
        by_text,
        key=lambda one: (weight(one, on), one.observed_on, one.recorded_at, one.sequence),
        reverse=True,
    )
