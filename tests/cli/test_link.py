"""`sterna link`: files in, files out; refused rows are named; bad input ends in one line and a code other than 0."""

import csv
import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

HEADER = "id,first_name,surname,dob,street,house_number,postcode"
PEOPLE = {
    "1": "Anna,Keller,1980-03-05,High Street,5,LS1 4AP",
    "2": "ANNA,Kéller,1980-03-05,High Street,5,LS1 4AP",
    "3": "Paul,Keller,1978-11-21,High Street,5,LS1 4AP",
    "4": "Ole,Berg,1999-01-02,Mill Lane,12,HU1 1AA",
}


@pytest.fixture
def write(tmp_path):
    def file(name, *lines):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return file


def people(*records):
    return [HEADER, *(f"{record},{PEOPLE[record]}" for record in records)]


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcomes(path):
    return {(row["left_record"], row["right_record"]): row["outcome"] for row in rows(path)}


def test_R20_doubles_in_one_file(sterna, write, tmp_path):
    said = sterna("link", write("people.csv", *people("1", "2", "3", "4")), "--out", tmp_path / "out")
    assert said.code == 0, said
    assert outcomes(tmp_path / "out/linked_pairs.csv") == {
        ("1", "2"): "merge",
        ("1", "3"): "household",
        ("2", "3"): "household",
    }
    clusters = {row["record"]: row["cluster"] for row in rows(tmp_path / "out/clusters.csv")}
    assert clusters == {"1": "1", "2": "1", "3": "3", "4": "4"}
    assert said.out.startswith("4 left records: 3 persons\n1 pairs merge, 0 to review, 2 share a household\n")
    assert "email: not compared, known of fewer than two profiles" in said.out
    assert "scoring pairs" in said.err and "scoring pairs" not in said.out


def test_two_files_of_two_kinds_with_the_same_ids(sterna, write, tmp_path):
    left = write("left.csv", *people("1", "4"))
    right = tmp_path / "right.parquet"
    day = date(1980, 3, 5)
    pq.write_table(
        pa.table(
            {
                "id": [1, 2],
                "Vorname": ["Anna", "Ida"],
                "surname": ["Keller", "Ott"],
                "dob": [day, None],
                "postcode": ["ls14ap", None],
                "house_number": [5.0, None],
            }
        ),
        right,
    )
    said = sterna("link", left, right, "--map", "given_name=Vorname", "--out", tmp_path / "out", "--json")
    told = json.loads(said.out)
    assert told["records"] == {"left": 2, "right": 2}
    assert told["pairs"] == {"merge": 1, "review": 0, "household": 0} and told["persons"] == 3
    assert outcomes(tmp_path / "out/linked_pairs.csv") == {("1", "1"): "merge"}
    evidence = json.loads(rows(tmp_path / "out/linked_pairs.csv")[0]["evidence"])
    assert evidence["street_number"]["right"] == "5" and evidence["birth_date"]["level"] == "the same"
    sides = {(row["side"], row["record"]): row["cluster"] for row in rows(tmp_path / "out/clusters.csv")}
    assert sides["left", "1"] == sides["right", "1"] != sides["right", "2"]
    assert told["written"] == [
        str(tmp_path / "out" / name) for name in ("linked_pairs.csv", "clusters.csv", "model.json")
    ]


def test_out_may_be_one_file(sterna, write, tmp_path):
    out = tmp_path / "deep/pairs.parquet"
    said = sterna("link", write("people.csv", *people("1", "2")), "--out", out)
    assert said.code == 0
    (pair,) = pq.read_table(out).to_pylist()
    assert (pair["left_record"], pair["right_record"], pair["outcome"]) == ("1", "2", "merge")
    assert list(out.parent.iterdir()) == [out]


def test_refused_rows_are_named_with_line_and_reason(sterna, write, tmp_path):
    quoted = '9,"An\nna",Keller,1980-03-05,High Street,5,LS1 4AP'
    lines = [*people("1", "2"), quoted, "1,x,y,,,,", ",x,y,,,,", "7,x"]
    said = sterna("link", write("people.csv", *lines), "--out", tmp_path / "out", "--json")
    assert said.code == 0
    # A row that runs over two lines moves those after it: the fourth row begins in line 6.
    wanted = [
        (6, "record 1 stands already in line 2"),
        (7, "nothing in column id, which names the record"),
        (8, "2 fields, the header has 7"),
    ]
    assert [(row["line"], row["reason"]) for row in json.loads(said.out)["refused"]] == wanted
    assert [f"refused people.csv:{line}: {reason}" for line, reason in wanted] == said.err.splitlines()[:3]
    assert [int(row["line"]) for row in rows(tmp_path / "out/refused.csv")] == [6, 7, 8]


def test_many_refused_rows_do_not_flood_the_screen(sterna, write, tmp_path):
    said = sterna(
        "link", write("people.csv", *people("1", "2"), *["1,,,,,,"] * 30), "--out", tmp_path / "o", "--json"
    )
    assert said.err.count("refused people.csv:") == 20 and "and 10 more refused rows" in said.err
    assert len(json.loads(said.out)["refused"]) == 30


def test_dates_in_another_order_and_other_delimiters(sterna, write, tmp_path):
    lines = [
        "id;surname;first_name;dob",
        "1;Keller;Anna;05/03/1980",
        "2;Keller;Anna;05/03/1980",
        "3;Ott;Ida;31/02/1990",
    ]
    file = write("people.csv", *lines)
    said = sterna("link", file, "--out", tmp_path / "o", "--date-format", "%d/%m/%Y", "--json")
    told = json.loads(said.out)
    assert told["pairs"]["merge"] == 1 and "birth_date" in told["compared"]
    assert told["notes"][0] == "birth_date: 1 value(s) not in the format given are unknown"


def test_a_model_is_used_again_and_what_people_said_holds(sterna, write, tmp_path):
    file = write("people.csv", *people("1", "2", "3", "4"))
    first = json.loads(sterna("link", file, "--out", tmp_path / "one", "--json").out)
    same, different = write("same.csv", "left,right", "3,4"), write("different.csv", "left,right", "1,2")
    model = tmp_path / "one/model.json"
    said = sterna(
        "link",
        file,
        "--model",
        model,
        "--same",
        same,
        "--different",
        different,
        "--out",
        tmp_path / "two",
        "--json",
    )
    assert "training" not in said.err
    second = json.loads(said.out)
    assert second["model"] == first["model"]
    assert (tmp_path / "two/model.json").read_bytes() == model.read_bytes()
    found = outcomes(tmp_path / "two/linked_pairs.csv")
    assert found["3", "4"] == "merge" and found["1", "2"] == "household"


GOOD = people("1", "2")


@pytest.mark.parametrize(
    ("lines", "options", "message"),
    [
        (["", ""], [], "people.csv is empty: its first line must name its columns"),
        (GOOD[:1], [], "people.csv has no row to link: 0 refused"),
        (
            ["name,surname", "a,b"],
            [],
            "people.csv has no column that names its records: say which with --map record=",
        ),
        (
            ["id,shoe", "1,b"],
            [],
            "people.csv has nothing to compare: map a column, such as --map surname=COLUMN",
        ),
        (["id,surname", "1,", "2,"], [], "nothing can be compared: no column is known of two profiles"),
        ([*GOOD, '3,"x'], [], "people.csv:4: unexpected end of data"),
        (GOOD, ["--map", "shoe=size"], "--map shoe=size: write COLUMN=NAME with a column of record, "),
        (GOOD, ["--map", "surname"], "--map surname: write COLUMN=NAME"),
        (GOOD, ["--map", "surname=nachname"], "--map surname=nachname: no file has a column nachname"),
        (GOOD, ["--one-to-one"], "--one-to-one needs two files"),
        (GOOD, ["--model", "{folder}/people.csv"], "this is no model of links"),
        (GOOD, ["--same", "{folder}/none.csv"], "none.csv cannot be read"),
        (
            GOOD,
            ["--different", "{folder}/people.csv"],
            "people.csv:2: a pair is two records, 7 field(s) stand here",
        ),
        (GOOD, ["--same", "{folder}/pair.csv"], "a pair names the record 99, which no profile has"),
        (GOOD, ["--out", "{folder}/people.csv/deep"], "people.csv is no folder"),
    ],
)
def test_bad_input_ends_in_one_line(sterna, write, tmp_path, lines, options, message):
    write("pair.csv", "left,right", "1,99")
    file = write("people.csv", *lines)
    placed = [word.format(folder=tmp_path) for word in options]
    said = sterna("link", file, *([] if "--out" in placed else ["--out", tmp_path / "out"]), *placed)
    assert said.code == 1 and said.out == ""
    last = said.err.splitlines()[-1]
    assert last.startswith("sterna: ") and message in last, said.err
    assert not (tmp_path / "out").exists()


def test_files_that_are_none(sterna, write, tmp_path):
    assert "No such file" in sterna("link", tmp_path / "nobody.csv").refusal()
    (tmp_path / "bytes.csv").write_bytes(b"id,surname\n1,\xff\n")
    assert sterna("link", tmp_path / "bytes.csv").refusal() == "bytes.csv is not UTF-8 text: byte 13 is not"
    fake = write("fake.parquet", "id")
    assert sterna("link", fake).refusal().startswith("fake.parquet is no Parquet file")
    assert "no such file" in sterna("link", tmp_path / "nobody.parquet").refusal()
