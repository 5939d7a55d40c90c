"""What keeps a tier: low water, minimum hold, grace and one down, what a person said, and their order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.segments import Band, Holding, Scheme, check_scheme, in_words, scheme_body, scheme_of
from tests.engine.segments.placing import Ruled, Stood, judge, placing, run

OPENING, CUT, ENTERED = date(2017, 7, 1), date(2018, 1, 1), date(2017, 12, 1)
BANDS = (
    Band("bronze", 1, Decimal("0.01"), Decimal(100)),
    Band("silver", 2, Decimal(100), Decimal(500)),
    Band("gold", 3, Decimal(500)),
)
RANKS = {"none": 0, "bronze": 1, "silver": 2, "gold": 3}
CENT = Decimal("0.01")
ALL = Holding(low_water=Decimal("0.9"), minimum_hold_days=60, grace_days=30, downgrade="one_down")
OFF = Holding()


@dataclass(frozen=True)
class Case:
    """A customer before the run: the amount, where they stand, what was said of them."""

    amount: Decimal | str | int | None
    stood: Stood | None = None
    ruled: Ruled | None = None


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    with open_lake("duckdb", tmp_path_factory.mktemp("lake")) as opened:
        yield opened


def place(lake: Lake, cases: Sequence[Case], holding: Holding = ALL, cut: date = CUT) -> list[dict[str, Any]]:
    """The rows of `places`, a case each, in order."""
    names = [f"c{n:03}" for n in range(len(cases))]
    each = list(zip(names, cases, strict=True))
    scheme = placing(BANDS, OPENING, holding=holding, measure="margin")
    made = run(
        lake,
        cut,
        [scheme],
        customers=[{"customer_id": who, "unit": who, "first_seen_on": date(2016, 1, 1)} for who in names],
        values=[
            {"customer_id": who, "margin": None if case.amount is None else Decimal(case.amount)} for who, case in each
        ],
        stays=[_stay(who, case.stood) for who, case in each if case.stood],
        overrides=[
            {"customer_id": who, "scheme": "tiers", "kind": case.ruled.kind, "place": case.ruled.place,
             "ends_on": date(2018, 6, 1), "reason": "said"}
            for who, case in each if case.ruled
        ],
    )  # fmt: skip
    return sorted(made["places"], key=lambda row: str(row["customer_id"]))


def _stay(who: str, stood: Stood) -> dict[str, Any]:
    rank = RANKS[stood.place]
    return {
        "customer_id": who, "scheme": "tiers", "place": stood.place, "rank": rank, "entered_on": stood.entered,
        "before_rank": rank - 1 if stood.moved_up else None, "warned_on": stood.warned,
    }  # fmt: skip


GOLD = Stood("gold", ENTERED)


@pytest.mark.parametrize(
    ("amount", "place_at", "held_by", "missing"),
    [
        ("499.99", "gold", "low water", "0.01"),
        ("500.00", "gold", None, None),
        ("500.01", "gold", None, None),
        ("450.01", "gold", "low water", "49.99"),
        ("450.00", "gold", "low water", "50.00"),
        ("449.99", "gold", "grace", "50.01"),
    ],
)
def test_at_the_edge_and_at_the_low_water_mark_and_a_cent_beside(lake, amount, place_at, held_by, missing):
    [row] = place(lake, [Case(amount, GOLD)])
    assert (row["to_place"], row["held_by"]) == (place_at, held_by)
    assert row["missing"] == (missing and Decimal(missing))


def test_terms_that_are_off_keep_nobody_and_tell_what_wins_the_tier_back(lake):
    [row] = place(lake, [Case("449.99", replace(GOLD, moved_up=True))], OFF)
    assert (row["to_place"], row["held_by"], row["missing"]) == ("silver", None, Decimal("50.01"))
    assert (row["earned_place"], row["earned_rank"]) == ("silver", 2)


@pytest.mark.parametrize(("days", "held"), [(0, True), (59, True), (60, False), (61, False)])
def test_who_moved_up_stays_for_the_minimum_hold_to_the_day(lake, days, held):
    holding = Holding(minimum_hold_days=60)
    entered = CUT - timedelta(days=days)
    up, first = place(
        lake, [Case(10, Stood("gold", entered, moved_up=True)), Case(10, Stood("gold", entered))], holding
    )
    assert (up["to_place"], up["held_by"]) == (("gold", "minimum hold") if held else ("bronze", None))
    assert up["hold_until"] == (entered + timedelta(days=60) if held else None)
    assert first["to_place"] == "bronze", "who did not come up is not held by it"


@pytest.mark.parametrize(("days", "held"), [(None, True), (1, True), (29, True), (30, False), (400, False)])
def test_grace_runs_from_the_first_run_that_found_them_below(lake, days, held):
    warned = None if days is None else CUT - timedelta(days=days)
    [row] = place(lake, [Case(10, replace(GOLD, warned=warned))], Holding(grace_days=30))
    since = warned or CUT
    assert (row["to_place"], row["held_by"]) == (("gold", "grace") if held else ("bronze", None))
    assert (row["warned_on"], row["hold_until"]) == (
        (since, since + timedelta(days=30)) if held else (None, None)
    )
    assert row["missing"] == Decimal(490)


@pytest.mark.parametrize("amount", ["450.00", "500.00", "900.00"])
def test_returning_ends_the_grace(lake, amount):
    [row] = place(lake, [Case(amount, replace(GOLD, warned=CUT - timedelta(days=3)))])
    assert row["to_place"] == "gold" and row["warned_on"] is None


def test_down_goes_one_tier_at_a_time_where_the_terms_say_so(lake):
    fallen = [
        Case(0, GOLD),
        Case(0, Stood("silver", ENTERED)),
        Case(0, Stood("bronze", ENTERED)),
        Case(200, GOLD),
    ]
    rows = place(lake, fallen, Holding(downgrade="one_down"))
    assert [(row["to_place"], row["held_by"]) for row in rows] == [
        ("silver", "one down"), ("bronze", "one down"), ("none", None), ("silver", None),
    ]  # fmt: skip


def test_an_unknown_amount_is_held_only_by_grace_and_what_is_missing_is_unknown(lake):
    [row] = place(lake, [Case(None, GOLD)])
    assert (row["to_place"], row["held_by"], row["missing"], row["to_amount"]) == (
        "gold",
        "grace",
        None,
        None,
    )
    [row] = place(lake, [Case(None, GOLD)], OFF)
    assert (row["to_place"], row["missing"]) == ("none", None)


@pytest.mark.parametrize(
    ("ruled", "amount", "place_at", "held_by"),
    [
        (Ruled("lock", "bronze"), 900, "bronze", "lock"),
        (Ruled("lock", "gold"), 900, "gold", "lock"),
        (Ruled("lock", "none"), 900, "none", "lock"),
        (Ruled("floor", "silver"), 10, "gold", "grace"),
        (Ruled("floor", "gold"), 10, "gold", "grace"),
        (Ruled("ceiling", "silver"), 10, "silver", "ceiling"),
        (Ruled("ceiling", "silver"), 900, "silver", "ceiling"),
        (Ruled("ceiling", "gold"), 900, "gold", None),
        (Ruled("floor", "platinum"), 900, "gold", None),
    ],
)
def test_what_a_person_said_goes_before_the_terms_and_the_amount(lake, ruled, amount, place_at, held_by):
    [row] = place(lake, [Case(amount, GOLD, ruled)])
    assert (row["to_place"], row["held_by"]) == (place_at, held_by)
    assert (row["hold_until"] == date(2018, 6, 1)) == (held_by == ruled.kind)


def test_a_floor_lifts_who_earns_less_and_says_what_is_missing(lake):
    [row] = place(lake, [Case("480.00", None, Ruled("floor", "gold"))])
    assert (row["to_place"], row["earned_place"], row["missing"]) == ("gold", "silver", Decimal("20.00"))


CASES = st.builds(
    Case,
    st.none() | st.decimals(min_value=-5, max_value=700, places=2) | st.sampled_from(
        [edge + step for edge in (Decimal(100), Decimal(90), Decimal(500), Decimal(450)) for step in (-CENT, 0, CENT)]
    ),
    st.none() | st.builds(
        Stood, st.sampled_from(list(RANKS)), st.dates(date(2017, 9, 1), date(2017, 12, 31)), st.booleans(),
        st.none() | st.dates(date(2017, 11, 15), date(2017, 12, 31)),
    ),
    st.none() | st.builds(Ruled, st.sampled_from(["lock", "floor", "ceiling"]), st.sampled_from(list(RANKS))),
)  # fmt: skip
TERMS = st.builds(
    Holding,
    low_water=st.sampled_from([Decimal(1), Decimal("0.9"), Decimal("0.3333")]),
    minimum_hold_days=st.sampled_from([0, 60]),
    grace_days=st.sampled_from([0, 30]),
    downgrade=st.sampled_from(["by_amount", "one_down"]),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=st.lists(CASES, min_size=20, max_size=40), holding=TERMS)
def test_every_place_can_be_derived_again_from_what_is_stored(lake, cases, holding):
    for case, row in zip(cases, place(lake, cases, holding), strict=True):
        wanted = judge(BANDS, holding, case.amount, case.stood, case.ruled, CUT)  # type: ignore[arg-type]
        assert (row["to_place"], row["held_by"], row["warned_on"]) == wanted
        assert RANKS[row["to_place"]] == row["to_rank"]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cases=st.lists(CASES.filter(lambda case: case.amount is not None), min_size=15, max_size=30),
    more=st.decimals(min_value=0, max_value=300, places=2),
    holding=TERMS,
)
def test_R5_more_qualifying_never_lowers_a_tier(lake, cases, more, holding):
    richer = [replace(case, amount=case.amount + more) for case in cases]
    before, after = place(lake, cases, holding), place(lake, richer, holding)
    assert all(one["to_rank"] <= two["to_rank"] for one, two in zip(before, after, strict=True))


def swing(lake: Lake, series: Sequence[Sequence[int]], holding: Holding) -> list[list[str]]:
    """Where each is put week by week from gold, beginning there; each run takes up what the one before left."""
    stood, found, cut = (
        [Stood("gold", ENTERED, moved_up=True) for _ in series],
        [["gold"] for _ in series],
        CUT,
    )
    for amounts in zip(*series, strict=True):
        rows = place(
            lake, [Case(amount, at) for amount, at in zip(amounts, stood, strict=True)], holding, cut
        )
        for index, (at, row) in enumerate(zip(stood, rows, strict=True)):
            found[index].append(row["to_place"])
            stays = row["to_place"] == at.place
            up = RANKS[row["to_place"]] > RANKS[at.place]
            stood[index] = replace(at, warned=row["warned_on"]) if stays else Stood(row["to_place"], cut, up)
        cut += timedelta(days=7)
    return found


def falls(found: Sequence[str]) -> int:
    return sum(RANKS[one] > RANKS[two] for one, two in pairwise(found))


def test_amounts_swinging_twenty_percent_round_the_mark_change_a_tier_at_most_once_a_period(lake):
    drawn = Random(5)
    series = [[drawn.randint(400, 600) for _ in range(27)] for _ in range(25)]
    assert max(map(falls, swing(lake, series, Holding(low_water=Decimal("0.8"))))) == 0
    # Half a year of weeks: down once when the hold of the move up has run out, and up again begins another hold.
    assert max(map(falls, swing(lake, series, Holding(minimum_hold_days=184)))) == 1
    assert min(map(falls, swing(lake, series, OFF))) > 1, "without terms they flap"


def test_a_fall_that_stays_is_one_change_and_a_dip_in_grace_is_none(lake):
    dips, fall = swing(lake, [[490, 600, 480, 600] * 2, [490] * 8], Holding(grace_days=30))
    assert set(dips) == {"gold"}
    assert fall == ["gold"] * 6 + ["silver"] * 3


def test_R5_a_scheme_without_terms_reads_as_before_there_were_any():
    plain = Scheme(name="value", currency="USD", window_months=6, bands=BANDS, cut={"edges": "as written"})
    body = scheme_body(plain)
    assert set(body) == {"name", "measure", "currency", "window_months", "bands", "cut"}
    assert scheme_of(body) == plain
    kept = Scheme(
        name="value", currency="USD", window_months=6, bands=BANDS, holding=ALL, change_limit=Decimal("0.25")
    )
    assert scheme_of(scheme_body(kept)) == kept


@pytest.mark.parametrize(
    ("holding", "said"),
    [
        (Holding(low_water=Decimal(0)), "its low-water mark is 0: a share of the low edge above 0"),
        (Holding(low_water=Decimal("1.1")), "its low-water mark is 1.1"),
        (Holding(low_water=Decimal("0.33333")), "four decimal places at most"),
        (Holding(low_water=Decimal("NaN")), "its low-water mark is NaN"),
        (Holding(minimum_hold_days=-1), "its minimum hold is -1 days"),
        (Holding(grace_days=3661), "its grace is 3661 days"),
        (Holding(downgrade="sideways"), "it goes down 'sideways'"),  # type: ignore[arg-type]
    ],
)
def test_terms_that_make_no_sense_are_refused_by_name(holding, said):
    with pytest.raises(BadInput, match=said.replace("(", ".")):
        check_scheme(Scheme(name="value", currency="USD", window_months=6, bands=BANDS, holding=holding))


@pytest.mark.parametrize("limit", ["0", "1.5", "-0.1", "NaN"])
def test_a_limit_that_is_no_share_is_refused(limit):
    with pytest.raises(BadInput, match="its limit of changes is"):
        check_scheme(
            Scheme(name="value", currency="USD", window_months=6, bands=BANDS, change_limit=Decimal(limit))
        )


def test_the_terms_are_told_in_a_sentence():
    assert in_words(OFF) == "The amount alone decides at every run."
    assert in_words(ALL) == (
        "90 % of the low edge keeps a tier; who moves up stays for 60 days at least; who falls below keeps the tier "
        "for 30 days and is warned; down goes one tier at a time."
    )
