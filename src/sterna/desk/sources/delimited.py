"""Reads CSV as batches of columns: clean stretches at once, those with a fault in them row by row.

Both ways give the same rows and the same faults; a stretch is read at once only where nothing in it could be
understood in two ways.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from sterna.desk.sources.lines import MARK, Lines
from sterna.engine.errors import BadInput

ROWS = 20_000
# What the reader of single rows calls a fault, and what it is for whoever has to mend the file.
_FAULTS = {
    "field larger": f"a field is longer than {csv.field_size_limit():,} characters",
    "unexpected end": "a quote is opened in this row and never closed",
    "expected after": "a quote within a quoted field is not doubled",
    "new-line": "a carriage return stands without a line feed; save the file with usual line ends",
}


@dataclass(frozen=True)
class Batch:
    """Rows that follow each other: the line each begins at, what is wrong with it, and its columns as texts.

    `raw` is the line itself where it holds no columns.
    """

    lines: pa.Array
    faults: pa.Array
    columns: Sequence[pa.Array]
    raw: pa.Array | None = None


def batch(rows: Sequence[tuple[int, str | None, Sequence[str | None]]]) -> Batch:
    """The batch of one or more (line, fault, values)."""
    lines, faults, values = zip(*rows, strict=True)
    columns = [pa.array(column, pa.string()) for column in zip(*values, strict=True)]
    return Batch(pa.array(lines, pa.int64()), pa.array(faults, pa.string()), columns)


@contextmanager
def opened(
    path: Path, delimiter: str, encoding: str, header: bool
) -> Iterator[tuple[list[str], Iterator[Batch]]]:
    """The columns of a CSV file and its rows in batches. Raises BadInput for what makes the whole file unreadable.

    Without a header the columns are named column_1, column_2 and so on, as is a column whose name is blank.
    """
    with path.open("rb") as file:
        reader = _Reader(Lines(file, path, encoding), delimiter)
        first = reader.row()
        if first is None or not first[1]:
            raise BadInput(f"{path} line 1: the file has no header")
        names = [word.strip() if header else "" for word in first[1]]
        columns = [word or f"column_{index}" for index, word in enumerate(names, start=1)]
        yield columns, reader.batches(len(columns), None if header else first)


class _Reader:
    """Both ways of reading over the same lines, so that one goes on where the other stopped."""

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self._lines = lines
        self._rows = csv.reader(lines, delimiter=delimiter, strict=True)
        self._delimiter = delimiter.encode()

    def row(self) -> tuple[int, list[str]] | None:
        """The next row with the line it begins at, an empty one for a blank line; None at the end."""
        line = self._lines.number + 1
        try:
            row = next(self._rows, None)
        except csv.Error as error:
            words = next((words for key, words in _FAULTS.items() if key in str(error)), str(error))
            raise BadInput(f"{self._lines.path} line {line}: {words}") from None
        return None if row is None else (line, row)

    def batches(self, width: int, first: tuple[int, list[str]] | None) -> Iterator[Batch]:
        """Every row; `first` is one that was read already."""
        if first is not None:
            yield batch([(first[0], None, first[1])])
        while text := self._lines.chunk():
            columns = _at_once(text, width, self._delimiter, self._lines.encoding)
            if columns is None:
                yield from self._closely(width)
                continue
            begin, many = self._lines.number + 1, len(columns[0])
            self._lines.pass_chunk()
            numbers = pa.array(np.arange(begin, begin + many, dtype=np.int64))
            yield Batch(numbers, pa.nulls(many, pa.string()), columns)

    def _closely(self, width: int) -> Iterator[Batch]:
        """The rows up to the first that begins behind the lines that are held."""
        loaded = self._lines.loaded
        rows: list[tuple[int, str | None, Sequence[str | None]]] = []
        while self._lines.loaded == loaded and (found := self.row()) is not None:
            line, row = found
            if len(row) == width:
                rows.append((line, None, row))
            elif row:
                fault = f"has {len(row)} fields, the header has {width}"
                rows.append((line, fault, [*row[:width], *[None] * (width - len(row))]))
            if len(rows) == ROWS:
                yield batch(rows)
                rows = []
        if rows:
            yield batch(rows)


def _at_once(text: bytes, width: int, delimiter: bytes, encoding: str) -> list[pa.Array] | None:
    """The columns of whole lines, None where only a closer look tells what they mean."""
    if not text.endswith(b"\n"):
        text += b"\n"
    quoted = b'"' in text
    if _is_odd(text, delimiter) or not (_is_quoted_well if quoted else _is_even)(text, width, delimiter):
        return None
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text if encoding == "utf-8" else text.decode(encoding).encode()),
            read_options=arrow_csv.ReadOptions(
                column_names=[str(n) for n in range(width)], use_threads=False, block_size=3 * len(text)
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter.decode(), quote_char='"' if quoted else False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={str(n): pa.string() for n in range(width)}, strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    return [column.combine_chunks() for column in table.columns]


def _is_odd(text: bytes, delimiter: bytes) -> bool:
    """Whether a byte, a blank line or a long line asks for the closer look."""
    if len(delimiter) != 1 or delimiter in b'"\r\n' or b"\0" in text or MARK in text:
        return True
    returns = text.count(b"\r")
    if returns and returns != text.count(b"\r\n"):
        return True
    lengths = np.diff(np.flatnonzero(np.frombuffer(text, np.uint8) == 0x0A), prepend=-1) - 1
    blank = text.startswith(b"\r\n") or b"\n\r\n" in text or not lengths.all()
    return blank or bool(lengths.max() >= csv.field_size_limit())


def _is_even(text: bytes, width: int, delimiter: bytes) -> bool:
    """Whether every line of a text without quotes has the delimiters of `width` fields."""
    letters = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(letters == 0x0A)
    before = np.searchsorted(np.flatnonzero(letters == delimiter[0]), ends)
    return bool((np.diff(before, prepend=0) == width - 1).all())


def _is_quoted_well(text: bytes, width: int, delimiter: bytes) -> bool:
    """Whether every line is `width` fields, each without a quote or wholly within quotes, on that one line."""
    mark = re.escape(delimiter)
    field = rb'(?:"(?:[^"\r\n]++|"")*+"|[^"\r\n' + mark + rb"]*+)"
    line = field + rb"(?:" + mark + field + rb"){%d}\r?\n" % (width - 1)
    return re.fullmatch(rb"(?:" + line + rb")*+", text) is not None
