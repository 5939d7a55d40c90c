"""The parts of a rule: typed comparisons joined by all, any and not, read from JSON values and refused by name."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sterna.engine.errors import BadInput
from sterna.engine.tables import COUNT, MONEY, REAL, TABLES

DEEPEST = 12
NO = "no"
PURCHASE = "purchase"
# 18 digits on either side of the point fit the 38 of a decimal; what is longer is no number to either engine.
NUMBER = r"-?[0-9]{1,18}([.][0-9]{1,18})?"
# Measures that the members of a household add up to; a share or a number of days of several people adds up to nothing.
SUMMED = frozenset(name for name, kind in TABLES["values"].columns.items() if kind == MONEY) | {"orders"}
MEASURES = {name: kind for name, kind in TABLES["values"].columns.items() if kind in (MONEY, COUNT, REAL)}
BOUNDED_DAYS = 36_500

Days = Annotated[int, Meta(ge=0, le=BOUNDED_DAYS)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Amount = Annotated[Decimal, Meta(extra_json_schema={"type": ["number", "string"]})]
Counted = Literal["times", "days", "categories", "touchpoints", "amount", "share", "first", "last"]


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of a rule share."""


class HasFact(Node, frozen=True, kw_only=True, tag_field="op", tag="fact", rename={"fact_class": "class"}):
    """The customer has a current fact of the class, or of a finer one, for which everything that is given here holds.

    Without `among` any value counts but "no", which is an answer and not a fact. `least` and `most` include themselves
    and never hold for a value that is no number. `older_than_days` and `within_days` count from the day of the check.
    `sources` are those that may have said it; none named, any.
    """

    fact_class: Name
    finer: bool = True
    among: tuple[str, ...] = ()
    least: Amount | None = None
    most: Amount | None = None
    older_than_days: Days | None = None
    within_days: Days | None = None
    least_confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    sources: tuple[str, ...] = ()


class Behavior(Node, frozen=True, kw_only=True, tag_field="op", tag="behavior"):
    """What the customer did lies between `least` and `most`, both included.

    `of` is what is counted of one `kind` of event: how many `times`, on how many different `days`, in how many
    `categories` or at how many `touchpoints`; of purchases also the `amount` with returns taken off and the `share` of
    it in `category`; or how many days ago the `first` or the `last` time was, 0 on the last day that counts. A purchase
    above zero is one time. `within_days` counts the days before the day of the check, None all days. Nothing done is
    zero times and no first or last time at all. `household` adds up everybody of the household.
    """

    kind: Name = PURCHASE
    of: Counted = "times"
    least: Amount | None = None
    most: Amount | None = None
    within_days: Annotated[int, Meta(ge=1, le=BOUNDED_DAYS)] | None = None
    category: Name | None = None
    touchpoint: Name | None = None
    household: bool = False


class Worth(Node, frozen=True, kw_only=True, tag_field="op", tag="value"):
    """A measure of value, or its change against the window before, lies between `least` and `most`, both included.

    `change` is the difference, or relative to the window before (0.1 is a tenth more); without a window before, or with
    nothing in it, it is unknown, and no bound holds of what is unknown. `household` sums what is known of its members.
    """

    measure: Name
    least: Amount | None = None
    most: Amount | None = None
    change: Literal["", "difference", "relative"] = ""
    household: bool = False


class Consents(Node, frozen=True, kw_only=True, tag_field="op", tag="consent"):
    """The customer's last word about being contacted by a medium for a purpose is yes, or where asked so, no."""

    medium: Name
    purpose: Name
    says: Literal["yes", "no"] = "yes"


class InPlace(Node, frozen=True, kw_only=True, tag_field="op", tag="place"):
    """The customer stands in one of the places of a scheme, since `least_days` days or more."""

    scheme: Name
    among: Annotated[tuple[Name, ...], Meta(min_length=1)]
    least_days: Days | None = None


class All(Node, frozen=True, kw_only=True, tag_field="op", tag="all"):
    """Every one of `of` holds."""

    of: "Annotated[tuple[Rule, ...], Meta(min_length=1)]"


class AnyOf(Node, frozen=True, kw_only=True, tag_field="op", tag="any"):
    """At least one of `of` holds."""

    of: "Annotated[tuple[Rule, ...], Meta(min_length=1)]"


class Not(Node, frozen=True, kw_only=True, tag_field="op", tag="not"):
    """`of` does not hold."""

    of: "Rule"


class Household(Node, frozen=True, kw_only=True, tag_field="op", tag="household"):
    """`of` holds for somebody of the customer's household, who may be the customer."""

    of: "Rule"


Leaf = HasFact | Behavior | Worth | Consents | InPlace
Rule = Leaf | All | AnyOf | Not | Household


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


def parts(rule: Rule) -> Sequence[Rule]:
    """What a rule is made of; nothing where it is a comparison."""
    if isinstance(rule, All | AnyOf):
        return rule.of
    return (rule.of,) if isinstance(rule, Not | Household) else ()


def leaves(rule: Rule) -> Iterator[Leaf]:
    """The comparisons of a rule, from left to right."""
    if isinstance(rule, Leaf):
        yield rule
    for part in parts(rule):
        yield from leaves(part)


def facts_in(rule: Rule) -> Iterator[HasFact]:
    """The comparisons of a rule that are about facts."""
    return (leaf for leaf in leaves(rule) if isinstance(leaf, HasFact))


def refuse_unfit(rule: Rule) -> None:
    """Raise BadInput for what fits the types and still cannot be asked: too deep, a text with NUL, a huge amount."""
    if _depth(rule) > DEEPEST:
        raise BadInput(f"the rule is more than {DEEPEST} levels deep: make several of it")
    for leaf in leaves(rule):
        _refuse_texts(leaf)
        if isinstance(leaf, HasFact):
            _refuse_amounts(leaf, leaf.fact_class)
        elif isinstance(leaf, Behavior):
            _refuse_behavior(leaf)
        elif isinstance(leaf, Worth):
            _refuse_worth(leaf)
    _refuse_nested(rule, False)


def _depth(rule: Rule) -> int:
    deepest, layer = 0, [rule]
    while layer and deepest <= DEEPEST:
        deepest += 1
        layer = [part for each in layer for part in parts(each)]
    return deepest


def _refuse_texts(leaf: Leaf) -> None:
    for told in msgspec.structs.astuple(leaf):
        for text in told if isinstance(told, tuple) else (told,):
            if isinstance(text, str) and not _is_storable(text):
                raise BadInput(f"the rule asks for {text!r}, which no fact can hold")


def _is_storable(text: str) -> bool:
    """Whether a fact could hold the text: half of a letter, as JSON can write it, fails a statement as NUL does."""
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


def _refuse_amounts(leaf: HasFact | Behavior | Worth, what: str) -> None:
    for amount in (leaf.least, leaf.most):
        if amount is not None and not _is_number(amount):
            raise BadInput(f"the rule compares {what} with {amount}, which is no amount")


def _is_number(amount: Decimal) -> bool:
    # Its size is asked first: 1e999999999999 takes a dozen letters, and written out all the memory there is.
    is_small = amount.is_finite() and abs(amount.adjusted()) < 36
    return is_small and re.fullmatch(NUMBER, f"{amount:f}") is not None


def _refuse_bounds(leaf: Behavior | Worth, what: str) -> None:
    _refuse_amounts(leaf, what)
    if leaf.least is None and leaf.most is None:
        raise BadInput(f"the rule asks for {what} and says neither at least nor at most how much")
    if leaf.least is not None and leaf.most is not None and leaf.least > leaf.most:
        raise BadInput(
            f"the rule asks for {what} of at least {leaf.least} and at most {leaf.most}: none is both"
        )


def _refuse_behavior(leaf: Behavior) -> None:
    _refuse_bounds(leaf, f"{leaf.of} of {leaf.kind}")
    only_bought = leaf.of in ("categories", "amount", "share") or leaf.category is not None
    if leaf.kind != PURCHASE and only_bought:
        raise BadInput(
            f"the rule asks for {leaf.of} of {leaf.kind}: only purchases have amounts and categories"
        )
    if leaf.of == "share" and leaf.category is None:
        raise BadInput("the rule asks for a share and names no category that it is the share of")
    if leaf.of == "categories" and leaf.category is not None:
        raise BadInput(f"the rule counts categories inside {leaf.category}, which is one")


def _refuse_worth(leaf: Worth) -> None:
    if leaf.measure not in MEASURES:
        raise BadInput(f"the rule compares {leaf.measure}, which is no measure of value")
    _refuse_bounds(leaf, leaf.measure)
    if leaf.household and leaf.measure not in SUMMED:
        raise BadInput(f"the rule adds up {leaf.measure} over a household, which adds up to nothing")


def _refuse_nested(rule: Rule, inside: bool) -> None:
    if isinstance(rule, Household) and inside:
        raise BadInput("the rule asks for the household of a household: name it once")
    for part in parts(rule):
        _refuse_nested(part, inside or isinstance(rule, Household))
