"""The SQL by which a source column becomes a target value, and the SQL that says why a value is refused."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sterna.desk.sources.mapping import Column, ColumnOrName
from sterna.desk.sources.reading import literal, name
from sterna.engine.errors import BadInput

FIRST_YEAR, LAST_YEAR = 1900, 2199
LONGEST = 200
_ISO = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?"
)
_OFFSET = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)? ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_WHOLE = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT")
_NAIVE = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_YES, _NO = "'true', 't', 'yes', 'y', '1'", "'false', 'f', 'no', 'n', '0'"


@dataclass(frozen=True)
class Target:
    """One value that a row of a lake table or of the records wants; `length` bounds texts."""

    kind: str
    required: bool = False
    length: int = LONGEST


@dataclass(frozen=True)
class Made:
    """SQL for a target value, for the reason to refuse it (NULL: none), for what stood there, and the column."""

    value: str
    reason: str
    shown: str
    column: str


@dataclass(frozen=True)
class Place:
    """What the converting needs to know of the file and the program: its columns by type, zones, its numbers' signs."""

    columns: Mapping[str, str]
    where: str
    zone: str
    decimal: str = "."
    grouping: str = ""

    def type_of(self, column: str) -> str:
        """The DuckDB type of a source column; raises BadInput naming the columns that the file has."""
        if column not in self.columns:
            raise BadInput(
                f"{self.where} line 1: no column {column!r}; the file has {', '.join(self.columns)}"
            )
        return self.columns[column]


def convert(key: str, target: Target, written: ColumnOrName, place: Place) -> Made:
    """The SQL that makes `target` as the mapping's `written` says; raises BadInput for what can never work."""
    column = Column(column=written) if isinstance(written, str) else written
    if column.sum is not None:
        return _sum(key, target, column, place)
    source, source_type, shown = _source(column, place)
    if column.values is not None:
        return _translated(key, target, column, source, shown, place)
    value, reason = _KINDS[target.kind](target, column, source, source_type, place)
    missing = "'is missing'" if target.required else "null"
    # An empty text is no value, whatever it was meant to become.
    absent = f"{source} is null" if source_type in _WHOLE else f"{_text(source)} is null"
    reason = f"case when {absent} then {missing} else {reason} end"
    return Made(value, reason, _text(source), shown)


def _source(column: Column, place: Place) -> tuple[str, str, str]:
    if column.constant is not None:
        return literal(str(column.constant)), "VARCHAR", "constant"
    if column.template is not None:
        return _template(column.template, place), "VARCHAR", "template"
    assert column.column is not None
    return name(column.column), place.type_of(column.column), column.column


def _template(template: str, place: Place) -> str:
    parts, rest = [], template
    while "{" in rest:
        before, _, after = rest.partition("{")
        inside, closed, rest = after.partition("}")
        if not closed:
            raise BadInput(f"{place.where}: template {template!r} opens a brace and does not close it")
        place.type_of(inside)
        # A column that is missing makes the whole value missing, not a text with a hole.
        parts += [literal(before), _text(name(inside))]
    return f"({' || '.join([*parts, literal(rest)])})"


def _text(source: str) -> str:
    return f"nullif(trim(cast({source} as varchar)), '')"


def _is_float(kind: str) -> bool:
    return kind in ("DOUBLE", "FLOAT")


def _as_text(target: Target, column: Column, source: str, kind: str, place: Place) -> tuple[str, str]:
    text = _text(source)
    if kind in _WHOLE:
        return f"cast({source} as varchar)", "null"
    if _is_float(kind):
        # A whole number that passed through a float column, such as a nullable id, is written without ".0".
        whole = f"cast(try_cast({source} as bigint) as varchar)"
        text = f"case when {source} = trunc({source}) then {whole} else {text} end"
    reason = (
        f"case when length({text}) > {target.length} then 'is longer than {target.length} characters' "
        f"when contains({text}, chr(0)) then 'holds a NUL character' end"
    )
    return text, reason


def _decimal(places: int) -> Callable[[Target, Column, str, str, Place], tuple[str, str]]:
    def convert_number(
        target: Target, column: Column, source: str, kind: str, place: Place
    ) -> tuple[str, str]:
        form, number, fine = _number_checks(source, kind, places, column, place)
        value = f"try_cast({number} as decimal(18,{places}))"
        negative = f"when {value} < 0 then 'is negative, and the mapping does not accept that' "
        words = {2: "two", 3: "three"}[places]
        reason = (
            f"case {form} when {value} is null then 'is too large' "
            f"when not ({fine}) then 'has more than {words} decimal places' "
            f"{'' if column.negative else negative}end"
        )
        return value, reason

    return convert_number


def _number_checks(source: str, kind: str, places: int, column: Column, place: Place) -> tuple[str, str, str]:
    """SQL that names what is no number, that is the number, and that says whether its decimal places fit."""
    if kind in _WHOLE:
        return "", source, "true"
    if _is_float(kind):
        # A float is the nearest neighbor of the decimal that was meant; a text is that decimal itself.
        number = f"cast(cast({source} as varchar) as double)" if kind == "FLOAT" else source
        form = f"when not isfinite({number}) then 'is not a finite number'"
        return form, number, f"abs({number} - round({number}, {places})) <= 1e-6"
    text = _number_text(source, column, place)
    form = f"when not regexp_full_match({text}, '{_NUMBER}') then 'is not a number'"
    return form, text, f"regexp_full_match({text}, '[+-]?[0-9]*(\\.[0-9]{{0,{places}}}0*)?')"


def _number_text(source: str, column: Column, place: Place) -> str:
    """SQL of a number's text as the file writes it, in digits with a point; what it groups wrongly stays no number."""
    text = _text(source)
    if column.symbol:
        text = f"trim(replace({text}, {literal(column.symbol)}, ''))"
    if place.grouping:
        group, point = re.escape(place.grouping), re.escape(place.decimal)
        grouped = literal(f"[+-]?[0-9]{{1,3}}({group}[0-9]{{3}})+({point}[0-9]*)?")
        bare = f"replace({text}, {literal(place.grouping)}, '')"
        text = f"case when regexp_full_match({text}, {grouped}) then {bare} else {text} end"
    if place.decimal == ",":
        # A point that is left here stands where the file's own way of writing has none.
        text = f"translate({text}, ',.', '.?')"
    return text


def _instant(target: Target, column: Column, source: str, kind: str, place: Place) -> tuple[str, str]:
    if kind != "DATE" and kind in _NAIVE and _zone(column.zone, place) == "UTC":
        # Already what the lake holds, so no detour over a zone for every row.
        return source, _dated(source, "is not a moment", column)
    value = f"timezone('UTC', {_moment(column, source, kind, place)})"
    return value, _dated(value, "is not a moment", column)


def _moment(column: Column, source: str, kind: str, place: Place) -> str:
    """A TIMESTAMP WITH TIME ZONE, NULL where the source holds no moment."""
    zone = literal(_zone(column.zone, place))
    if kind == "TIMESTAMP WITH TIME ZONE":
        return source
    if kind in _NAIVE:
        return f"timezone({zone}, cast({source} as timestamp))"
    text = _text(source)
    if column.format is not None:
        parsed = f"try_strptime({text}, {literal(column.format)})"
        return parsed if "%z" in column.format else f"timezone({zone}, {parsed})"
    return (
        f"case when not regexp_full_match({text}, '{_ISO}') then null "
        f"when regexp_matches({text}, '{_OFFSET}$') then try_cast({text} as timestamptz) "
        f"else timezone({zone}, try_cast({text} as timestamp)) end"
    )


def _zone(zone: str | None, place: Place) -> str:
    try:
        return ZoneInfo(zone or place.zone).key
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(f"{place.where}: no time zone {zone!r}") from None


def _day(target: Target, column: Column, source: str, kind: str, place: Place) -> tuple[str, str]:
    if kind == "TIMESTAMP WITH TIME ZONE":
        value = f"cast(timezone({literal(_zone(column.zone, place))}, {source}) as date)"
    elif kind in _NAIVE:
        value = f"cast({source} as date)"
    elif column.format is not None:
        value = f"cast(try_strptime({_text(source)}, {literal(column.format)}) as date)"
    else:
        text = _text(source)
        value = f"case when regexp_full_match({text}, '{_ISO}') then try_cast(left({text}, 10) as date) end"
    return value, _dated(value, "is not a day", column)


def _dated(value: str, wrong: str, column: Column) -> str:
    example = f"as {column.format}" if column.format else "such as 2017-01-31"
    return (
        f"case when {value} is null then {literal(f'{wrong} {example}')} "
        f"when coalesce(year({value}), 0) not between {FIRST_YEAR} and {LAST_YEAR} "
        f"then 'is outside the years {FIRST_YEAR} to {LAST_YEAR}' end"
    )


def _flag(target: Target, column: Column, source: str, kind: str, place: Place) -> tuple[str, str]:
    word = f"lower({_text(source)})"
    value = f"case when {word} in ({_YES}) then true when {word} in ({_NO}) then false end"
    return value, f"case when {value} is null then 'is neither yes nor no' end"


_KINDS: Mapping[str, Callable[[Target, Column, str, str, Place], tuple[str, str]]] = {
    "text": _as_text,
    "amount": _decimal(2),
    "quantity": _decimal(3),
    "instant": _instant,
    "day": _day,
    "flag": _flag,
}


def _sum(key: str, target: Target, column: Column, place: Place) -> Made:
    if target.kind not in ("amount", "quantity"):
        raise BadInput(f"{place.where}: {key} is not a number and cannot be a sum")
    parts = [
        convert(key, target, Column(column=c, negative=column.negative), place) for c in column.sum or ()
    ]
    value = " + ".join(part.value for part in parts)
    places = 2 if target.kind == "amount" else 3
    shown = f"concat_ws(' + ', {', '.join(part.shown for part in parts)})"
    reason = f"coalesce({', '.join(part.reason for part in parts)})"
    return Made(f"try_cast({value} as decimal(18,{places}))", reason, shown, " + ".join(column.sum or ()))


def _translated(key: str, target: Target, column: Column, source: str, shown: str, place: Place) -> Made:
    """The source's own words through the mapping's table; a word that is not in it is refused."""
    text = _text(source)
    whens = " ".join(
        f"when {literal(old)} then {literal(str(new))}" for old, new in (column.values or {}).items()
    )
    word = f"(case {text} {whens} end)"
    value, reason = _KINDS[target.kind](target, column, word, "VARCHAR", place)
    missing = "'is missing'" if target.required else "null"
    known = ", ".join(column.values or {})
    unknown = literal(f"is none of {known}"[:LONGEST])
    return Made(
        value,
        f"case when {text} is null then {missing} when {word} is null then {unknown} else {reason} end",
        text,
        shown,
    )
