"""Makes a list of best customers anew out of what a run published of each customer, and previews one before it is."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
from django.db import connection
from psycopg import sql

from sterna.desk.segments.queries import published_list
from sterna.engine.lake import arrow
from sterna.engine.tables import TABLES
from sterna.engine.value.best import Best, Definition, choose
from sterna.engine.value.choosing import measures_of, panel_of

WORTH = ("spend", "expected_spend")
_COPY = "copy (select {columns} from values_worth where run_id = {run}) to stdout (format csv)"


@dataclass(frozen=True)
class Sum:
    """What some customers are worth together by a measure: None where it is known of none; of how many it is not."""

    amount: Decimal | None
    unknown: int


@dataclass(frozen=True)
class Preview:
    """What a definition would find in a run that published `before` members of the name: who enters and who leaves.

    `entered` are in the order of their new ranks, `left` of their former ones. `unknown` counts who lacks a measure by
    what is unknown; `worth` sums up the members.
    """

    best: Best
    before: int
    entered: tuple[UUID, ...]
    left: tuple[UUID, ...]
    unknown: Mapping[str, int]
    worth: Mapping[str, Sum]


def made_anew(definition: Definition, run_id: UUID, as_of: date) -> Best:
    """The list that a run as of `as_of` makes by `definition`, out of the rows that it published."""
    return choose(definition, panel_of(_rows(run_id, measures_of(definition)), as_of))


def preview(definition: Definition, run_id: UUID, as_of: date) -> Preview:
    """What `definition` would change of the list of its name that the run published; raises BadInput as `choose`."""
    named = measures_of(definition)
    rows = _rows(run_id, {*named, *WORTH})
    best = choose(definition, panel_of(rows.select(["customer_id", *named]), as_of))
    now = [UUID(member.customer) for member in best.members]
    before = published_list(run_id, definition.best)
    are, were = set(now), set(before)
    return Preview(
        best,
        len(before),
        tuple(one for one in now if one not in were),
        tuple(one for one in before if one not in are),
        dict(sorted(Counter(best.unknown.values()).items())),
        _worth(rows, best.customers),
    )


def _worth(rows: pa.Table, members: Collection[str]) -> dict[str, Sum]:
    theirs = rows.filter(pc.is_in(rows.column("customer_id"), pa.array(list(members), pa.string())))
    return {name: Sum(pc.sum(theirs.column(name)).as_py(), theirs.column(name).null_count) for name in WORTH}


def _rows(run_id: UUID, named: Collection[str]) -> pa.Table:
    """Of every customer of a run the measures that are `named`, typed as in the run's own table of values."""
    columns = ["customer_id", *sorted(named)]
    with connection.cursor() as cursor:
        statement = sql.SQL(_COPY).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)), run=sql.Literal(run_id)
        )
        written = BytesIO()
        with cursor.copy(statement) as copy:
            for block in copy:
                written.write(block)
    types = {name: arrow.schema(TABLES["values"]).field(name).type for name in columns}
    if not written.tell():
        return pa.schema(list(types.items())).empty_table()
    written.seek(0)
    reading = csv.ReadOptions(column_names=columns, block_size=1 << 24)
    return csv.read_csv(written, reading, convert_options=csv.ConvertOptions(column_types=types))
