"""The preference profile of segments: product, service, timing, price, channel and media, beside everybody else."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from sterna.engine import steps
from sterna.engine.lake import Lake, arrow
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES

# What each kind of row is about, in the order in which a profile is read.
KINDS = {
    "category": "product",
    "brand": "product",
    "service": "service",
    "weekday": "timing",
    "hour": "timing",
    "month": "timing",
    "price": "price",
    "touchpoint": "channel",
    "answered": "media",
    "consented": "media",
}


FEW = 20  # customers; what fewer of a whole scheme prefer is told of none of its segments
STEPS = ("numbered", "segment_members", "came", "timing_sums", "paid_brands", "goods_sums", "said_sums")
_LARGE = ("came", "paid_brands", "segment_members", "numbered")


def prefer(lake: Lake, zone: str, opening: date, cut: date, least: int = FEW) -> list[Ran]:
    """Make `segment_preferences` of everybody in `segment_places`; nothing where that is empty.

    A category, brand, service or touchpoint of fewer than `least` customers of a scheme is left out: it may be a text
    that names somebody. By purchases from `opening` to before `cut`; hours are those of the clocks in `zone`, such as
    America/New_York. Reads customers, purchases, clean_lines, products, category_spend, happenings and consents.
    Requests of service are happenings of the kind "request" with what was asked for as the subject; as long as nobody
    records them as events, there is no row of them.
    """
    lake.put(TABLES["clock"], clock(zone, opening, cut))
    ran = []
    for name in STEPS:
        takes = steps.load(f"segments/{name}").parameters
        window = {"opening": opening, "cut": cut} if takes else {}
        ran.append(steps.run(lake, f"segments/{name}", **window))
    ran.append(steps.run(lake, "segments/segment_preferences", least=least))
    # A row for every purchase: whatever comes after would have that much less memory.
    for name in _LARGE:
        lake.drop(TABLES[name])
    return ran


def none_preferred(lake: Lake) -> None:
    """Make `segment_preferences` without a row, where nobody has segments."""
    table = TABLES["segment_preferences"]
    lake.put(table, arrow.schema(table).empty_table())


def clock(zone: str, opening: date, cut: date) -> pa.Table:
    """Rows of `clock`: by how many minutes the clocks of `zone` are ahead of UTC, day by day of UTC.

    A day more than from `opening` to `cut` on either side, because a day there is no day of UTC.
    """
    there, quarter, day = ZoneInfo(zone), timedelta(minutes=15), timedelta(days=1)
    rows: list[dict[str, Any]] = []
    for number in range((cut - opening).days + 3):
        begin = datetime.combine(opening, time.min) + (number - 1) * day
        at, end = begin, begin + day
        rows.append({"day": begin.date(), "since": at, "minutes": _minutes(at, there)})
        # Clocks are set at a quarter of an hour at the finest; a day without a change is passed over at once.
        at = end if _minutes(end - quarter, there) == rows[-1]["minutes"] else at
        while (at := at + quarter) < end:
            if _minutes(at, there) != rows[-1]["minutes"]:
                rows.append({"day": begin.date(), "since": at, "minutes": _minutes(at, there)})
    ends = [row["since"] for row in rows[1:]] + [datetime.combine(cut, time.min) + 2 * day]
    made = [row | {"until": until} for row, until in zip(rows, ends, strict=True)]
    return pa.Table.from_pylist(made, schema=arrow.schema(TABLES["clock"]))


def _minutes(at: datetime, zone: ZoneInfo) -> int:
    """By how much the clocks are ahead at an instant of UTC."""
    offset = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)
