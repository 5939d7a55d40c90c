"""Reads profiles out of CSV and Parquet files, and names each row that it refuses."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sterna.engine.errors import BadInput
from sterna.engine.identity.linking import COLUMNS

# Names under which a column is found without being told; the first that a file has is taken.
KNOWN_AS: Mapping[str, tuple[str, ...]] = {
    "record": ("record", "record_id", "rec_id", "id", "customer_id"),
    "given_name": ("given_name", "first_name", "firstname", "forename"),
    "surname": ("surname", "last_name", "lastname", "family_name"),
    "birth_date": ("birth_date", "date_of_birth", "dob", "birthdate"),
    "email": ("email", "e_mail", "email_address"),
    "phone": ("phone", "phone_number", "telephone", "mobile"),
    "street_number": ("street_number", "house_number"),
    "address": ("address", "street", "address_1", "address_line_1"),
    "suburb": ("suburb", "city", "town"),
    "postcode": ("postcode", "postal_code", "zip", "zip_code"),
    "national_id": ("national_id", "soc_sec_id", "ssn"),
    "user_id": ("user_id",),
}
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class RefusedRow:
    """A row that is left out: its file, its line (a row's number where the file has no lines), and why."""

    file: str
    line: int
    reason: str


@dataclass
class Read:
    """The profiles of one file: its header, column to values, rows refused, and dates that could not be read."""

    header: list[str]
    columns: dict[str, list[str | None]]
    refused: list[RefusedRow] = field(default_factory=list)
    strange_dates: int = 0

    @property
    def rows(self) -> int:
        """How many profiles were taken."""
        return len(self.columns["record"])


def read(path: Path, mapping: Mapping[str, Sequence[str]], date_format: str | None) -> Read:
    """The profiles in the file at `path`; `mapping` gives further names of a column. Raises BadInput."""
    header, rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    at = _places(path, header, mapping)
    found = Read(header, {column: [] for column in at})
    seen: dict[str, int] = {}
    for line, values in rows:
        problem = _problem(values, header, at["record"], seen, line)
        if problem:
            found.refused.append(RefusedRow(path.name, line, problem))
            continue
        seen[_text(values[at["record"]])] = line
        for column, place in at.items():
            found.columns[column].append(_text(values[place]) or None)
    if not found.rows:
        raise BadInput(f"{path.name} has no row to link: {len(found.refused)} refused")
    if date_format and "birth_date" in at:
        _read_dates(found, date_format)
    return found


def _problem(
    values: Sequence[Any], header: Sequence[str], record: int, seen: Mapping[str, int], line: int
) -> str:
    """Why a row is refused; empty when it is not."""
    if len(values) != len(header):
        return f"{len(values)} fields, the header has {len(header)}"
    name = _text(values[record])
    if not name:
        return f"nothing in column {header[record]}, which names the record"
    if name in seen:
        return f"record {name} stands already in line {seen[name]}"
    return ""


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a whole number in a column with gaps reads as a float: 8.0 is house number 8
    return "" if value is None else str(value).strip()


def _places(path: Path, header: Sequence[str], mapping: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Where each column stands in the file. Raises BadInput when there is none for record or nothing to compare."""
    lower = {name.strip().lower(): place for place, name in reversed(list(enumerate(header)))}
    exact = {name.strip(): place for place, name in reversed(list(enumerate(header)))}
    at = {}
    for column, names in KNOWN_AS.items():
        told = [exact[name] for name in mapping.get(column, ()) if name in exact]
        guessed = [lower[name] for name in names if name in lower]
        if told or guessed:
            at[column] = (told or guessed)[0]
    if "record" not in at:
        raise BadInput(
            f"{path.name} has no column that names its records: say which with --map record=COLUMN"
        )
    if len(at) == 1:
        raise BadInput(f"{path.name} has nothing to compare: map a column, such as --map surname=COLUMN")
    return at


def _csv(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8 text: byte {error.start} is not") from error
    first = text.split("\n", 1)[0]
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count), strict=True
    )
    try:
        header = next(lines, [])
    except csv.Error as error:
        raise BadInput(f"{path.name}:1: {error}") from error
    if not any(header):
        raise BadInput(f"{path.name} is empty: its first line must name its columns")
    return header, _csv_rows(path, lines)


def _csv_rows(path: Path, lines: Any) -> Iterator[tuple[int, list[str]]]:
    begins = lines.line_num + 1
    try:
        for values in lines:
            if values:
                yield begins, values
            begins = lines.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{path.name}:{begins}: {error}") from error


def _parquet(path: Path) -> tuple[list[str], Iterator[tuple[int, Sequence[Any]]]]:
    try:
        table = pq.read_table(path)
    except FileNotFoundError as error:
        raise BadInput(f"{path} cannot be read: no such file") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInput(f"{path.name} is no Parquet file: {error}") from error
    rows = (tuple(row.values()) for batch in table.to_batches() for row in batch.to_pylist())
    return table.column_names, enumerate(rows, start=1)


def _read_dates(found: Read, date_format: str) -> None:
    """Turn birth dates written in `date_format` into ISO days; one that is not is unknown, and counted."""
    days: list[str | None] = []
    for value in found.columns["birth_date"]:
        try:
            days.append(None if value is None else f"{datetime.strptime(value, date_format):%Y-%m-%d}")  # noqa: DTZ007
        except ValueError:
            days.append(None)
            found.strange_dates += 1
    found.columns["birth_date"] = days


def as_mapping(said: Sequence[str]) -> dict[str, list[str]]:
    """`COLUMN=NAME` texts as column to names. Raises BadInput for anything else."""
    mapping: dict[str, list[str]] = {}
    for text in said:
        column, equals, name = text.partition("=")
        if not equals or not name or column not in KNOWN_AS:
            known = ", ".join(column for column in COLUMNS if column in KNOWN_AS)
            raise BadInput(f"--map {text}: write COLUMN=NAME with a column of {known}")
        mapping.setdefault(column, []).append(name)
    return mapping


def require_used(mapping: Mapping[str, Sequence[str]], files: Sequence[Read]) -> None:
    """Raises BadInput for a mapped name that no file has: a slip there would compare nothing, in silence."""
    present = {name.strip() for found in files for name in found.header}
    for column, names in mapping.items():
        for name in names:
            if name not in present:
                raise BadInput(f"--map {column}={name}: no file has a column {name}")
