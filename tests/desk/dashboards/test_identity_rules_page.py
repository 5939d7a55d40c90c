"""The page of the identity rules: what holds, what it kept apart, and what a change would do before it is made."""

import re

import pytest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers.actions import act_on_inbox, identify
from sterna.desk.customers.models import BlockedValue, IdentifierKind, SharedValue
from sterna.desk.sources.actions import add_source, receive
from sterna.desk.sources.received import Envelope
from sterna.desk.users.models import Role
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db


def cells(client, caption):
    return {row[0]: row[1:] for row in table(client, caption, "identity_rules")}


def send(*events):
    source = add_source("till-9", "Till 9")[0]
    for number, event in enumerate(events):
        body = {"type": "identify", "messageId": f"m{number}", **event}
        receive(source, [body], Envelope(clock.now(), None, {}, {}, "secret"))
    act_on_inbox()


def test_every_kind_stands_with_its_rule_and_who_set_it(world, analyst):
    kinds = cells(analyst, "Kinds of identifiers")
    assert kinds["email"] == [2, "5 a customer", "yes", "no", "secret keys only", "Sterna"]
    assert kinds["loyalty_card"] == [4, "2 a customer", "yes", "no", "secret keys only", "this installation"]
    # The till's own name for its people: a public key of the till may say it.
    assert kinds["card"] == [1, "1 a customer in each source", "yes", "yes", "any key", "Sterna"]
    assert kinds["anonymous_id"][4] == kinds["user_id"][4] == "any key"


def test_R20_every_reason_counts_how_many_were_left_apart_and_how_often(world, analyst):
    before = cells(analyst, "Refusals by reason")
    mail = {"traits": {"email": "both@mail.de"}}
    send({"userId": "guest", "anonymousId": "d1"}, {"userId": "guest", "anonymousId": "d2"})
    assert cells(analyst, "Refusals by reason")[
        "the value is what programs write where they know nobody"
    ] == [1, 2]
    assert not before
    receive_more = [{"userId": "u1", **mail}, {"userId": "u2", **mail}]
    source = add_source("web-9", "Web 9")[0]
    for number, event in enumerate(receive_more):
        body = {"type": "identify", "messageId": f"w{number}", **event}
        receive(source, [body], Envelope(clock.now(), None, {}, {}, "secret"))
    act_on_inbox()
    [shared] = table(analyst, "Shared values", "identity_rules")
    assert shared[:4] == ["both@mail.de", "email", "web-9/user_id:u1", "web-9/user_id:u2"]
    assert cells(analyst, "Refusals by reason")["the value came with more than one user id"] == [1, 1]


def test_a_long_list_of_shared_values_says_how_many_there_are(analyst):
    SharedValue.objects.bulk_create(
        SharedValue(kind="email", value=f"{number}@x.de", one="w/u:1", two="w/u:2", since=clock.now())
        for number in range(101)
    )
    assert len(table(analyst, "Shared values", "identity_rules")) == 100
    assert "the latest 100 of 101" in shown(analyst, "identity_rules")


@pytest.mark.parametrize("role", list(Role.values))
def test_only_an_administrator_is_shown_a_form(world, log_in, role):
    content = log_in(role).get(reverse("identity_rules"), {"kind": "email", "value": "x"}).content.decode()
    may = role == "administrator"
    for name in ("kind_declare", "value_block"):
        assert (reverse(name) in content) == may
    assert (reverse("value_allow", args=[world.known.blocked.pk]) in content) == may
    assert ("?kind=loyalty_card" in content) == may


def test_the_form_of_a_kind_holds_its_rule_and_gives_the_shipped_one_back(world, log_in):
    client = log_in("administrator")
    content = shown(client, "identity_rules", kind="loyalty_card")
    assert re.search(r'name="limit" value="2"', content) and re.search(r'name="priority" value="4"', content)
    assert 'name="joins" value="yes" checked' in content and 'name="names" value="yes">' in content
    assert "Restore shipped rule" in content
    assert "Restore shipped rule" not in shown(client, "identity_rules", kind="email")
    # A kind that nobody declared begins with what holds for it.
    unknown = shown(client, "identity_rules", kind="passport")
    assert 'name="names" value="yes" checked' in unknown and 'value="passport"' in unknown


def test_what_a_value_fits_is_shown_before_it_is_blocked(world, log_in):
    identify("till", "card", ["kiosk-1", "kiosk-22"], clock.now())
    client = log_in("administrator")
    said = shown(client, "identity_rules", value=r"kiosk-\d+", pattern="yes")
    assert r"kiosk-\d+ fits 2 of the newest" in said and "kiosk-22" in said and "Block pattern" in said
    assert "Block value" not in shown(client, "identity_rules")
    answer = client.post(
        reverse("value_block"), {"value": r"kiosk-\d+", "pattern": "yes", "reason": "tablets"}, follow=True
    )
    assert r"kiosk-\d+ is nobody's from now on." in answer.content.decode().replace("&#x27;", "'")
    assert BlockedValue.objects.filter(value=r"kiosk-\d+", is_pattern=True).exists()


def test_a_second_post_says_that_it_was_so_already(world, log_in):
    client = log_in("administrator")
    rule = {
        "kind": "card",
        "priority": "1",
        "limit": "2",
        "by_source": "yes",
        "joins": "yes",
        "reason": "two",
    }
    first, second = (
        [str(note) for note in client.post(reverse("kind_declare"), rule, follow=True).context["messages"]]
        for _ in range(2)
    )
    assert first == ["card joins by this rule from now on."] and second == ["card joins so already."]
    assert IdentifierKind.objects.get(kind="card").names is False
    again = client.post(reverse("value_block"), {"value": "KIOSK-7", "reason": "again"}, follow=True)
    assert [str(note) for note in again.context["messages"]] == ["KIOSK-7 was nobody's already."]


def test_a_kind_with_signs_of_an_address_is_led_to_by_its_row(world, log_in):
    identify("till", "a&b=c d", ["1"], clock.now())
    client = log_in("administrator")
    content = client.get(reverse("identity_rules")).content.decode()
    assert "?kind=a%26b%3Dc+d" in content
    assert 'value="a&b=c d"' in shown(client, "identity_rules", kind="a&b=c d")


def test_the_rail_leads_to_the_rules(world, analyst):
    assert f'href="{reverse("identity_rules")}"' in shown(analyst, "home")
