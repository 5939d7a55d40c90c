"""What is rolled up of a run is enough: rules say of anybody what they say of everything that is known."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.desk.segments.rolled import Panel, Terms, opened, schemes_asked, terms_of, unpacked
from sterna.engine.rules import (
    All,
    Behavior,
    Consents,
    Deeds,
    HasFact,
    Household,
    InPlace,
    Person,
    Rule,
    Worth,
    holds,
)
from tests.desk.segments.test_panel_counts import Saved, called
from tests.engine.lake.small_tables import rows
from tests.engine.rules import drawn_rules
from tests.engine.rules.drawn_rules import ABOVE, CUSTOMERS, ON, people, rules, worlds

DAYS = 3
CLOSURE = {
    "ancestors": [up for line in ABOVE.values() for up in line],
    "descendants": [name for name, line in ABOVE.items() for _ in line],
}


def rolled(panel: Panel, asked: Sequence[Rule], world: Mapping[str, Any]) -> dict[str, Person]:
    """Everybody with what is rolled up, and the rest as it is read elsewhere."""
    terms = panel.named(terms_of(asked, ON))
    packed = {UUID(who): unpacked(text, terms) for part in panel.packed(terms, 2) for who, text in part}
    assert packed.keys() == {called(name) for name in CUSTOMERS}

    def less(name: str, person: Person) -> Person:
        held = packed[called(name)]
        # Of a day to come only the inbox tells.
        ahead = [deed for deed in person.deeds if deed.on >= ON]
        past = [deed for deed in held.deeds if deed.on < ON]
        return person._replace(
            deeds=Deeds([*past, *ahead]), values=held.values, values_before=held.values_before
        )

    told = people(world)
    names = {
        name: [
            other
            for other in CUSTOMERS
            if other != name and drawn_rules.UNITS[other] == drawn_rules.UNITS[name]
        ]
        for name in told
    }
    alone = {name: less(name, person) for name, person in told.items()}
    return {
        name: person._replace(others=[alone[other] for other in names[name]])
        for name, person in alone.items()
    }


@settings(max_examples=20)
@given(asked=st.lists(rules, min_size=1, max_size=8), world=worlds)
def test_R84_what_is_rolled_up_says_of_anybody_what_everything_says_today_and_on_days_to_come(asked, world):
    with tempfile.TemporaryDirectory() as folder:
        lake = Saved(Path(folder))
        drawn_rules.lay_out(lake, world)  # type: ignore[arg-type]
        with opened(lake.panel(), "500MB") as panel:
            found = rolled(panel, asked, world)
            turns = panel.turning(asked, CLOSURE, ON, DAYS)
    whole = people(world)
    days = [ON + timedelta(days=k) for k in range(DAYS + 1)]
    for name in CUSTOMERS:
        said = [[holds(rule, whole[name], ABOVE, on) for rule in asked] for on in days]
        assert [[holds(rule, found[name], ABOVE, on) for rule in asked] for on in days] == said
        first = next((on for on, letters in zip(days, said, strict=True) if letters != said[0]), None)
        assert turns.get(str(called(name))) == first


def test_only_what_the_rules_read_is_rolled_up():
    asked = [
        All(
            of=(
                Behavior(within_days=30, least=Decimal(1)),
                Behavior(kind="call", within_days=90, most=Decimal(0)),
            )
        ),
        Behavior(of="share", category="wine", within_days=10, least=Decimal("0.5")),
        Worth(measure="spend", change="relative", least=Decimal("0.1")),
        Worth(measure="orders", change="difference", least=Decimal(1), household=True),
        HasFact(fact_class="jet"),
        Consents(medium="email", purpose="marketing"),
    ]
    assert terms_of(asked, ON) == Terms(
        kinds=("purchase", "call"),
        whole=True,
        shelves=("wine",),
        first=ON - timedelta(days=90),
        measures=("orders", "spend", "spend_before"),
        before=("orders",),
        classes=("jet",),
        consents=True,
        homes=True,
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Behavior(of="categories", least=Decimal(2)), {"shelves": None, "whole": False, "first": None}),
        (Behavior(category="wine", least=Decimal(2)), {"shelves": ("wine",), "whole": False}),
        (Behavior(kind="call", of="last", least=Decimal(2)), {"shelves": (), "first": None, "whole": False}),
        (Household(of=HasFact(fact_class="wine")), {"homes": True, "first": ON, "kinds": ("purchase",)}),
        (HasFact(fact_class="wine"), {"homes": False, "consents": False, "measures": ()}),
    ],
)
def test_terms_of_one_rule(rule, expected):
    found = terms_of([rule], ON)
    assert {name: getattr(found, name) for name in expected} == expected


def test_the_schemes_that_rules_ask_for_are_named_wherever_they_stand():
    asked = Household(of=All(of=(InPlace(scheme="tiers", among=("gold",)), HasFact(fact_class="wine"))))
    assert schemes_asked([asked, InPlace(scheme="groups", among=("A",))]) == {"tiers", "groups"}


def test_the_newest_row_of_a_product_says_its_category_and_one_without_says_none():
    told = [
        {"product_id": "a", "department": "OLD", "recorded_at": datetime(2017, 1, 1)},
        {"product_id": "a", "department": "NEW", "recorded_at": datetime(2017, 2, 1)},
        {"product_id": "b", "department": "OLD", "recorded_at": datetime(2017, 1, 1)},
        {"product_id": "b", "department": None, "recorded_at": datetime(2017, 2, 1)},
    ]
    with tempfile.TemporaryDirectory() as folder:
        lake = Saved(Path(folder))
        lake.put(drawn_rules.TABLES["products"], rows("products", *told))
        with opened({}, "100MB") as panel:
            assert dict(panel.shelf_of(lake.files["products"])) == {"a": "NEW"}
            assert dict(panel.shelf_of([])) == {}
