"""Rolls up what a run knew of every customer to what the rules in force read, a short text each, and reads one again.

A text holds what was done by day, kind, touchpoint and category, and the measures of value that are asked for. With it
and what is new since, the rules are checked for one customer without a look at the lake.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import duckdb
import msgspec

from sterna.engine.lake.files import file_literal
from sterna.engine.rules import (
    MEASURES,
    PURCHASE,
    Behavior,
    Consents,
    Deed,
    HasFact,
    Household,
    InPlace,
    Rule,
    Worth,
    compile_rules,
    leaves,
    parts,
)
from sterna.engine.tables import COUNT, REAL

Files = Mapping[str, Sequence[str]]
Figure = Decimal | int | float

_EPOCH = date(1970, 1, 1).toordinal()
# Nothing of a day that no rule looks at, nor of a kind or a shelf that none asks for, is worth its bytes.
_DONE = """
done as (
    select customer_id as n, 1 as kind, occurred_on, touchpoint, cast(null as varchar) as category,
        count(*) filter (amount > 0) as times, sum(amount) as amount
    from purchases where $whole and occurred_on >= $first
    group by all
    union all
    select customer_id, 1, occurred_on, touchpoint, category, count(*) filter (amount > 0), sum(amount)
    from shelves where $shelved and occurred_on >= $first
        and ($every_shelf or list_contains($shelves, category))
    group by all
    union all
    select customer_id, list_position($kinds, kind), occurred_on, touchpoint, null, count(*), 0
    from happenings where occurred_on >= $first and list_contains($kinds, kind)
    group by all
),
listed as (
    select n, list([
        date_diff('day', date '1970-01-01', occurred_on), kind, coalesce(list_position($touchpoints, touchpoint), 0),
        coalesce(list_position($categories, category), 0), times, cast(amount * 100 as bigint)
    ]) as deeds
    from done group by n
)
"""
_PACKED = """
with {done}
select people.customer_id, to_json([
    to_json(coalesce(listed.deeds, [])), to_json({now}::varchar[]), to_json({before}::varchar[])
]) as packed
from people
left join listed on listed.n = people.n
left join "values" as v on v.customer_id = people.n
left join values_before as b on b.customer_id = people.n
"""
_NAMES = """
select 'touchpoint', touchpoint from (select touchpoint from purchases union select touchpoint from happenings)
where touchpoint is not null
union all select 'category', category from (select distinct category from shelves)
order by all
"""
_HITS = """
create temp table hits_{k} as
with closure as (
    select unnest(cast($ancestors as varchar[])) as ancestor, unnest(cast($descendants as varchar[])) as descendant
)
select customer_id as n, hits from ({rules})
"""
_TURNED = """
select people.customer_id from hits_{k} as later join hits_0 as first using (n) join people using (n)
where later.hits <> first.hits
"""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules of some schemes read, and the names that packed rows count by, from 1.

    `shelves` are the categories that are asked for, None where they are counted and every one is needed.
    """

    kinds: tuple[str, ...]
    whole: bool
    shelves: tuple[str, ...] | None
    first: date | None
    measures: tuple[str, ...]
    before: tuple[str, ...]
    classes: tuple[str, ...]
    consents: bool
    homes: bool
    touchpoints: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def shelved(self) -> bool:
        """Whether a rule asks for a category at all."""
        return self.shelves is None or bool(self.shelves)


class Rolled(NamedTuple):
    """What a packed text holds of one customer."""

    deeds: list[Deed]
    values: dict[str, Figure | None]
    values_before: dict[str, Figure | None]


def terms_of(rules: Sequence[Rule], on: date) -> Terms:
    """What some rules read, asked as of `on` or later."""
    asked = [leaf for rule in rules for leaf in leaves(rule)]
    done = [leaf for leaf in asked if isinstance(leaf, Behavior)]
    bought = [leaf for leaf in done if leaf.kind == PURCHASE]
    back = [leaf.within_days for leaf in done]
    known = [days for days in back if days is not None]
    worth = [leaf for leaf in asked if isinstance(leaf, Worth)]
    return Terms(
        kinds=(PURCHASE, *sorted({leaf.kind for leaf in done} - {PURCHASE})),
        whole=any(_is_whole(leaf) for leaf in bought),
        shelves=None
        if any(leaf.of == "categories" for leaf in bought)
        else tuple(sorted({leaf.category for leaf in bought if leaf.category is not None})),
        first=on - timedelta(days=max(known, default=0)) if len(known) == len(back) else None,
        measures=tuple(sorted({name for leaf in worth for name in _now(leaf)})),
        before=tuple(sorted({leaf.measure for leaf in worth if leaf.change and leaf.measure != "spend"})),
        classes=tuple(sorted({leaf.fact_class for leaf in asked if isinstance(leaf, HasFact)})),
        consents=any(isinstance(leaf, Consents) for leaf in asked),
        homes=any(_at_home(rule) for rule in rules),
    )


def _is_whole(leaf: Behavior) -> bool:
    """Whether a comparison looks at purchases whole: the share of a category is of all that was bought."""
    return leaf.of == "share" or (leaf.category is None and leaf.of != "categories")


def _now(leaf: Worth) -> tuple[str, ...]:
    return ("spend", "spend_before") if leaf.change and leaf.measure == "spend" else (leaf.measure,)


def _at_home(rule: Rule) -> bool:
    """Whether a rule looks at the others of a household."""
    if isinstance(rule, Household) or (isinstance(rule, Behavior | Worth) and rule.household):
        return True
    return any(_at_home(part) for part in parts(rule))


def schemes_asked(rules: Sequence[Rule]) -> set[str]:
    """The schemes in which rules ask where a customer stands."""
    return {leaf.scheme for rule in rules for leaf in leaves(rule) if isinstance(leaf, InPlace)}


class Panel:
    """A run laid out for questions, open until the end of `opened`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def named(self, terms: Terms) -> Terms:
        """The terms with the names that occur."""
        found: dict[str, list[str]] = {"touchpoint": [], "category": []}
        for what, name in self._connection.execute(_NAMES).fetchall():
            found[what].append(name)
        return msgspec.structs.replace(
            terms, touchpoints=tuple(found["touchpoint"]), categories=tuple(found["category"])
        )

    def packed(self, terms: Terms, rows: int = 50_000) -> Iterator[list[tuple[str, str]]]:
        """(customer, packed text) of everybody, some thousands at a time; `terms` are those that `named` gave."""
        select = _PACKED.format(
            done=_DONE.strip(), now=_listed("v", terms.measures), before=_listed("b", terms.before)
        )
        shelves = list(terms.shelves or ())
        found = self._connection.execute(
            select,
            {
                "whole": terms.whole,
                "shelved": terms.shelved,
                "every_shelf": terms.shelves is None,
                "shelves": shelves,
                "kinds": list(terms.kinds),
                "first": terms.first or date.min,
                "touchpoints": list(terms.touchpoints),
                "categories": list(terms.categories),
            },
        )
        while part := found.fetchmany(rows):
            yield part

    def turning(
        self, rules: Sequence[Rule], closure: Mapping[str, Sequence[str]], cut: date, days: int
    ) -> dict[str, date]:
        """Who is said something else of by time alone within so many days, with the first day as of which."""
        found: dict[str, date] = {}
        for k in range(days + 1):
            on = cut + timedelta(days=k)
            select, parameters = compile_rules(rules, on, "shelves")
            self._connection.execute(_HITS.format(k=k, rules=select), {**parameters, **closure})
            if k:
                for (customer,) in self._connection.execute(_TURNED.format(k=k)).fetchall():
                    found.setdefault(customer, on)
                self._connection.execute(f"drop table hits_{k}")
        return found

    def shelf_of(self, files: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(product, category) as the newest row of each product says it."""
        if not files:
            return
        listed = ", ".join(map(file_literal, files))
        yield from self._connection.execute(
            f"""select product_id, department from (
                select product_id, department, row_number() over (
                    partition by product_id order by recorded_at desc nulls last, department, category, brand
                ) as version
                from read_parquet([{listed}], union_by_name = true)
            ) where version = 1 and product_id is not null and department is not null"""
        ).fetchall()


def _listed(alias: str, measures: Sequence[str]) -> str:
    return "[" + ", ".join(f'cast({alias}."{name}" as varchar)' for name in measures) + "]"


@contextmanager
def opened(files: Files, memory: str) -> Iterator[Panel]:
    """The panel of some files for as long as it is asked."""
    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": memory}) as connection:
        for table, paths in files.items():
            listed = ", ".join(map(file_literal, paths))
            connection.execute(f'create view "{table}" as from read_parquet([{listed}])')
        yield Panel(connection)


_Packed = tuple[list[tuple[int, int, int, int, int, int]], list[str | None], list[str | None]]
_decode = msgspec.json.Decoder(_Packed).decode


def unpacked(text: str, terms: Terms) -> Rolled:
    """What a packed text holds, by the names of its terms."""
    deeds, now, before = _decode(text)
    kinds, touchpoints, categories = terms.kinds, terms.touchpoints, terms.categories
    return Rolled(
        [
            Deed(
                kinds[kind - 1],
                _on(day),
                times,
                _amount(cents),
                categories[category - 1] if category else None,
                touchpoints[touchpoint - 1] if touchpoint else None,
            )
            for day, kind, touchpoint, category, times, cents in deeds
        ],
        _figures(terms.measures, now),
        _figures(terms.before, before),
    )


# The same days and prices come again and again, and making one costs more than all the rest of a deed.
@lru_cache(maxsize=1 << 13)
def _on(day: int) -> date:
    return date.fromordinal(_EPOCH + day)


@lru_cache(maxsize=1 << 15)
def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _figures(measures: Sequence[str], told: Sequence[str | None]) -> dict[str, Figure | None]:
    return {name: _figure(name, text) for name, text in zip(measures, told, strict=True)}


def _figure(measure: str, text: str | None) -> Figure | None:
    if text is None:
        return None
    kind = MEASURES[measure]
    return float(text) if kind == REAL else int(text) if kind == COUNT else Decimal(text)
