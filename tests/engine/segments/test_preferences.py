"""The preference profile of segments equals a naive recount in Python, and hours are those of the program's clock."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from sterna.engine import steps
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.segments.preferences import KINDS, clock, prefer
from sterna.engine.tables import TABLES

ZONE, OPENING, CUT = "America/New_York", date(2024, 1, 1), date(2024, 7, 1)
SCHEMES = {"needs": ("even", "odd"), "thirds": ("one", "two", "three")}
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
        "segment_places": [
            {"customer_id": name, "scheme": scheme, "to_place": segments[index % len(segments)]}
            for scheme, segments in SCHEMES.items()
            for index, name in enumerate(names)
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
        if not OPENING <= purchase["occurred_on"] < CUT:
            continue
        who, product = purchase["customer_id"], products.get(line["product_id"], {})
        # What came back is taken off the spend, and has no price of its own.
        counts["category", who][product.get("department")] += line["amount"]
        counts["brand", who][product.get("brand")] += line["amount"]
        if line["amount"] <= 0:
            continue
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
        above = {item: times for item, times in counted.items() if times > 0}
        if above:
            made[key] = {item: float(times / sum(above.values())) for item, times in above.items()}
    for who in paid:
        made.setdefault(("price", who), {})["mean price of an item"] = float(paid[who] / pieces[who])
    for who in told:
        made.setdefault(("price", who), {})["lines bought on discount"] = off[who] / told[who]
    for row in given["consents"]:
        said = made.setdefault(("consented", row["customer_id"]), {})
        said[row["medium"]] = max(said.get(row["medium"], 0.0), float(row["granted"]))
    return made


def recounted(given: dict[str, list[dict]]) -> dict[tuple[str, str, str, str], tuple]:
    """By scheme, segment, kind and item: how many customers, of how many, their mean, and that of everybody else."""
    told, found = figures(given), {}
    for scheme in {row["scheme"] for row in given["segment_places"]}:
        of = {
            row["customer_id"]: row["to_place"] for row in given["segment_places"] if row["scheme"] == scheme
        }
        for segment in set(of.values()):
            for kind in KINDS:
                for key, row in _compared(told, of, segment, kind):
                    found[scheme, segment, kind, key] = row
    return found


def _compared(told: dict, of: dict[str, str], segment: str, kind: str):
    sides = [
        [items for (its, who), items in told.items() if its == kind and (of[who] == segment) == here]
        for here in (True, False)
    ]
    for item in {item for items in [*sides[0], *sides[1]] for item in items}:
        alone = kind in ("price", "consented")
        both = [[items.get(item, 0.0) for items in side if item in items or not alone] for side in sides]
        if both[0]:
            means = [sum(numbers) / len(numbers) if numbers else None for numbers in both]
            yield item, (sum(number > 0 for number in both[0]), len(both[0]), *means)


def made(lake: Lake, given: dict[str, list[dict]], least: int = 1) -> dict[tuple[str, str, str, str], dict]:
    """The rows that the steps make of a shop, by what they are about."""
    for name, rows in given.items():
        put(lake, name, rows)
    steps.run(lake, "value/category_spend", opening=OPENING, cut=CUT)
    prefer(lake, ZONE, OPENING, CUT, least)
    rows = lake.fetch(TABLES["segment_preferences"]).to_pylist()
    return {(row["scheme"], row["segment"], row["kind"], row["item"]): row for row in rows}


@pytest.mark.parametrize("seed", [1, 2])
def test_R77_the_profile_equals_a_naive_recount(lake, seed):
    given = shop(seed)
    found, wanted = made(lake, given), recounted(given)
    assert found.keys() == wanted.keys() and {kind for _, _, kind, _ in found} == set(KINDS)
    for key, (customers, known, share, others) in wanted.items():
        row = found[key]
        assert (row["customers"], row["known"]) == (customers, known), key
        assert row["share"] == pytest.approx(share, abs=1e-9)
        assert row["share_others"] == pytest.approx(others, abs=1e-9)
        assert row["lift"] == (pytest.approx(share / others, rel=1e-6) if others else None)
    weekdays = [row["share"] for key, row in found.items() if key[:3] == ("needs", "odd", "weekday")]
    assert sum(weekdays) == pytest.approx(1)


def test_R77_a_segment_of_everybody_has_nobody_to_be_compared_with(lake):
    names = [f"c{n:02}" for n in range(30)]
    alone = [{"customer_id": name, "scheme": "needs", "to_place": "all"} for name in names]
    rows = made(lake, shop(3) | {"segment_places": alone}).values()
    assert rows and all(row["share_others"] is None and row["lift"] is None for row in rows)


def test_R77_what_few_of_a_scheme_ask_for_is_told_of_none_of_its_segments(lake):
    given = shop(6)
    asked = {
        "customer_id": "c01",
        "kind": "request",
        "occurred_on": OPENING,
        "subject": "a cake for Anna Quint",
    }
    given["happenings"] += [asked | {"event_id": "h900", "touchpoint": "web", "direction": "inbound"}]
    whole, few = made(lake, given), made(lake, given, 4)
    assert {key[3] for key in whole.keys() - few.keys()} == {"a cake for Anna Quint"}
    # Days and prices are of a fixed list, and name nobody: they stay however few there are.
    assert {kind for _, _, kind, _ in made(lake, given, 1_000)} == {
        *("weekday", "hour", "month", "price", "consented"),
    }


@pytest.mark.spark
def test_R77_both_engines_tell_the_same_profile(lake, spark_lake):
    one, other = (made(each, shop(4)) for each in (lake, spark_lake))
    assert one.keys() == other.keys() and len(one) > 100
    for key, row in one.items():
        for name, figure in row.items():
            wanted = pytest.approx(figure, rel=1e-9) if isinstance(figure, float) else figure
            assert other[key][name] == wanted, (key, name)


def test_R77_where_nobody_has_segments_nothing_is_made(lake):
    given = shop(5)
    found = made(lake, given | {"segment_places": []})
    assert found == {}
    # What was numbered and joined for it is gone: it is as long as all the purchases.
    assert made(lake, given)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_R77_the_clock_knows_every_hour_of_the_window(zone):
    rows = clock(zone, OPENING, CUT).to_pylist()
    chance = random.Random(4)
    for _ in range(300):
        at = datetime(2023, 12, 31, 12) + timedelta(minutes=chance.randrange(183 * 24 * 60))
        [row] = [row for row in rows if row["since"] <= at < row["until"]]
        assert row["day"] == at.date()
        there = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert at + timedelta(minutes=row["minutes"]) == there
