"""Who the best customers are, by a company's own definition: named, versioned, several at once on one scale.

A definition weighs measures on one of two scales. "money": the weighted sum of measures in money, such as expected
spend and influence, so that customers who are worth as much rank equal whatever they are worth it for. "percentile":
the weighted mean of the percentiles of any measures, from 0 to 1, where no money measures all that counts. Lists on
different scales are never put side by side.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, lcm
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Meta
from numpy.typing import NDArray

from sterna.engine import documents
from sterna.engine.errors import BadInput
from sterna.engine.money import CENT
from sterna.engine.value.cells import Floats
from sterna.engine.value.ranking import midranks

Scale = Literal["money", "percentile"]
Figure = Decimal | int | float | None
Score = Decimal | float
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_DIGITS = 12  # of a percentile: sums of the same parts in another order must tie


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of a definition share."""


class Weighed(Part, frozen=True, kw_only=True):
    """A measure and its weight in the score."""

    measure: str
    weight: Decimal = Decimal(1)


class Condition(Part, frozen=True, kw_only=True):
    """What a customer must have to be ranked at all; both ends are included. An unknown measure meets no condition."""

    measure: str
    least: Decimal | None = None
    most: Decimal | None = None


class Take(Part, frozen=True, kw_only=True):
    """How many of the ranked are best, by one of: a share, a count, a least score. Who ties with the last is in."""

    share: Decimal | None = None
    count: int | None = None
    least: Decimal | None = None


class Definition(Part, frozen=True, kw_only=True):
    """Who is best: `weigh` makes the score, `only_if` says who is ranked, `take` how many, `treatment` what they get.

    A version never changes: another word is another version.
    """

    best: str
    version: Annotated[int, Meta(ge=1)]
    title: Annotated[str, Meta(min_length=1)]
    scale: Scale
    weigh: Annotated[tuple[Weighed, ...], Meta(min_length=1)]
    take: Take
    only_if: tuple[Condition, ...] = ()
    treatment: str = ""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the definition's canonical JSON: what a list was made by."""
        return documents.sha(body(self))


class Arbitration(Part, frozen=True, kw_only=True):
    """Which treatment a member of several groups gets: that of the group first in `order`, or of the highest score.

    `order` names every group; by score it settles ties.
    """

    arbitration: Literal["order", "score"]
    order: Annotated[tuple[str, ...], Meta(min_length=1)]


def load(text: str) -> Definition:
    """The definition in the YAML `text`; raises BadInput with the line, or the part, of the first thing wrong."""
    read = documents.read_yaml(text, "definition of best customers").whole(Definition)
    refuse_unfit(read)
    return read


def load_arbitration(text: str) -> Arbitration:
    """The arbitration in the YAML `text`; raises BadInput with the line of the first thing wrong."""
    return documents.read_yaml(text, "arbitration").whole(Arbitration)


def body(definition: Definition) -> dict[str, Any]:
    """`definition` as plain JSON values, to be stored."""
    built: dict[str, Any] = msgspec.to_builtins(definition, order="sorted")
    return built


def of_body(stored: dict[str, Any]) -> Definition:
    """The definition of a stored `body`."""
    return msgspec.convert(stored, Definition, strict=False)


def refuse_unfit(definition: Definition) -> None:
    """Raises BadInput, naming the definition, for what its types allow and no list can be made by."""
    weighed, take = definition.weigh, definition.take
    ends = [end for end in (take.share, take.count, take.least) if end is not None]
    problems = {
        "its name is lower-case letters, digits and hyphens, at most 50": not _NAME.fullmatch(
            definition.best
        ),
        "a measure is weighed twice": max(Counter(one.measure for one in weighed).values()) > 1,
        "a weight is a number above 0": not all(one.weight.is_finite() and one.weight > 0 for one in weighed),
        "take says one of share, count and least": len(ends) != 1,
        "what to take at least and each end of a condition is a finite number": not all(
            end is None or end.is_finite() for end in _ends(definition)
        ),
        "the share to take is above 0 and at most 1": take.share is not None
        and not (take.share.is_finite() and 0 < take.share <= 1),
        "the count to take is at least 1": take.count is not None and take.count < 1,
        "a condition says least or most": any(
            one.least is None and one.most is None for one in definition.only_if
        ),
    }
    for said, is_so in problems.items():
        if is_so:
            raise BadInput(f"best {definition.best}: {said}")


def _ends(definition: Definition) -> Iterator[Decimal | None]:
    yield definition.take.least
    for one in definition.only_if:
        yield from (one.least, one.most)


@dataclass(frozen=True)
class Panel:
    """The measures that a definition can name, as of one day.

    `rows` has the column customer_id and one for each measure, NULL where unknown; money is DECIMAL(18,2), in one
    currency. `units` gives each measure's unit, "money" for what the scale money can weigh.
    """

    as_of: date
    rows: pa.Table
    units: Mapping[str, str]

    @classmethod
    def of(
        cls, as_of: date, figures: Mapping[str, Mapping[str, Figure]], units: Mapping[str, str]
    ) -> "Panel":
        """A panel of a few customers, with the figures by measure and customer; who is missing there is unknown."""
        customers = list(dict.fromkeys(name for measured in figures.values() for name in measured))
        columns = {
            measure: _column([measured.get(name) for name in customers], units.get(measure) == "money")
            for measure, measured in figures.items()
        }
        return cls(as_of, pa.table({"customer_id": pa.array(customers, pa.string()), **columns}), units)


def _column(figures: list[Figure], is_money: bool) -> pa.Array:
    column = pa.array(figures, pa.decimal128(18, 2) if is_money else None)
    return column.cast(pa.float64()) if pa.types.is_null(column.type) else column


@dataclass(frozen=True)
class Member:
    """One of the best: the score on the scale of the list, the rank (equal scores share one), and the reasons."""

    customer: str
    score: Score
    rank: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Best:
    """A list of best customers with all that it takes to make it again: name, version and hash of the definition, day.

    Members are in the order of their ranks, then of their names. `ranked` customers had a score. `unknown` says of each
    who lacks a measure which it is: not among the best, but not shown to be less either.
    """

    name: str
    version: int
    sha256: str
    scale: Scale
    as_of: date
    treatment: str
    members: tuple[Member, ...]
    ranked: int
    unknown: Mapping[str, str]

    @property
    def customers(self) -> frozenset[str]:
        """Who is on the list."""
        return frozenset(member.customer for member in self.members)


def choose(definition: Definition, panel: Panel) -> Best:
    """The best customers of `panel` by `definition`. Raises BadInput, by name, for a measure that cannot be weighed."""
    refuse_unfit(definition)
    _refuse_strange(definition, panel)
    rows = panel.rows.sort_by("customer_id").combine_chunks()
    unknown = _unknown(definition, rows)
    standing = {one.measure: _standing(definition, rows, one.measure) for one in definition.weigh}
    ranked = np.flatnonzero(_are_ranked(definition, rows))
    scores = _score(definition, {name: column[ranked] for name, column in standing.items()})
    # Stable, so that customers of equal scores stay in the order of their names.
    order = np.argsort(-scores, kind="stable")
    taken = order[: _taken(definition, scores[order])]
    chosen = rows.take(pa.array(ranked[taken]))
    return Best(
        definition.best,
        definition.version,
        definition.sha256,
        definition.scale,
        panel.as_of,
        definition.treatment,
        tuple(_members(definition, chosen, scores[taken])),
        ranked.size,
        unknown,
    )


def _refuse_strange(definition: Definition, panel: Panel) -> None:
    for name in _named(definition):
        if name not in panel.rows.column_names:
            raise BadInput(f"best {definition.best}: there is no measure {name}")
    for one in definition.weigh:
        if definition.scale == "money" and panel.units.get(one.measure) != "money":
            raise BadInput(
                f"best {definition.best}: {one.measure} is not money; weigh it on the scale percentile"
            )


def _named(definition: Definition) -> list[str]:
    return [*(one.measure for one in definition.only_if), *(one.measure for one in definition.weigh)]


def _known(rows: pa.Table, measure: str) -> Flags:
    column = rows.column(measure)
    # Models say NaN where they know nothing.
    known = pc.is_valid(column) if not pa.types.is_floating(column.type) else pc.is_finite(column)
    return np.asarray(pc.fill_null(known, False).to_numpy(), dtype=np.bool_)


def _unknown(definition: Definition, rows: pa.Table) -> dict[str, str]:
    """Who lacks a measure, with the first one that is missing."""
    found: dict[str, str] = {}
    for measure in reversed(_named(definition)):
        missing = rows.column("customer_id").filter(pa.array(~_known(rows, measure)))
        found |= dict.fromkeys(missing.to_pylist(), f"{measure} is unknown")
    return found


def _are_ranked(definition: Definition, rows: pa.Table) -> Flags:
    ranked = np.ones(rows.num_rows, dtype=np.bool_)
    for measure in _named(definition):
        ranked &= _known(rows, measure)
    for one in definition.only_if:
        figures = _floats(rows, one.measure)
        ranked &= (figures >= float(one.least)) if one.least is not None else True
        ranked &= (figures <= float(one.most)) if one.most is not None else True
    return ranked


def _floats(rows: pa.Table, measure: str) -> Floats:
    column = pc.fill_null(pc.cast(rows.column(measure), pa.float64()), np.nan)
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _standing(definition: Definition, rows: pa.Table, measure: str) -> Whole | Floats:
    """What of a measure is weighed: cents as whole numbers, or the share of the known that each is above.

    Ties are counted half; 0 where the measure is unknown, which is never ranked.
    """
    known = _known(rows, measure)
    if definition.scale == "money":
        hundredfold = pc.multiply_checked(
            pc.fill_null(rows.column(measure), Decimal(0)), pa.scalar(Decimal(100))
        )
        return np.asarray(pc.cast(hundredfold, pa.int64()).to_numpy(), dtype=np.int64)
    shares = np.zeros(rows.num_rows)
    shares[known] = (midranks(_floats(rows, measure)[known]) - 0.5) / max(int(known.sum()), 1)
    return shares


def _score(definition: Definition, standing: Mapping[str, Whole | Floats]) -> NDArray[Any]:
    """The scores of the ranked, shape (ranked,): whole cents as Python's own numbers, or percentiles rounded."""
    if definition.scale == "percentile":
        whole = float(sum(one.weight for one in definition.weigh))
        weighed = sum(float(one.weight) * standing[one.measure] for one in definition.weigh)
        return np.asarray(np.round(weighed / whole, _DIGITS), dtype=np.float64)
    # As fractions of one denominator, since a sum of floats is not exact and one of cents could overflow.
    denominator = lcm(*(Fraction(one.weight).denominator for one in definition.weigh))
    weighed = sum(
        standing[one.measure].astype(object) * int(Fraction(one.weight) * denominator)
        for one in definition.weigh
    )
    return np.asarray(_rounded(np.asarray(weighed, dtype=object), denominator), dtype=object)


def _rounded(numerators: NDArray[Any], denominator: int) -> NDArray[Any]:
    """Whole numbers nearest to a fraction, halves to even, as money is rounded."""
    if denominator == 1:
        return numerators
    down, rest = numerators // denominator, numerators % denominator
    up = (2 * rest > denominator) | ((2 * rest == denominator) & (down % 2 == 1))
    return down + up.astype(int).astype(object)


def _taken(definition: Definition, scores: NDArray[Any]) -> int:
    """How many of the falling `scores` are taken; who ties with the last one taken is taken too."""
    take = definition.take
    if take.least is not None:
        least = take.least / CENT if definition.scale == "money" else float(take.least)
        return int(np.count_nonzero(scores >= least))
    wanted = take.count if take.count is not None else ceil((take.share or 0) * len(scores))
    if not len(scores) or wanted >= len(scores):
        return len(scores)
    return int(np.count_nonzero(scores >= scores[wanted - 1]))


def _members(definition: Definition, chosen: pa.Table, scores: NDArray[Any]) -> Iterator[Member]:
    """The chosen with their ranks: 1 and how many score higher, so that equal ones share it."""
    figures = {measure: chosen.column(measure).to_pylist() for measure in set(_named(definition))}
    first: dict[Any, int] = {}
    for at, (name, score) in enumerate(
        zip(chosen.column("customer_id").to_pylist(), scores.tolist(), strict=True)
    ):
        told = (score * CENT).quantize(CENT) if definition.scale == "money" else score
        row = {measure: column[at] for measure, column in figures.items()}
        yield Member(name, told, first.setdefault(score, at + 1), reasons(definition, row))


def reasons(definition: Definition, figures: Mapping[str, Figure]) -> tuple[str, ...]:
    """Why a customer of these figures is on the list: the conditions that were met, then what was weighed."""
    met = [
        f"{one.measure} {figures[one.measure]}, "
        + " and ".join(
            f"{word} {end}"
            for word, end in (("at least", one.least), ("at most", one.most))
            if end is not None
        )
        for one in definition.only_if
    ]
    weighed = [f"{one.measure} {figures[one.measure]}, weight {one.weight}" for one in definition.weigh]
    return (*met, *weighed)
