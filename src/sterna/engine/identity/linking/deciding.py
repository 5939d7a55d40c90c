"""Turns judged pairs and what people said of them into linked pairs and clusters."""

from collections.abc import Collection, Sequence

import duckdb
import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.identity.linking.clusters import Pair, Rules, cluster
from sterna.engine.lake import arrow
from sterna.engine.tables import TABLES

Held = tuple[str, str, bool | str]


class Said:
    """What people or sources said of pairs: `must` are one person, `cannot` are two; the least record first."""

    def __init__(self, must: Collection[Pair], cannot: Collection[Pair], records: frozenset[str]) -> None:
        """Raises BadInput for a pair of one record, one that names nobody, or one that is said to be both."""
        self.must, self.cannot = _ordered(must, records), _ordered(cannot, records)
        both = sorted(set(self.must) & set(self.cannot))
        if both:
            raise BadInput(
                f"records {both[0][0]} and {both[0][1]} must be one person and must not: decide one of them"
            )

    def hold(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the table `said`."""
        hold(
            connection,
            "said",
            [(*pair, True) for pair in self.must] + [(*pair, False) for pair in self.cannot],
        )


def _ordered(said: Collection[Pair], records: frozenset[str]) -> list[Pair]:
    for one, two in said:
        if one == two:
            raise BadInput(f"record {one} cannot be linked with itself")
        for record in (one, two):
            if record not in records:
                raise BadInput(f"a pair names the record {record}, which no profile has")
    return sorted({(min(pair), max(pair)) for pair in said})


def hold(
    connection: duckdb.DuckDBPyConnection, name: str, pairs: Sequence[Held], third: str = "same"
) -> None:
    """Make the table `name` (one, two, and the `third` of each)."""
    kind = pa.string() if third == "reason" else pa.bool_()
    columns = list(zip(*pairs, strict=True)) or [(), (), ()]
    arrays = [
        pa.array(column, to) for column, to in zip(columns, (pa.string(), pa.string(), kind), strict=True)
    ]
    connection.register("held", pa.table(arrays, names=["one", "two", third]))
    connection.execute(f"create table {name} as select * from held")
    connection.unregister("held")


def decide(connection: duckdb.DuckDBPyConnection, said: Said, one_to_one: bool) -> tuple[pa.Table, pa.Table]:
    """The rows of `linked_pairs` and `clusters` out of the tables `judged` and `prepared`."""

    def rows(sql: str) -> list[tuple[str, ...]]:
        return connection.execute(sql).fetchall()

    merges = connection.execute(
        "select one, two, weight from judged where outcome = 'merge' and weight is not null"
    ).fetchall()
    rules = Rules(
        frozenset(
            [*((one, two) for one, two in rows("select one, two from judged where apart")), *said.cannot]
        ),
        dict(rows("select record, user_id from prepared where user_id is not null")),  # type: ignore[arg-type]
        dict(rows("select record, source from prepared") if one_to_one else []),  # type: ignore[arg-type]
    )
    records = [record for (record,) in rows("select record from prepared")]
    named, cut = cluster(records, said.must, {(one, two): weight for one, two, weight in merges}, rules)
    hold(connection, "cut", [(*pair, reason) for pair, reason in cut.items()], "reason")
    clusters = pa.table({"record": list(named), "cluster": list(named.values())}).sort_by("record")
    return _linked_pairs(connection), arrow.typed(TABLES["clusters"], clusters)


def _linked_pairs(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    rows = connection.sql(
        """
        select
            one as left_record,
            two as right_record,
            probability,
            weight,
            if(reason is null, outcome, 'review') as outcome,
            coalesce(reason, veto) as veto,
            evidence
        from judged
        left join cut using (one, two)
        where outcome is not null
        order by one, two
        """
    ).to_arrow_table()
    return arrow.typed(TABLES["linked_pairs"], rows)
