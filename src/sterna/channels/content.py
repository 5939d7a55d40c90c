"""What a person's message says: Liquid with limits, and facts with a fallback and a date of expiry."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache, wraps
from typing import Any, Literal, NamedTuple

import msgspec
from liquid import BoundTemplate, Environment
from liquid.exceptions import FilterArgumentError, LiquidError

from sterna.channels.base import ContentError, Field

# Bounds on what one template may cost: without them a loop over a loop, or a filter that doubles its
# value, stops the worker for every other customer.
LOOP_LIMIT = 10_000
OUTPUT_LIMIT = 1_000_000
VALUE_LIMIT = 100_000
INTEGER_BITS = 4_096

ARITHMETIC = frozenset(
    ["abs", "at_least", "at_most", "ceil", "divided_by", "floor", "minus", "modulo", "plus", "round", "times"]
)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].+)?")


class LimitedEnvironment(Environment):
    """Liquid that cannot run away; a class because the library reads its limits from there."""

    loop_iteration_limit = LOOP_LIMIT
    output_stream_limit = OUTPUT_LIMIT
    local_namespace_limit = OUTPUT_LIMIT


def fill(field: str, source: str, context: Mapping[str, Any], *, markup: bool = False) -> str:
    """`source` filled in for one person; with `markup` every value is escaped for HTML.

    Raises ContentError, which names `field` and the line, when the template is wrong, meets a value that
    its filters cannot take, makes a NUL, or passes a limit.
    """
    try:
        filled = str(parse(source, markup).render(**context))
    except LiquidError as error:
        raise ContentError(field, describe(error, source)) from error
    except (ArithmeticError, TypeError, ValueError) as error:
        # A library filter may trip over one customer's odd value; that customer fails, not the batch.
        raise ContentError(field, f"a filter cannot take a value: {error}") from error
    if "\0" in filled:  # no record can hold it: the message could not be written down, nor its batch go on
        raise ContentError(field, "it makes U+0000, which is no character; mend what decodes it")
    return filled


@lru_cache(maxsize=512)
def parse(source: str, markup: bool) -> BoundTemplate:
    """The compiled template, kept because thousands of people get the same one."""
    return environment(markup).from_string(source)


@lru_cache(maxsize=2)
def environment(markup: bool) -> LimitedEnvironment:
    """Liquid without files, without a clock, and without `safe`, which would undo the escaping."""
    liquid = LimitedEnvironment(autoescape=markup)
    for tag in ("include", "render"):
        del liquid.tags[tag]
    del liquid.filters["safe"]
    for name, function in liquid.filters.items():
        liquid.filters[name] = bounded(name, function)
    return liquid


def bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that refuses values and results beyond the limits, and knows decimals."""
    convert: Callable[[Any], Any] = plain_number if name in ARITHMETIC else unchanged
    precheck: Callable[..., Any] = PRECHECKS.get(name, unchanged)

    @wraps(function)  # carries the library's marks that ask for the environment or the context
    def limited(value: Any, *arguments: Any, **named: Any) -> Any:
        for given in (value, *arguments):
            refuse_huge(given)
        precheck(value, *arguments)
        result = function(convert(value), *(convert(each) for each in arguments), **named)
        return refuse_huge(result)

    return limited


def unchanged(value: Any, *_arguments: Any) -> Any:
    """The value itself."""
    return value


def plain_number(value: Any) -> Any:
    """A decimal as digits: the library's arithmetic takes an unknown type for zero, hence money for none."""
    return str(value) if isinstance(value, Decimal) else value


def refuse_huge(value: Any) -> Any:
    """The value, unless it is beyond a limit."""
    if isinstance(value, str) and len(value) > VALUE_LIMIT:
        raise FilterArgumentError(f"a text longer than {VALUE_LIMIT:,} characters", token=None)
    if isinstance(value, int) and value.bit_length() > INTEGER_BITS:
        raise FilterArgumentError("a number too large to print", token=None)
    if isinstance(value, list | tuple | range) and len(value) > LOOP_LIMIT:
        raise FilterArgumentError(f"a list longer than {LOOP_LIMIT:,}", token=None)
    return value


def refuse_huge_replacement(value: Any, old: Any = "", new: Any = "", *_rest: Any) -> None:
    """Check before replacing: afterwards the memory is gone already."""
    text = str(value)
    refuse_length(len(text) + text.count(str(old)) * len(str(new)))


def refuse_huge_join(value: Any, separator: Any = " ", *_rest: Any) -> None:
    """Check before joining, for the same reason."""
    items = value if isinstance(value, list | tuple | range) else ()
    refuse_length(len(items) * len(str(separator)))


def refuse_length(characters: int) -> None:
    """Raise when a result would be longer than a value may be."""
    if characters > VALUE_LIMIT:
        raise FilterArgumentError(f"a text longer than {VALUE_LIMIT:,} characters", token=None)


def refuse_clock(value: Any, *_rest: Any) -> None:
    """A message rendered twice, or elsewhere, must read the same, so every day is whole and from the context.

    The library takes what a text leaves open, such as the year, from the clock, and counts a number of seconds in the
    machine's own time zone.
    """
    incomplete = isinstance(value, str) and value and not WHOLE_DAY.fullmatch(value)
    if incomplete or isinstance(value, int | float):
        raise FilterArgumentError(
            f'"{value}" is not known here; use a whole day such as 2017-06-30', token=None
        )


PRECHECKS: Mapping[str, Callable[..., Any]] = {
    "replace": refuse_huge_replacement,
    "join": refuse_huge_join,
    "date": refuse_clock,
}


def describe(error: LiquidError, source: str) -> str:
    """A Liquid error in one line with the line of the template, the last where something is not closed."""
    index = error.token.start_index if error.token else -1
    return f"line {line_at(source, index if index >= 0 else len(source))}: {error.message}"


def line_at(source: str, index: int) -> int:
    """The line of a position, counted from 1."""
    return source.count("\n", 0, index) + 1


def lint_fields(variant: Mapping[str, str], fields: Sequence[Field]) -> Iterator[str]:
    """Fields that are missing, empty or unknown, then the Liquid of those that are there."""
    known = {field.name for field in fields}
    for name in sorted(variant.keys() - known):
        yield f"{name}: this medium has no such field; it has {', '.join(field.name for field in fields)}"
    for field in fields:
        source = variant.get(field.name, "")
        if field.required and not source.strip():
            yield f"{field.name}: it is required; write {field.help}"
        yield from lint_liquid(field.name, source)


def lint_liquid(field: str, source: str) -> Iterator[str]:
    """Liquid that does not parse, and filters that do not exist."""
    try:
        analysis = parse(source, False).analyze()
    except LiquidError as error:
        yield f"{field}: Liquid, {describe(error, source)}"
        return
    for name in analysis.filters.keys() - environment(False).filters.keys():
        line = line_at(source, analysis.filters[name][0].index)
        yield f"{field}: Liquid, line {line}: there is no filter {name!r}; mend its name or remove it"


class Use(msgspec.Struct, frozen=True, rename={"fact_class": "class"}):
    """A fact that a message uses: its name in the templates, its taxonomy class, and what to do without.

    `max_age_days` None means that the fact does not age.
    """

    name: str
    fact_class: str
    max_age_days: int | None = None
    fallback: Any = msgspec.UNSET
    # What is said by class: that of the finest class on the way up from `fact_class` of which something is known.
    offers: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """Which value a name got, and why: the fact, or the fallback because the fact is not to be had."""

    name: str
    fact_class: str
    value: Any
    reason: Literal["fact", "missing", "stale", "later", "offer", "level"]
    observed_on: date | None
    max_age_days: int | None

    def sentence(self) -> str:
        """The reason in words, for the preview of a message."""
        why = {
            "fact": f"observed on {self.observed_on}",
            "missing": "fallback, nothing is known",
            "stale": f"fallback, what is known is of {self.observed_on}, over {self.max_age_days} days old",
            "later": f"fallback, it was only observed on {self.observed_on}",
            "level": "fallback, their level of treatment is no text by person",
            "offer": f"{self.fact_class} is the finest class that is known, observed on {self.observed_on}",
        }[self.reason]
        return f"{self.name} = {self.value!r}: {why}"


class FactView(NamedTuple):
    """What a message may say of one customer on one day, and where each value is from."""

    values: dict[str, Any]
    used: tuple[Used, ...]


Facts = Mapping[str, tuple[Any, date]]
Uses = Iterable[Use | Mapping[str, Any]]
Lines = Mapping[str, Sequence[str]]


def personal_context(facts: Facts, uses: Uses, as_of: date, lines: Lines | None = None) -> FactView:
    """The values for `uses` out of `facts`, (value, observed_on) by taxonomy class, as of a day.

    A fact exactly `max_age_days` old is used, an older one is not; one observed after `as_of` is not
    known yet; one whose value is None is unknown. In these cases the fallback stands in. A use with
    `offers` gets that of the finest class known, by `lines`: of each class itself and those above it.
    Raises ContentError for a use without a fallback.
    """
    used = tuple(
        offer(facts, use, as_of, lines or {}) if use.offers else choose(facts.get(use.fact_class), use, as_of)
        for use in read_uses(uses)
    )
    return FactView({each.name: each.value for each in used}, used)


def read_uses(uses: Uses) -> list[Use]:
    """The declarations, each with a fallback."""
    declared = [read_use(use) for use in uses]
    for use in declared:
        if use.fallback is msgspec.UNSET:
            raise ContentError("uses", f"{use.name}: a fallback is missing; say what stands there instead")
    return declared


def read_use(use: Use | Mapping[str, Any]) -> Use:
    """One declaration as a struct; raises ContentError naming what is wrong with it."""
    try:
        return use if isinstance(use, Use) else msgspec.convert(use, Use)
    except msgspec.ValidationError as error:
        raise ContentError("uses", str(error)) from error


def choose(fact: tuple[Any, date] | None, use: Use, as_of: date) -> Used:
    """The fact when it is known and fresh, else the fallback with its reason."""
    value, observed_on = fact if fact is not None else (None, None)
    reason: Literal["fact", "missing", "stale", "later"] = "fact"
    if value is None or observed_on is None:
        reason, observed_on = "missing", None
    elif observed_on > as_of:
        reason = "later"
    elif use.max_age_days is not None and (as_of - observed_on).days > use.max_age_days:
        reason = "stale"
    chosen = value if reason == "fact" else use.fallback
    return Used(use.name, use.fact_class, chosen, reason, observed_on, use.max_age_days)


def offer(facts: Facts, use: Use, as_of: date, lines: Lines) -> Used:
    """What is offered by the finest class on the way up from the wanted one of which something fresh is known.

    A finer fact counts for every class above it; a no counts for none.
    """
    fresh = {name: choose(fact, use, as_of) for name, fact in facts.items()}
    known = {name: used for name, used in fresh.items() if used.reason == "fact" and used.value != "no"}
    offers = use.offers or {}
    reached = False
    for name in lines.get(use.fact_class, (use.fact_class,)):
        below = [used for finer, used in known.items() if name in lines.get(finer, (finer,))]
        reached = reached or bool(below)
        if reached and name in offers:
            observed_on = max(used.observed_on for used in below if used.observed_on)
            return Used(use.name, name, offers[name], "offer", observed_on, use.max_age_days)
    return Used(use.name, use.fact_class, use.fallback, "missing", None, use.max_age_days)


def lint_uses(uses: Uses, variants: Iterable[Mapping[str, str]] = ()) -> tuple[str, ...]:
    """Findings about the facts that a message declares, and about `facts.x` in its variants that it does not.

    The templates are expected to read facts as `facts.NAME`.
    """
    declared: list[Use] = []
    findings: list[str] = []
    for use in uses:
        try:
            declared.append(read_use(use))
        except ContentError as error:
            findings.append(str(error))
    findings += [finding for use in declared for finding in lint_use(use)]
    names = [use.name for use in declared]
    findings += [f"uses: {name} is declared twice; keep one" for name in duplicates(names)]
    for variant in variants:
        findings += undeclared(variant, set(names))
    return tuple(findings)


def lint_use(use: Use) -> Iterator[str]:
    """Findings about one declaration."""
    if use.fallback is msgspec.UNSET:
        yield f"uses: {use.name} has no fallback; say what stands there when nothing fresh is known"
    if not NAME.fullmatch(use.name):
        yield f"uses: {use.name!r} cannot be written in Liquid; use letters, digits and underscores"
    if use.max_age_days is not None and use.max_age_days < 0:
        yield f"uses: {use.name} has max_age_days {use.max_age_days}; give days from 0, or leave it out"


def duplicates(names: Sequence[str]) -> list[str]:
    """The names that come more than once, in order."""
    return sorted({name for name in names if names.count(name) > 1})


def undeclared(variant: Mapping[str, str], names: set[str]) -> Iterator[str]:
    """Facts that a variant reads and nobody declared: they would always be empty."""
    for field, source in variant.items():
        try:
            variables = parse(source, False).analyze().globals.get("facts", [])
        except LiquidError:
            continue  # `lint` of the channel reports the syntax
        for variable in variables:
            read = variable.segments[1] if len(variable.segments) > 1 else None
            if isinstance(read, str) and read not in names:
                line = line_at(source, variable.span.index)
                yield f"{field}: line {line} reads facts.{read}, which is not in uses; declare it there"
