"""The rule language: a small typed tree over what is known of a customer, stored as JSON, compiled, never evaluated.

A rule becomes a parameterized SQL predicate for PostgreSQL and DuckDB, or is checked against facts in memory; both give
the same answer. Every text of a rule reaches SQL as a parameter.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from sterna.engine.errors import BadInput

DEEPEST = 12
NO = "no"
# 18 digits on either side of the point fit the 38 of a decimal; what is longer is no number to either engine.
_NUMBER = r"-?[0-9]{1,18}([.][0-9]{1,18})?"
_DECIMAL = "decimal(38, 18)"
Days = Annotated[int, Meta(ge=0, le=36_500)]
Amount = Annotated[Decimal, Meta(extra_json_schema={"type": ["number", "string"]})]
Paramstyle = Literal["psycopg", "duckdb"]


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of a rule share."""


class HasFact(Node, frozen=True, kw_only=True, tag_field="op", tag="fact", rename={"fact_class": "class"}):
    """The customer has a current fact of the class, or of a finer one, for which everything that is given here holds.

    Without `among` any value counts but "no", which is an answer and not a fact. `least` and `most` include themselves
    and never hold for a value that is no number. `older_than_days` and `within_days` count from the day of the check.
    """

    fact_class: Annotated[str, Meta(min_length=1, max_length=80)]
    finer: bool = True
    among: tuple[str, ...] = ()
    least: Amount | None = None
    most: Amount | None = None
    older_than_days: Days | None = None
    within_days: Days | None = None
    least_confidence: Annotated[float, Meta(ge=0, le=1)] | None = None


class All(Node, frozen=True, kw_only=True, tag_field="op", tag="all"):
    """Every one of `of` holds."""

    of: "Annotated[tuple[Rule, ...], Meta(min_length=1)]"


class AnyOf(Node, frozen=True, kw_only=True, tag_field="op", tag="any"):
    """At least one of `of` holds."""

    of: "Annotated[tuple[Rule, ...], Meta(min_length=1)]"


class Not(Node, frozen=True, kw_only=True, tag_field="op", tag="not"):
    """`of` does not hold."""

    of: "Rule"


Rule = HasFact | All | AnyOf | Not


class Known(NamedTuple):
    """What a rule sees of a current fact."""

    fact_class: str
    value: str
    observed_on: date
    confidence: float | None


Above = Mapping[str, Collection[str]]  # of each class: itself and the classes above it


class Predicate(NamedTuple):
    """A condition in SQL with its parameters by name."""

    sql: str
    parameters: dict[str, Any]


def read(stored: Any) -> Rule:
    """The rule in plain JSON values; raises BadInput that says what is wrong and where."""
    try:
        rule: Rule = msgspec.convert(stored, Rule, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadInput(f"this is no rule: {error}") from None
    refuse_unfit(rule)
    return rule


def plain(rule: Rule) -> dict[str, Any]:
    """The rule as plain JSON values, for `read`."""
    built: dict[str, Any] = msgspec.to_builtins(rule)
    return built


def refuse_unfit(rule: Rule) -> None:
    """Raise BadInput for what fits the types and still cannot be asked: too deep, a text with NUL, a huge amount."""
    if _depth(rule) > DEEPEST:
        raise BadInput(f"the rule is more than {DEEPEST} levels deep: make several of it")
    for leaf in leaves(rule):
        for text in (leaf.fact_class, *leaf.among):
            if "\0" in text:
                raise BadInput(f"the rule asks for {text!r}, which no fact can hold")
        for amount in (leaf.least, leaf.most):
            if amount is not None and not re.fullmatch(_NUMBER, f"{amount:f}"):
                raise BadInput(f"the rule compares {leaf.fact_class} with {amount}, which is no amount")


def _depth(rule: Rule) -> int:
    deepest, layer = 0, [rule]
    while layer and deepest <= DEEPEST:
        deepest += 1
        layer = [part for each in layer for part in _parts(each)]
    return deepest


def _parts(rule: Rule) -> Sequence[Rule]:
    if isinstance(rule, HasFact):
        return ()
    return (rule.of,) if isinstance(rule, Not) else rule.of


def leaves(rule: Rule) -> Iterator[HasFact]:
    """The comparisons of a rule, from left to right."""
    if isinstance(rule, HasFact):
        yield rule
    for part in _parts(rule):
        yield from leaves(part)


def holds(rule: Rule, facts: Collection[Known], above: Above, on: date) -> bool:
    """Whether the rule holds for a customer of whom `facts` are current `on` a day."""
    if isinstance(rule, HasFact):
        return next(matching(rule, facts, above, on), None) is not None
    if isinstance(rule, Not):
        return not holds(rule.of, facts, above, on)
    combine = all if isinstance(rule, All) else any
    return combine(holds(part, facts, above, on) for part in rule.of)


def matching(leaf: HasFact, facts: Iterable[Known], above: Above, on: date) -> Iterator[Known]:
    """The facts that fulfil one comparison."""
    conditions = list(_conditions(leaf, on))
    for fact in facts:
        counts_for = above.get(fact.fact_class, ()) if leaf.finer else (fact.fact_class,)
        if leaf.fact_class in counts_for and all(met(fact) for met in conditions):
            yield fact


def _conditions(leaf: HasFact, on: date) -> Iterator[Callable[[Known], bool]]:
    yield lambda fact: fact.value in leaf.among if leaf.among else fact.value != NO
    if leaf.least is not None or leaf.most is not None:
        yield lambda fact: _between(fact.value, leaf.least, leaf.most)
    if leaf.older_than_days is not None:
        oldest = on - timedelta(days=leaf.older_than_days)
        yield lambda fact: fact.observed_on < oldest
    if leaf.within_days is not None:
        first = on - timedelta(days=leaf.within_days)
        yield lambda fact: fact.observed_on >= first
    if leaf.least_confidence is not None:
        least = leaf.least_confidence
        yield lambda fact: fact.confidence is not None and fact.confidence >= least


def _between(value: str, least: Decimal | None, most: Decimal | None) -> bool:
    if not re.fullmatch(_NUMBER, value):
        return False
    number = Decimal(value)
    return (least is None or number >= least) and (most is None or number <= most)


class _Writer:
    """Writes one predicate, giving each value of the rule a parameter of its own."""

    def __init__(self, on: date, style: Paramstyle, facts: str, closure: str, customer: str) -> None:
        self._on = on
        self._form = "%({})s" if style == "psycopg" else "${}"
        self._facts, self._closure, self._customer = facts, closure, customer
        self.parameters: dict[str, Any] = {}

    def write(self, rule: Rule) -> str:
        if isinstance(rule, HasFact):
            return self._fact(rule)
        if isinstance(rule, Not):
            return f"not ({self.write(rule.of)})"
        word = " and " if isinstance(rule, All) else " or "
        return "(" + word.join(self.write(part) for part in rule.of) + ")"

    def _fact(self, leaf: HasFact) -> str:
        source = f"{self._facts} as f"
        own = "f.fact_class"
        if leaf.finer:
            source += f" join {self._closure} as c on c.descendant = f.fact_class"
            own = "c.ancestor"
        conditions = [f"f.customer_id = {self._customer}", f"{own} = {self._bind(leaf.fact_class)}"]
        conditions += self._values(leaf)
        conditions += self._circumstances(leaf)
        return f"exists (select 1 from {source} where {' and '.join(conditions)})"

    def _values(self, leaf: HasFact) -> Iterator[str]:
        listed = ", ".join(self._bind(value) for value in leaf.among)
        yield f"f.value in ({listed})" if leaf.among else f"f.value <> {self._bind(NO)}"
        # The text is emptied before the cast: a cast of what is no number would fail the whole statement.
        number = f"cast(case when f.value ~ '^{_NUMBER}$' then f.value end as {_DECIMAL})"
        for amount, sign in ((leaf.least, ">="), (leaf.most, "<=")):
            if amount is not None:
                yield f"{number} {sign} cast({self._bind(f'{amount:f}')} as {_DECIMAL})"

    def _circumstances(self, leaf: HasFact) -> Iterator[str]:
        if leaf.older_than_days is not None:
            yield f"f.observed_on < {self._bind(self._on - timedelta(days=leaf.older_than_days))}"
        if leaf.within_days is not None:
            yield f"f.observed_on >= {self._bind(self._on - timedelta(days=leaf.within_days))}"
        if leaf.least_confidence is not None:
            yield f"f.confidence >= {self._bind(leaf.least_confidence)}"

    def _bind(self, value: Any) -> str:
        name = f"rule_{len(self.parameters)}"
        self.parameters[name] = value
        return self._form.format(name)


def predicate(
    rule: Rule,
    on: date,
    style: Paramstyle,
    facts: str = "current_facts",
    closure: str = "closure",
    customer: str = "customers.customer_id",
) -> Predicate:
    """The rule as a condition on a row of customers, `on` a day, in SQL of PostgreSQL or DuckDB.

    `facts` names a relation with one row per customer and class, `closure` one with (ancestor, descendant), `customer`
    the column that the facts belong to: all three are ours, never a user's text.
    """
    writer = _Writer(on, style, facts, closure, customer)
    return Predicate(writer.write(rule), writer.parameters)
