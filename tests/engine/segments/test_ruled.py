"""Segments and stages by rules: everybody in exactly one segment, one stage at a time, up and down."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake
from sterna.engine.rules import All, AnyOf, Behavior, Consents, HasFact, InPlace, Not, Rule, Worth, holds
from sterna.engine.segments.ruled import (
    Ruled,
    Seat,
    check_ruled,
    place_by_rules,
    read_ruled,
    seat_of,
    variables,
)
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import rows
from tests.engine.rules.drawn_rules import ABOVE, CUSTOMERS, ON, lay_out, people, rules, worlds
from tests.engine.segments.by_rules import OPENING, customers, placed, segments, stages, stood, worth


def test_R77_the_first_rule_that_holds_takes_the_customer_and_the_rest_takes_everybody_else(lake):
    customers(lake, ann=50, bob=5, eve=None)
    scheme = segments(Seat(place="big", enter=worth(40)), Seat(place="any", enter=worth(1)))
    assert placed(lake, scheme) == {
        ("needs", "ann"): "big",  # both rules hold of her
        ("needs", "bob"): "any",
        ("needs", "eve"): "others",  # of the unknown no bound holds
    }


def test_R72_a_stage_is_entered_held_gone_on_from_and_fallen_out_of(lake):
    # Prospects become new with the first order, active with 10, and lapse below 5.
    scheme = stages(
        Seat(place="prospect", enter=Worth(measure="spend", most=Decimal(0))),
        Seat(place="new", enter=worth(1)),
        Seat(place="active", enter=worth(10), leave=Worth(measure="spend", most=Decimal(4))),
    )
    customers(lake, up=10, held=7, down=3, out=0, nobody=None, first=5)
    stood(lake, *((who, "life", "active", 30) for who in ("held", "down", "out")), ("up", "life", "new", 30))
    assert placed(lake, scheme) == {
        ("life", "up"): "active",
        ("life", "held"): "active",  # could not enter any more, and has no cause to leave
        ("life", "down"): "new",
        ("life", "out"): "prospect",
        ("life", "nobody"): "none",
        ("life", "first"): "new",
    }


def test_R72_who_stands_in_a_stage_that_is_no_more_begins_anew(lake):
    customers(lake, ann=5, bob=None)
    stood(lake, ("ann", "life", "gone", 3), ("bob", "life", "gone", 3))
    assert placed(lake, stages(Seat(place="new", enter=worth(1)))) == {
        ("life", "ann"): "new",
        ("life", "bob"): "none",
    }


def test_R84_where_one_stands_in_another_scheme_is_known_to_the_rules_of_the_next(lake):
    customers(lake, ann=50, bob=50, eve=50)
    tier = [{"customer_id": "ann", "scheme": "tiers", "to_place": "gold"}]
    lake.put(TABLES["tier_places"], rows("tier_places", *tier))
    # Bob is in group A since ten days, and was gold before this turn's tiers left him out.
    stood(lake, ("bob", "groups", "A", 10), ("bob", "tiers", "gold", 10), ("ann", "tiers", "gold", 3))
    life = stages(Seat(place="cared for", enter=InPlace(scheme="groups", among=("A",), least_days=10)))
    needs = segments(
        Seat(place="golden", enter=InPlace(scheme="tiers", among=("gold",), least_days=3)),
        Seat(place="kept", enter=InPlace(scheme="life", among=("cared for",))),
    )
    found = placed(lake, needs, life)
    assert found["needs", "ann"] == "golden"
    assert (found["life", "bob"], found["needs", "bob"]) == ("cared for", "kept")
    assert (found["life", "eve"], found["needs", "eve"]) == ("none", "others")


def test_R84_the_opening_place_comes_from_history_and_a_newcomer_stood_nowhere(lake):
    customers(lake, ann=1, bob=1)
    known = [
        {"customer_id": "ann", "unit": "a", "first_seen_on": date(2016, 5, 1)},
        {"customer_id": "bob", "unit": "b", "first_seen_on": OPENING},
    ]
    lake.put(TABLES["customers"], rows("customers", *known))
    then = {"scheme": "needs", "rank": 2}
    past = [
        {
            "customer_id": "ann",
            "place": "old",
            "entered_on": date(2016, 6, 1),
            "left_on": date(2017, 3, 1),
            **then,
        },
        {"customer_id": "ann", "place": "later", "entered_on": date(2017, 3, 1), **then},
    ]
    lake.put(TABLES["stays"], rows("stays", *past))
    place_by_rules(lake, [segments(Seat(place="all", enter=worth(0)))], ON, OPENING)
    found = {row["customer_id"]: row for row in lake.fetch(TABLES["segment_places"]).to_pylist()}
    assert (found["ann"]["from_place"], found["ann"]["from_rank"]) == ("old", 2)
    assert (found["bob"]["from_place"], found["bob"]["from_rank"], found["bob"]["from_amount"]) == (
        "new",
        None,
        None,
    )


@settings(max_examples=60)
@given(st.lists(rules, min_size=1, max_size=4), worlds)
def test_R77_any_rules_leave_nobody_in_none_or_in_two_and_equal_a_naive_recount(lake, asked, world):
    lay_out(lake, world)
    for table in ("tier_places", "stays"):
        lake.put(TABLES[table], rows(table))
    # Memberships come from where this turn placed people: here nowhere.
    bare = {name: one._replace(stays=()) for name, one in people(world).items()}
    bare = {
        name: one._replace(others=[other._replace(stays=()) for other in one.others])
        for name, one in bare.items()
    }
    scheme = segments(*(Seat(place=f"s{number}", enter=rule) for number, rule in enumerate(asked)))
    found = placed(lake, scheme)
    expected = {}
    for name in CUSTOMERS:
        held = [number for number, rule in enumerate(asked) if holds(rule, bare[name], ABOVE, ON)]
        expected["needs", name] = f"s{held[0]}" if held else "others"
    assert found == expected
    assert len(lake.fetch(TABLES["segment_places"])) == len(CUSTOMERS)


@settings(max_examples=60)
@given(
    enter=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    leave=st.lists(st.none() | st.integers(0, 5), min_size=4, max_size=4),
    spends=st.lists(st.integers(0, 6), min_size=2, max_size=4),
)
def test_R72_over_any_nights_one_stage_at_a_time_and_only_by_its_rules(lake, enter, leave, spends):
    scheme = stages(
        *(
            Seat(
                place=f"s{number}",
                enter=worth(least),
                leave=None if leave[number] is None else Worth(measure="spend", most=Decimal(leave[number])),
            )
            for number, least in enumerate(enter)
        )
    )
    at: int | None = None
    for spend in spends:
        customers(lake, ann=spend)
        if at is not None:
            stood(lake, ("ann", "life", f"s{at}", 1))
        can = [number for number, least in enumerate(enter) if spend >= least]
        most = leave[at] if at is not None else None
        if can and (at is None or max(can) > at):
            at = max(can)
        elif at is not None and most is not None and spend <= most:
            at = max((number for number in can if number != at), default=None)
        assert placed(lake, scheme) == {("life", "ann"): "none" if at is None else f"s{at}"}


@settings(max_examples=60)
@given(
    asked=st.lists(st.tuples(rules, st.none() | rules), min_size=1, max_size=3),
    kind=st.sampled_from([segments, stages]),
    world=worlds,
    stand=st.dictionaries(st.sampled_from(CUSTOMERS), st.sampled_from(["s0", "s1", "s2", "gone"])),
)
def test_R84_one_customer_is_placed_as_the_steps_place_all(lake, asked, kind, world, stand):
    lay_out(lake, world)
    lake.put(TABLES["tier_places"], rows("tier_places"))
    seats = [
        Seat(place=f"s{number}", enter=enter, leave=leave if kind is stages else None)
        for number, (enter, leave) in enumerate(asked)
    ]
    scheme = kind(*seats)
    stood(lake, *((who, scheme.name, place, 1) for who, place in stand.items()))
    found = placed(lake, scheme)
    table = "segment_places" if kind is segments else "stage_places"
    ranks = {row["customer_id"]: row["to_rank"] for row in lake.fetch(TABLES[table]).to_pylist()}
    # Rules that are drawn ask for schemes in which the steps know nobody to stand.
    bare = {name: one._replace(stays=()) for name, one in people(world).items()}
    for name, one in bare.items():
        person = one._replace(others=[other._replace(stays=()) for other in one.others])
        place, rank = seat_of(scheme, lambda rule, who=person: holds(rule, who, ABOVE, ON), stand.get(name))
        assert (place, rank) == (found[scheme.name, name], ranks[name])


A, B, C, LEAVE = (Behavior(least=Decimal(number)) for number in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("kind", "stands", "hold", "place", "asked"),
    [
        (segments, None, (A, B, C), "a", [A]),
        (segments, "b", (C,), "c", [A, B, C]),
        (segments, "b", (), "others", [A, B, C]),
        (stages, None, (A, C), "c", [C]),  # the furthest one first
        (stages, "b", (A, B), "b", [C, LEAVE]),  # who stays is not asked for what lies behind
        (stages, "b", (A, LEAVE), "a", [C, LEAVE, A]),
        (stages, "c", (B, LEAVE), "b", [LEAVE, B]),
        (stages, "a", (A, LEAVE), "none", [C, B, LEAVE]),  # the way out is not the way in again
    ],
)
def test_R84_no_rule_is_asked_behind_the_one_that_decides(kind, stands, hold, place, asked):
    enters = {"a": A, "b": B, "c": C}
    told: list[Rule] = []

    def says(rule: Rule) -> bool:
        told.append(rule)
        return rule in hold

    leave = LEAVE if kind is stages else None
    scheme = kind(*(Seat(place=name, enter=rule, leave=leave) for name, rule in enters.items()))
    assert seat_of(scheme, says, stands) == (place, {"a": 1, "b": 2, "c": 3, "others": 4, "none": 0}[place])
    assert told == asked


FANS = segments(
    Seat(
        place="fans",
        enter=All(
            of=(
                Behavior(within_days=90, least=Decimal(1)),
                HasFact(fact_class="wealth", sources=("panel",)),
                AnyOf(of=(HasFact(fact_class="wine", least=Decimal(4)), worth(100))),
                Not(of=Consents(medium="email", purpose="marketing", says="no")),
            )
        ),
    )
)
# Of each: whether there was an order in the window, a lifestyle overlay and on which day it expires, what the survey
# says of wine from 1 to 5, and whether they said no to e-mail.
PEOPLE = [
    (ordered, overlay, wine, no)
    for ordered in (True, False)
    for overlay in (None, ON - timedelta(days=1), ON, ON + timedelta(days=30))
    for wine in (None, 3, 4)
    for no in (True, False)
]


def survey(lake: Lake) -> None:
    """PEOPLE as what runs read, by name c0, c1 and so on."""
    names = [f"c{number}" for number in range(len(PEOPLE))]
    customers(lake, **dict.fromkeys(names, 1))
    facts, orders, words = [], [], []
    for name, (ordered, overlay, wine, no) in zip(names, PEOPLE, strict=True):
        said = {"source_record": name, "observed_on": date(2017, 6, 1), "confidence": 0.9}
        if overlay:
            facts.append(
                {**said, "fact_class": "jet", "value": "yes", "source": "panel", "expires_on": overlay}
            )
        if wine:
            facts.append({**said, "fact_class": "wine", "value": str(wine), "source": "survey"})
        back = 1 if ordered else 91
        day = ON - timedelta(days=back)
        orders.append({"event_id": name, "customer_id": name, "occurred_on": day, "amount": Decimal(5)})
        words.append({"customer_id": name, "medium": "email", "purpose": "marketing", "granted": not no})
    mapped = [{"source_record": name, "customer_id": name} for name in names]
    told = {"facts": facts, "purchases": orders, "consents": words, "identity_map": mapped}
    for table, held in told.items():
        lake.put(TABLES[table], rows(table, *held))
    steps.run(lake, "profiles/current_facts", cut=ON)


def test_R76_one_variable_of_each_family_counts_as_a_naive_recount_does(lake):
    survey(lake)
    found = placed(lake, FANS)
    members = {name for (_, name), place in found.items() if place == "fans"}
    # An overlay that expires on the day of the check holds on the last day that counts; the day before it, no more.
    expected = {
        f"c{number}"
        for number, (ordered, overlay, wine, no) in enumerate(PEOPLE)
        if ordered and overlay is not None and overlay >= ON and wine == 4 and not no
    }
    assert members == expected and len(members) == 2
    assert len(variables(FANS)) == 5


def test_R76_an_overlay_that_expired_drops_its_members_a_night_later(lake):
    survey(lake)
    before = {name for (_, name), place in placed(lake, FANS).items() if place == "fans"}
    steps.run(lake, "profiles/current_facts", cut=ON + timedelta(days=1))
    place_by_rules(lake, [FANS], ON + timedelta(days=1), OPENING)
    after = {
        row["customer_id"]
        for row in lake.fetch(TABLES["segment_places"]).to_pylist()
        if row["to_place"] == "fans"
    }
    assert after < before and {PEOPLE[int(name[1:])][1] for name in before - after} == {ON}


@pytest.mark.spark
def test_segments_and_stages_are_the_same_on_spark(lake, spark_lake):
    life = stages(
        Seat(place="quiet", enter=Behavior(within_days=90, most=Decimal(0))),
        Seat(
            place="busy", enter=Behavior(within_days=90, least=Decimal(1)), leave=HasFact(fact_class="wine")
        ),
    )
    stay = [
        ("c1", "life", "busy", 9),
        ("c5", "life", "busy", 9),
        ("c30", "life", "quiet", 9),
        ("c2", "needs", "fans", 9),
    ]
    found = []
    for each in (lake, spark_lake):
        survey(each)
        stood(each, *stay)
        place_by_rules(each, [FANS, life], ON, OPENING)
        found.append(
            [
                each.fetch(TABLES[table]).to_pylist()
                for table in ("stage_places", "segment_places", "memberships")
            ]
        )
    assert found[0] == found[1] and {row["to_place"] for row in found[0][0]} == {"quiet", "busy", "none"}


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        (segments(), "it has no places"),
        (
            Ruled(name="x", kind="segments", seats=(Seat(place="a", enter=worth(1)),)),
            "names no segment for the rest",
        ),
        (
            segments(Seat(place="a", enter=worth(1)), Seat(place="a", enter=worth(2))),
            "two places are called a",
        ),
        (segments(Seat(place="others", enter=worth(1))), "two places are called others"),
        (segments(Seat(place="new", enter=worth(1))), "a place cannot be called 'new'"),
        (segments(Seat(place="a", enter=worth(1), leave=worth(2))), "a has a rule to leave"),
        (
            Ruled(name="x", kind="stages", seats=(Seat(place="a", enter=worth(1)),), rest="b"),
            "stages have no rest",
        ),
        (segments(Seat(place="a", enter=InPlace(scheme="needs", among=("a",)))), "stands in needs itself"),
        (Ruled(name="x", kind="stages", seats=(), change_limit=Decimal(2)), "its limit of changes is 2"),
        (segments(Seat(place="a", enter=Behavior())), "a: the rule asks for times of purchase"),
    ],
)
def test_what_places_nobody_is_refused_with_the_reason(scheme, said):
    with pytest.raises(BadInput, match=said):
        check_ruled(scheme)


def many(number: int, reason: str = "") -> Ruled:
    """So many segments, the rest among them."""
    return segments(*(Seat(place=f"s{each}", enter=worth(each)) for each in range(number - 1)), reason=reason)


def test_R86_seven_segments_warn_and_nine_are_refused_without_a_reason():
    assert check_ruled(many(6)) == []
    assert "7 segments are many" in check_ruled(many(7))[0]
    assert check_ruled(many(8)) != []
    with pytest.raises(BadInput, match="9 segments, more than eight: write why"):
        check_ruled(many(9))
    assert "9 segments are many" in check_ruled(many(9, reason="Three countries with their own laws"))[0]


def test_a_scheme_is_read_from_json_and_what_is_none_is_refused():
    stored = {
        "name": "needs",
        "kind": "segments",
        "rest": "others",
        "seats": [{"place": "big", "enter": {"op": "value", "measure": "spend", "least": "40"}}],
    }
    assert read_ruled(stored) == segments(Seat(place="big", enter=worth(40)))
    with pytest.raises(BadInput, match=r"no scheme of segments or stages.*kind"):
        read_ruled({**stored, "kind": "lists"})
