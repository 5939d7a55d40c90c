"""What a plan is compared with in the desk: the places, people, segments, stages and facts of this program."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from sterna.desk.customers.actions.counting import count_classes
from sterna.desk.plans import actions
from sterna.desk.plans.models import Plan
from sterna.desk.plans.queries import check_text, known_of
from sterna.desk.segments.actions import publish_definition, publish_ruled
from sterna.desk.segments.models import Membership
from sterna.desk.users.models import User
from sterna.engine.plans import Plan as Document
from sterna.engine.plans import of_body
from sterna.engine.rules import Worth
from sterna.engine.segments.ruled import Ruled, Seat
from tests.desk.plans.signed import signer
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
TEXT = shop.PLAN.format(budget="1000.00", version=1)


def document() -> Document:
    """The plan of the shop, with a scheme of segments and one of stages."""
    plan = of_body(actions.load(TEXT, None).definition.body).plan
    return msgspec.structs.replace(plan, segments="needs", life="life")


def stand(customers: int) -> None:
    """So many customers in bronze."""
    tiers = shop.tiers()
    for customer in list(shop.customers().values())[:customers]:
        Membership.objects.create(
            customer=customer,
            scheme=tiers.name,
            place="bronze",
            rank=1,
            during=DateRange(date(2017, 1, 1), None),
            definition=tiers,
            cause="for the test",
        )


def test_of_what_is_not_published_nothing_is_known():
    found = known_of(Document(scheme="value"))
    assert (found.places, found.headcounts, found.segments, found.stages) == (None, None, None, None)
    assert found.fill is None and found.identified is None and found.reachable is None


def test_places_come_from_the_lowest_up_and_headcounts_from_where_customers_stand():
    stand(3)
    found = known_of(document())
    assert found.places == ("bronze", "silver")
    assert found.headcounts == {"bronze": 3}


def test_segments_come_with_their_managers_and_stages_with_their_names():
    shop.tiers()
    rich = Worth(measure="spend", least=Decimal(900))
    needs = Ruled(name="needs", kind="segments", seats=(Seat(place="big", enter=rich),), rest="others")
    ann = User.objects.create(username="ann", role="manager", first_name="Ann", last_name="Lee")
    publish_ruled(needs, {"big": ann, "others": ann}, ann, "for the test")
    life = Ruled(name="life", kind="stages", seats=(Seat(place="first", enter=rich),))
    publish_definition("stages", "life", msgspec.to_builtins(life), None)
    found = known_of(document())
    assert found.segments == {"big": "Ann Lee", "others": "Ann Lee"}
    assert found.stages == ("first",)


def test_fill_is_what_was_counted_last_and_parents_are_those_of_the_taxonomy():
    shop.tiers()
    shop.customers()
    assert known_of(document()).fill is None
    count_classes()
    found = known_of(document())
    assert found.fill is not None and found.parents is not None
    assert set(found.fill) <= set(found.parents) and all(0 <= share <= 1 for share in found.fill.values())
    tops = [name for name, parent in found.parents.items() if not parent]
    assert tops and all(parent in found.parents for parent in found.parents.values() if parent)


def test_R4_a_plan_that_moves_more_than_a_place_holds_is_refused_with_both_numbers():
    stand(1)
    found = [one for one in check_text(TEXT).findings if one.code == "R4-holds"]
    assert [one.severity for one in found] == ["error"]
    assert "asks for 5 customers" in found[0].message and "bronze holds 1" in found[0].message


def test_the_page_names_every_stage_signature_and_slip(client):
    shop.tiers()
    more = """
stages:
  - {id: goals, owner: Ada, by: 2017-05-01, proof: Goals with owners}
  - {id: data, owner: Bo, by: 2017-05-15, proof: Fill of every class}
  - {id: exchanges, owner: Cy, by: 2017-06-01, proof: Costs agreed}
  - {id: roadmap, owner: Di, by: 2017-06-15, proof: The walk through}
dependencies:
  - {id: feed, title: The daily feed, kind: data, owner: Eve, by: 2017-06-01}
"""
    plan = actions.load(TEXT + more, None)
    Plan.objects.filter(pk=plan.pk).get().findings.filter(severity="error").delete()
    actions.close_stage(plan, "goals", signer("marketing"), "all goals have owners")
    actions.slip(plan, "feed", date(2017, 8, 1), signer("technical"), "the supplier is late")
    client.force_login(signer("marketing"))
    page = client.get(reverse("plan", args=[plan.pk])).content.decode()
    for word in ("all goals have owners", "The walk through", "the supplier is late", "The daily feed"):
        assert word in page
    assert "What proves the stage data done" in page and "What proves the stage roadmap done" not in page
