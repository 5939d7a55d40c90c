"""Where a command on files puts its results, in a folder or the one file that was named, and the rows it refused."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from sterna.engine.errors import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN_REFUSALS = 20


def is_file(out: Path) -> bool:
    """Whether `out` names a file for the main result alone, and not a folder for all."""
    return out.suffix in (".csv", ".parquet")


def require_writable(out: Path | None) -> None:
    """Refuse a place that cannot be written before an hour is spent on what would go there; None is none."""
    if out is None:
        return
    folder = out.parent if is_file(out) else out
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise BadInput(f"--out {out}: {there} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadInput(f"--out {out}: {there} cannot be written")
    if is_file(out) and out.is_dir():
        raise BadInput(f"--out {out} is a folder; name a file or a folder without .csv or .parquet")


def tell_refused(where: str, refused: Mapping[int, str], errors: Console) -> None:
    """Name the first refused rows, their numbers after `where`, with their reasons, and how many more there are."""
    for number, reason in list(refused.items())[:SHOWN_REFUSALS]:
        errors.print(f"refused {where}{number}: {reason}", markup=False, soft_wrap=True)
    if len(refused) > SHOWN_REFUSALS:
        errors.print(f"and {len(refused) - SHOWN_REFUSALS:,} more refused rows")


def write_table(rows: "pa.Table", path: Path) -> None:
    """Write `rows` as Parquet or CSV, by the ending of `path`, whole or not at all. Raises BadInput."""
    from pyarrow import csv as arrow_csv

    from sterna.engine.lake import arrow

    try:
        if path.suffix == ".parquet":
            arrow.write(rows, path)
            return
        with arrow.replacing(path) as unfinished:
            arrow_csv.write_csv(rows, unfinished)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}") from error
