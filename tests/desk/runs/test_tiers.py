"""Tiers cut on data: edges somebody spent, stored with the day they were cut on, never moved by later data."""

from datetime import date
from decimal import Decimal

import pytest

from sterna.desk.config.refused import Refused
from sterna.desk.runs import actions
from sterna.desk.runs.actions.tiers import spending
from sterna.desk.segments.models import Definition
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from sterna.engine.segments import Holding, scheme_of
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)
FILE = """
scheme: value
currency: USD
window_months: 6
tiers:
  - {place: bronze, share: 0.5}
  - {place: silver, share: 0.3}
  - {place: gold, share: 0.2}
"""


@pytest.fixture
def path(tmp_path):
    """A file of three tiers by share."""
    found = tmp_path / "tiers.yaml"
    found.write_text(FILE)
    return found


def test_tiers_are_cut_on_the_window_that_ends_with_the_day(path):
    shop.customers()
    shop.fill_lake()
    definition = actions.cut_tiers(path, date(2016, 12, 31))
    spent = sorted(spending(date(2016, 7, 1), date(2017, 1, 1)))
    assert len(spent) == shop.CUSTOMERS
    bands = definition.body["bands"]
    assert [band["place"] for band in bands] == ["bronze", "silver", "gold"]
    # By rank: the band after a share s of n values starts at the value of rank ceil(s n) + 1.
    assert [Decimal(band["low"]) for band in bands] == [Decimal("0.01"), spent[30], spent[48]]
    assert definition.body["cut"]["until"] == "2016-12-31" and definition.body["cut"]["from"] == "2016-07-01"
    assert definition.body["cut"]["buyers"] == "60"


def test_later_data_move_no_edge_and_the_same_cut_is_the_same_version(path):
    shop.customers()
    shop.fill_lake("early", last=date(2016, 12, 31))
    first = actions.cut_tiers(path, date(2016, 12, 31))
    shop.fill_lake("late", first=date(2017, 1, 1))
    assert actions.cut_tiers(path, date(2016, 12, 31)) == first
    assert Definition.objects.filter(kind="scheme").count() == 1


def test_R5_written_edges_are_taken_as_they_are(path):
    path.write_text(
        "scheme: value\ncurrency: USD\nwindow_months: 6\ntiers:\n"
        '  - {place: low, low: "0.01"}\n  - {place: high, low: "5000000.00"}\n'
    )
    bands = actions.cut_tiers(path, shop.FIRST).body["bands"]
    assert [(band["low"], band["high"]) for band in bands] == [("0.01", "5000000.00"), ("5000000.00", None)]


def test_a_file_says_what_keeps_a_tier_and_how_many_a_run_may_move(path):
    path.write_text(
        "scheme: budget\ncurrency: USD\nwindow_months: 6\nmeasure: fact:shopping.budget\ntiers:\n"
        '  - {place: core, low: "1000000.00"}\n  - {place: premier, low: "5000000.00"}\n'
        'holding: {low_water: "0.9", minimum_hold_days: 90, grace_days: 30, downgrade: one_down}\n'
        'change_limit: "0.25"\n'
    )
    scheme = scheme_of(actions.cut_tiers(path, shop.FIRST).body)
    assert scheme.holding == Holding(
        low_water=Decimal("0.9"), minimum_hold_days=90, grace_days=30, downgrade="one_down"
    )
    assert (scheme.measure, scheme.change_limit) == ("fact:shopping.budget", Decimal("0.25"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("window_months: 6", "window_months: 6\nmeasure: margin", "shares are cut on spend"),
        ("currency: USD", "currency: EUR", "its currency is EUR, the program's is USD"),
        ("share: 0.2", "low: 9", "give every tier a share, or every tier"),
        ("share: 0.5", "part: 0.5", "is no file of tiers"),
        ("tiers:", "tiers: [", "is no file of tiers"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(path, old, new, said):
    path.write_text(FILE.replace(old, new))
    with pytest.raises(BadInput, match=said):
        actions.cut_tiers(path, shop.FIRST)


def test_too_few_buyers_are_refused(path):
    shop.customers()
    with pytest.raises(BadInput, match="too few for 3 bands"):
        actions.cut_tiers(path, shop.FIRST)


def test_an_analyst_cuts_no_tiers_and_starts_no_run(path):
    analyst = User.objects.create_user("ana", password="x", role="analyst")
    for act in (
        lambda: actions.cut_tiers(path, shop.FIRST, analyst),
        lambda: actions.run(shop.FIRST, analyst),
        lambda: actions.request_run(shop.FIRST, analyst),
    ):
        with pytest.raises(Refused, match="may not change tiers and plans, and start runs"):
            act()


def test_a_file_that_expects_other_days_or_another_version_is_refused(path):
    shop.customers()
    shop.fill_lake()
    path.write_text(FILE + "version: 2\ncut: {from: 2017-01-01, until: 2017-06-30}\n")
    with pytest.raises(
        BadInput, match="it is cut on 2017-01-01 to 2017-06-30, not on the 6 months from 2017-07-01"
    ):
        actions.cut_tiers(path, shop.SECOND)
    with pytest.raises(Refused, match="would be version 1 of value, not 2"):
        actions.cut_tiers(path, shop.FIRST)
    assert not Definition.objects.exists()
    path.write_text(FILE + "version: 1\ncut: {from: 2017-01-01, until: 2017-06-30}\n")
    assert actions.cut_tiers(path, shop.FIRST).version == 1
