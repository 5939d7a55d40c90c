"""Puts customers before the steps that place them by rules, with where they stood."""

from datetime import date, timedelta
from decimal import Decimal

from sterna.engine.lake import Lake
from sterna.engine.rules import Worth
from sterna.engine.segments.ruled import Ruled, Seat, place_by_rules
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import rows
from tests.engine.rules.drawn_rules import ON, lay_out

OPENING = date(2017, 1, 1)


def worth(least: int) -> Worth:
    return Worth(measure="spend", least=Decimal(least))


def segments(*seats: Seat, name: str = "needs", reason: str = "") -> Ruled:
    return Ruled(name=name, kind="segments", seats=seats, rest="others", reason=reason)


def stages(*seats: Seat, name: str = "life") -> Ruled:
    return Ruled(name=name, kind="stages", seats=seats)


def customers(lake: Lake, **spend: int | None) -> None:
    """Customers by what they spent; first seen before the opening."""
    lay_out(lake, {})
    seen = [{"customer_id": name, "unit": name, "first_seen_on": date(2016, 1, 1)} for name in spend]
    lake.put(TABLES["customers"], rows("customers", *seen))
    known = [{"customer_id": name, "spend": figure and Decimal(figure)} for name, figure in spend.items()]
    lake.put(TABLES["values"], rows("values", *known))
    for table in ("tier_places", "stays"):
        lake.put(TABLES[table], rows(table))


def stood(lake: Lake, *told: tuple[str, str, str, int]) -> None:
    """Where customers stand, and since how many days before the check."""
    found = [
        {
            "customer_id": who,
            "scheme": scheme,
            "place": place,
            "rank": 1,
            "entered_on": ON - timedelta(days=back),
        }
        for who, scheme, place, back in told
    ]
    lake.put(TABLES["stays"], rows("stays", *found))


def placed(lake: Lake, *schemes: Ruled) -> dict[tuple[str, str], str]:
    place_by_rules(lake, schemes, ON, OPENING)
    return {
        (row["scheme"], row["customer_id"]): row["to_place"]
        for table in ("stage_places", "segment_places")
        for row in lake.fetch(TABLES[table]).to_pylist()
    }
