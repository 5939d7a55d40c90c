"""The preference profile of segments equals a naive recount in Python, and hours are those of the program's clock."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.segments.preferences import KINDS, clock, prefer
from sterna.engine.tables import TABLES

ZONE, OPENING, CUT = "America/New_York", date(2024, 1, 1), date(2024, 7, 1)
DAYS = ("1 Monday", "2 Tuesday", "3 Wednesday", "4 Thursday", "5 Friday", "6 Saturday", "7 Sunday")


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


def put(lake: Lake, table: str, rows: list[dict]) -> None:
    lake.put(TABLES[table], pa.Table.from_pylist(rows, schema=arrow.schema(TABLES[table])))


def shop(seed: int) -> dict[str, list[dict]]:
    """Thirty customers of two segments and none, who buy at all hours, return, ask, answer and consent."""
    chance = random.Random(seed)
    names = [f"c{number:02}" for number in range(30)]
    lines, purchases, happenings = [], [], []
    for number in range(400):
        at = datetime(2023, 12, 28) + timedelta(minutes=chance.randrange(190 * 24 * 60))
        on = at.replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE)).date()
        event = f"e{number:03}"
        bought = [
            {
                "event_id": event,
                "line_id": str(line),
                "product_id": chance.choice(["p1", "p2", "p3", "strange"]),
                "quantity": Decimal(chance.choice(["1", "2", "0.5", "0"])),
                "amount": Decimal(chance.randrange(-300, 2_000)) / 100,
                "discount": chance.choice([Decimal(0), Decimal("0.30"), None]),
            }
            for line in range(chance.randrange(1, 4))
        ]
        lines += bought
        purchases.append(
            {
                "event_id": event,
                "customer_id": chance.choice(names[:27]),
                "occurred_at": at,
                "occurred_on": on,
                "touchpoint": chance.choice(["till", "web", None]),
                "amount": sum(line["amount"] for line in bought),
            }
        )
        happenings.append(
            {
                "event_id": f"h{number}",
                "customer_id": chance.choice(names),
                "kind": chance.choice(["request", "page view"]),
                "occurred_on": on,
                "touchpoint": chance.choice(["web", "phone"]),
                "direction": chance.choice(["inbound", "outbound"]),
                "subject": chance.choice(["cake", "flowers", None]),
            }
        )
    return {
        "customers": [{"customer_id": name} for name in names],
        "segment_members": [
            {"customer_id": name, "segment": "even" if index % 2 == 0 else "odd"}
            for index, name in enumerate(names)
            if index % 5
        ],
        "products": [
            {"product_id": "p1", "department": "MEAT", "brand": "Own"},
            {"product_id": "p2", "department": "DELI", "brand": "Fine"},
            {"product_id": "p3", "department": "MEAT", "brand": None},
        ],
        "clean_lines": lines,
        "purchases": purchases,
        "happenings": happenings,
        "consents": [
            {"customer_id": name, "medium": medium, "purpose": purpose, "granted": chance.random() < 0.5}
            for name in names
            for medium in ("email", "letter")
            for purpose in ("marketing", "recognition")
            if chance.random() < 0.6
        ],
    }


def figures(given: dict[str, list[dict]]) -> dict[tuple[str, str], dict[str, float]]:
    """By kind and customer the figure of each item, counted row by row."""
    products = {row["product_id"]: row for row in given["products"]}
    bought, counts = {row["event_id"]: row for row in given["purchases"]}, defaultdict(Counter)
    paid, pieces, told, off = Counter(), Counter(), Counter(), Counter()
    for line in given["clean_lines"]:
        purchase = bought[line["event_id"]]
        if not OPENING <= purchase["occurred_on"] < CUT or line["amount"] <= 0:
            continue
        who, product = purchase["customer_id"], products.get(line["product_id"], {})
        counts["category", who][product.get("department")] += 1
        counts["brand", who][product.get("brand")] += 1
        if line["quantity"] > 0:
            paid[who] += line["amount"]
            pieces[who] += line["quantity"]
        if line["discount"] is not None:
            told[who] += 1
            off[who] += line["discount"] > 0
    for purchase in given["purchases"]:
        if OPENING <= purchase["occurred_on"] < CUT and purchase["amount"] > 0:
            there = purchase["occurred_at"].replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE))
            for kind, item in {
                "weekday": DAYS[there.weekday()],
                "hour": f"{there.hour:02}",
                "month": f"{there.month:02}",
                "touchpoint": purchase["touchpoint"],
            }.items():
                counts[kind, purchase["customer_id"]][item] += 1
    for row in given["happenings"]:
        if OPENING <= row["occurred_on"] < CUT:
            if row["kind"] == "request":
                counts["service", row["customer_id"]][row["subject"]] += 1
            if row["direction"] == "inbound":
                counts["answered", row["customer_id"]][row["touchpoint"]] += 1
    made: dict[tuple[str, str], dict[str, float]] = {}
    for key, counted in counts.items():
        counted.pop(None, None)
        if counted:
            made[key] = {item: times / counted.total() for item, times in counted.items()}
    for who in paid:
        made.setdefault(("price", who), {})["mean price of an item"] = float(paid[who] / pieces[who])
    for who in told:
        made.setdefault(("price", who), {})["lines bought on discount"] = off[who] / told[who]
    for row in given["consents"]:
        said = made.setdefault(("consented", row["customer_id"]), {})
        said[row["medium"]] = max(said.get(row["medium"], 0.0), float(row["granted"]))
    return made


def recounted(given: dict[str, list[dict]]) -> dict[tuple[str, str, str], tuple]:
    """By segment, kind and item: how many customers, their mean, and that of everybody else."""
    of, told = {row["customer_id"]: row["segment"] for row in given["segment_members"]}, figures(given)
    found = {}
    for segment in ("even", "odd"):
        for kind in KINDS:
            mine = [items for (its, who), items in told.items() if its == kind and of.get(who) == segment]
            others = [items for (its, who), items in told.items() if its == kind and of.get(who) != segment]
            for item in {item for items in [*mine, *others] for item in items}:
                both = []
                for side in (mine, others):
                    each = kind in ("price", "consented")
                    numbers = [items.get(item, 0.0) for items in side if item in items or not each]
                    both.append(sum(numbers) / len(numbers) if numbers else None)
                found[segment, kind, item] = (sum(items.get(item, 0) > 0 for items in mine), *both)
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_R77_the_profile_equals_a_naive_recount(lake, seed):
    given = shop(seed)
    for name, rows in given.items():
        put(lake, name, rows)
    prefer(lake, ZONE, OPENING, CUT)
    made = {
        (row["segment"], row["kind"], row["item"]): row
        for row in lake.fetch(TABLES["segment_preferences"]).to_pylist()
    }
    wanted = recounted(given)
    assert made.keys() == wanted.keys() and {kind for _, kind, _ in made} == set(KINDS)
    for key, (customers, share, others) in wanted.items():
        row = made[key]
        assert row["customers"] == customers
        assert row["share"] == pytest.approx(share, abs=1e-9)
        assert row["share_others"] == pytest.approx(others, abs=1e-9)
        assert row["lift"] == (pytest.approx(share / others, rel=1e-6) if others else None)
    weekdays = [
        row["share"] for (segment, kind, _), row in made.items() if (segment, kind) == ("odd", "weekday")
    ]
    assert sum(weekdays) == pytest.approx(1)


def test_R77_a_segment_of_everybody_has_nobody_to_be_compared_with(lake):
    given = shop(3) | {"segment_members": [{"customer_id": f"c{n:02}", "segment": "all"} for n in range(30)]}
    for name, rows in given.items():
        put(lake, name, rows)
    prefer(lake, ZONE, OPENING, CUT)
    rows = lake.fetch(TABLES["segment_preferences"]).to_pylist()
    assert rows and all(row["share_others"] is None and row["lift"] is None for row in rows)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_R77_the_clock_knows_every_hour_of_the_window(zone):
    rows = clock(zone, OPENING, CUT).to_pylist()
    chance = random.Random(4)
    for _ in range(300):
        at = datetime(2023, 12, 31, 12) + timedelta(minutes=chance.randrange(183 * 24 * 60))
        [row] = [row for row in rows if row["since"] <= at < row["until"]]
        there = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert at + timedelta(minutes=row["minutes"]) == there
