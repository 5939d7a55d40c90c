"""What each source record bought, added up and kept in files, so that a night reads again only what has changed.

The name of a file holds a mark of the purchases that it was made from. A night marks the purchases of each day, which
takes an eighth of the time of adding them up, and takes the files that it finds under the same marks. So nothing has
to be told what has changed: a late line, an erasure or another engine give another mark, and the file is made anew.
Who the records belong to is asked only when the files are read, so that a merge changes none. A file never changes;
whoever deletes the folder loses time and nothing else.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa

from sterna.engine import steps
from sterna.engine.lake import arrow
from sterna.engine.lake.base import Lake
from sterna.engine.lake.files import keep_only
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES

YOUNG = 2  # months at the end that still fill; each is kept alone, so that a night adds little up anew
VERSION = 1  # of what a file holds; to be raised with any change of value/record_shelves.sql
MARKED = ("source_record", "occurred_on", "amount", "bought_discount", "returned", "undiscounted")


def sum_up(lake: Lake, before: date, opening: date, folder: Path) -> list[Ran]:
    """Make `customer_sums` as the step of that name does, out of the files in `folder`, which is brought up to date.

    See bring_up; reads `identity_map` as well.
    """
    ran = bring_up(lake, before, opening, folder)
    return [*ran, steps.run(lake, "value/rolled_sums", before=before, opening=opening)]


def bring_up(lake: Lake, before: date, opening: date, folder: Path) -> list[Ran]:
    """Let `record_shelves` read from `folder` what all `purchases` add up to; what it has nothing of is made.

    No purchase may lie on the day of the cut or later. No file has days on both sides of `before` or of `opening`.
    Files that this run does not need are deleted, so that nothing stays of whoever was erased.
    """
    marks = lake.marks(TABLES["purchases"], "occurred_on", MARKED)
    shelves = _shelves(sorted(marks), (before, opening))
    files = {days[0]: folder / f"{days[0]}-{_mark(lake, marks, days)}.parquet" for days in shelves}
    kept = keep_only(folder, files.values())
    missing = [days for days in shelves if files[days[0]] not in kept]
    ran = _add_up(lake, missing, files) if missing else []
    lake.mount(TABLES["record_shelves"], [str(file) for file in files.values()])
    return ran


def _shelves(days: list[date], bounds: tuple[date, ...]) -> list[list[date]]:
    """The days of each file: what changes from night to night alone, all else of a year on one side of the bounds."""
    months = [day.replace(day=1) for day in days]
    alone = {*sorted(set(months))[-YOUNG:], *(bound.replace(day=1) for bound in bounds if bound.day > 1)}
    shelves: dict[tuple[date, ...], list[date]] = {}
    for day, month in zip(days, months, strict=True):
        shelf = month if month in alone else month.replace(month=1)
        shelves.setdefault((shelf, *(bound for bound in bounds if bound <= day)), []).append(day)
    return list(shelves.values())


def _mark(lake: Lake, marks: Mapping[date, str], days: list[date]) -> str:
    told = [f"{lake.name} {VERSION}", *(f"{day} {marks[day]}" for day in days)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def _add_up(lake: Lake, missing: list[list[date]], files: Mapping[date, Path]) -> list[Ran]:
    """Add up what each of the missing files is to hold, all in one pass over the purchases, and save them."""
    rows = [{"occurred_on": day, "since": days[0]} for days in missing for day in days]
    lake.put(TABLES["rolled_days"], pa.Table.from_pylist(rows, schema=arrow.schema(TABLES["rolled_days"])))
    ran = steps.run(lake, "value/record_shelves")
    for days in missing:
        steps.run(lake, "value/record_shelf", since=days[0])
        lake.save(TABLES["record_shelf"], files[days[0]])
    lake.drop(TABLES["record_shelf"])
    return [ran]
