"""What a lake engine must be able to do."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa

from sterna.engine.tables import Table

Value = str | int | float | Decimal | date | datetime | bool | None


class Lake(Protocol):
    """Tables by name on one engine. Every table is typed by `tables/`; a missing column reads as NULL."""

    name: str

    def mount(self, table: Table, files: Sequence[str]) -> None:
        """Let `table` read the Parquet `files`; none gives an empty table. Raises LakeMissing, or LakeFailed."""

    def put(self, table: Table, rows: pa.Table) -> None:
        """Hold a small in-memory table under the name of `table`; what was there stays if BadInput is raised."""

    def make(self, table: Table, sql: str, parameters: Mapping[str, Value]) -> int:
        """Run one DuckDB-dialect SELECT with `$named` parameters into `table`; returns its row count."""

    def fetch(self, table: Table) -> pa.Table:
        """All rows of `table`, ordered by its key, typed by `tables/`. Raises LakeFailed."""

    def save(self, table: Table, path: Path) -> None:
        """Write `table` as one Parquet file ordered by its key: temporary file, fsync, rename. Raises LakeFailed."""

    def marks(self, table: Table, day: str, columns: Sequence[str]) -> dict[date, str]:
        """A mark for each `day` of `table` that hangs on all `columns` of its rows, and not on their order.

        Equal rows have equal marks on one engine of one version, other rows another with all but certainty.
        """

    def drop(self, table: Table) -> None:
        """Forget `table`; its files stay."""

    def explain(self, sql: str) -> str:
        """`sql` as this engine will run it."""

    def close(self) -> None:
        """Give memory and threads back; a second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
