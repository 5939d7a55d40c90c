"""Who the best customers are, by a company's own definition: named, versioned, several at once on one scale.

A definition weighs measures on one of two scales. "money": the weighted sum of measures in money, such as expected
spend and influence, so that customers who are worth as much rank equal whatever they are worth it for. "percentile":
the weighted mean of the percentiles of any measures, from 0 to 1, where no money measures all that counts. Lists on
different scales are never put side by side.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from scipy.stats import rankdata

from sterna.engine import documents
from sterna.engine.errors import BadInput
from sterna.engine.money import cents

Scale = Literal["money", "percentile"]
Figure = Decimal | int | float | None
Score = Decimal | float
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
        "the share to take is above 0 and at most 1": take.share is not None and not 0 < take.share <= 1,
        "the count to take is at least 1": take.count is not None and take.count < 1,
        "a condition says least or most": any(
            one.least is None and one.most is None for one in definition.only_if
        ),
    }
    for said, is_so in problems.items():
        if is_so:
            raise BadInput(f"best {definition.best}: {said}")


def shelf(definitions: Iterable[Definition]) -> dict[tuple[str, int], Definition]:
    """Definitions by name and version; raises BadInput where one version says two things."""
    found: dict[tuple[str, int], Definition] = {}
    for one in definitions:
        there = found.setdefault((one.best, one.version), one)
        if there != one:
            raise BadInput(
                f"best {one.best}: version {one.version} is another already; a version never changes"
            )
    return found


@dataclass(frozen=True)
class Panel:
    """The measures that a definition can name, as of one day: figures by measure and customer, None where unknown.

    `units` gives each measure's unit, "money" for what the scale money can weigh (Decimal, in one currency).
    """

    as_of: date
    customers: Sequence[str]
    figures: Mapping[str, Mapping[str, Figure]]
    units: Mapping[str, str]


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
    named = [*(one.measure for one in definition.only_if), *(one.measure for one in definition.weigh)]
    unknown, scores = {}, {}
    score = _SCALES[definition.scale](definition, panel)
    for customer in panel.customers:
        missing = next((name for name in named if _is_unknown(panel.figures[name].get(customer))), None)
        if missing:
            unknown[customer] = f"{missing} is unknown"
        elif all(_holds(one, panel.figures[one.measure][customer]) for one in definition.only_if):
            scores[customer] = score(customer)
    ranked = sorted(scores, key=lambda name: (-scores[name], name))
    taken = _taken(definition.take, [scores[name] for name in ranked])
    places = _places([scores[name] for name in ranked[:taken]])
    members = tuple(
        Member(name, scores[name], place, _reasons(definition, panel, name))
        for name, place in zip(ranked[:taken], places, strict=True)
    )
    return Best(
        definition.best,
        definition.version,
        definition.sha256,
        definition.scale,
        panel.as_of,
        definition.treatment,
        members,
        len(ranked),
        unknown,
    )


def _is_unknown(figure: Figure) -> bool:
    return figure is None or figure != figure  # models say NaN where they know nothing


def _refuse_strange(definition: Definition, panel: Panel) -> None:
    for name in [*(one.measure for one in definition.only_if), *(one.measure for one in definition.weigh)]:
        if name not in panel.figures:
            raise BadInput(f"best {definition.best}: there is no measure {name}")
    for one in definition.weigh:
        if definition.scale == "money" and panel.units.get(one.measure) != "money":
            raise BadInput(
                f"best {definition.best}: {one.measure} is not money; weigh it on the scale percentile"
            )


def _holds(condition: Condition, figure: Figure) -> bool:
    value = Decimal(str(figure))
    return (condition.least is None or value >= condition.least) and (
        condition.most is None or value <= condition.most
    )


def _money_score(definition: Definition, panel: Panel) -> Callable[[str], Score]:
    return lambda name: cents(
        sum((one.weight * _decimal(panel.figures[one.measure][name]) for one in definition.weigh), Decimal(0))
    )


def _decimal(figure: Figure) -> Decimal:
    assert isinstance(figure, Decimal), "money is Decimal"
    return figure


def _percentile_score(definition: Definition, panel: Panel) -> Callable[[str], Score]:
    standing = {one.measure: _percentiles(panel, one.measure) for one in definition.weigh}
    whole = float(sum(one.weight for one in definition.weigh))
    return lambda name: round(
        sum(float(one.weight) * standing[one.measure][name] for one in definition.weigh) / whole, _DIGITS
    )


def _percentiles(panel: Panel, measure: str) -> dict[str, float]:
    """The share of the customers that each is above, ties counted half; over whoever has the measure known."""
    known = {name: panel.figures[measure].get(name) for name in panel.customers}
    values = {
        name: float(figure) for name, figure in known.items() if figure is not None and figure == figure
    }
    ranks = (rankdata(list(values.values())) - 0.5) / max(len(values), 1)
    return dict(zip(values, ranks.tolist(), strict=True))


_SCALES: Mapping[Scale, Callable[[Definition, Panel], Callable[[str], Score]]] = {
    "money": _money_score,
    "percentile": _percentile_score,
}


def _taken(take: Take, scores: list[Score]) -> int:
    """How many of the falling `scores` are taken; who ties with the last one taken is taken too."""
    if take.least is not None:
        return sum(Decimal(str(score)) >= take.least for score in scores)
    wanted = take.count if take.count is not None else ceil((take.share or 0) * len(scores))
    if not scores or wanted >= len(scores):
        return len(scores)
    return sum(score >= scores[wanted - 1] for score in scores)


def _places(scores: Sequence[Score]) -> list[int]:
    """The rank of each of the falling `scores`: 1 and how many are higher, so that equal ones share it."""
    first: dict[Score, int] = {}
    return [first.setdefault(score, place) for place, score in enumerate(scores, start=1)]


def _reasons(definition: Definition, panel: Panel, customer: str) -> tuple[str, ...]:
    met = [
        f"{one.measure} {panel.figures[one.measure][customer]}, "
        + " and ".join(
            f"{word} {end}"
            for word, end in (("at least", one.least), ("at most", one.most))
            if end is not None
        )
        for one in definition.only_if
    ]
    weighed = [
        f"{one.measure} {panel.figures[one.measure][customer]}, weight {one.weight}"
        for one in definition.weigh
    ]
    return (*met, *weighed)
