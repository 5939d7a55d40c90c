"""The levels of a grid as a form: those of every segment, or those of one segment where they differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from sterna.engine.errors import BadInput
from sterna.engine.segments import Treatments
from sterna.engine.segments.treatments import (
    MOST_CONTACTS,
    MOST_DAYS,
    PERSONALIZATIONS,
    RETENTIONS,
    Cell,
    CellLevel,
    Frequency,
    Level,
    tidy,
)

NAMES = ("personalization", "contacts", "days", "retention")


@dataclass(frozen=True)
class CellFields:
    """The fields of one cell with what stands in them; `own`: the segment has a level of its own there."""

    key: str
    value: str
    potential: str
    typed: Mapping[str, str]
    own: bool


def fields(treatments: Treatments, segment: str, typed: Mapping[str, str] | None = None) -> list[CellFields]:
    """The cells of a segment, "" for those of every segment, the highest value first, as typed or as they stand."""
    levels, every = treatments.of_segment(segment), treatments.of_segment("")
    return [
        CellFields(
            key, *cell, _typed(key, levels[cell], typed), bool(segment) and levels[cell] != every[cell]
        )
        for key, cell in _keyed(treatments)
    ]


def _keyed(treatments: Treatments) -> Iterator[tuple[str, Cell]]:
    """The cells with the part of their fields' names that tells them apart."""
    for row, value in reversed(list(enumerate(treatments.value.names))):
        for column, potential in enumerate(treatments.potential.names):
            yield f"{row}-{column}", (value, potential)


def _typed(key: str, level: Level, typed: Mapping[str, str] | None) -> dict[str, str]:
    standing = {
        "personalization": level.personalization,
        "contacts": str(level.frequency.contacts),
        "days": str(level.frequency.days),
        "retention": level.retention,
    }
    return {name: (typed or {}).get(f"{name}-{key}", standing[name]) for name in NAMES}


def filled(treatments: Treatments, segment: str, typed: Mapping[str, str]) -> Treatments:
    """The treatments with the levels that were typed for a segment, "" for every segment.

    A cell of a segment that is typed as in every segment has no level of its own there. Raises BadInput naming every
    cell that cannot be read.
    """
    levels, wrong = [], []
    for key, cell in _keyed(treatments):
        try:
            levels.append(_level(cell, {name: typed.get(f"{name}-{key}", "") for name in NAMES}))
        except BadInput as error:
            wrong.append(f"value {cell[0]}, potential {cell[1]}: {error}")
    if wrong:
        raise BadInput("; ".join(wrong))
    if not segment:
        return tidy(msgspec.structs.replace(treatments, levels=tuple(levels)))
    own = {**treatments.segments, segment: tuple(levels)}
    return tidy(msgspec.structs.replace(treatments, segments=own))


def _level(cell: Cell, typed: Mapping[str, str]) -> CellLevel:
    personalization, retention = typed["personalization"], typed["retention"]
    if personalization not in PERSONALIZATIONS:
        raise BadInput(f"choose how personal the text is: {', '.join(PERSONALIZATIONS)}")
    if retention not in RETENTIONS:
        raise BadInput(f"choose how hard staff work to keep them: {', '.join(RETENTIONS)}")
    frequency = Frequency(
        contacts=_number("contacts", typed["contacts"], 0, MOST_CONTACTS),
        days=_number("days", typed["days"], 1, MOST_DAYS),
    )
    return CellLevel(
        value=cell[0],
        potential=cell[1],
        personalization=personalization,
        frequency=frequency,
        retention=retention,
    )


def _number(name: str, text: str, least: int, most: int) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and least <= int(text) <= most):
        raise BadInput(f"write {name} as a whole number from {least} to {most:,}")
    return int(text)
