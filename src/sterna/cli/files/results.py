"""Where a command on files puts its results: in a folder, or in the one file that was named."""

import os
from pathlib import Path

from sterna.engine.errors import BadInput


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
