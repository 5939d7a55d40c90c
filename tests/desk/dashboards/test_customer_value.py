"""A customer's own value: ranges, reasons, the wallet with its share and headroom, and that of the household."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers import queries
from sterna.desk.customers.actions import form_household, keep_facts
from sterna.desk.sources.signals import FactsSaid
from sterna.desk.values.models import CategoryRoom, HouseholdWallet, Model, Worth
from sterna.desk.web.components import Number
from sterna.engine.value.catalogue import MEASURES
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db
MILLION = Decimal("1000000.00")


@pytest.fixture
def client_page(world, analyst):
    """The page of one customer: `client_page("007", spend=...)` sets the figures of the shown run before."""

    def opened(number, **figures):
        one = world.customers[number]
        Worth.objects.filter(run_id=world.second.pk, customer=one).update(**figures)
        page = analyst.get(reverse("customer", args=[one.pk])).context["page"]
        return {
            item.label: item
            for section in page.sections
            for item in section.items
            if isinstance(item, Number)
        }

    return opened


def of_wallet(spend, wallet):
    """The columns of a wallet as a run makes them of what somebody said."""
    return {
        "spend": spend,
        "wallet_low": wallet,
        "wallet": wallet,
        "wallet_high": wallet,
        "share_of_wallet": float(spend / wallet),
        "wallet_confidence": 0.7,
        "wallet_source": "noted",
        "wallet_on": date(2017, 11, 2),
        "headroom_low": wallet - spend,
        "headroom": wallet - spend,
        "headroom_high": wallet - spend,
        "headroom_source": "noted",
        "headroom_reason": None,
        "wallet_reason": None,
        "potential": wallet,
    }


@pytest.mark.parametrize(
    ("wallet", "share", "room"), [(MILLION, 1.0, Decimal("0.00")), (20 * MILLION, 0.05, 19 * MILLION)]
)
def test_R6_one_million_of_one_and_of_twenty(client_page, wallet, share, room):
    found = client_page("007", **of_wallet(MILLION, wallet))
    assert (found["Share of wallet"].value, found["Headroom of the wallet"].value) == (share, room)
    assert found["Wallet"].value == wallet
    for word in ("noted", "70% sure", "2017-11-02"):
        assert word in found["Wallet"].note


def test_R6_a_wallet_that_nobody_knows_is_unknown_with_its_reason_and_no_zero(client_page):
    nothing = dict.fromkeys(of_wallet(MILLION, MILLION)) | {
        "wallet_reason": "not identifiable",
        "spend": MILLION,
    }
    found = client_page("007", **nothing)
    assert found["Wallet"].value is None and found["Wallet"].note == "not identifiable"
    assert found["Share of wallet"].value is None


def test_R6_whose_wallet_is_unknown_is_on_the_discovery_list_with_the_words_to_ask(world, analyst):
    one = world.customers["007"]
    Worth.objects.filter(customer=one).update(wallet=None, wallet_reason="not identifiable")
    tree = queries.classes()
    asked = [each for each in queries.next_questions(one, most=50) if tree.at(each.fact_class).wallet]
    assert asked and asked[0].lack == "missing"
    page = shown(analyst, "customer", one.pk)
    assert f"Ask: {asked[0].title}" in page and next(iter(asked[0].words.values())) in page


def test_R6_who_said_what_the_wallet_holds_is_not_asked_again(world, analyst):
    one = world.customers["007"]
    Worth.objects.filter(customer=one).update(wallet=None)
    tree = queries.classes()
    for name in [name for name in tree.ids() if tree.at(name).wallet]:
        said = [("007", "900", clock.today(), "marketing")]
        keep_facts(FactsSaid("shop", "household", name, said, clock.now()))
        assert f"Ask: {tree.at(name).title}" not in shown(analyst, "customer", one.pk)


def test_R6_the_households_wallet_adds_up_what_is_known_of_its_members(world, client_page):
    form_household([world.customers["007"], world.customers["008"]], "one kitchen", None)
    # 1 million of 1 million and 1 million of 20 million: 2 of 21, which leaves 19.
    HouseholdWallet.objects.create(
        run_id=world.second.pk, household=queries.household_of(world.customers["007"]),
        members=2, unknown=0, own=2 * MILLION, own_known=2 * MILLION, low=21 * MILLION, mid=21 * MILLION,
        high=22 * MILLION, headroom=19 * MILLION, share=2 / 21,
    )  # fmt: skip
    found = client_page("007")
    assert (found["Wallet together"].value, found["Headroom of it"].value) == (21 * MILLION, 19 * MILLION)
    assert found["Share of it"].value == pytest.approx(0.0952, abs=1e-4)
    assert "21.0-22.0 M" in found["Wallet together"].note and found["Share of it"].note is None


def test_R6_a_member_whose_wallet_is_unknown_is_counted_and_in_no_sum(world, client_page):
    form_household([world.customers["007"], world.customers["008"], world.customers["009"]], "one", None)
    HouseholdWallet.objects.create(
        run_id=world.second.pk, household=queries.household_of(world.customers["007"]), members=3, unknown=1,
        own=3 * MILLION, own_known=2 * MILLION, mid=21 * MILLION, headroom=19 * MILLION, share=2 / 21,
        reason="the wallets of some members are not known and not in the sums",
    )  # fmt: skip
    assert client_page("007")["Headroom of it"].note == "unknown of 1 member of 3"


def test_R6_a_household_that_no_run_measured_is_unknown_and_says_why(world, client_page):
    form_household([world.customers["007"], world.customers["008"]], "one", None)
    found = client_page("007")
    assert found["Wallet together"].value is None
    assert found["Wallet together"].note.startswith("the run knew of no such household")


def test_R79_every_measure_stands_with_its_day_its_range_and_its_method(world, analyst):
    one = world.customers["030"]
    worth = Worth.objects.get(run_id=world.second.pk, customer=one)
    rows = {row[0]: row[1:] for row in table(analyst, "Every measure", "customer", one.pk)}
    assert list(rows) == [measure.title for measure in MEASURES]
    for measure in MEASURES:
        figure, span, as_of, why = rows[measure.title]
        assert figure.value == getattr(worth, measure.name) and as_of == world.second.until
        assert (
            figure.provenance.version == measure.version and measure.formula[1:] in figure.provenance.meaning
        )
        ranged = measure.low and figure.value is not None and getattr(worth, measure.low) is not None
        assert (" to " in span or " at least" in span) == bool(ranged), measure.name
        assert span != "exact" or (measure.kind == "today" and figure.value is not None)
        assert why


def test_R79_an_unknown_measure_says_why_and_is_no_zero(world, analyst, client_page):
    client_page("030", margin=None, profit_reason="no cost is recorded for the customer")
    rows = {row[0]: row[1:] for row in table(analyst, "Every measure", "customer", world.customers["030"].pk)}
    assert rows["Margin"][0].value is None and rows["Margin"][3] == "no cost is recorded for the customer"


def test_R79_where_drop_out_cannot_be_told_the_chance_is_unknown_for_that_reason(world, client_page):
    said = "hardly anybody drops out"
    found = client_page("030", alive=None, alive_reason=said)["Still a customer"]
    assert found.value is None and found.note == said
    # A run that was published before it kept the reason has it in the record of its model.
    row = Model.objects.get(run_id=world.second.pk, name="purchases")
    row.body |= {"boundary": "Hardly anybody drops out."}
    row.save()
    older = client_page("030", alive=None, alive_reason=None)["Still a customer"]
    assert older.value is None and older.note == said


def test_R17_value_is_parted_into_direct_referral_influence_and_knowledge(world, analyst, client_page):
    client_page(
        "030", spend="10.00", by_referral="5.00", by_influence="3.00", by_knowledge="0.00", influence="8.00",
        influence_low="4.00", influence_reason=None,
    )  # fmt: skip
    rows = table(analyst, "Direct and by way of others", "customer", world.customers["030"].pk)
    assert [row[1] for row in rows] == [Decimal(amount) for amount in ("10.00", "5.00", "3.00", "0.00")]


def test_R17_without_a_credit_on_record_the_ways_of_others_are_unknown(world, analyst):
    rows = table(analyst, "Direct and by way of others", "customer", world.customers["030"].pk)
    assert rows[0][1] is not None
    assert [row[1:] for row in rows[1:]] == [[None, "no credit of anybody is recorded"]] * 3


def test_rooms_say_that_peers_tell_nothing_of_what_is_bought_elsewhere(world, analyst):
    room = CategoryRoom.objects.filter(run_id=world.second.pk).first()
    page = shown(analyst, "customer", room.customer_id)
    assert "Peers tell what customers alike buy here" in page
    rows = table(analyst, "Room by department", "customer", room.customer_id)
    assert all(row[3] == row[2] - row[1] > 0 and row[4] > 1 for row in rows)


def test_a_range_that_does_not_hold_its_figure_is_not_drawn_and_breaks_nothing(world, analyst, client_page):
    client_page(
        "030", spend="10.00", potential="5.00", headroom_low="1.00", headroom="2.00", headroom_high="3.00"
    )
    assert "Could be" in shown(analyst, "customer", world.customers["030"].pk)
