"""The door from a page to the lake: what it reads, and where it stops."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse.lake_query import ROWS, lake_query
from sterna.engine.errors import LakeMissing


@pytest.fixture
def numbers(tmp_path: Path) -> str:
    """A file of the numbers 0 to 1,499."""
    path = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"n": list(range(1_500))}), path)
    return str(path)


def test_it_reads_every_file_of_a_table_by_the_names_of_its_columns(tmp_path: Path, numbers: str):
    later = tmp_path / "later.parquet"
    pq.write_table(pa.table({"word": ["new"], "n": [2_000]}), later)
    found = lake_query("select n, word from t where n >= 1499 order by n", {"t": [numbers, str(later)]}, {})
    assert found == [(1_499, None), (2_000, "new")]


def test_a_parameter_is_a_value_and_never_sql(numbers: str):
    sql = "select count(*) from t where n < $least"
    assert lake_query(sql, {"t": [numbers]}, {"least": 10}) == [(10,)]
    hostile = lake_query("select $word", {"t": [numbers]}, {"word": "'; drop view t; --"})
    assert hostile == [("'; drop view t; --",)]


@pytest.mark.parametrize(("asked", "given"), [({}, ROWS), ({"rows": 3}, 3), ({"rows": 5_000}, 1_500)])
def test_no_more_rows_come_than_are_asked_for(numbers: str, asked: dict[str, int], given: int):
    assert len(lake_query("select n from t", {"t": [numbers]}, {}, **asked)) == given


def test_a_question_that_takes_too_long_is_refused(numbers: str):
    endless = "select count(*) from t a, t b, t c where hash(a.n, b.n, c.n) = 0"
    with pytest.raises(Refused, match=r"took longer than 0\.2 seconds: narrow it"):
        lake_query(endless, {"t": [numbers]}, {}, seconds=0.2)


def test_a_table_without_a_file_answers_nothing(numbers: str):
    assert lake_query("select * from t, u", {"t": [numbers], "u": []}, {}) == []


def test_a_file_that_is_gone_is_named(tmp_path: Path):
    gone = tmp_path / "gone.parquet"
    with pytest.raises(LakeMissing, match="gone"):
        lake_query("select * from t", {"t": [str(gone)]}, {})


@pytest.mark.parametrize("folder", ["home [x]*", "what?", "it's", "[a-z]"])
def test_an_odd_folder_is_read_as_itself(tmp_path: Path, folder: str):
    path = tmp_path / folder / "a.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"n": [7]}), path)
    assert lake_query("select n from t", {"t": [str(path)]}, {}) == [(7,)]


def test_the_door_only_reads(numbers: str):
    before = Path(numbers).read_bytes()
    with pytest.raises(duckdb.CatalogException, match="t is not"):
        lake_query("insert into t values (1)", {"t": [numbers]}, {})
    assert Path(numbers).read_bytes() == before
