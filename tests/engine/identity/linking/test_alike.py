"""Profiles made alike: case, accents and spaces, impossible dates, junk, values that too many share, large blocks."""

import duckdb
import pyarrow as pa
import pytest

from sterna.engine.identity.linking import profiles


def prepared(column, *values):
    """The values of a column after they were made alike, and what was said of it."""
    rows = pa.table({"record": [f"{number:03}" for number in range(len(values))], column: values})
    with duckdb.connect() as connection:
        notes = profiles.prepare(connection, rows, None)
        found = connection.execute(f"select {column} from prepared order by record").fetchall()
    return [row[0] for row in found], notes


@pytest.mark.parametrize(
    ("column", "written", "alike"),
    [
        ("given_name", "  José-María ", "jose maria"),
        ("surname", "O’Brien", "obrien"),
        ("surname", "O'BRIEN", "obrien"),
        ("surname", "Łukasz 中文", "łukasz 中文"),
        ("surname", "unknown", None),
        ("surname", "N/A", None),
        ("surname", "-", None),
        ("surname", "", None),
        ("surname", "Unknownski", "unknownski"),
        ("birth_date", "1980-03-05", "19800305"),
        ("birth_date", "19800305", "19800305"),
        ("birth_date", "1980-03-05 00:00:00", "19800305"),
        ("birth_date", "1980-02-30", None),
        ("birth_date", "1980305", None),
        ("birth_date", "1850-01-01", None),
        ("birth_date", "9999-12-31", None),
        ("birth_date", "1900-01-01", None),
        ("birth_date", "1970-01-01", None),
        ("birth_date", "5 March", None),
        ("email", " Anna@Keller.UK ", "anna@keller.uk"),
        ("email", "anna", None),
        ("email", "noreply@keller.uk", None),
        ("email", "anna@example.com", None),
        ("phone", "+44 (0)20 7946-0018", "079460018"),
        ("phone", "020 7946 0018", "079460018"),
        ("phone", "0000000000", None),
        ("phone", "123456789", None),
        ("phone", "12345", None),
        ("postcode", "ls1 4ap", "ls14ap"),
        ("postcode", "00000", None),
        ("street_number", "12-A", "12a"),
        ("national_id", "AB 12 34 56 C", "ab123456c"),
        ("national_id", "999999999", None),
        ("national_id", "123", None),
        ("user_id", " Kx7 ", "Kx7"),
        ("user_id", "  ", None),
    ],
)
def test_a_value_is_made_alike_or_unknown(column, written, alike):
    assert prepared(column, written)[0] == [alike]


@pytest.mark.parametrize("column", ["email", "phone", "national_id"])
def test_a_value_that_too_many_hold_names_no_person(column):
    value = "info@keller.uk" if column == "email" else "207946001"
    most = profiles.MOST_HOLDERS
    held, quiet = prepared(column, *[value] * most)
    assert held == [value] * most and quiet == []
    dropped, notes = prepared(column, *[value] * (most + 1), value.replace("0", "7").replace("info", "anna"))
    assert dropped[:-1] == [None] * (most + 1) and dropped[-1] is not None
    assert notes == [f"{column}: 1 value(s) that more than {most} records hold name no person"]


def test_a_surname_may_be_as_common_as_it_is():
    assert prepared("surname", *["Smith"] * 40)[0] == ["smith"] * 40


def keys(postcodes, surnames):
    rows = pa.table(
        {
            "record": [f"{number:03}" for number in range(len(surnames))],
            "postcode": postcodes,
            "surname": surnames,
        }
    )
    with duckdb.connect() as connection:
        profiles.prepare(connection, rows, None)
        return {row[0] for row in connection.execute("select by_postcode from prepared").fetchall()}


def test_a_block_that_is_too_large_is_refined_by_the_surname_or_not_used():
    large = profiles.LARGEST_BLOCK + 1
    assert keys(["LS1"] * (large - 1), ["Smith"] * (large - 1)) == {"ls1"}
    assert keys(["LS1"] * large, ["Smith"] * (large - 1) + ["Keller"]) == {"ls1|smi", "ls1|kel"}
    assert keys(["LS1"] * large, ["Smith"] * large) == {None}


def test_numbers_days_and_absent_columns_are_read_as_they_are():
    from datetime import date

    rows = pa.table({"record": [1, 2], "birth_date": [date(1980, 3, 5), None], "postcode": [4129, 800]})
    with duckdb.connect() as connection:
        profiles.prepare(connection, rows, frozenset({"2"}))
        found = connection.execute(
            "select record, birth_date, postcode, surname, fresh from prepared order by record"
        ).fetchall()
    assert found == [("1", "19800305", "4129", None, False), ("2", None, "800", None, True)]
