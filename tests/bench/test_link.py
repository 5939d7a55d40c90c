"""The link benchmark on few people: the truth it writes, the raw join, and figures that fit together."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import people
from bench.link import link_people


def test_a_quarter_are_damaged_doubles_and_the_same_ones_again(tmp_path):
    assert people.write(str(tmp_path), "2000") == {"records": 2000, "doubles": 500}
    first = pq.read_table(tmp_path / "people.parquet")
    people.write(str(tmp_path), "2000")
    assert pq.read_table(tmp_path / "people.parquet").equals(first)
    rows = {row["record"]: row for row in first.to_pylist()}
    doubles = [(row, rows[name[:-1]]) for name, row in rows.items() if name.endswith("d")]
    assert len(doubles) == 500 and len(rows) == 2000
    values = [
        (copy[column], original[column])
        for copy, original in doubles
        for column in copy
        if column != "record"
    ]
    # One in ten is missing, one in ten has a wrong sign (now and then by chance the right one).
    assert sum(copy is None for copy, _ in values) / len(values) == pytest.approx(0.1, abs=0.02)
    changed = sum(copy is not None and copy != original for copy, original in values)
    assert changed / len(values) == pytest.approx(0.095, abs=0.02)


def test_the_raw_join_counts_each_pair_by_each_key(tmp_path):
    columns = (
        "given_name",
        "surname",
        "birth_date",
        "street_number",
        "address",
        "suburb",
        "postcode",
        "email",
        "phone",
    )
    rows = [{"record": record} | dict.fromkeys(columns) for record in "abc"]
    rows[0] |= {"email": "x", "given_name": "anna", "surname": "keller"}
    rows[1] |= {"email": "x", "given_name": "anna", "surname": "keller", "postcode": "1"}
    rows[2] |= {"email": "x", "surname": "keller", "postcode": "1"}
    pq.write_table(
        pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in ("record", *columns)])),
        tmp_path / "people.parquet",
    )
    # By e-mail three pairs, by name one, by postcode and the start of the surname one.
    assert people.join(str(tmp_path))["pairs"] == 5


def test_figures_fit_together_and_nothing_is_left_behind(tmp_path):
    told = []
    result = link_people(1500, tmp_path / "homes", told.append)
    sizes = result.sizes
    assert sizes["true"] == 375 >= sizes["compared"] >= sizes["right"] > 340
    assert sizes["merged"] >= sizes["right"]
    assert any("blocking ceiling" in line and "precision" in line and "recall" in line for line in told)
    assert [target.unit for target in result.targets] == ["s", "GB"] and result.ratios[0].times > 1
    assert list((tmp_path / "homes").iterdir()) == []
