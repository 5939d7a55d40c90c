"""What pages say in a sentence: the morning on Home, where tiers were cut, which table a file holds."""

import csv
import io
from decimal import Decimal

import pytest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.customers.models import Customer, CustomerRequest, ReviewPair
from sterna.desk.dashboards.queries.places import Movement
from sterna.desk.dashboards.views.home import _way
from sterna.desk.segments.actions import publish_definition
from sterna.desk.segments.models import Definition, Move
from sterna.desk.sources.models import DeadLetter
from sterna.desk.web.components import Picture
from tests.desk.dashboards.reading import shown, table
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("up", "down", "words"),
    [
        (0, 0, "Nobody moved from one tier to another."),
        (1, 0, "1 customer moved up a tier and 0 down: 1 more up than down."),
        (3, 1500, "3 customers moved up a tier and 1,500 down: 1,497 more down than up."),
        (2, 2, "2 customers moved up a tier and 2 down: as many one way as the other."),
    ],
)
def test_the_way_customers_moved_is_a_sentence(up, down, words):
    assert _way(Movement(up, down, 9, 9, 9, 9)) == words


def test_home_says_how_many_things_wait(world, analyst):
    lead = analyst.get(reverse("home")).context["lead"]
    up = Move.objects.filter(run_id=world.second.pk, from_place="bronze", to_place="silver").count()
    assert lead.startswith(f"{up} customers moved up a tier") and " for somebody." in lead
    Task.objects.update(state="done")
    Contact.objects.update(state="confirmed")
    assert "3 things wait for somebody." in analyst.get(reverse("home")).context["lead"]
    DeadLetter.objects.update(replayed_at=clock.now())
    ReviewPair.objects.update(state="different")
    CustomerRequest.objects.update(state="done")
    assert "Nothing waits for anybody." in analyst.get(reverse("home")).context["lead"]


def test_tiers_say_on_which_period_they_were_cut(world, analyst):
    assert "as written" in analyst.get(reverse("tiers")).content.decode()
    cut = {"edges": "cut on data", "from": "2016-07-01", "until": "2016-12-31", "buyers": "58"}
    publish_definition("scheme", "value", Definition.objects.get(kind="scheme").body | {"cut": cut})
    assert "2016-07-01 to 2016-12-31, 58 buyers" in analyst.get(reverse("tiers")).content.decode()


def test_a_file_is_of_the_table_whose_link_was_followed(world, analyst):
    page = reverse("contacts")
    for number, heading in ((1, "Contacts"), (2, "Due")):
        rows = list(
            csv.reader(io.StringIO(analyst.get(f"{page}?format=csv&table={number}").content.decode()))
        )
        assert heading in rows[0]
    for number in ("0", "3", "x", "-1", "\u0663", "9" * 400):
        answer = analyst.get(page, {"format": "csv", "table": number})
        assert answer.content.decode().startswith("Customer,")


def test_every_table_with_rows_has_its_file(world, analyst):
    for name in ("home", "values", "tiers", "moves", "results", "runs", "sources", "settings", "audit"):
        content = analyst.get(reverse(name)).content.decode()
        assert content.count("table-csv") == content.count("<table class") > 0, name


def test_a_file_holds_the_share_of_a_goal_as_a_number(world, analyst):
    page = analyst.get(reverse("home")).context["page"]
    assert sum(isinstance(item, Picture) for section in page.sections for item in section.items) == 1
    rows = list(csv.DictReader(io.StringIO(analyst.get("/?format=csv&table=2").content.decode())))
    assert rows and all(
        float(row["Of the goal"]) == round(int(row["Moved"]) / int(row["Wanted"]), 3) for row in rows
    )


def test_R4_the_plan_shows_its_goals_as_lanes_with_their_assets(world, analyst):
    answer = analyst.get(reverse("plan", args=[world.draft.pk]))
    page = answer.context["page"]
    [picture] = [item for section in page.sections for item in section.items if isinstance(item, Picture)]
    assert "Bronze to" in picture.svg and "The Friday basket" in picture.svg and "20 %" in picture.svg
    assert picture.summary.startswith("1 asset for 1 move;")
    assert "unknown" not in picture.svg, "nobody is counted on the way from an asset to a move"


def test_R65_the_plan_says_of_an_exchange_what_the_customer_gives_and_gets(world, analyst):
    [[name, kind, gives, gets]] = table(analyst, "Exchanges", "plan", world.draft.pk)
    assert (name, kind, gives, gets) == ("deal", "paid", "a second basket", "a gift")
    content = shown(analyst, "plan", world.draft.pk)
    assert content.index("The customer gives") < content.index("The customer gets")
    assert "in exchange for a gift" in content and "in exchange for a second basket" not in content


def test_R59_amounts_of_a_plan_are_written_as_amounts_and_what_is_not_there_is_not_unknown(world, analyst):
    content = shown(analyst, "plan", world.draft.pk)
    assert "900.00" in content
    audiences = table(analyst, "Of whom, and by what response", "plan", world.draft.pk)
    assert [row[-1] for row in audiences] == [Decimal("40.00")]
    assert [row[0].name for row in audiences] == [
        row[0].name for row in table(analyst, "How far they are", "plan", world.draft.pk)
    ]


def test_a_customer_nobody_named_still_has_a_link(world, analyst):
    nameless = Customer.objects.create(created_at=shop.AT)
    content = analyst.get(reverse("customer", args=[nameless.pk])).content.decode()
    assert f"customer {str(nameless.pk)[-8:]}" in content
