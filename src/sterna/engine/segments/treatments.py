"""How the customers of a segment are treated: a grid of value by potential, with a level of treatment in each cell.

The level of a cell says how personally its customers are written to, how often at most they are, and how hard the
company works to keep them. Everybody of a segment is in exactly one cell: the bands of either measure leave no gap, and
who is unknown in a measure is in a row or a column of its own, never in that of zero.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, NamedTuple, get_args

import msgspec
import pyarrow as pa

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, arrow
from sterna.engine.money import CENT, LARGEST
from sterna.engine.rules import MEASURES
from sterna.engine.segments.ruled import SEGMENTS, Ruled
from sterna.engine.steps import Ran
from sterna.engine.tables import MONEY, TABLES

Personalization = Literal["none", "segment", "individual"]
Retention = Literal["none", "watch", "keep"]
PERSONALIZATIONS: tuple[Personalization, ...] = get_args(Personalization)  # the least personal first
RETENTIONS: tuple[Retention, ...] = get_args(Retention)
# What counts against the frequency of a cell: what promotes, as for those who are left in peace. Service, recognition
# and research go on.
PROMOTING = ("advertising", "marketing", "sales")
UNKNOWN = "unknown"
# The measures that are known of everybody: who did nothing is at zero.
KNOWN_OF_ALL = ("spend", "returns", "uncategorized", "orders", "breadth")
MOST_CONTACTS, MOST_DAYS = 1_000, 366
_FINEST = Decimal("0.000001")

Cell = tuple[str, str]  # the bands of value and of potential


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a definition; a field that nobody knows is refused."""


class Cut(Part, frozen=True, kw_only=True):
    """A band of a measure: from `low`, which is in it, up to `high`, which is not; None is open."""

    name: str
    low: Decimal | None = None
    high: Decimal | None = None


class Axis(Part, frozen=True, kw_only=True):
    """A measure of value cut into bands, the lowest first."""

    measure: str
    bands: tuple[Cut, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The bands, and "unknown" behind them where nobody may know the measure of somebody."""
        named = tuple(band.name for band in self.bands)
        return named if self.measure in KNOWN_OF_ALL else (*named, UNKNOWN)


class Frequency(Part, frozen=True, kw_only=True):
    """At most so many contacts that promote in so many days, over all assets and media."""

    contacts: int
    days: int


class Level(Part, frozen=True, kw_only=True):
    """What the customers of a cell get.

    `personalization` none: one text for all; segment: the text may go by the segment; individual: it may say what is
    known of the person. `retention` watch: staff should notice when such a customer falters; keep: staff keeps them.
    """

    personalization: Personalization
    frequency: Frequency
    retention: Retention


class CellLevel(Level, frozen=True, kw_only=True):
    """The level of the cell of a band of value and one of potential."""

    value: str
    potential: str

    @property
    def cell(self) -> Cell:
        """Which cell it is of."""
        return self.value, self.potential

    @property
    def level(self) -> Level:
        """The level alone."""
        return Level(personalization=self.personalization, frequency=self.frequency, retention=self.retention)


class Treatments(Part, frozen=True, kw_only=True):
    """The grid of a scheme of segments: `levels` of every cell, and by segment the cells that have others there."""

    scheme: str
    value: Axis
    potential: Axis
    levels: tuple[CellLevel, ...]
    segments: dict[str, tuple[CellLevel, ...]] = {}

    @property
    def cells(self) -> list[Cell]:
        """Every cell of the grid, by value and then by potential."""
        return [(value, potential) for value in self.value.names for potential in self.potential.names]

    def of_segment(self, segment: str) -> dict[Cell, Level]:
        """The level of each cell in a segment: its own where it has one, else that of every segment."""
        every = {one.cell: one.level for one in self.levels}
        return every | {one.cell: one.level for one in self.segments.get(segment, ())}


class Problem(NamedTuple):
    """What is wrong with a definition, and at which part of it."""

    where: str
    said: str


def problems(treatments: Treatments, segments: Sequence[str] | None = None) -> Iterator[Problem]:
    """Everything that keeps a definition from treating each customer in one way; `segments` are those there are."""
    if treatments.value.measure == treatments.potential.measure:
        yield Problem("potential.measure", f"value and potential are both cut by {treatments.value.measure}")
    for name in ("value", "potential"):
        yield from _axis_problems(name, getattr(treatments, name))
    yield from _level_problems("levels", treatments, treatments.levels)
    given = {one.cell for one in treatments.levels}
    for value, potential in treatments.cells:
        if (value, potential) not in given:
            yield Problem("levels", f"the cell of value {value} and potential {potential} has no level")
    for segment, levels in treatments.segments.items():
        if segments is not None and segment not in segments:
            yield Problem(f"segments.{segment}", f"{treatments.scheme} has no segment {segment}")
        yield from _level_problems(f"segments.{segment}", treatments, levels)


def check_treatments(treatments: Treatments, segments: Sequence[str] | None = None) -> None:
    """Raise BadInput naming everything that is wrong with a definition."""
    found = [problem.said for problem in problems(treatments, segments)]
    if found:
        raise BadInput(f"treatments of {treatments.scheme}: {'; '.join(found)}")


def tidy(treatments: Treatments) -> Treatments:
    """The same levels in the order of the cells, none said of a segment that every segment has there anyway."""
    every, at = treatments.of_segment(""), {cell: place for place, cell in enumerate(treatments.cells)}
    own = {
        segment: tuple(sorted(different, key=lambda one: at[one.cell]))
        for segment, levels in sorted(treatments.segments.items())
        if (different := [one for one in levels if one.level != every[one.cell]])
    }
    levels = tuple(sorted(treatments.levels, key=lambda one: at[one.cell]))
    return msgspec.structs.replace(treatments, levels=levels, segments=own)


def _axis_problems(name: str, axis: Axis) -> Iterator[Problem]:
    if axis.measure not in MEASURES:
        yield Problem(f"{name}.measure", f"{axis.measure!r} is no measure of value")
    if not axis.bands:
        yield Problem(f"{name}.bands", f"{name} has no bands")
    for called, times in Counter(band.name for band in axis.bands).items():
        if times > 1:
            yield Problem(f"{name}.bands", f"two bands of {name} are called {called}")
    is_money = MEASURES.get(axis.measure) == MONEY
    unusable = False
    for at, band in enumerate(axis.bands):
        for said in _band_problems(name, band, is_money):
            unusable = True
            yield Problem(f"{name}.bands[{at}]", said)
    if not unusable:
        yield from _seams(name, axis.bands)


def _band_problems(name: str, band: Cut, is_money: bool) -> Iterator[str]:
    called = band.name
    if called in (UNKNOWN, "all") or called != called.strip() or not called.isprintable() or "/" in called:
        yield f"a band of {name} cannot be called {called!r}"
    elif not 0 < len(called) <= 80:
        yield f"a band of {name} has a name of {len(called)} letters: 1 to 80 can be shown"
    finest = CENT if is_money else _FINEST
    for edge in (band.low, band.high):
        if edge is None:
            continue
        if not edge.is_finite() or abs(edge) > LARGEST:
            yield f"{called} of {name} has the edge {edge}, which no measure can have"
        elif edge != edge.quantize(finest):
            yield f"{called} of {name} has the edge {edge}, finer than {finest}"


def _seams(name: str, bands: Sequence[Cut]) -> Iterator[Problem]:
    """Where amounts would be in no band or in two; the bands stand lowest first."""
    for at, band in enumerate(bands):
        if band.low is not None and band.high is not None and band.high <= band.low:
            yield Problem(
                f"{name}.bands[{at}]",
                f"{band.name} of {name} is empty: from {band.low} up to but without {band.high}",
            )
    if bands and bands[0].low is not None:
        yield Problem(
            f"{name}.bands[0]",
            f"the lowest band of {name}, {bands[0].name}, starts at {bands[0].low}; leave it open",
        )
    if bands and bands[-1].high is not None:
        yield Problem(
            f"{name}.bands[{len(bands) - 1}]",
            f"the highest band of {name}, {bands[-1].name}, ends at {bands[-1].high}; leave it open",
        )
    for at, (lower, upper) in enumerate(pairwise(bands), start=1):
        pair = f"between {lower.name} and {upper.name} of {name}"
        if lower.high is None or upper.low is None:
            yield Problem(f"{name}.bands[{at}]", f"overlap {pair}: only the ends may be open")
        elif lower.high < upper.low:
            yield Problem(
                f"{name}.bands[{at}]", f"gap {pair}: from {lower.high} up to but without {upper.low}"
            )
        elif lower.high > upper.low:
            yield Problem(
                f"{name}.bands[{at}]", f"overlap {pair}: from {upper.low} up to but without {lower.high}"
            )


def _level_problems(where: str, treatments: Treatments, levels: Sequence[CellLevel]) -> Iterator[Problem]:
    seen: set[Cell] = set()
    for at, one in enumerate(levels):
        here, cell = f"{where}[{at}]", f"the cell of value {one.value} and potential {one.potential}"
        for name, band in (("value", one.value), ("potential", one.potential)):
            if band not in getattr(treatments, name).names:
                yield Problem(here, f"{name} has no band {band}")
        if one.cell in seen:
            yield Problem(here, f"{cell} has two levels")
        seen.add(one.cell)
        for name, given, least, most in (
            ("contacts", one.frequency.contacts, 0, MOST_CONTACTS),
            ("days", one.frequency.days, 1, MOST_DAYS),
        ):
            if not least <= given <= most:
                yield Problem(here, f"{cell} has {given} {name}: it is from {least} to {most:,}")


def read_treatments(stored: Any) -> Treatments:
    """The definition in plain JSON values. Raises BadInput that says what is wrong."""
    try:
        read = msgspec.convert(stored, Treatments, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadInput(f"these are no treatments: {error}") from None
    check_treatments(read)
    return read


def treatments_body(treatments: Treatments) -> dict[str, Any]:
    """The definition as plain JSON values, amounts as text."""
    body: dict[str, Any] = msgspec.to_builtins(treatments)
    return body


def place_in_cells(lake: Lake, treatments: Sequence[Treatments], schemes: Sequence[Ruled]) -> list[Ran]:
    """Make `treatments`: one row for each customer of a scheme of segments that has a grid.

    Reads segment_places and values. A segment that a definition does not name has the levels of every segment; a
    scheme that is not placed is left out.
    """
    placed = {scheme.name: scheme.places for scheme in schemes if scheme.kind == SEGMENTS}
    used = [one for one in treatments if one.scheme in placed]
    for name, rows in _laid_out(used, placed).items():
        lake.put(TABLES[name], pa.Table.from_pylist(rows, schema=arrow.schema(TABLES[name])))
    return [steps.run(lake, "segments/treatments")]


def _laid_out(
    treatments: Sequence[Treatments], placed: Mapping[str, Sequence[str]]
) -> dict[str, list[dict[str, Any]]]:
    """The tables `grid_bands` and `levels`."""
    bands = [
        {"scheme": one.scheme, "axis": name, "band": band.name, "measure": axis.measure}
        | {"low": band.low, "high": band.high, "is_known": UNKNOWN not in axis.names}
        for one in treatments
        for name, axis in (("value", one.value), ("potential", one.potential))
        for band in axis.bands
    ]
    levels = [
        {"scheme": one.scheme, "segment": segment, "value_band": value, "potential_band": potential}
        | {"personalization": level.personalization, "retention": level.retention}
        | {"contacts": level.frequency.contacts, "days": level.frequency.days}
        for one in treatments
        for segment in placed[one.scheme]
        for (value, potential), level in one.of_segment(segment).items()
    ]
    return {"grid_bands": bands, "levels": levels}
