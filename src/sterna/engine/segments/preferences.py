"""The preference profile of segments: product, service, timing, price, channel and media, beside everybody else."""

from datetime import date, datetime, time, timedelta
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


def prefer(lake: Lake, zone: str, opening: date, cut: date) -> list[Ran]:
    """Make `preferences`, and of the customers in `segment_members` `segment_preferences`.

    By purchases from `opening` to before `cut`; hours are those of the clocks in `zone`, such as America/New_York.
    Reads customers, purchases, clean_lines, products, happenings and consents. Requests of service are happenings of
    the kind "request" with what was asked for as the subject; as long as nobody records them as events, there is no
    row of them.
    """
    lake.put(TABLES["clock"], clock(zone, opening, cut))
    return [
        steps.run(lake, "segments/preferences", opening=opening, cut=cut),
        steps.run(lake, "segments/segment_preferences"),
    ]


def clock(zone: str, opening: date, cut: date) -> pa.Table:
    """Rows of `clock`: by how many minutes the clocks of `zone` are ahead of UTC in the days from `opening` to `cut`.

    A day more on either side, because a day there is no day of UTC.
    """
    there, quarter = ZoneInfo(zone), timedelta(minutes=15)
    at = datetime.combine(opening, time.min) - timedelta(days=1)
    end = datetime.combine(cut, time.min) + timedelta(days=1)
    rows = [{"since": at, "minutes": _minutes(at, there)}]
    while at < end:
        # Clocks are set at a quarter of an hour at the finest; a day without a change is passed over at once.
        step = (
            timedelta(days=1) if _minutes(at + timedelta(days=1), there) == rows[-1]["minutes"] else quarter
        )
        at += step
        if _minutes(at, there) != rows[-1]["minutes"]:
            rows.append({"since": at, "minutes": _minutes(at, there)})
    ends = [*(row["since"] for row in rows[1:]), end + timedelta(days=1)]
    made = [row | {"until": until} for row, until in zip(rows, ends, strict=True)]
    return pa.Table.from_pylist(made, schema=arrow.schema(TABLES["clock"]))


def _minutes(at: datetime, zone: ZoneInfo) -> int:
    """By how much the clocks are ahead at an instant of UTC."""
    offset = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)
