"""Reads where customers stood in each period out of a CSV or Parquet file, naming each row refused."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.lake import open_lake
from sterna.engine.lake.files import file_literal
from sterna.engine.segments.moves import GONE, NEW, Moves, count
from sterna.engine.tables import TABLES

# Names under which a column is found without being told, in lower case; the first that a file has is taken.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer", "customer_id"),
    "period": ("period", "quarter", "month", "year", "date"),
    "place": ("place", "tier", "level"),
    "amount": ("amount", "spend", "value"),
    "segment": ("segment",),
}
NEEDED = ("customer", "period", "place")
_ROWS = """
create table read as
select
    number, customer, period, place, segment,
    try_cast(amount as decimal(18, 2)) as amount,
    case
        when customer = '' then 'nothing names the customer'
        when period = '' then 'nothing names the period'
        when place = '' then 'nothing names the place'
        when place in ($new, $gone) then 'no place can be called ' || place || ': who comes and goes is counted as that'
        when amount <> '' and try_cast(amount as decimal(18, 2)) is null then 'amount ''' || amount || ''' is no amount'
        when row_number() over (partition by customer, period order by number) > 1
            then customer || ' has a row of period ' || period || ' already'
    end as refused
from (select row_number() over () as number, {columns} from {source})
"""
_PERIODS = """
select period from read where refused is null group by period order by try_cast(period as double) nulls last, period
"""
_STANDINGS = """
select
    read.customer as customer_id, cast(numbered.number as bigint) as period, read.place, read.segment, read.amount
from read
join numbered on numbered.period = read.period
where read.refused is null
"""


@dataclass(frozen=True)
class Standings:
    """Rows of `standings`, the names of their periods in order, and each refused row with its reason by number.

    Rows are counted from 1 without the header. `brings` is the mean amount at each place, None
    where no amount is recorded there, and as a whole where the file has none.
    """

    rows: pa.Table
    periods: tuple[str, ...]
    places: tuple[str, ...]
    brings: dict[str, float | None] | None
    refused: dict[int, str]


def read_standings(path: Path, told: Mapping[str, str | None]) -> Standings:
    """The standings at `path`; `told` names columns that were given. Raises BadInput."""
    with duckdb.connect(":memory:") as connection:
        source = _source(connection, path)
        header = [row[0] for row in connection.execute(f"describe select * from {source}").fetchall()]
        roles = _roles(path.name, header, told)
        columns = ", ".join(
            f"coalesce(trim(cast({_quoted(roles[role])} as varchar)), '') as {role}"
            if role in roles
            else f"'' as {role}"
            for role in COLUMNS
        )
        try:
            connection.execute(_ROWS.format(columns=columns, source=source), {"new": NEW, "gone": GONE})
        except duckdb.Error as error:
            raise BadInput(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
        return _standings(connection, path.name, "amount" in roles)


def count_moves(read: Standings, places: Sequence[str]) -> tuple[Moves, pa.Table]:
    """The moves of the standings between `places`, from the lowest up, and the rows that they were counted in."""
    with (
        tempfile.TemporaryDirectory(prefix="sterna-matrix-") as scratch,
        open_lake("duckdb", Path(scratch)) as lake,
    ):
        lake.put(TABLES["standings"], read.rows)
        return count(lake, places), lake.fetch(TABLES["period_moves"])


def _source(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    if not path.is_file():
        raise BadInput(f"{path} cannot be read: no such file")
    named = file_literal(path)
    reads = (
        f"read_parquet({named})"
        if path.suffix == ".parquet"
        else f"read_csv({named}, all_varchar = true, header = true, null_padding = false)"
    )
    try:
        connection.execute(f"select * from {reads} limit 0")
    except duckdb.Error as error:
        raise BadInput(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
    return reads


def _roles(name: str, header: list[str], told: Mapping[str, str | None]) -> dict[str, str]:
    """The column of each role."""
    lower = {column.strip().lower(): column for column in reversed(header)}
    roles: dict[str, str] = {}
    for role, names in COLUMNS.items():
        given = told.get(role)
        if given is not None and given not in header:
            raise BadInput(f"{name} has no column {given}, given as --{role}: it has {', '.join(header)}")
        if found := given or next((lower[each] for each in names if each in lower), None):
            roles[role] = found
    if missing := [role for role in NEEDED if role not in roles]:
        raise BadInput(f"{name} has no column for {', '.join(missing)}: it has {', '.join(header)}")
    return roles


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _standings(connection: duckdb.DuckDBPyConnection, name: str, has_amounts: bool) -> Standings:
    periods = tuple(row[0] for row in connection.execute(_PERIODS).fetchall())
    refused = dict(
        connection.execute(
            "select number, refused from read where refused is not null order by number"
        ).fetchall()
    )
    if len(periods) < 2:
        raise BadInput(
            f"{name} has rows of {len(periods)} periods, and moves need two: {len(refused)} rows refused"
        )
    connection.register("numbered", pa.table({"period": periods, "number": range(len(periods))}))
    means = connection.execute(
        "select place, avg(cast(amount as double)) from read where refused is null group by place order by 2, 1"
    ).fetchall()
    return Standings(
        connection.sql(_STANDINGS).to_arrow_table(),
        periods,
        tuple(place for place, _ in means),
        dict(means) if has_amounts else None,
        refused,
    )
