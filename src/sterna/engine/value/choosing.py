"""From the table of values to the lists of best customers, one for each definition."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow
from sterna.engine.lake.base import Lake
from sterna.engine.tables import TABLES, Table
from sterna.engine.value import catalogue
from sterna.engine.value.best import Best, Definition, Panel
from sterna.engine.value.best import choose as choose_from


def choose(lake: Lake, definitions: Sequence[Definition], as_of: date) -> list[dict[str, Any]]:
    """Make `best_customers` out of `values`; a record for each definition.

    It holds best, version, sha256, scale, treatment, members, ranked, and unknown: how many customers lack which
    measure. A definition that names a measure that there is not makes an empty list, and its record has the reason.
    """
    records, rows = [], []
    for definition in definitions:
        try:
            found = choose_from(definition, panel(lake, definition, as_of))
        except BadInput as refused:
            records.append(_told(definition) | {"reason": str(refused)})
            continue
        records.append(_told(definition) | _counted(found))
        rows += [_row(found, at) for at in range(len(found.members))]
    lake.put(TABLES["best_customers"], pa.Table.from_pylist(rows, arrow.schema(TABLES["best_customers"])))
    return records


def panel(lake: Lake, definition: Definition, as_of: date) -> Panel:
    """What `definition` needs of `values`; raises BadInput, by name, for a measure that there is not."""
    return panel_of(lake.fetch(_narrowed(lake, measures_of(definition))), as_of)


def measures_of(definition: Definition) -> list[str]:
    """The measures that a definition names, in order; raises BadInput for the first that there is not."""
    asked = {one.measure for one in definition.only_if} | {one.measure for one in definition.weigh}
    named = sorted(asked)
    for name in named:
        if name not in catalogue.BY_NAME:
            raise BadInput(f"best {definition.best}: there is no measure {name}")
    return named


def panel_of(rows: pa.Table, as_of: date) -> Panel:
    """A panel from `rows` with the column customer_id and one for each measure of the catalogue that is needed."""
    named = [name for name in rows.column_names if name != "customer_id"]
    return Panel(as_of, rows, {name: catalogue.BY_NAME[name].unit for name in named})


def _narrowed(lake: Lake, named: Sequence[str]) -> Table:
    """The columns of `values` that are named, as a table of its own: a wide row of millions would not fit."""
    columns = {name: TABLES["values"].columns[name] for name in ("customer_id", *named)}
    table = Table("best_panel", ("customer_id",), columns)
    lake.make(table, f'select {", ".join(columns)} from "values"', {})
    return table


def _told(definition: Definition) -> dict[str, Any]:
    return {
        "model": f"best {definition.best}",
        "method": definition.title,
        "best": definition.best,
        "version": definition.version,
        "sha256": definition.sha256,
        "scale": definition.scale,
        "treatment": definition.treatment,
        "members": 0,
        "ranked": 0,
        "unknown": {},
        "reason": None,
    }


def _counted(found: Best) -> dict[str, Any]:
    return {
        "members": len(found.members),
        "ranked": found.ranked,
        "unknown": dict(sorted(Counter(found.unknown.values()).items())),
    }


def _row(found: Best, at: int) -> dict[str, Any]:
    member = found.members[at]
    return {
        "best": found.name,
        "customer_id": member.customer,
        "version": found.version,
        "score": Decimal(str(member.score)).quantize(Decimal("0.000000000001")),
        "rank": member.rank,
    }
