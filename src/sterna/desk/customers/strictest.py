"""What a customer who is made of several records allows: the newest word, but never more than each side did.

Pure. A word said after the newest join stands for all if it is the newest; otherwise each side of the join has its own
word, found in the same way, and a no of one side is a no. So no join ever loosens, and a split gives each side its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Word:
    """A yes or a no of one record; `sequence` is its place among all that was ever written."""

    record: str
    granted: bool
    said_on: date
    recorded_at: datetime
    sequence: int

    @property
    def newness(self) -> tuple[date, datetime, int]:
        """What orders words: the day, then when it was recorded."""
        return self.said_on, self.recorded_at, self.sequence


@dataclass
class _Side:
    records: set[str]
    words: list[Word] = field(default_factory=list)
    allows: bool | None = None


def strictest(words: Iterable[Word], joins: Sequence[tuple[int, str, str]]) -> bool | None:
    """Whether the customer allows it; None when nobody said a word.

    `joins` are the live edges between the customer's records as (sequence, one, other), in any order.
    """
    sides: dict[str, _Side] = {}
    for word in sorted(words, key=lambda each: each.newness):
        side = sides.setdefault(word.record, _Side({word.record}))
        side.words.append(word)
        side.allows = word.granted
    for sequence, one, other in sorted(joins):
        here, there = (sides.setdefault(each, _Side({each})) for each in (one, other))
        if here is not there:
            joined = _join(here, there, sequence)
            sides.update(dict.fromkeys(joined.records, joined))
    return _allows(list({id(side): side for side in sides.values()}.values()))


def _join(here: _Side, there: _Side, sequence: int) -> _Side:
    words = here.words + there.words
    newest = max(words, key=lambda each: each.newness, default=None)
    said_since = newest is not None and newest.sequence > sequence
    allows = newest.granted if newest is not None and said_since else _allows([here, there])
    return _Side(here.records | there.records, words, allows)


def _allows(sides: Sequence[_Side]) -> bool | None:
    said = [side.allows for side in sides if side.allows is not None]
    return all(said) if said else None
