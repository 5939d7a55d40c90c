"""Writes rules as one SELECT that reads each source once, in DuckDB's dialect, every text of a rule as a parameter."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from math import ceil, floor
from typing import Any, NamedTuple

from sterna.engine.rules.person import day_before, is_bought
from sterna.engine.rules.tree import (
    MEASURES,
    NO,
    NUMBER,
    All,
    Behavior,
    Consents,
    HasFact,
    Household,
    InPlace,
    Leaf,
    Not,
    Rule,
    Worth,
    parts,
)
from sterna.engine.tables import COUNT, REAL

_DECIMAL = "decimal(38, 18)"
_MONEY = "decimal(18, 2)"
# Where a source has its rows: relation, the column of its day, and what it is joined to. Lines are added up to what
# one purchase holds of one category, so that three lines of a category are one time; an order is above zero.
SHELVES = """(
        select
            p.customer_id, p.event_id, p.occurred_on, p.touchpoint, coalesce(v.department, 'unknown') as category,
            sum(l.amount) as amount
        from clean_lines as l
        join purchases as p on p.event_id = l.event_id
        left join (
            select
                product_id, department,
                row_number() over (
                    partition by product_id order by recorded_at desc nulls last, department, category, brand
                ) as version
            from products
        ) as v on v.product_id = l.product_id and v.version = 1
        group by p.customer_id, p.event_id, p.occurred_on, p.touchpoint, coalesce(v.department, 'unknown')
    )"""
_KNOWN_SHELF = "s.category <> 'unknown'"
_RELATIONS = {
    "bought": "purchases as s",
    "happened": "happenings as s",
    "said": "current_facts as s left join closure as c on c.descendant = s.fact_class",
    "consented": "consents as s",
    "stood": "memberships as s",
    "worth": '"values" as s',
    "worth_before": "values_before as s",
}


class Compiled(NamedTuple):
    """A SELECT of one row per customer, as of the table `rule_hits`: `hits` has a letter per rule, 1 where it holds."""

    sql: str
    parameters: dict[str, Any]


def compile_rules(rules: Sequence[Rule], on: date, shelves: str = SHELVES) -> Compiled:
    """The rules as one SELECT as of `on`, the first day that is not included.

    It reads `customers` and, as far as the rules ask, `current_facts`, `closure`, `purchases`, `clean_lines`,
    `products`, `happenings`, `values`, `values_before`, `consents` and `memberships`. `shelves` is what each purchase
    holds of each category, where that is laid out already.
    """
    writer = _Writer(on, shelves)
    letters = [f"case when {writer.write(rule)} then '1' else '0' end" for rule in rules]
    return Compiled(writer.select(" || ".join(letters) or "''"), writer.parameters)


class _Writer:
    """Gathers, by source, the columns that the comparisons need, and writes what is said of them."""

    def __init__(self, on: date, shelves: str) -> None:
        self._on = on
        self._relations = {**_RELATIONS, "shelved": f"{shelves} as s"}
        self.parameters: dict[str, Any] = {}
        self._columns: dict[str, list[str]] = {}
        self._sources: dict[str, str] = {}
        self._homes: list[str] = []
        self._classes: list[str] = []
        self._firsts: dict[str, list[date | None]] = {}

    def write(self, rule: Rule) -> str:
        if isinstance(rule, Leaf):
            return self._leaf(rule)
        if isinstance(rule, Not):
            return f"(not {self.write(rule.of)})"
        if isinstance(rule, Household):
            self._homes.append(f"max(case when {self.write(rule.of)} then 1 else 0 end)")
            return f"(homes.home_{len(self._homes) - 1} = 1)"
        word = " and " if isinstance(rule, All) else " or "
        return "(" + word.join(self.write(part) for part in parts(rule)) + ")"

    def _leaf(self, leaf: Leaf) -> str:
        if isinstance(leaf, HasFact):
            return self._flag("said", self._fact(leaf))
        if isinstance(leaf, Consents):
            says = self._bind(leaf.says == "yes")
            asked = (("medium", leaf.medium), ("purpose", leaf.purpose))
            named = [f"s.{column} = {self._bind(text)}" for column, text in asked]
            return self._flag("consented", " and ".join([*named, f"s.granted = {says}"]))
        if isinstance(leaf, InPlace):
            return self._flag("stood", " and ".join(self._place(leaf)))
        return self._behavior(leaf) if isinstance(leaf, Behavior) else self._worth(leaf)

    def _flag(self, source: str, condition: str) -> str:
        """Whether any row of a source fulfils the condition."""
        column = self._column(source, f"max(case when {condition} then 1 else 0 end)")
        return f"(coalesce({column}, 0) = 1)"

    def _column(self, source: str, expression: str) -> str:
        """The column of an expression over the rows of a source; the same twice is one column."""
        held = self._columns.setdefault(source, [])
        if expression not in held:
            held.append(expression)
        return f"told.{source}_{held.index(expression)}"

    def _fact(self, leaf: HasFact) -> str:
        self._classes.append(leaf.fact_class)
        column = "c.ancestor" if leaf.finer else "s.fact_class"
        conditions = [f"{column} = {self._bind(leaf.fact_class)}", *self._values(leaf), *self._ages(leaf)]
        if leaf.sources:
            conditions.append(f"s.source in ({', '.join(map(self._bind, leaf.sources))})")
        return " and ".join(conditions)

    def _values(self, leaf: HasFact) -> Iterator[str]:
        listed = ", ".join(map(self._bind, leaf.among))
        yield f"s.value in ({listed})" if leaf.among else f"s.value <> {self._bind(NO)}"
        # The text is emptied before the cast: a cast of what is no number would fail the whole statement. Its letters
        # are looked at one by one as well, because "$" stands before a last line break on one of the engines.
        number = (
            f"cast(case when translate(s.value, '0123456789.-', '') = '' and s.value ~ '^{NUMBER}$' "
            f"then s.value end as {_DECIMAL})"
        )
        for amount, sign in ((leaf.least, ">="), (leaf.most, "<=")):
            if amount is not None:
                yield f"{number} {sign} {self._amount(amount)}"

    def _ages(self, leaf: HasFact) -> Iterator[str]:
        if leaf.older_than_days is not None:
            yield f"s.observed_on < {self._day(leaf.older_than_days)}"
        if leaf.within_days is not None:
            yield f"s.observed_on >= {self._day(leaf.within_days)}"
        if leaf.least_confidence is not None:
            yield f"s.confidence >= {self._bind(leaf.least_confidence)}"

    def _place(self, leaf: InPlace) -> Iterator[str]:
        yield f"s.scheme = {self._bind(leaf.scheme)}"
        yield f"s.place in ({', '.join(map(self._bind, leaf.among))})"
        if leaf.least_days is not None:
            yield f"s.entered_on <= {self._day(leaf.least_days)}"

    def _behavior(self, leaf: Behavior) -> str:
        kind = "shelved" if leaf.category is not None or leaf.of == "categories" else "bought"
        source = self._source(kind if is_bought(leaf) else "happened", leaf)
        if leaf.of in ("first", "last"):
            return self._long_ago(leaf, source)
        column = self._column(source, self._counted(leaf))
        if leaf.of == "share":
            whole = self._column(self._source("bought", leaf), f"sum({self._case(leaf, 's.amount', False)})")
            part = f"cast(coalesce({column}, 0) as double) / cast({whole} as double)"
            return self._between(f"case when {whole} > 0 then {part} end", leaf, REAL)
        kind = _MONEY if leaf.of == "amount" else COUNT
        return self._between(f"cast(coalesce({column}, 0) as {kind})", leaf, kind)

    def _source(self, kind: str, leaf: Behavior) -> str:
        """The name of a source, of the household where the comparison adds it up; its first day is remembered."""
        name = f"{kind}_home" if leaf.household else kind
        self._sources[name] = kind
        self._firsts.setdefault(name, []).append(self._first(leaf))
        return name

    def _first(self, leaf: Behavior) -> date | None:
        return None if leaf.within_days is None else day_before(self._on, leaf.within_days)

    def _counted(self, leaf: Behavior) -> str:
        if leaf.of in ("amount", "share"):
            return f"sum({self._case(leaf, 's.amount')})"
        if leaf.of == "categories":
            return f"count(distinct {self._case(leaf, 's.category', extra=_KNOWN_SHELF)})"
        of = {"days": "s.occurred_on", "touchpoints": "s.touchpoint"}.get(leaf.of)
        return f"count(distinct {self._case(leaf, of)})" if of else f"count({self._case(leaf, '1')})"

    def _case(self, leaf: Behavior, what: str, category: bool = True, extra: str = "") -> str:
        """What a row adds to the figure, nothing for rows that it is not about."""
        conditions = [f"s.occurred_on < {self._bind(self._on)}"]
        if leaf.within_days is not None:
            conditions.append(f"s.occurred_on >= {self._day(leaf.within_days)}")
        if not is_bought(leaf):
            conditions.append(f"s.kind = {self._bind(leaf.kind)}")
        elif leaf.of not in ("amount", "share"):
            conditions.append("s.amount > 0")
        if leaf.category is not None and category:
            conditions.append(f"s.category = {self._bind(leaf.category)}")
        if leaf.touchpoint is not None:
            conditions.append(f"s.touchpoint = {self._bind(leaf.touchpoint)}")
        return f"case when {' and '.join([*conditions, *([extra] if extra else [])])} then {what} end"

    def _long_ago(self, leaf: Behavior, source: str) -> str:
        """Days ago as days: at least three days ago is on the third day before the last one that counts, or earlier."""
        least = "min" if leaf.of == "first" else "max"
        column = self._column(source, f"{least}({self._case(leaf, 's.occurred_on')})")
        said = []
        if leaf.least is not None:
            days = ceil(leaf.least) + 1
            # So long ago there was no day at all, not even the first one of the calendar.
            said.append(f"{column} <= {self._day(days)}" if days < self._on.toordinal() else "false")
        if leaf.most is not None:
            said.append(f"{column} >= {self._day(floor(leaf.most) + 1)}")
        return f"coalesce({' and '.join(said)}, false)"

    def _worth(self, leaf: Worth) -> str:
        now = self._measure(leaf, "worth", leaf.measure)
        if not leaf.change:
            return self._between(now, leaf, MEASURES[leaf.measure])
        if leaf.measure == "spend":
            before = self._measure(leaf, "worth", "spend_before")
        else:
            before = self._measure(leaf, "worth_before", leaf.measure)
        if leaf.change == "difference":
            return self._between(f"({now} - {before})", leaf, MEASURES[leaf.measure])
        grown = f"(cast({now} as double) - cast({before} as double)) / cast({before} as double)"
        return self._between(f"case when {before} > 0 then {grown} end", leaf, REAL)

    def _measure(self, leaf: Worth, source: str, measure: str) -> str:
        if not leaf.household:
            return self._column(source, f"max(s.{measure})")
        self._sources[f"{source}_home"] = source
        kind = _MONEY if MEASURES[measure] != COUNT else COUNT
        return f"cast({self._column(f'{source}_home', f'sum(s.{measure})')} as {kind})"

    def _between(self, figure: str, leaf: Behavior | Worth, kind: str) -> str:
        """A figure between the bounds of a comparison; unknown is between no two."""
        said = [
            f"{figure} {sign} {self._amount(bound, kind)}"
            for bound, sign in ((leaf.least, ">="), (leaf.most, "<="))
            if bound is not None
        ]
        return f"coalesce({' and '.join(said)}, false)"

    def _amount(self, amount: Decimal, kind: str = "") -> str:
        return f"cast({self._bind(f'{amount:f}')} as {'double' if kind == REAL else _DECIMAL})"

    def _day(self, back: int) -> str:
        return self._bind(day_before(self._on, back))

    def _bind(self, value: Any) -> str:
        for name, held in self.parameters.items():
            if held == value and type(held) is type(value):
                return f"${name}"
        name = f"r{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def select(self, hits: str) -> str:
        """The whole SELECT: one grouped relation for each source, all joined to the customers."""
        grouped = {source: self._grouped(source) for source in self._columns}
        steps = [f"{source} as (\n    {text}\n)" for source, text in grouped.items()]
        told = ["customers.customer_id", "customers.unit"]
        joins = []
        for source, held in self._columns.items():
            told += [f"{source}.{source}_{place}" for place in range(len(held))]
            key = "unit" if source.endswith("_home") else "customer_id"
            joins.append(f"left join {source} on {source}.{key} = customers.{key}")
        steps.append(f"told as (\n    select {', '.join(told)}\n    from customers {' '.join(joins)}\n)")
        homes = ", ".join(f"{home} as home_{place}" for place, home in enumerate(self._homes))
        joined = ""
        if homes:
            steps.append(f"homes as (\n    select unit, {homes} from told group by unit\n)")
            joined = "\nleft join homes on homes.unit = told.unit"
        return f"with {', '.join(steps)}\nselect told.customer_id, {hits} as hits\nfrom told{joined}"

    def _grouped(self, source: str) -> str:
        named = ", ".join(
            f"{expression} as {source}_{place}" for place, expression in enumerate(self._columns[source])
        )
        kind = self._sources.get(source, source)
        relation = self._relations[kind]
        where = self._where(source, kind)
        if not source.endswith("_home"):
            return f"select s.customer_id, {named} from {relation}{where} group by s.customer_id"
        return (
            f"select customers.unit, {named} from {relation} "
            f"join customers on customers.customer_id = s.customer_id{where} group by customers.unit"
        )

    def _where(self, source: str, kind: str) -> str:
        """Leaves out early what no comparison asks for."""
        if kind == "said":
            asked = ", ".join(map(self._bind, dict.fromkeys(self._classes)))
            return f" where c.ancestor in ({asked}) or s.fact_class in ({asked})"
        firsts = self._firsts.get(source, [None])
        known = [first for first in firsts if first is not None]
        if len(known) < len(firsts):
            return ""
        return f" where s.occurred_on >= {self._bind(min(known))}"
