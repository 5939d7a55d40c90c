"""What a reading of a note proposes, and the interface that every way of reading has."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

import msgspec

from sterna.engine.errors import BadInput
from sterna.engine.taxonomy import Tree, canonical

LONGEST_NOTE = 5_000  # characters; a longer text is a document, not a note of a contact


class Proposal(msgspec.Struct, frozen=True, kw_only=True, rename={"fact_class": "class"}):
    """A fact that a note seems to hold; a person confirms it before it counts.

    `value` is in the taxonomy's spelling, None when the note does not say it; `denied` is the answer "no".
    `quote` is the note from `start` to `end` (characters). `confidence` is between 0 and 1. `observed_on` is
    the day the note names as the day it was heard, None when it names none.
    """

    fact_class: str
    value: str | None
    confidence: float
    quote: str
    start: int
    end: int
    reason: str
    denied: bool = False
    observed_on: date | None = None


class Extractor(Protocol):
    """A way of reading notes."""

    def read(self, note: str, classes: Tree, on: date) -> list[Proposal]:
        """What `note`, written `on` a day, proposes for the classes; in the order of the text.

        Raises BadInput for a note of more than 5,000 characters.
        """
        ...


def refuse_long(note: str) -> None:
    """Raise BadInput for what is too long to be a note."""
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note):,} characters, at most {LONGEST_NOTE:,} are read")


def spelled(classes: Tree, fact_class: str, value: str | None) -> str | None:
    """`value` in the class's spelling. Raises BadInput for what the class cannot hold."""
    one = classes.at(fact_class)
    if value is None and one.holds == "flag":
        return "yes"
    return None if value is None else canonical(one, value)


def settled(found: Iterable[Proposal], classes: Tree) -> list[Proposal]:
    """The surest of equal proposals, none that a finer one already says, none the taxonomy does not allow."""
    allowed = [one for one in found if one.fact_class in classes and classes.may_keep(one.fact_class)]
    surest: dict[tuple[str, str | None, bool], Proposal] = {}
    for one in sorted(allowed, key=lambda one: (-one.confidence, one.start, one.end)):
        surest.setdefault((one.fact_class, one.value, one.denied), one)
    kept = list(surest.values())
    return sorted(
        (one for one in kept if not _said_better(one, kept, classes)),
        key=lambda one: (one.start, one.end, one.fact_class, one.value or ""),
    )


def _said_better(one: Proposal, others: Sequence[Proposal], classes: Tree) -> bool:
    """Whether another says the same finer: yes to a finer class, or the same class with its value."""
    for other in others:
        if other is one or other.denied != one.denied:
            continue
        if other.fact_class == one.fact_class and one.value is None and other.value is not None:
            return True
        finer = other.fact_class != one.fact_class and classes.is_or_finer(other.fact_class, one.fact_class)
        if finer and not one.denied:
            return True
    return False
