"""The preference profile of one segment as sections of a page: what it prefers more and less than everybody else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sterna.desk.dashboards.page import Section
from sterna.desk.web.components import Column, Component, Empty, Row, Table
from sterna.desk.web.formats import decimal, money_exact, percent
from sterna.engine.segments.preferences import KINDS

FEW = 20  # customers; what fewer prefer is not told as a preference of the segment
_MOST = 6  # rows of a kind that has many items
_ALL = ("weekday", "month", "price", "touchpoint", "answered", "consented")  # short enough to be shown whole
_TITLES = {
    "product": "What do they buy?",
    "service": "Which services do they ask for?",
    "timing": "When do they buy?",
    "price": "At what price?",
    "channel": "Where do they buy?",
    "media": "By which media can they be reached, and do they answer?",
}
_KINDS = {
    "category": "category",
    "brand": "brand",
    "service": "service",
    "weekday": "day",
    "hour": "hour",
    "month": "month",
    "price": "price",
    "touchpoint": "touchpoint",
    "answered": "answered by",
    "consented": "consents to",
}
_NONE = {"service": "No request of a service is recorded as an event of this segment."}


@dataclass(frozen=True)
class Preference:
    """A row of `segment_preferences` of one segment; `share_others` and `lift` are None where there is nobody else."""

    kind: str
    item: str
    customers: int
    share: float
    share_others: float | None
    lift: float | None


def profile(rows: Iterable[Preference], currency: str) -> list[Section]:
    """The sections of a profile, product first; what stands out most is first in each."""
    by_kind: dict[str, list[Preference]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    return [
        Section([_table(topic, by_kind, currency)], title, _LEADS.get(topic, ""))
        for topic, title in _TITLES.items()
    ]


_LEADS = {
    "product": f"By lift: the share here beside that of all others. Under {FEW} customers nothing is told.",
    "timing": "Shares of their own purchases, each customer weighing the same.",
    "media": "Answered: the share of their own inbound contacts. Consents: the share of those who were asked.",
}


def _table(topic: str, by_kind: dict[str, list[Preference]], currency: str) -> Component:
    kinds = [kind for kind, its in KINDS.items() if its == topic]
    shown = [row for kind in kinds for row in _chosen(kind, by_kind.get(kind, ()))]
    rows = [
        Row(
            [
                _KINDS[row.kind],
                _item(row),
                row.customers,
                _figure(row, row.share, currency),
                _figure(row, row.share_others, currency),
                "only here" if row.lift is None and row.share_others is not None else _lift(row.lift),
            ]
        )
        for row in shown
    ]
    columns = [
        Column("kind", "What"),
        Column("item", "Which"),
        Column("customers", "Customers", "number"),
        Column("share", "In this segment"),
        Column("others", "All others"),
        Column("lift", "Lift"),
    ]
    why = _NONE.get(topic, f"Nothing of it is known of {FEW} or more of this segment.")
    return Table(_TITLES[topic].rstrip("?"), columns, rows, empty=Empty(_TITLES[topic], why), stacks=True)


def _chosen(kind: str, rows: Sequence[Preference]) -> list[Preference]:
    """The rows of a kind to show: all in their own order, or those that stand out most."""
    if kind in _ALL:
        return sorted(rows, key=lambda row: row.item) if any(row.customers >= FEW for row in rows) else []
    known = [row for row in rows if row.customers >= FEW]
    return sorted(known, key=lambda row: (row.lift is not None, -(row.lift or 0), row.item))[:_MOST]


def _item(row: Preference) -> str:
    """The item as people say it: days without the number that orders them, hours as a span."""
    if row.kind == "weekday":
        return row.item[2:]
    if row.kind == "hour":
        return f"{row.item}:00 to {row.item}:59"
    return row.item


def _figure(row: Preference, figure: float | None, currency: str) -> str:
    if figure is None:
        return "nobody else"
    if row.item == "mean price of an item" and row.kind == "price":
        return money_exact(figure, currency)
    return percent(figure, 1)


def _lift(lift: float | None) -> str:
    return "cannot tell" if lift is None else f"{decimal(lift, 2)} times"
