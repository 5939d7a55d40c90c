"""Profiles out of files: columns found by name, lines counted as an editor counts them, refusals with their reason."""

from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.cli.files import profile_files
from sterna.cli.files.profile_files import RefusedRow
from sterna.engine.errors import BadInput


@pytest.fixture
def csv_file(tmp_path):
    def write(text):
        path = tmp_path / "people.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def read(path, mapping=(), date_format=None):
    return profile_files.read(path, profile_files.as_mapping(mapping), date_format)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("ID,First_Name,LAST_NAME", ["record", "given_name", "surname"]),
        ("rec_id,dob,zip", ["record", "birth_date", "postcode"]),
        ("customer_id,city,mobile,ssn", ["record", "suburb", "phone", "national_id"]),
        ("id,surname,color", ["record", "surname"]),
    ],
)
def test_columns_are_found_by_their_usual_names(csv_file, header, columns):
    found = read(csv_file(f"{header}\n{','.join('x' for _ in header.split(','))}\n"))
    assert sorted(found.columns) == sorted(columns)


def test_what_is_mapped_goes_before_what_is_guessed(csv_file):
    path = csv_file("id,surname,maiden\n1,Braun,Keller\n")
    assert read(path).columns["surname"] == ["Braun"]
    assert read(path, ["surname=maiden"]).columns["surname"] == ["Keller"]
    # A name may be mapped more than once: each file takes the one that it has.
    assert read(path, ["surname=family", "surname=maiden"]).columns["surname"] == ["Keller"]


def test_the_first_of_two_usual_names_is_taken(csv_file):
    assert read(csv_file("id,record,surname\n7,a,x\n")).columns["record"] == ["a"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(csv_file, delimiter):
    lines = [["id", "surname", "city"], ["1", "Keller", "Leeds"]]
    found = read(csv_file("\n".join(delimiter.join(line) for line in lines)))
    assert found.columns == {"record": ["1"], "surname": ["Keller"], "suburb": ["Leeds"]}


def test_a_mark_at_the_start_spaces_and_windows_lines_are_no_values(csv_file):
    found = read(csv_file(b"\xef\xbb\xbfid , surname\r\n 1 , Keller \r\n\r\n2,\r\n"))
    assert found.columns == {"record": ["1", "2"], "surname": ["Keller", None]}
    assert found.refused == []


def test_lines_are_counted_through_quotes_and_odd_breaks(csv_file):
    text = 'id,surname\n1,"Kel\nler"\n2,Ott\u2028Berg\n\n,lost\n1,again\n'
    found = read(csv_file(text))
    assert found.columns["surname"] == ["Kel\nler", "Ott\u2028Berg"]
    assert found.refused == [
        RefusedRow("people.csv", 6, "nothing in column id, which names the record"),
        RefusedRow("people.csv", 7, "record 1 stands already in line 2"),
    ]


def test_a_row_with_too_much_is_refused_and_not_cut(csv_file):
    found = read(csv_file("id,surname\n1,Keller,Anna\n2,Ott\n"))
    assert (found.rows, found.refused[0].reason) == (1, "3 fields, the header has 2")


def test_parquet_keeps_days_and_whole_numbers(tmp_path):
    path = tmp_path / "people.parquet"
    rows = pa.table(
        {
            "id": [1, None, 3],
            "dob": [date(1980, 3, 5), None, date(1999, 1, 2)],
            "house_number": [8.0, None, 12.5],
            "surname": ["Keller", "Ott", "  "],
        }
    )
    pq.write_table(rows, path)
    found = read(path)
    assert found.columns == {
        "record": ["1", "3"],
        "birth_date": ["1980-03-05", "1999-01-02"],
        "street_number": ["8", "12.5"],
        "surname": ["Keller", None],
    }
    assert [(row.line, row.reason) for row in found.refused] == [
        (2, "nothing in column id, which names the record")
    ]


def test_parquet_instants_are_days_in_the_end(tmp_path):
    pq.write_table(pa.table({"id": ["1"], "dob": [datetime(1980, 3, 5)]}), tmp_path / "p.parquet")
    assert read(tmp_path / "p.parquet").columns["birth_date"] == ["1980-03-05 00:00:00"]


def test_dates_in_a_given_order_become_iso_and_the_strange_are_counted(csv_file):
    path = csv_file("id,dob\n1,05/03/1980\n2,31/02/1980\n3,1980-03-05\n4,\n")
    found = read(path, date_format="%d/%m/%Y")
    assert found.columns["birth_date"] == ["1980-03-05", None, None, None]
    assert found.strange_dates == 2
    assert read(path).columns["birth_date"][0] == "05/03/1980"


def test_a_format_without_birth_dates_changes_nothing(csv_file):
    assert read(csv_file("id,surname\n1,x\n"), date_format="%d/%m/%Y").strange_dates == 0


@pytest.mark.parametrize("said", ["surname", "surname=", "=x", "shoe=x", "source=x"])
def test_a_mapping_is_a_column_and_a_name(said):
    with pytest.raises(
        BadInput, match=r"write COLUMN=NAME with a column of record, given_name|write COLUMN=NAME"
    ):
        profile_files.as_mapping([said])


def test_a_mapped_name_may_hold_an_equals_sign():
    assert profile_files.as_mapping(["surname=a=b", "surname=c"]) == {"surname": ["a=b", "c"]}


def test_a_mapped_name_must_be_in_one_of_the_files(csv_file):
    found = read(csv_file("id,maiden,surname\n1,x,y\n"))
    profile_files.require_used({"surname": ["maiden"]}, [found])
    with pytest.raises(BadInput, match="--map surname=family: no file has a column family"):
        profile_files.require_used({"surname": ["family"]}, [found])
