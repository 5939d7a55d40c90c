"""The preference profile of one segment as sections of a page: what it prefers more and less than everybody else."""

from collections.abc import Iterable, Mapping, Sequence

from sterna.desk.dashboards.page import Section
from sterna.desk.segments.profile_models import SegmentPreference
from sterna.desk.web.components import Column, Component, Empty, Row, Table
from sterna.desk.web.formats import decimal, money_exact, percent
from sterna.engine.segments.preferences import FEW, KINDS

_MORE = (
    1.2  # times as much as all others: what is told as leading; nearer to 1 it is much the same everywhere
)
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


By = Mapping[str, Sequence[SegmentPreference]]


def profile(rows: Iterable[SegmentPreference], currency: str) -> list[Section]:
    """The sections of a profile: what to set by it, then product first; what stands out most is first in each."""
    by_kind: dict[str, list[SegmentPreference]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    topics = [
        Section([_table(topic, by_kind, currency)], title, _LEADS.get(topic, ""))
        for topic, title in _TITLES.items()
    ]
    return [Section([_settings(by_kind)], "What to set by it?", _PROPOSES), *topics]


_PROPOSES = (
    "What their own purchases, answers and consents speak for. It proposes, and a person decides: write the order of "
    "media as the preference of the routes in a plan, and the categories and brands into what its assets offer."
)
_LEADS = {
    "product": f"Shares of their own spend, by lift: here by others. Of under {FEW} customers nothing is told.",
    "price": "A price is the mean of each customer's own mean.",
    "timing": "Shares of their own purchases, each customer weighing the same.",
    "media": "Answered: the share of their own inbound contacts. Consents: the share of those who were asked.",
}


def _settings(by_kind: By) -> Table:
    """Channel, merchandise, brand, media, day and price as the profile would have them set, each with why."""
    settings = (
        ("Touchpoint to lead with", _largest(by_kind, "touchpoint", 1)),
        ("Order of media", _largest(by_kind, "consented", 4)),
        ("Touchpoint where they answer", _largest(by_kind, "answered", 1)),
        ("Categories to show first", _leading(by_kind, "category")),
        ("Brands to show first", _leading(by_kind, "brand")),
        ("Day to write before", _largest(by_kind, "weekday", 1)),
        ("Hour to be there", _largest(by_kind, "hour", 1)),
        ("Price", _priced(by_kind)),
    )
    rows = [
        Row([name, ", ".join(map(_item, chosen)), "; ".join(map(_why, chosen))]) if chosen else
        Row([name, "not known", f"nothing that {FEW} or more of this segment have in common"])
        for name, chosen in settings
    ]  # fmt: skip
    columns = [Column("setting", "Setting"), Column("by", "By the profile"), Column("why", "Why")]
    return Table("Settings", columns, rows, stacks=True)


def _largest(by_kind: By, kind: str, most: int) -> list[SegmentPreference]:
    """The items of the largest shares of a kind, of enough customers of whom it is known."""
    known = [row for row in by_kind.get(kind, ()) if row.known >= FEW and row.customers >= FEW]
    return sorted(known, key=lambda row: (-row.share, row.item))[:most]


def _leading(by_kind: By, kind: str) -> list[SegmentPreference]:
    """The items that this segment prefers more than all others do."""
    known = [row for row in _largest(by_kind, kind, 100) if (row.lift or 0) >= _MORE]
    return sorted(known, key=lambda row: (-(row.lift or 0), row.item))[:3]


def _priced(by_kind: By) -> list[SegmentPreference]:
    return [row for row in _largest(by_kind, "price", 2) if row.item == "lines bought on discount"]


def _why(row: SegmentPreference) -> str:
    others = "nobody else" if row.share_others is None else f"of others {percent(row.share_others, 1)}"
    return f"{percent(row.share, 1)}, {others}"


def _table(topic: str, by_kind: By, currency: str) -> Component:
    kinds = [kind for kind, its in KINDS.items() if its == topic]
    shown = [row for kind in kinds for row in _chosen(kind, by_kind.get(kind, ()))]
    rows = [
        Row(
            [
                _KINDS[row.kind],
                _item(row),
                row.customers,
                row.known,
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
        Column("known", "Of whom it is known", "number"),
        Column("share", "In this segment"),
        Column("others", "All others"),
        Column("lift", "Lift"),
    ]
    why = _NONE.get(topic, f"Nothing of it is known of {FEW} or more of this segment.")
    return Table(_TITLES[topic].rstrip("?"), columns, rows, empty=Empty(_TITLES[topic], why), stacks=True)


def _chosen(kind: str, rows: Sequence[SegmentPreference]) -> list[SegmentPreference]:
    """The rows of a kind to show: all in their own order, or those that stand out most."""
    if kind in _ALL:
        return sorted(rows, key=lambda row: row.item) if any(row.known >= FEW for row in rows) else []
    known = [row for row in rows if row.customers >= FEW]
    return sorted(known, key=lambda row: (row.lift is not None, -(row.lift or 0), row.item))[:_MOST]


def _item(row: SegmentPreference) -> str:
    """The item as people say it: days without the number that orders them, hours as a span."""
    if row.kind == "weekday":
        return row.item[2:]
    if row.kind == "hour":
        return f"{row.item}:00 to {row.item}:59"
    return row.item


def _figure(row: SegmentPreference, figure: float | None, currency: str) -> str:
    if figure is None:
        return "nobody else"
    if row.item == "mean price of an item" and row.kind == "price":
        return money_exact(figure, currency)
    return percent(figure, 1)


def _lift(lift: float | None) -> str:
    return "cannot tell" if lift is None else f"{decimal(lift, 2)} times"
