"""What stands beside a place: where the opening was read from, what is missing, until when; recounted by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine.lake import open_lake
from sterna.engine.segments import Band, Holding
from tests.engine.segments.placing import Stood, judge, place_of, placing, run

OPENING, CUT = date(2017, 7, 1), date(2018, 1, 1)
BANDS = (
    Band("bronze", 1, Decimal(1), Decimal(100)),
    Band("silver", 2, Decimal(100), Decimal(300)),
    Band("gold", 3, Decimal(300)),
)
RANKS = {"none": 0} | {band.place: band.rank for band in BANDS}
LOWS = {band.place: band.low for band in BANDS}
HOLDING = Holding(low_water=Decimal("0.8"), minimum_hold_days=60, grace_days=30)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    with open_lake("duckdb", tmp_path_factory.mktemp("lake")) as opened:
        yield opened


def people(number: int, first_seen_on: date = date(2016, 1, 1)) -> list[dict]:
    return [
        {"customer_id": f"c{n:03}", "unit": f"c{n:03}", "first_seen_on": first_seen_on} for n in range(number)
    ]


AMOUNTS = st.decimals(min_value=0, max_value=500, places=2)
STAY = st.tuples(st.sampled_from([*RANKS, "platinum"]), st.integers(0, 300), st.none() | st.integers(1, 200))


def opening_by_hand(stay: tuple | None, before: Decimal) -> str:
    """Where somebody opened: the stay of that day in a place that is still one, else by the window before."""
    if stay is not None:
        place, began, length = stay
        first = date(2017, 1, 1) + timedelta(days=began)
        end = None if length is None else first + timedelta(days=length)
        if first <= OPENING and (end is None or end > OPENING) and place in RANKS:
            return place
    return place_of(BANDS, before)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.tuples(st.none() | STAY, AMOUNTS), min_size=10, max_size=30))
def test_R4_the_opening_is_where_history_or_else_the_window_before_puts_them(lake, drawn):
    stays = []
    for n, (stay, _) in enumerate(drawn):
        if stay is not None:
            first = date(2017, 1, 1) + timedelta(days=stay[1])
            left = None if stay[2] is None else first + timedelta(days=stay[2])
            stays.append(
                {
                    "customer_id": f"c{n:03}",
                    "scheme": "tiers",
                    "place": stay[0],
                    "rank": 1,
                    "entered_on": first,
                    "left_on": left,
                }
            )
    values = [{"customer_id": f"c{n:03}", "spend_before": before} for n, (_, before) in enumerate(drawn)]
    made = run(lake, CUT, [placing(BANDS, OPENING)], customers=people(len(drawn)), values=values, stays=stays)
    rows = sorted(made["places"], key=lambda row: row["customer_id"])
    assert [row["from_place"] for row in rows] == [opening_by_hand(stay, before) for stay, before in drawn]
    assert [row["from_rank"] for row in rows] == [RANKS[row["from_place"]] for row in rows]
    assert [row["from_amount"] for row in rows] == [before for _, before in drawn]
    assert sum(cell["customers"] for cell in made["matrix"]) == len(drawn)


HELD = st.builds(
    Stood,
    st.sampled_from(list(RANKS)),
    st.dates(date(2017, 10, 1), date(2017, 12, 31)),
    st.booleans(),
    st.none() | st.dates(date(2017, 11, 20), date(2017, 12, 31)),
)


def beside_by_hand(amount: Decimal, stood: Stood) -> tuple[Decimal | None, date | None]:
    """(missing, hold_until) by the words of the how-to."""
    place, held_by, warned = judge(BANDS, HOLDING, amount, stood, None, CUT)
    earned = RANKS[place_of(BANDS, amount)]
    missing = None
    if earned < RANKS[stood.place]:
        missing = LOWS[stood.place] - amount
    until = None
    if held_by == "minimum hold":
        until = stood.entered + timedelta(days=HOLDING.minimum_hold_days)
    if held_by == "grace":
        assert warned is not None and place == stood.place
        until = warned + timedelta(days=HOLDING.grace_days)
    return missing, until


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.tuples(AMOUNTS, HELD), min_size=10, max_size=30))
def test_what_is_missing_and_until_when_is_what_somebody_would_reckon(lake, drawn):
    stays = [
        {
            "customer_id": f"c{n:03}",
            "scheme": "tiers",
            "place": stood.place,
            "rank": RANKS[stood.place],
            "before_rank": RANKS[stood.place] - 1 if stood.moved_up else None,
            "entered_on": stood.entered,
            "warned_on": stood.warned,
        }
        for n, (_, stood) in enumerate(drawn)
    ]
    values = [{"customer_id": f"c{n:03}", "spend": amount} for n, (amount, _) in enumerate(drawn)]
    made = run(
        lake,
        CUT,
        [placing(BANDS, OPENING, holding=HOLDING)],
        customers=people(len(drawn)),
        values=values,
        stays=stays,
    )
    rows = sorted(made["places"], key=lambda row: row["customer_id"])
    assert [(row["missing"], row["hold_until"]) for row in rows] == [beside_by_hand(*each) for each in drawn]


@pytest.mark.parametrize("first_seen_on", [OPENING, OPENING + timedelta(days=40)])
def test_R4_a_newcomer_is_new_whatever_stay_was_written_of_them(lake, first_seen_on):
    stays = [
        {
            "customer_id": "c000",
            "scheme": "tiers",
            "place": "gold",
            "rank": 3,
            "entered_on": date(2017, 1, 1),
        }
    ]
    values = [{"customer_id": "c000", "spend": Decimal(500)}]
    made = run(
        lake,
        CUT,
        [placing(BANDS, OPENING)],
        customers=people(1, first_seen_on),
        values=values,
        stays=stays,
    )
    [row] = made["places"]
    assert (row["from_place"], row["from_rank"], row["from_amount"]) == ("new", None, None)
    assert (row["to_place"], row["held_by"]) == ("gold", None)


def test_the_second_run_of_the_same_facts_changes_nothing(lake):
    values = [{"customer_id": f"c{n:03}", "spend": Decimal(n * 25)} for n in range(20)]
    scheme = placing(BANDS, OPENING, holding=HOLDING)
    first = run(lake, CUT, [scheme], customers=people(20), values=values)["places"]
    stays = [
        {
            "customer_id": row["customer_id"],
            "scheme": "tiers",
            "place": row["to_place"],
            "rank": row["to_rank"],
            "entered_on": CUT,
        }
        for row in first
    ]
    later = CUT + timedelta(days=1)
    again = run(lake, later, [scheme], customers=people(20), values=values, stays=stays)["places"]
    kept = ("customer_id", "to_place", "to_rank", "held_by", "missing", "warned_on")
    assert [[row[name] for name in kept] for row in again] == [[row[name] for name in kept] for row in first]
