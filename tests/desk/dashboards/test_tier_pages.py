"""Tiers on pages: a version is looked at before it is published, and what a person says or decides is written once."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.segments.actions import set_override
from sterna.desk.segments.models import Batch, Definition, Membership, Move, Override, Retirement
from sterna.desk.segments.tier_queries import schemes_in_force
from sterna.desk.users.models import Role
from sterna.desk.web.components import Table

pytestmark = pytest.mark.django_db
MANAGES = {"manager", "administrator"}
ENDS = date(2018, 6, 1)
FORM = {
    "name": "value", "measure": "spend", "window_months": "6", "place_0": "bronze", "low_0": "0.01",
    "place_1": "silver", "low_1": "300", "place_2": "", "low_2": "", "low_water": "0.9", "minimum_hold_days": "30",
    "grace_days": "14", "downgrade": "one_down", "change_limit": "0.25",
}  # fmt: skip
# What the form holds, and what the audit calls it.
WRITES = {
    "tier_publish": ({**FORM, "reason": "more room"}, "publish tiers"),
    "tier_retire": ({"reason": "of no use"}, "retire tiers"),
    "override_set": (
        {"kind": "floor", "at": "value/silver", "ends_on": "2018-06-01", "reason": "a founder"},
        "set tier override",
    ),
    "override_end": ({"reason": "it is over"}, "end tier override"),
    "moves_apply": ({"reason": "it was the sale"}, "apply tier moves"),
    "moves_discard": ({"reason": "a broken feed"}, "discard tier moves"),
    "moves_undo": ({"reason": "a broken feed"}, "undo tier moves"),
}


def held(world, state=Batch.State.WAITING):
    """The batch of the second run, in this state."""
    batch = Batch.objects.get(run_id=world.second.pk)
    Batch.objects.filter(pk=batch.pk).update(state=state)
    return batch


def address(world, name):
    """The address that the form `name` is posted to, with what it acts on in the world."""
    someone = world.customers["005"].pk
    if name in ("tier_publish", "tier_retire"):
        return reverse(name, args=["value"] if name == "tier_retire" else [])
    if name == "override_set":
        return reverse(name, args=[someone])
    if name == "override_end":
        standing = Override.objects.first() or set_override(
            someone, "value", "floor", "silver", ENDS, None, "why"
        )
        return reverse(name, args=[standing.pk])
    state = Batch.State.CARRIED if name == "moves_undo" else Batch.State.WAITING
    batch = Batch.objects.get(run_id=world.second.pk)
    if not batch.reason:
        held(world, state)
    return reverse(name, args=[batch.pk])


def table(client, caption, name, *args, **query):
    """The rows of a page's table, each by the labels of its columns."""
    page = client.get(reverse(name, args=args), query).context["page"]
    items = [item for section in page.sections for item in section.items]
    found = next(item for item in items if isinstance(item, Table) and item.caption == caption)
    return [dict(zip([one.label for one in found.columns], row.cells, strict=True)) for row in found.rows]


def state():
    """What the writes would change."""
    told = (
        list(Batch.objects.order_by("pk").values_list("state", flat=True)),
        list(Override.objects.values_list("ends_on")),
    )
    return told, Definition.objects.count(), Retirement.objects.count(), Entry.objects.count()


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_changes_nothing(world, name):
    where, before = address(world, name), state()
    answer = Client().post(where, WRITES[name][0])
    assert answer.status_code == 302 and answer.url.startswith(reverse("login"))
    assert state() == before


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", WRITES)
def test_managers_change_it_with_one_line_and_staff_are_refused(world, log_in, name, role):
    form, action = WRITES[name]
    where, before = address(world, name), state()
    answer = log_in(role).post(where, form, follow=True)
    if role not in MANAGES:
        assert answer.status_code == 403 and state() == before
        return
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    entry = Entry.objects.get(action=action, actor__isnull=False)
    assert (entry.actor.username, entry.reason) == (role, form["reason"])
    after = state()
    assert after != before
    # The button pressed twice, or the page that was sent again, does it once.
    assert log_in(role).post(where, form, follow=True).status_code == 200
    assert state() == after


@pytest.mark.parametrize("name", WRITES)
def test_a_link_and_a_form_without_its_token_change_nothing(world, log_in, name):
    where, before = address(world, name), state()
    assert log_in("manager").get(where).status_code == 405
    assert log_in("manager", csrf=True).post(where, WRITES[name][0]).status_code == 403
    assert state() == before


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("tier_publish", {"reason": " "}, "write why the tiers change"),
        ("tier_publish", {"low_1": "0.001"}, "which is no whole cent"),
        ("tier_publish", {"low_1": "much"}, "Starts at: write a number"),
        ("tier_publish", {"low_1": "NaN"}, "write a number"),
        ("tier_publish", {"low_1": "0.01"}, "bronze is empty"),
        ("tier_publish", {"grace_days": "-1"}, "Days of grace"),
        ("tier_publish", {"measure": "luck"}, "Measure"),
        ("tier_publish", {"place_1": "a/b"}, "it stands in addresses"),
        ("tier_publish", {"change_limit": "2"}, "its limit of changes is 2"),
        ("tier_retire", {"reason": ""}, "write why"),
        ("override_set", {"ends_on": "soon"}, "write the day as"),
        ("override_set", {"at": "value/gold"}, "gold is no tier of value"),
        ("override_set", {"ends_on": "2017-07-01"}, "not after today"),
        ("override_end", {"reason": ""}, "write why"),
        ("moves_apply", {"reason": ""}, "write why"),
        ("moves_undo", {"reason": " "}, "write why"),
    ],
)
def test_what_is_refused_is_said_beside_the_form_and_changes_nothing(world, log_in, name, change, said):
    where, before = address(world, name), state()
    answer = log_in("manager").post(where, WRITES[name][0] | change, headers={"HX-Request": "true"})
    assert said in answer.content.decode() and "HX-Redirect" not in answer.headers
    assert state() == before


def test_R5_a_version_shows_who_would_enter_and_leave_before_it_is_published(world, log_in):
    client, where = log_in("manager"), reverse("tier_edit", args=["value"])
    before = state()
    answer = client.post(where, FORM)
    shown = answer.content.decode()
    assert state() == before and 'value="300"' in shown, "nothing is written, and what was typed stays"
    assert "90 % of the low edge keeps a tier" in shown
    amounts = Move.objects.filter(run_id=world.second.pk, scheme="value")
    there = Membership.objects.filter(during__upper_inf=True, scheme="value")
    stands = dict(there.values_list("customer", "place"))
    falling = [
        move
        for move in amounts
        if stands[move.customer_id] == "silver" and (move.to_amount or 0) < Decimal(300)
    ]
    assert falling and f">{len(falling)}<" in shown.replace("\n", "").replace(" ", "")
    assert client.post(where, FORM | {"low_1": "0"}).content.decode().count("is empty") == 1
    assert "Mend what is marked" in client.post(where, FORM | {"low_1": ""}).content.decode()
    asked = client.post(where, FORM, headers={"HX-Request": "true"}).content.decode()
    assert "<h1>" not in asked and "Would go down" in asked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window_months": "12"}, "did not measure this"),
        ({"measure": "orders"}, "Would go"),
        ({"measure": "fact:shopping.budget"}, "did not measure this"),
    ],
)
def test_a_new_scheme_says_what_can_be_seen_of_it(world, log_in, change, said):
    answer = log_in("manager").post(reverse("tier_new"), FORM | {"name": "other"} | change)
    assert said in answer.content.decode()


def test_an_analyst_reads_the_tiers_and_gets_no_form(world, log_in):
    for name, args in (("tier_edit", ["value"]), ("tier_new", [])):
        assert "Publish version" not in log_in("analyst").get(reverse(name, args=args)).content.decode()
        assert log_in("analyst").post(reverse(name, args=args), FORM).status_code == 403
    assert log_in("analyst").get(reverse("tier_edit", args=["nothing"])).status_code == 404


def test_who_is_at_risk_stands_with_what_is_missing_and_until_when(world, analyst):
    move = Move.objects.filter(run_id=world.second.pk, to_place="bronze").order_by("pk")[0]
    Move.objects.filter(pk=move.pk).update(
        to_place="silver", held_by="grace", missing=Decimal("12.50"), hold_until=date(2018, 1, 11)
    )
    [row] = table(analyst, "At risk", "tier_risk")
    assert (row["Missing"], row["Until"], row["Why still there"]) == (
        Decimal("12.50"),
        "2018-01-11",
        "in grace",
    )
    page = analyst.get(reverse("customer", args=[move.customer_id])).content.decode()
    assert "in grace; the amount earns bronze; 12.50 USD are missing; until 2018-01-11" in page
    assert table(analyst, "At risk", "tier_risk", scheme="nothing") == [row], (
        "of no scheme the main one is shown"
    )


def test_the_customers_of_a_tier_are_those_whom_the_run_put_there_whatever_they_spent(world, analyst):
    run = world.second
    move = Move.objects.filter(run_id=run.pk, to_place="bronze").order_by("-to_amount")[0]
    Move.objects.filter(run_id=run.pk, customer=move.customer_id).update(
        to_place="silver", held_by="low water"
    )
    name = f"household {next(key for key, one in world.customers.items() if one.pk == move.customer_id)}"
    page = reverse("customers") + "?tier=silver&sort=spend"
    assert name not in analyst.get(page).content.decode()
    type(run).objects.filter(pk=run.pk).update(summary=run.summary | {"held": 1})
    assert name in analyst.get(page).content.decode()


def test_what_a_person_said_is_listed_with_why_and_until_when(world, analyst, log_in):
    set_override(world.customers["005"].pk, "value", "lock", "bronze", ENDS, None, "Asked for it.")
    [row] = table(analyst, "Overrides", "tier_overrides")
    assert (row["What"], row["Until"], row["Why"], row["Said by"]) == (
        "Lock at bronze",
        ENDS,
        "Asked for it.",
        "Sterna",
    )
    page = log_in("manager").get(reverse("customer", args=[world.customers["005"].pk])).content.decode()
    assert "Lock at bronze in value" in page and "End lock at bronze" in page and "Set it" in page


def test_changes_that_wait_are_shown_with_counts_and_names_and_on_the_first_page(world, analyst):
    batch = held(world)
    waits = Move.objects.filter(run_id=world.second.pk).order_by("pk")[0]
    Membership.objects.filter(customer=waits.customer_id, during__upper_inf=True).update(place="elsewhere")
    page = analyst.get(reverse("tier_moves")).content.decode()
    assert "Nothing of its memberships has moved." in page and "Apply moves" not in page
    way = {"From": "elsewhere", "To": waits.to_place, "Customers": 1}
    assert table(analyst, "Moves in value", "tier_moves") == [way]
    assert "Moves between tiers held back" in analyst.get(reverse("home")).content.decode()
    for name in ("tiers", "moves"):
        assert "These moves are held back." in analyst.get(reverse(name)).content.decode()
    assert batch.moved >= 0


def test_the_page_of_what_waits_asks_as_often_for_many_as_for_one(world, log_in):
    held(world)
    client, asked = log_in("manager"), []
    for number in (1, 40):
        who = [one.pk for one in world.customers.values()][:number]
        Membership.objects.filter(customer__in=who, during__upper_inf=True).update(place="elsewhere")
        client.get(reverse("tier_moves"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("tier_moves")).content.count(b"elsewhere") >= number
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_moves_and_tiers_show_each_scheme_of_a_run(world, analyst):
    run = world.second
    other = {**run.brief["scheme"], "name": "points", "measure": "orders", "bands": [
        {"place": "often", "rank": 1, "low": "5", "high": None}]}  # fmt: skip
    type(run).objects.filter(pk=run.pk).update(brief=run.brief | {"tiers": [other]})
    customer = world.customers["005"].pk
    Move.objects.create(
        run_id=run.pk, scheme="points", customer_id=customer, from_place="none", to_place="often", to_amount=7
    )
    assert "points" in analyst.get(reverse("moves")).content.decode()
    assert (
        "By points, version 1: orders over 6 months"
        in analyst.get(reverse("moves") + "?scheme=points").content.decode()
    )
    [row] = table(analyst, "From none to often", "move_names", "none", "often", scheme="points")
    assert row["Orders after"] == 7
    assert "Tiers of points" in analyst.get(reverse("tiers")).content.decode()
    assert len(analyst.get(reverse("customer", args=[customer])).content) > 0


def test_a_scheme_that_the_run_did_not_place_by_is_shown_as_such(world, log_in):
    log_in("manager").post(reverse("tier_publish"), FORM | {"name": "other", "reason": "one more"})
    assert [one.name for one in schemes_in_force()] == ["value", "other"]
    page = log_in("analyst").get(reverse("tiers")).content.decode()
    assert "did not place by it" in page and "Versions of other" in page
