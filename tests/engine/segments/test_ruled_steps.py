"""Placing by rules step by step, by hand: ties, openings, several schemes at once, what the matrix is told."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import segments as room
from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.rules import All, AnyOf, Behavior, HasFact, Household, InPlace, Not, Worth
from sterna.engine.segments.ruled import (
    Ruled,
    Seat,
    check_ruled,
    place_by_rules,
    read_ruled,
    rules_of,
    seats,
    variables,
)
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import rows
from tests.engine.rules.drawn_rules import ON
from tests.engine.segments.by_rules import OPENING, customers, placed, segments, stages, stood, worth


def most(spend: int) -> Worth:
    return Worth(measure="spend", most=Decimal(spend))


def listed(lake, table: str) -> list[dict]:
    return lake.fetch(TABLES[table]).to_pylist()


def joined(lake) -> None:
    """Add up what was placed, with whatever tiers there are, as a turn does after the rules."""
    for table in ("bands", "schemes"):
        lake.put(TABLES[table], rows(table))
    steps.run(lake, "segments/places")
    steps.run(lake, "segments/matrix")


SMALL, BIG = Seat(place="small", enter=worth(1)), Seat(place="big", enter=worth(10))


def test_R72_of_two_stages_that_take_somebody_the_later_one_does_and_of_two_segments_the_first(lake):
    customers(lake, ann=50)
    assert placed(lake, stages(SMALL, BIG), segments(SMALL, BIG)) == {
        ("life", "ann"): "big",
        ("needs", "ann"): "small",
    }


@pytest.mark.parametrize(
    ("stands", "spend", "goes"),
    [
        ("big", 50, "small"),  # its rule to leave holds as well as the one to enter: leaving goes first
        ("big", 20, "big"),
        ("big", 5, "big"),  # could not enter any more, and is not told to leave
        ("small", 50, "big"),  # a later stage goes before leaving
        ("small", 5, "small"),
        ("small", 0, "none"),
        ("none", 0, "none"),
        ("none", 50, "big"),
    ],
)
def test_R72_on_out_or_stay(lake, stands, spend, goes):
    scheme = stages(
        Seat(place="small", enter=worth(1), leave=most(0)),
        Seat(place="big", enter=worth(10), leave=worth(40)),
    )
    customers(lake, ann=spend)
    if stands != "none":
        stood(lake, ("ann", "life", stands, 9))
    assert placed(lake, scheme) == {("life", "ann"): goes}


def test_R72_falling_out_of_the_first_stage_can_lead_nowhere_and_never_to_the_same_one(lake):
    only = stages(Seat(place="all", enter=worth(0), leave=worth(5)))
    customers(lake, ann=5, bob=4)
    stood(lake, ("ann", "life", "all", 9), ("bob", "life", "all", 9))
    assert placed(lake, only) == {("life", "ann"): "none", ("life", "bob"): "all"}


def test_without_customers_all_is_empty_and_the_matrix_stands_with_no_shares(lake):
    customers(lake)
    assert placed(lake, segments(SMALL), stages(BIG)) == {}
    joined(lake)
    assert [listed(lake, table) for table in ("rule_hits", "memberships", "places")] == [[], [], []]
    grid = {(row["scheme"], row["from_place"], row["to_place"]) for row in listed(lake, "matrix")}
    assert grid == {
        *(
            ("needs", start, end)
            for start in ("small", "others", "none", "new")
            for end in ("small", "others", "none")
        ),
        *(("life", start, end) for start in ("big", "none", "new") for end in ("big", "none")),
    }
    assert {(row["customers"], row["opening"], row["share"]) for row in listed(lake, "matrix")} == {
        (0, 0, None)
    }


def test_without_schemes_nobody_is_placed_and_everybody_still_stands_where_they_stood(lake):
    customers(lake, ann=5)
    stood(lake, ("ann", "groups", "A", 10))
    ran = place_by_rules(lake, [], ON, OPENING)
    assert [each.step for each in ran] == ["segments/memberships"]
    assert [listed(lake, table) for table in ("seats", "stage_places", "segment_places")] == [[], [], []]
    (member,) = listed(lake, "memberships")
    assert member == {
        "customer_id": "ann",
        "scheme": "groups",
        "place": "A",
        "entered_on": ON - timedelta(days=10),
    }


def test_yesterdays_places_of_a_kind_without_schemes_are_gone(lake):
    customers(lake, ann=5)
    assert placed(lake, stages(SMALL), segments(SMALL)).keys() == {("life", "ann"), ("needs", "ann")}
    assert placed(lake, segments(SMALL)).keys() == {("needs", "ann")}
    assert placed(lake, stages(SMALL)).keys() == {("life", "ann")}


def test_a_scheme_whose_rules_hold_of_nobody_puts_everybody_into_the_rest_or_into_none(lake):
    customers(lake, ann=5, bob=None)
    never = Seat(place="never", enter=HasFact(fact_class="jet"))
    assert placed(lake, segments(never), stages(never)) == {
        ("needs", "ann"): "others", ("needs", "bob"): "others", ("life", "ann"): "none", ("life", "bob"): "none",
    }  # fmt: skip


def test_many_schemes_of_both_kinds_at_once_do_not_read_each_others_letters(lake):
    spends = {f"c{spend}": spend for spend in (0, 1, 3, 7, 12)}
    customers(lake, **spends)
    schemes, expected = [], {}
    for shift in range(3):
        # Six stages with a rule to leave each: the letters of the last ones stand at places of two digits.
        edges = range(shift + 1, shift + 13, 2)
        life = [Seat(place=f"from {low}", enter=worth(low), leave=most(low - 1)) for low in edges]
        schemes += [
            stages(*life, name=f"life {shift}"),
            segments(*reversed(life_of(life)), name=f"needs {shift}"),
        ]
        for name, spend in spends.items():
            reached = [low for low in edges if low <= spend]
            expected[f"life {shift}", name] = f"from {reached[-1]}" if reached else "none"
            expected[f"needs {shift}", name] = f"from {reached[-1]}" if reached else "others"
    assert placed(lake, *schemes) == expected
    assert len(listed(lake, "seats")) == 3 * (6 + 7)


def life_of(found: list[Seat]) -> list[Seat]:
    """The same places without a rule to leave."""
    return [Seat(place=seat.place, enter=seat.enter) for seat in found]


def test_the_letters_of_places_are_counted_through_all_schemes_and_the_rest_has_none():
    life = stages(SMALL, Seat(place="big", enter=worth(10), leave=most(4)))
    needs = segments(SMALL, BIG)
    laid = [
        (row["scheme"], row["place"], row["rank"], row["enter_at"], row["leave_at"])
        for row in seats([life, needs]).to_pylist()
    ]
    assert laid == [
        ("life", "small", 1, 1, None),
        ("life", "big", 2, 2, 3),
        ("needs", "small", 1, 4, None),
        ("needs", "big", 2, 5, None),
        ("needs", "others", 3, None, None),
    ]
    assert rules_of(life) == [worth(1), worth(10), most(4)]


def seen(lake, **first: date) -> None:
    """When customers were first seen."""
    known = [{"customer_id": name, "unit": name, "first_seen_on": on} for name, on in first.items()]
    lake.put(TABLES["customers"], rows("customers", *known))


def test_R84_a_row_begins_where_somebody_stood_on_the_opening_day_itself(lake):
    day = timedelta(days=1)
    spends = dict.fromkeys(("begins", "ends", "today", "yesterday", "stays"), 20)
    customers(lake, **spends)
    seen(lake, **{name: date(2016, 1, 1) for name in spends} | {"today": OPENING, "yesterday": OPENING - day})
    measured = [
        {"customer_id": name, "spend": Decimal(20), "spend_before": Decimal(8)}
        for name in spends
        if name != "stays"
    ]
    lake.put(TABLES["values"], rows("values", *measured))
    past = [
        {"customer_id": "begins", "place": "small", "rank": 1, "entered_on": OPENING},
        {
            "customer_id": "ends",
            "place": "small",
            "rank": 1,
            "entered_on": date(2016, 2, 1),
            "left_on": OPENING,
        },
        {"customer_id": "stays", "place": "old", "rank": 7, "entered_on": date(2016, 2, 1)},
        # What a source knew before we did: a stay of who was first seen in the window opens nothing.
        {"customer_id": "today", "place": "small", "rank": 1, "entered_on": date(2016, 2, 1)},
    ]
    for scheme, table in ((stages(SMALL, BIG), "stage_places"), (segments(BIG, SMALL), "segment_places")):
        lake.put(TABLES["stays"], rows("stays", *({"scheme": scheme.name} | row for row in past)))
        place_by_rules(lake, [scheme], ON, OPENING)
        found = {
            row["customer_id"]: (row["from_place"], row["from_rank"], row["from_amount"], row["to_amount"])
            for row in listed(lake, table)
        }
        assert found == {
            "begins": ("small", 1, 8, 20),
            "ends": ("none", 0, 8, 20),
            "stays": ("old", 7, 0, 0),  # whom nobody measured bought nothing
            "today": ("new", None, None, 20),
            "yesterday": ("none", 0, 8, 20),
        }


def test_R72_a_place_has_the_rank_of_its_position_and_none_is_below_all(lake):
    customers(lake, ann=50, bob=5, eve=None)
    place_by_rules(lake, [stages(SMALL, BIG), segments(BIG, SMALL)], ON, OPENING)
    ranks = {
        table: {row["customer_id"]: row["to_rank"] for row in listed(lake, table)}
        for table in ("stage_places", "segment_places")
    }
    assert ranks == {
        "stage_places": {"ann": 2, "bob": 1, "eve": 0},
        "segment_places": {"ann": 1, "bob": 2, "eve": 3},
    }


def test_R84_who_stays_has_stood_there_since_the_first_day_and_who_moves_since_this_one(lake):
    customers(lake, ann=50, bob=5, eve=None)
    stood(
        lake,
        ("ann", "life", "big", 40),
        ("bob", "life", "big", 40),
        ("eve", "life", "big", 40),
        ("eve", "groups", "B", 9),
    )
    place_by_rules(
        lake, [stages(SMALL, Seat(place="big", enter=worth(10), leave=Not(of=worth(6))))], ON, OPENING
    )
    found = {
        (row["scheme"], row["customer_id"]): (row["place"], (ON - row["entered_on"]).days)
        for row in listed(lake, "memberships")
    }
    assert found == {
        ("life", "ann"): ("big", 40),
        ("life", "bob"): ("small", 0),
        ("life", "eve"): ("none", 0),
        ("groups", "eve"): ("B", 9),
    }


def test_R84_stages_see_segments_and_other_stages_as_they_were_before_this_turn(lake):
    customers(lake, ann=50, bob=50)
    stood(lake, ("bob", "needs", "big", 5), ("bob", "other", "big", 5))
    in_needs, in_other = (InPlace(scheme=name, among=("big",)) for name in ("needs", "other"))
    life = stages(Seat(place="needs", enter=in_needs), Seat(place="both", enter=All(of=(in_needs, in_other))))
    found = placed(lake, life, stages(BIG, name="other"), segments(BIG))
    assert {name: found["life", name] for name in ("ann", "bob")} == {"ann": "none", "bob": "both"}
    # A segment asks of the stages what this turn made of them.
    asked = segments(Seat(place="big", enter=InPlace(scheme="other", among=("big",), least_days=0)))
    assert placed(lake, stages(BIG, name="other"), asked)["needs", "ann"] == "big"


def test_places_are_those_of_tiers_with_what_holds_them_and_those_by_rules_without(lake):
    customers(lake, ann=50, bob=5)
    tier = {
        "customer_id": "ann", "scheme": "tiers", "from_place": "high", "to_place": "high", "from_rank": 3, "to_rank": 3,
        "from_amount": Decimal(90), "to_amount": Decimal("50.01"), "first_seen_on": date(2016, 1, 1),
        "earned_place": "middle", "earned_rank": 2, "held_by": "grace", "missing": Decimal("9.99"),
        "hold_until": date(2017, 8, 1), "warned_on": date(2017, 6, 1),
    }  # fmt: skip
    lake.put(TABLES["tier_places"], rows("tier_places", tier))
    place_by_rules(lake, [segments(BIG), stages(SMALL)], ON, OPENING)
    joined(lake)
    found = listed(lake, "places")
    assert tier in found
    ruled = {(row["scheme"], row["customer_id"]): row for row in found if row["scheme"] != "tiers"}
    assert {
        key: (row["to_place"], row["earned_place"], row["earned_rank"]) for key, row in ruled.items()
    } == {
        ("needs", "ann"): ("big", "big", 1),
        ("needs", "bob"): ("others", "others", 2),
        ("life", "ann"): ("small", "small", 1),
        ("life", "bob"): ("small", "small", 1),
    }
    for name in ("held_by", "missing", "hold_until", "warned_on"):
        assert {row[name] for row in ruled.values()} == {None}
    # A tier's scheme that nobody laid out has no grid, and takes nothing from those that have one.
    assert {row["scheme"] for row in listed(lake, "matrix")} == {"needs", "life"}


people_drawn = st.lists(
    st.tuples(
        st.none() | st.integers(0, 30),
        st.sampled_from(["old", "new"]),
        st.sampled_from([None, "small", "big", "others", "gone", "long gone"]),
    ),
    max_size=12,
)


@settings(max_examples=20)
@given(people_drawn)
def test_R84_every_row_of_the_matrix_sums_to_its_opening_headcount_and_all_rows_to_everybody(lake, drawn):
    names = {f"c{number}": told for number, told in enumerate(drawn)}
    customers(lake, **{name: spend for name, (spend, _, _) in names.items()})
    seen(lake, **{name: OPENING if age == "new" else date(2016, 1, 1) for name, (_, age, _) in names.items()})
    stood(
        lake,
        *(
            (name, scheme, place, 300)
            for name, (_, _, place) in names.items()
            if place
            for scheme in ("needs", "life")
        ),
    )
    place_by_rules(lake, [segments(BIG, SMALL), stages(SMALL, BIG)], ON, OPENING)
    joined(lake)
    naive = Counter("new" if age == "new" else place or "none" for _, age, place in names.values())
    summed: dict = defaultdict(int)
    shares: dict = defaultdict(float)
    for row in listed(lake, "matrix"):
        summed[row["scheme"], row["from_place"]] += row["customers"]
        assert row["opening"] == naive[row["from_place"]]
        assert (row["share"] is None) == (row["opening"] == 0)
        shares[row["scheme"], row["from_place"]] += row["share"] or 0.0
    for scheme in ("needs", "life"):
        assert {place: number for (of, place), number in summed.items() if of == scheme and number} == naive
    assert all(abs(share - (1 if summed[key] else 0)) < 1e-9 for key, share in shares.items())


def test_a_place_of_an_older_version_has_a_row_and_no_column(lake):
    customers(lake, ann=50, bob=0)
    stood(lake, ("ann", "needs", "gone", 300), ("bob", "needs", "big", 300))
    place_by_rules(lake, [segments(BIG)], ON, OPENING)
    joined(lake)
    cells = {(row["from_place"], row["to_place"]): row["customers"] for row in listed(lake, "matrix")}
    assert {key: number for key, number in cells.items() if number} == {
        ("gone", "big"): 1,
        ("big", "others"): 1,
    }
    assert {end for _, end in cells} == {"big", "others", "none"}


def test_R76_what_a_scheme_looks_at_is_counted_once_whatever_its_bounds():
    bread, wine = (Behavior(category=name, least=Decimal(1)) for name in ("bread", "wine"))
    week = Behavior(category="bread", least=Decimal(3), within_days=7, household=True)
    scheme = stages(
        Seat(place="a", enter=AnyOf(of=(bread, week, worth(1)))),
        Seat(
            place="b",
            enter=Not(of=Household(of=wine)),
            leave=Worth(measure="spend", change="relative", most=Decimal(0)),
        ),
        Seat(
            place="c",
            enter=All(of=(HasFact(fact_class="jet"), HasFact(fact_class="jet", among=("no",)), worth(9))),
        ),
    )
    # Purchases of bread, those of wine, spend, its change, the jet.
    assert len(variables(scheme)) == 5


def test_all_that_is_wrong_is_said_at_once_and_by_place():
    bad = Ruled(
        name="needs",
        kind="segments",
        seats=(
            Seat(place=" ", enter=worth(1), leave=worth(2)),
            Seat(place="none", enter=Behavior()),
            Seat(place="b", enter=Not(of=Household(of=InPlace(scheme="needs", among=("b",))))),
        ),
        change_limit=Decimal("0"),
    )
    with pytest.raises(BadInput) as refused:
        check_ruled(bad)
    assert str(refused.value) == "segments needs: " + "; ".join(
        [
            "a place cannot be called ' '",
            "a place cannot be called 'none'",
            "its limit of changes is 0: a share of the members above 0, at most 1",
            "it names no segment for the rest, and somebody would be in none",
            "  has a rule to leave: a segment is left when another one, or the rest, takes over",
            "none: the rule asks for times of purchase and says neither at least nor at most how much",
            "b asks where the customer stands in needs itself",
        ]
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"seats": "all"},
            "this is no scheme of segments or stages: Expected `array`, got `str` - at `$.seats`",
        ),
        (
            {"seats": [{"place": "a", "enter": {"op": "value", "measure": "spend"}}]},
            "segments needs: a: the rule asks for spend and says neither at least nor at most how much",
        ),
        (
            {"seats": [{"place": "a", "rule": {}}]},
            "this is no scheme of segments or stages: Object contains unknown field `rule` - at `$.seats[0]`",
        ),
        ({"rest": "a"}, "segments needs: two places are called a"),
        (
            {"change_limit": "1.0001"},
            "segments needs: its limit of changes is 1.0001: a share of the members above 0, at most 1",
        ),
        (
            {"change_limit": "NaN"},
            "segments needs: its limit of changes is NaN: a share of the members above 0, at most 1",
        ),
    ],
)
def test_a_scheme_is_refused_in_one_sentence_that_says_where(change, said):
    stored = {
        "name": "needs", "kind": "segments", "rest": "others",
        "seats": [{"place": "a", "enter": {"op": "value", "measure": "spend", "least": 1}}],
    }  # fmt: skip
    assert read_ruled(stored).places == ("a", "others")
    with pytest.raises(BadInput) as refused:
        read_ruled(stored | change)
    assert str(refused.value) == said


def test_R86_stages_may_be_many_and_a_blank_is_no_reason_for_many_segments():
    ten = [Seat(place=f"s{number}", enter=worth(number)) for number in range(10)]
    assert check_ruled(stages(*ten)) == []
    with pytest.raises(BadInput, match="11 segments, more than eight: write why so many are needed"):
        check_ruled(segments(*ten, reason=" \n"))
    assert room.check_ruled(segments(*ten, reason="two countries")) != []
