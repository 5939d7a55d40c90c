"""Takes purchases, or summaries of customers, from a table in memory: a dict of columns, pandas, Arrow, Polars."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.notebook.purchase_files import Incoming, Told, column, find_roles

NAME = "the table"


def incoming(data: Any, told: Told) -> Incoming:
    """The table `data`, with the columns that were told; its rows are counted from 1. Raises BadInput."""
    table = _of_columns(data) if isinstance(data, Mapping) else _of_table(data)
    kind, roles = find_roles(NAME, table.column_names, told)
    chosen = [table.column(table.column_names.index(name)) for name in roles.values()]
    rows = column(np.arange(1, table.num_rows + 1))
    held = pa.table([rows, *chosen], names=["row", *roles])
    types = {role: values.type for role, values in zip(roles, chosen, strict=True)}
    return Incoming(NAME, kind, roles, types, "incoming", held)


def _of_columns(data: Mapping[str, Any]) -> pa.Table:
    columns = {str(name): _array(str(name), values) for name, values in data.items()}
    if len({len(values) for values in columns.values()}) > 1:
        told = ", ".join(f"{name} {len(values):,}" for name, values in columns.items())
        raise BadInput(f"the columns of {NAME} differ in length: {told}")
    return pa.table(columns)


def _array(name: str, values: Any) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, pa.ChunkedArray):
        return values
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise BadInput(f"column {name} of {NAME} cannot be read: {_first_line(error)}") from error


def _of_table(data: Any) -> pa.Table:
    """Whatever speaks Arrow's interface, as data frames do; a named index of pandas becomes a column."""
    try:
        return pa.table(data)
    except pa.ArrowException as error:
        raise BadInput(f"{NAME} cannot be read: {_first_line(error)}") from error
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"a {type(data).__name__} is neither the path of a CSV or Parquet file nor a table: "
            "give a data frame, an Arrow table or a dict of columns"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
