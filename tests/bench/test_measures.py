"""The benchmark of measures on few purchases: a sound log, the figures of the bare group by, nothing left behind."""

from bench import measures_side
from bench.measures import measure_purchases


def test_the_log_has_as_many_purchases_as_asked_for_and_is_the_same_again(tmp_path):
    import duckdb

    found = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        assert measures_side.write(folder, 3_000, 60) == {"purchases": 3_000, "customers": 60}
        log = f"read_parquet('{folder / 'log'}/*.parquet')"
        found.append(duckdb.sql(f"select * from {log} order by event_id").fetchall())
        told = duckdb.sql(
            f"select count(distinct event_id), count(distinct customer_id), min(amount) > 0, "
            f"min(occurred_on) >= date '2023-01-01', max(occurred_on) < date '2025-01-01' from {log}"
        ).fetchall()
        assert told == [(3_000, 60, True, True, True)]
        strange = duckdb.sql(
            f"select count(*) from {log} as log anti join '{folder}/identity_map.parquet' as known "
            "using (source_record, customer_id)"
        ).fetchall()
        assert strange == [(0,)]
    assert found[0] == found[1]


def test_R79_the_sums_are_those_of_the_bare_group_by(tmp_path):
    import duckdb

    from sterna.engine.tables import TABLES

    measures_side.write(tmp_path, 3_000, 60)
    with measures_side._lake(tmp_path) as lake:
        days = (measures_side.BEFORE, measures_side.OPENING, measures_side.CUT)
        measures_side._step(lake, "customer_sums", *days)
        made = lake.fetch(TABLES["customer_sums"]).to_pylist()
    columns = ("customer_id", "order_days", "order_spend", "last_order_on", "first_order_on")
    bare = duckdb.sql(
        "select customer_id, count(distinct occurred_on), sum(amount), max(occurred_on), min(occurred_on) "
        f"from read_parquet('{tmp_path}/log/*.parquet') group by 1 order by 1"
    ).fetchall()
    assert [tuple(row[column] for column in columns) for row in made] == bare


def test_R79_the_rollup_gives_the_sums_of_the_log(tmp_path):
    from sterna.engine.tables import TABLES

    measures_side.write(tmp_path, 3_000, 60)
    measures_side.roll(tmp_path)
    found = []
    for read, sums in ((measures_side.from_rollup, "rolled_sums"), (measures_side.from_log, "customer_sums")):
        assert sums in read(tmp_path)["parts"]
        with measures_side._lake(tmp_path) as lake:
            kept = [str(path) for path in (tmp_path / "rolled").iterdir()]
            measures_side._mount(lake, "record_shelves", kept)
            days = (measures_side.BEFORE, measures_side.OPENING, measures_side.CUT)
            measures_side._step(lake, sums, *days)
            found.append(lake.fetch(TABLES["customer_sums"]))
    assert found[0].num_rows == 60 and found[0] == found[1]


def test_the_parts_add_up_and_nothing_is_left_behind(tmp_path):
    told = []
    result = measure_purchases(10_000, tmp_path / "homes", told.append)
    assert result.sizes["purchases"] == 10_000 and result.sizes["customers"] == 200
    assert len(result.ratios) == 3 and all(ratio.times > 0 for ratio in result.ratios)
    assert [target.unit for target in result.targets] == ["processor s"] * 3 + ["GB"]
    assert list((tmp_path / "homes").iterdir()) == [] and "times the bare group by" in told[-1]
