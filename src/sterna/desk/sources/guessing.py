"""Guesses how a file is written and what its columns hold, from its first rows; says where it cannot tell."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sterna.desk.sources.lines import LONGEST_LINE, MARK
from sterna.desk.sources.reading import CSV, JSON_LINES, PARQUET
from sterna.engine.errors import BadInput

DELIMITERS = (",", ";", "\t", "|")
# How far the encoding is looked at: a file of many gigabytes is not read twice for a guess.
LOOKED_AT = 64 * 1024 * 1024
# Of ten values that are there, one may be wrong and the column still be what the others are.
SHARE = 0.9
# Decimal sign and grouping sign, the likelier first.
STYLES = ((".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"))

_SIGN = re.compile(
    r"^(?P<before>[$€£¥]|[A-Z]{3} ?)?(?P<number>[+-]?[\d.,' ]*\d[\d.,' ]*)(?P<after> ?(?:[$€£¥]|[A-Z]{3}))?$"
)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+$")
_MONEY = re.compile(
    r"amount|paid|price|total|sales|revenue|discount|disc$|cost|spend|value|betrag|umsatz", re.I
)
_NAMED = re.compile(
    r"(^|[_ .-])(id|key|no|nr|number|num|card|sku|code|upc|ean|customer|member|household|account|receipt|basket|order|"
    r"invoice|ticket|till)$|(customer|member|household|account|order|user|product|item|card|basket)(id|no|nr|number)$",
    re.I,
)
_YES_NO = {"true", "false", "t", "f", "yes", "no", "y", "n", "0", "1"}
_DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%d/%m/%y",
    "%m/%d/%y", "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
FORMATS = tuple(day + time for day in _DAYS for time in _TIMES)


@dataclass(frozen=True)
class Written:
    """How a file is written; for Parquet and JSON lines only the defaults."""

    delimiter: str = ","
    encoding: str = "utf-8"
    header: bool = True


@dataclass(frozen=True)
class Guess:
    """What a column seems to hold, how that is written, and what cannot be told from the rows that were seen."""

    kind: str
    format: str | None = None
    symbol: str | None = None
    remark: str = ""


@dataclass(frozen=True)
class Guesses:
    """The guesses of every column, and how the file writes its numbers."""

    columns: Mapping[str, Guess]
    decimal: str = "."
    grouping: str = ""


def how_written(path: Path) -> Written:
    """How the text file `path` is written. Raises BadInput for what no reader here reads."""
    suffix = path.suffix.lower()
    if suffix not in (*CSV, *PARQUET, *JSON_LINES):
        raise BadInput(f"{path.name}: files end in {', '.join((*CSV, *PARQUET, *JSON_LINES))}")
    if path.stat().st_size == 0:
        raise BadInput(f"{path.name}: the file is empty")
    if suffix not in CSV:
        return Written()
    encoding = _encoding(path)
    with path.open("rb") as file:
        lines = [line.decode(encoding, "replace") for line in _first_lines(file)]
    delimiter = _delimiter(lines)
    rows = list(islice(_rows(lines, delimiter), 100))
    return Written(delimiter, encoding, _has_header(rows))


def _first_lines(file: Iterator[bytes]) -> list[bytes]:
    found = [line[:LONGEST_LINE] for line in islice(file, 200)]
    return [found[0].removeprefix(MARK), *found[1:]]


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise BadInput(f"{path.name}: is written in UTF-16; save it as UTF-8 and bring it in again")
        file.seek(0)
        read = 0
        for line in file:
            try:
                line.decode()
            except UnicodeDecodeError:
                return "cp1252"
            read += len(line)
            if read > LOOKED_AT:
                break
    return "utf-8"


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from (row for row in csv.reader(lines, delimiter=delimiter) if row)
    except csv.Error:
        # What is wrong with the file is told when it is read; a guess needs only the rows before.
        return


def _delimiter(lines: Sequence[str]) -> str:
    """The sign that cuts most rows into the same number of fields, at least two; a comma when none does."""

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in _rows(lines, delimiter))
        width, many = widths.most_common(1)[0] if widths else (1, 0)
        return (many / widths.total(), width) if width > 1 else (0.0, 0)

    return max(DELIMITERS, key=evenness)


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: no number, day or address is among them, and they differ.

    Names that stand twice are names all the same where values stand below them.
    """
    first, *below = [[word.strip() for word in row if word.strip()] for row in rows] or [[]]
    if any(map(_is_value, first)):
        return False
    return len(set(first)) == len(first) or any(_is_value(word) for row in below for word in row)


def _is_value(word: str) -> bool:
    return bool(
        re.fullmatch(r"[+-]?[\d.,' ]*\d[\d.,' ]*", word)
        or _ISO_DAY.match(word)
        or _ISO.match(word)
        or _EMAIL.match(word)
        or any(_reads(word, form) for form in FORMATS)
    )


def _reads(word: str, form: str) -> bool:
    try:
        _parsed(word, form)
    except ValueError:
        return False
    return True


def _parsed(word: str, form: str) -> date:
    return datetime.strptime(word, form).date()  # noqa: DTZ007 - only the day is looked at


def guess(columns: Mapping[str, str], rows: Sequence[Sequence[object]], month_first: bool) -> Guesses:
    """What `columns` (by DuckDB type) hold, seen from `rows`; `month_first` decides where a day cannot tell."""
    words = {
        name: [str(row[index]).strip() for row in rows if row[index] is not None and str(row[index]).strip()]
        for index, name in enumerate(columns)
    }
    texts = {name: found for name, found in words.items() if columns[name] == "VARCHAR"}
    decimal, grouping = _style([_bare(found) for found in texts.values() if _looks_like_numbers(found)])
    found = {
        name: _of_text(name, texts[name], decimal, grouping, month_first)
        if name in texts
        else Guess(_of_type(name, kind, words[name]))
        for name, kind in columns.items()
    }
    return Guesses(found, decimal, grouping)


def _of_type(name: str, kind: str, words: Sequence[str]) -> str:
    if kind == "DATE":
        return "day"
    if kind.startswith("TIMESTAMP"):
        return "moment"
    if kind == "BOOLEAN":
        return "yes or no"
    if kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")):
        return "money" if _MONEY.search(name) else "number"
    if kind.endswith(("INT", "INTEGER")):
        return "identifier" if _NAMED.search(name) else "number"
    return "text"


def _of_text(name: str, words: Sequence[str], decimal: str, grouping: str, month_first: bool) -> Guess:
    if not words:
        return Guess("empty", remark="Nothing stands in it in these rows.")
    if _most(words, lambda word: _EMAIL.match(word) is not None):
        return Guess("e-mail address")
    if {word.lower() for word in words} <= _YES_NO and len(set(words)) > 1:
        return Guess("yes or no")
    dated = _dated(words, month_first)
    if dated is not None:
        return dated
    if _NAMED.search(name):
        return Guess("identifier")
    if _looks_like_numbers(words):
        # A number of an article or a postal code begins with a zero, an amount does not.
        coded = any(re.match(r"0\d", word) for word in words)
        return Guess("identifier") if coded else _number(name, words, decimal, grouping)
    distinct = len(words) > 20 and len(set(words)) == len(words) and max(map(len, words)) < 40
    return Guess("identifier" if distinct else "text")


def _most(words: Sequence[str], fits: Callable[[str], bool]) -> bool:
    return sum(map(fits, words)) >= SHARE * len(words)


def _looks_like_numbers(words: Sequence[str]) -> bool:
    return bool(words) and _most(words, lambda word: _SIGN.match(word) is not None)


def _bare(words: Sequence[str]) -> list[str]:
    return [found["number"].strip() for word in words if (found := _SIGN.match(word))]


def _plain(number: str, decimal: str, grouping: str) -> str | None:
    """The number in digits with a point as one way of writing reads it; None where that way has no such number."""
    whole = r"[0-9]+"
    if grouping:
        whole = rf"(?:[0-9]{{1,3}}(?:{re.escape(grouping)}[0-9]{{3}})+|[0-9]+)"
    if not re.fullmatch(rf"[+-]?{whole}(?:{re.escape(decimal)}[0-9]*)?", number):
        return None
    return (number.replace(grouping, "") if grouping else number).replace(decimal, ".")


def _style(columns: Sequence[Sequence[str]]) -> tuple[str, str]:
    """The way of writing that reads most numbers of the file; among equals the one that needs the least signs."""
    numbers = [number for column in columns for number in column]
    return max(STYLES, key=lambda style: sum(_plain(number, *style) is not None for number in numbers))


def _number(name: str, words: Sequence[str], decimal: str, grouping: str) -> Guess:
    signs = [found for word in words if (found := _SIGN.match(word))]
    symbols = Counter((sign["before"] or sign["after"] or "").strip() for sign in signs)
    symbol = symbols.most_common(1)[0][0] or None
    numbers = [sign["number"].strip() for sign in signs]
    decimals = {
        len(plain.partition(".")[2]) for number in numbers if (plain := _plain(number, decimal, grouping))
    }
    money = symbol is not None or _MONEY.search(name) is not None or (2 in decimals and max(decimals) == 2)
    return Guess("money" if money else "number", symbol=symbol, remark=_two_ways(numbers, decimal, grouping))


def _two_ways(numbers: Sequence[str], decimal: str, grouping: str) -> str:
    """A sentence when another way of writing reads every number of the column too, as another number."""
    ours = [_plain(number, decimal, grouping) for number in numbers]
    for style in STYLES:
        other = [_plain(number, *style) for number in numbers]
        differ = [index for index, plain in enumerate(other) if plain != ours[index]]
        if differ and None not in other and None not in ours:
            number, read = numbers[differ[0]], ours[differ[0]]
            return f"{number} may be {read} or {other[differ[0]]}: it is read as {read}."
    return ""


def _dated(words: Sequence[str], month_first: bool) -> Guess | None:
    if _most(words, lambda word: _ISO_DAY.match(word) is not None):
        return Guess("day")
    if _most(words, lambda word: _ISO.match(word) is not None or _ISO_DAY.match(word) is not None):
        return Guess("moment")
    seen = list(dict.fromkeys(words))[:200]
    fits = {form: sum(_reads(word, form) for word in seen) for form in FORMATS if _reads_some(seen, form)}
    best = max(fits.values(), default=0)
    if not best or best < SHARE * len(seen):
        return None
    likely = [form for form, many in fits.items() if many == best]
    # `%d/%m` stands before `%m/%d` in the list of formats.
    form = next((form for form in likely if form.startswith("%m") == month_first), likely[0])
    other = next((f for f in likely if f.startswith("%m") != form.startswith("%m")), None)
    return Guess("moment" if "%H" in form or "%I" in form else "day", form, remark=_either(seen, form, other))


def _reads_some(words: Sequence[str], form: str) -> bool:
    """Whether one of the first values reads: most formats are ruled out without trying them on all."""
    return any(_reads(word, form) for word in words[:10])


def _either(words: Sequence[str], form: str, other: str | None) -> str:
    if other is None:
        return ""
    # The very same day both ways, such as 03/03/2017, shows nothing.
    differs = (word for word in words if _day(word, form) != _day(word, other))
    word = next(differs, words[0])
    return (
        f"Day and month cannot be told apart in these rows: {word} may be {_day(word, form)} or "
        f"{_day(word, other)}. It is read as {_day(word, form)}."
    )


def _day(word: str, form: str) -> str:
    return _parsed(word, form).isoformat() if _reads(word, form) else "no day"
