"""Searches for groupings: what they look at, the panel of customers that they see, and what they find as plain JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from sterna.desk.config import options
from sterna.desk.customers.queries import classes
from sterna.desk.segments.counting import count
from sterna.desk.segments.drafts import Draft, draft_of
from sterna.desk.segments.panel import Files
from sterna.desk.segments.profile_models import Discovery
from sterna.engine.errors import BadInput, LakeMissing
from sterna.engine.lake.files import file_literal
from sterna.engine.rules import MEASURES, plain, read
from sterna.engine.segments import discovery, features, lookalikes
from sterna.engine.segments.discovery import Distinct, Grouping
from sterna.engine.segments.ruled import Ruled, Seat
from sterna.engine.segments.shares import compile_largest, compile_shares
from sterna.engine.value.catalogue import BY_NAME

# Those by which look-alikes are told and of which a rule can speak.
OFFERED = tuple(name for name in lookalikes.MEASURES if name in MEASURES)
_SECONDS = 120.0  # in which rules are counted; a person at the builder waits no longer than five
_LONGEST = 70  # letters of a proposed name
REST = "others"
_FEWEST = 20  # customers who share an answer, before it is told as what sets a grouping apart
Tell = Callable[[int, int], None]


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a search looks at: the shares of spend in categories, measures of value, and classes of facts."""

    shares: bool = False
    measures: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """A trait that sets a grouping apart: its mean, or the share of a `choice`, here and among the others."""

    feature: str
    choice: str
    distance: float
    here: float | None
    others: float | None
    known: int


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in place of a grouping, as the rule language found it: of how many it holds, its precision and recall."""

    rule: dict[str, Any]
    found: int
    precision: float
    recall: float


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A grouping as it is kept: how many, how stable, what sets it apart, and the rule that is proposed for it."""

    number: int
    size: int
    jaccard: float
    silhouette: float
    is_stable: bool
    apart: tuple[Apart, ...] = ()
    proposed: Proposed | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found, of how many who bought; `tried` are (count, least, mean stability, silhouette)."""

    customers: int
    groupings: tuple[Told, ...] = ()
    tried: tuple[tuple[int, float, float, float], ...] = ()
    cannot_tell: str = ""


def read_groupings(stored: Any) -> list[Told]:
    """The groupings that were kept."""
    return msgspec.convert(stored, list[Told])


def offered_classes() -> tuple[str, ...]:
    """The classes of facts that a search may look at: used for marketing or sales, and not protected."""
    return features.allowed_classes(classes())


def checked(inputs: Inputs) -> Inputs:
    """Inputs that a search may look at. Raises BadInput for a class that is protected, or where there is nothing."""
    for name in inputs.measures:
        if name not in OFFERED:
            raise BadInput(f"{name} is no measure that groupings are looked for by")
    features.allowed_classes(classes(), inputs.facts)
    if not (inputs.shares or inputs.measures or inputs.facts):
        raise BadInput(
            "choose by what customers are compared: shares of spend, a measure or a class of facts"
        )
    return inputs


def title(feature: str) -> str:
    """What people call a feature of a search."""
    if feature.startswith("share:"):
        return f"share of spend in {feature.removeprefix('share:')}"
    tree = classes()
    if feature in BY_NAME:
        return BY_NAME[feature].title
    return tree.at(feature).title if feature in tree else feature


def proposed_names(groupings: Sequence[Told]) -> dict[int, str]:
    """A name for each grouping by its number, of the two traits that set it most apart; no two are alike."""
    names: dict[int, str] = {}
    for one in groupings:
        said = [_short(each) for each in one.apart[:2]]
        # No comma: where a rule asks for places, commas part them.
        name = " and ".join(said).replace(",", "")[:_LONGEST].strip() or f"grouping {one.number + 1}"
        name = name[0].upper() + name[1:]
        names[one.number] = f"{name} {one.number + 1}" if name in names.values() else name
    return names


def _short(one: Apart) -> str:
    is_more = one.distance > 0
    if one.choice:
        return f"{'' if is_more else 'not '}{title(one.feature).lower()} {one.choice}"
    if one.feature.startswith("share:"):
        return f"{'much' if is_more else 'little'} {one.feature.removeprefix('share:')}"
    return f"{'high' if is_more else 'low'} {title(one.feature).lower()}"


def adopted(found: Discovery, names: Mapping[int, str]) -> Draft:
    """A draft of segments by the rules of the groupings in `names`, as a person calls them; nothing is written.

    Raises BadInput where none of them has a rule.
    """
    seats = tuple(
        Seat(place=names[one.number], enter=read(one.proposed.rule))
        for one in read_groupings(found.groupings)
        if one.number in names and one.proposed is not None
    )
    if not seats:
        raise BadInput("choose groupings that have a rule: a draft is made of their rules")
    return draft_of(Ruled(name="", kind="segments", seats=seats, rest=REST))


def search(files: Files, inputs: Inputs, cut: date, opening: date, seed: int, tell: Tell) -> Found:
    """Look for groupings in the panel of a run, laid out in `files`; `cut` is the first day that does not count.

    Shares are of the days from `opening` on. Every proposed rule is asked of the same run in the rule language: raises
    BadInput where that finds another number than the search claims, and LakeMissing where the run keeps no rows.
    """
    found = discovery.discover(_panel(files, inputs, cut, opening), seed, tell=tell)
    rules = [one.proposal.rule for one in found.groupings if one.proposal]
    counted = iter(count(rules, files, cut, seconds=_SECONDS).holds if rules else ())
    return Found(
        customers=found.customers,
        groupings=tuple(_told(one, counted) for one in found.groupings),
        tried=tuple(
            (number, one.least_jaccard, one.mean_jaccard, one.silhouette)
            for number, one in sorted(found.tried.items())
        ),
        cannot_tell=found.cannot_tell or "",
    )


def _told(one: Grouping, counted: Iterator[int]) -> Told:
    proposed = None
    if one.proposal is not None:
        proposed = Proposed(
            rule=plain(one.proposal.rule),
            found=next(counted),
            precision=one.proposal.precision,
            recall=one.proposal.recall,
        )
        if proposed.found != one.proposal.found:
            raise BadInput(
                f"the rule of grouping {one.number + 1} holds of {proposed.found} customers and the search claims "
                f"{one.proposal.found}: nothing is proposed"
            )
    apart = tuple(_apart(each) for each in one.apart if _may_be_told(each))
    return Told(
        number=one.number,
        size=one.size,
        jaccard=one.jaccard,
        silhouette=one.silhouette,
        is_stable=one.is_stable,
        apart=apart,
        proposed=proposed,
    )


def _may_be_told(one: Distinct) -> bool:
    """An answer that a few gave may be a text about one of them."""
    if not one.choice:
        return one.trait.tells
    who = (one.trait.members, one.trait.others)
    return sum(dict(side.shares).get(one.choice, 0.0) * side.known for side in who) >= _FEWEST


def _apart(one: Distinct) -> Apart:
    here, others = one.trait.members, one.trait.others
    told = (here.mean, others.mean)
    if one.choice:
        told = (dict(here.shares).get(one.choice), dict(others.shares).get(one.choice))
    return Apart(
        feature=one.trait.feature,
        choice=one.choice,
        distance=one.distance,
        here=told[0],
        others=told[1],
        known=here.known,
    )


def _panel(files: Files, inputs: Inputs, cut: date, opening: date) -> features.Panel:
    """Everybody by number, so that no id of a customer is read at all."""
    measures, facts = list(dict.fromkeys(inputs.measures)), sorted(set(inputs.facts))
    columns = ", ".join(f'v."{name}"' for name in dict.fromkeys(["tenure_days", *measures]))
    within = (cut - opening).days
    with _tables(files) as connection:
        values = _read(
            connection,
            f"select c.customer_id, {columns} from customers as c "
            'left join "values" as v on v.customer_id = c.customer_id',
        )
        said = _read(
            connection,
            "select customer_id, fact_class, value from current_facts where list_contains($asked, fact_class)",
            {"asked": facts},
        )
        made = features.panel_of(values, said, measures, facts)
        if not inputs.shares:
            return made
        largest = compile_largest(cut, within, features.MOST_CHOICES, "shelves")
        names = sorted(name for (name,) in connection.execute(*largest).fetchall())
        if not names:
            return made
        shares = _read(connection, *compile_shares(names, cut, within, "shelves"))
        return features.with_shares(made, shares.rename_columns(["customer_id", *names]), within)


def _read(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None
) -> pa.Table:
    """Rows with the number of a customer as a text of one length, so that they sort as numbers do."""
    rows: pa.Table = connection.sql(sql, params=dict(parameters or {})).to_arrow_table()
    numbers = pc.utf8_lpad(pc.cast(rows["customer_id"], pa.string()), 10, "0")
    numbered: pa.Table = rows.set_column(0, "customer_id", numbers)
    return numbered


@contextmanager
def _tables(files: Files) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": options.text("STERNA_LAKE_MEMORY"),
    }
    with duckdb.connect(":memory:", config=config) as connection:
        try:
            for table, paths in files.items():
                listed = ", ".join(file_literal(path) for path in paths)
                connection.execute(f'create view "{table}" as from read_parquet([{listed}])')
            yield connection
        except duckdb.IOException as error:
            raise LakeMissing(str(error).partition("\n")[0]) from error
