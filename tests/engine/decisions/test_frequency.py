"""The frequency of a customer's cell holds over all that promotes, whatever the asset, beside the asset's own cap."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine.lake import open_lake
from sterna.engine.segments.treatments import PROMOTING
from sterna.engine.tables import TABLES
from tests.engine.decisions.test_choose import CUT, WHO, choose, world

DAY = timedelta(days=1)


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


def cell(who: str = WHO, contacts: int = 2, days: int = 30, scheme: str = "needs") -> dict:
    return {
        "customer_id": who, "scheme": scheme, "segment": "families", "value_band": "little",
        "potential_band": "large", "personalization": "none", "contacts": contacts, "days": days, "retention": "none",
    }  # fmt: skip


def past(*contacts: tuple[int, str], who: str = WHO, asset: str = "other") -> list[dict]:
    """Contacts of so many days before the cut, each for a purpose."""
    return [
        {"contact_id": f"{who}{n}", "customer_id": who, "asset": asset, "purpose": purpose}
        | {"due_on": CUT - back * DAY}
        for n, (back, purpose) in enumerate(contacts)
    ]


def decided(lake, contacts: list[dict], *cells: dict, **terms) -> tuple[str, str | None, str]:
    given = world() | {"past_contacts": contacts, "treatments": list(cells)}
    given["assets"][0] |= {"cap_contacts": None, "cap_days": None} | terms
    row = choose(lake, given)[WHO]
    return row["outcome"], row["reason_code"], row["reason"]


def test_R80_the_cap_of_the_cell_counts_every_asset_and_names_the_cell_and_the_figures(lake):
    found = decided(lake, past((1, "marketing"), (30, "sales")), cell())
    assert found[:2] == ("left out", "frequency")
    assert found[2] == (
        "Had 2 contacts that promote in 30 days, and in families customers of value little and potential large get at "
        "most 2."
    )


@pytest.mark.parametrize(
    ("contacts", "outcome"),
    [
        ([(1, "marketing"), (30, "advertising")], "left out"),  # the first day that counts
        ([(1, "marketing"), (31, "advertising")], "contact"),  # the day before it
        ([(1, "marketing"), (0, "marketing")], "contact"),  # that of this very decision
        ([(1, "service"), (2, "recognition"), (3, "research")], "contact"),
        ([(1, "service"), (2, "marketing"), (3, "sales")], "left out"),
        ([], "contact"),
    ],
)
def test_R80_what_counts_is_what_promotes_within_the_days(lake, contacts, outcome):
    assert decided(lake, past(*contacts), cell())[0] == outcome


def test_R80_of_two_caps_the_stricter_holds_whichever_it_is(lake):
    contacts = past((1, "marketing"), (2, "marketing"))
    assert decided(lake, contacts, cell(contacts=3))[0] == "contact"
    assert decided(lake, contacts, cell(contacts=3), cap_contacts=2, cap_days=10)[1] == "cap"
    assert decided(lake, contacts, cell(contacts=2), cap_contacts=3, cap_days=10)[1] == "frequency"
    assert decided(lake, contacts, cell(contacts=3), cell(contacts=2, scheme="other"))[1] == "frequency"
    assert decided(lake, contacts, cell(contacts=3), cell(contacts=4, scheme="other"))[0] == "contact"


def test_R80_a_cell_of_no_contacts_gets_nothing_that_promotes_and_is_served_all_the_same(lake):
    outcome, code, reason = decided(lake, [], cell(contacts=0))
    assert (outcome, code) == ("left out", "frequency") and reason.startswith("Had 0 contacts that promote")
    for purpose in ("service", "recognition", "research"):
        given = world() | {"treatments": [cell(contacts=0)]}
        given["assets"][0]["purpose"] = given["consents"][0]["purpose"] = purpose
        assert choose(lake, given)[WHO]["outcome"] == "contact", purpose


def test_a_cell_of_somebody_else_and_their_contacts_say_nothing_of_this_customer(lake):
    assert (
        decided(lake, past((1, "marketing"), (2, "marketing"), who="c001"), cell(contacts=1))[0] == "contact"
    )
    assert decided(lake, past((1, "marketing"), (2, "marketing")), cell("c001", contacts=0))[0] == "contact"


def test_R80_a_stricter_cell_at_the_next_turn_leaves_out_whom_the_one_before_let_through(lake):
    contacts = past((3, "marketing"))
    assert [decided(lake, contacts, cell(contacts=most))[0] for most in (2, 1, 2)] == [
        "contact",
        "left out",
        "contact",
    ]


def test_R80_of_several_assets_one_turn_gives_one_contact_so_a_cap_with_one_left_holds(lake):
    given = world() | {"past_contacts": past((1, "marketing")), "treatments": [cell(contacts=2)]}
    given["assets"].append(given["assets"][0] | {"asset": "second"})
    given["routes"].append(given["routes"][0] | {"asset": "second"})
    choose(lake, given)
    rows = lake.fetch(TABLES["decisions"]).to_pylist()
    assert Counter(row["outcome"] for row in rows) == {"contact": 1}


sent = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, 6, 7, 8, 29, 30, 31]), st.sampled_from([*PROMOTING, "service", "research"])
    ),
    max_size=6,
)
limits = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([1, 7, 30])), max_size=2)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sent, limits, st.sampled_from(["marketing", "service"]))
def test_R80_nobody_is_contacted_beyond_any_of_their_limits_and_nobody_is_kept_from_one_without_need(
    lake, contacts, caps, purpose
):
    cells = [cell(contacts=most, days=days, scheme=f"s{n}") for n, (most, days) in enumerate(caps)]
    given = world() | {"past_contacts": past(*contacts), "treatments": cells}
    given["assets"][0] |= {"cap_contacts": None, "cap_days": None, "purpose": purpose}
    given["consents"][0]["purpose"] = purpose
    row = choose(lake, given)[WHO]
    had = [sum(0 < back <= days for back, what in contacts if what in PROMOTING) for _, days in caps]
    full = [n for n, ((most, _), number) in enumerate(zip(caps, had, strict=True)) if number >= most]
    barred = bool(full) and purpose == "marketing"
    assert (row["outcome"], row["reason_code"]) == (
        ("left out", "frequency") if barred else ("contact", None)
    )
    if barred:
        most, days = caps[full[0]]
        words = "contact that promotes" if had[full[0]] == 1 else "contacts that promote"
        assert row["reason"].startswith(f"Had {had[full[0]]} {words} in {days} days")
        assert row["reason"].endswith(f"get at most {most}.")


def test_the_cost_of_who_is_kept_back_goes_to_the_next(lake):
    given = world(2) | {"past_contacts": past((1, "marketing")), "treatments": [cell(contacts=1)]}
    rows = choose(lake, given, budget="2.10")
    assert (rows[WHO]["outcome"], rows["c001"]["outcome"]) == ("left out", "contact")
    assert rows[WHO]["cost"] is None and rows["c001"]["cost"] == Decimal("2.10")
    assert rows["c001"]["due_on"] == date(2017, 7, 1)
