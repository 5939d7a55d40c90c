"""The pages of webhooks, and what is done from them: by administrators, once, with one line in the audit."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook as Oracle

from sterna.desk.audit.models import Entry
from sterna.desk.segments.ruled_queries import ruled_in_force, scheme_of
from sterna.desk.users.models import Role
from sterna.desk.webhooks.actions import Wanted, add_endpoint
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.desk.webhooks.signing import secret_of
from tests.desk.dashboards.reading import shown, table
from tests.desk.webhooks.receiver import serve

pytestmark = pytest.mark.django_db
ADDRESS = "https://93.184.215.14/new"
NEW = {"name": "Warehouse", "url": ADDRESS, "types": ["customer.moved"]}
# The address, what the form holds, what the audit calls it, and whether the endpoint has to be disabled before.
WRITES = {
    "endpoint_add": (NEW, "added endpoint", False),
    "endpoint_change": (NEW | {"name": "CRM"}, "changed endpoint", False),
    "endpoint_test": ({}, "sent test message", False),
    "endpoint_rotate": ({"both_for": "1"}, "rotated endpoint secret", False),
    "endpoint_disable": ({"reason": "they move house"}, "disabled endpoint", False),
    "endpoint_enable": ({"reason": "they moved"}, "enabled endpoint", True),
    "endpoint_delete": ({"reason": "replaced"}, "deleted endpoint", True),
    "endpoint_resend": ({"since": "2017-01-01"}, "sent failed messages again", False),
    "message_retry": ({}, "sent message again", False),
}


@pytest.fixture
def receiver(monkeypatch):
    """Where the endpoint of the world stands in this test."""
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    with serve() as found:
        Endpoint.objects.update(url=found.url)
        yield found


def message():
    """A message of the world."""
    return Message.objects.order_by("pk")[0]


def prepare(name):
    """Let a write be possible."""
    Message.objects.filter(pk=message().pk).update(state="failed")
    if WRITES[name][2]:
        Endpoint.objects.update(state="disabled")


def address(world, name):
    """The address that the form `name` is posted to."""
    if name == "endpoint_add":
        return reverse(name)
    return reverse(name, args=[message().pk if name == "message_retry" else world.known.endpoint.pk])


def state():
    """What the writes would change."""
    return [
        list(model.objects.order_by("pk").values()) for model in (Endpoint, Message)
    ], Entry.objects.count()


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_changes_nothing(world, name):
    prepare(name)
    before = state()
    answer = Client().post(address(world, name), WRITES[name][0])
    assert answer.status_code == 302 and answer.url.startswith(reverse("login"))
    assert state() == before


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", WRITES)
def test_an_administrator_changes_it_with_one_line_and_everybody_else_is_refused(
    world, receiver, log_in, name, role
):
    prepare(name)
    form, action, _ = WRITES[name]
    before = state()
    answer = log_in(role).post(address(world, name), form, follow=True)
    if role != "administrator":
        assert answer.status_code == 403 and state() == before
        return
    assert answer.status_code == 200 and state()[0] != before[0]
    assert not [note for note in answer.context["messages"] if note.level_tag == "error"]
    [entry] = Entry.objects.filter(action=action).order_by("pk")[
        -1 + Entry.objects.filter(action=action).count() :
    ]
    assert entry.actor.username == role and Entry.objects.count() == before[1] + 1


@pytest.mark.parametrize("name", WRITES)
def test_a_link_and_a_form_without_its_token_change_nothing(world, log_in, name):
    prepare(name)
    before = state()
    assert log_in("administrator").get(address(world, name)).status_code == 405
    client = log_in("administrator", csrf=True)
    assert client.post(address(world, name), WRITES[name][0]).status_code == 403
    assert state() == before


@pytest.mark.parametrize("name", WRITES)
def test_only_an_administrator_is_shown_the_form_and_it_carries_the_token(world, log_in, name):
    prepare(name)
    where = {"endpoint_add": ("webhooks", []), "message_retry": ("webhook_message", [message().pk])}
    page, arguments = where.get(name, ("endpoint", [world.known.endpoint.pk]))
    for role in Role.values:
        content = log_in(role).get(reverse(page, args=arguments)).content.decode()
        is_shown = f'action="{address(world, name)}"' in content
        assert is_shown == (role == "administrator"), role
        if is_shown:
            form = content.split(f'action="{address(world, name)}"')[1].split("</form>")[0]
            assert "csrfmiddlewaretoken" in form


@pytest.mark.parametrize(
    ("name", "form", "why"),
    [
        ("endpoint_add", NEW | {"name": " "}, "needs a name"),
        ("endpoint_add", NEW | {"name": "a\x07b"}, "needs a name"),
        ("endpoint_add", NEW | {"name": "x" * 81}, "needs a name"),
        ("endpoint_add", NEW | {"name": "CRM"}, "there is an endpoint CRM already"),
        ("endpoint_add", NEW | {"url": "ftp://x.example/"}, "no address of a receiver"),
        ("endpoint_add", NEW | {"url": "http://93.184.215.14/"}, "messages go by https"),
        ("endpoint_add", NEW | {"url": "https://localhost/"}, "no public address"),
        ("endpoint_add", NEW | {"url": "https://a:b@x.example/"}, "a user or a password"),
        ("endpoint_add", NEW | {"types": []}, "choose at least one"),
        ("endpoint_add", NEW | {"types": ["sterna.test"]}, "no type of message 'sterna.test'"),
        ("endpoint_add", NEW | {"schemes": ["nothing"]}, "no scheme 'nothing'"),
        ("endpoint_add", NEW | {"kinds": ["scheme"]}, "no kind of scheme 'scheme'"),
        ("endpoint_add", NEW | {"places": ["value/gold\x00"]}, "no place 'value/gold'"),
        ("endpoint_change", NEW | {"url": "https://10.0.0.1/"}, "no public address"),
        ("endpoint_rotate", {"both_for": "99"}, "choose how long"),
        ("endpoint_disable", {"reason": " "}, "write why"),
        ("endpoint_enable", {"reason": "x"}, "enabled already"),
        ("endpoint_delete", {"reason": "x"}, "is enabled: disable it first"),
        ("endpoint_resend", {"since": "soon"}, "choose the day"),
        ("endpoint_resend", {"since": "2030-01-01"}, "nothing that was made since 2030-01-01 failed"),
    ],
)
def test_a_refusal_is_one_sentence_beside_the_form_and_changes_nothing(world, log_in, name, form, why):
    before, client = state(), log_in("administrator")
    answer = client.post(address(world, name), form, headers={"HX-Request": "true"})
    assert why in unescape(answer.content.decode()) and "<html" not in answer.content.decode()
    [note] = client.post(address(world, name), form, follow=True).context["messages"]
    assert note.level_tag == "error" and why in str(note) and state() == before


def test_a_secret_is_shown_in_the_answer_that_made_it_and_nowhere_after(world, log_in, receiver):
    client = log_in("administrator")
    answer = client.post(
        reverse("endpoint_add"), NEW | {"url": receiver.url, "schemes": ["value"], "places": ["value/bronze"]}
    )
    [secret] = re.findall(r'id="secret" value="(whsec_[^"]+)"', answer.content.decode())
    made = Endpoint.objects.get(name="Warehouse")
    assert secret == secret_of(bytes(made.salt)) and "no-store" in answer["Cache-Control"]
    assert (made.schemes, made.places, made.kinds) == (["value"], ["value/bronze"], [])
    assert secret not in shown(client, "endpoint", made.pk) + shown(client, "webhooks")
    answer = client.post(reverse("endpoint_test", args=[made.pk]), follow=True)
    assert "Warehouse took the test message with 204." in answer.content.decode()
    Oracle(secret).verify(receiver.taken[0].body, receiver.taken[0].headers)
    answer = client.post(
        reverse("endpoint_rotate", args=[made.pk]), {"both_for": "7"}, headers={"HX-Request": "true"}
    )
    assert answer["HX-Retarget"] == "#content" and "whsec_" in answer.content.decode()
    assert "signed also with the secret before until 2017-07-08" in shown(client, "endpoint", made.pk)


def test_a_second_rotation_waits_until_the_former_secret_counts_no_more(world, log_in):
    client, where = log_in("administrator"), reverse("endpoint_rotate", args=[world.known.endpoint.pk])
    client.post(where, {"both_for": "7"})
    [note] = client.post(where, {"both_for": "1"}, follow=True).context["messages"]
    assert "the secret before still counts until 2017-07-08" in str(note)
    assert "whsec_" in client.post(where, {"both_for": "0"}).content.decode()
    assert Endpoint.objects.get().former_salt is None


def test_a_test_message_that_is_not_taken_says_what_the_receiver_said(world, receiver, log_in):
    receiver.says(503, b"closed for lunch")
    where = reverse("endpoint_test", args=[world.known.endpoint.pk])
    [note] = log_in("administrator").post(where, follow=True).context["messages"]
    assert str(note) == "the test message was not taken: the receiver answered 503"


def test_the_list_says_how_each_endpoint_stands(world, analyst):
    waiting = Message.objects.count()
    Message.objects.filter(pk=message().pk).update(state="failed")
    [row] = table(analyst, "Endpoints", "webhooks")
    assert row == [
        "CRM",
        "https://93.184.215.14/moves",
        "moves and published runs",
        "Enabled",
        "never",
        waiting - 1,
        1,
    ]
    narrow = Wanted("Narrow", ADDRESS, ["customer.moved"], ["value"], ["tiers"], ["value/bronze"])
    add_endpoint(narrow, None)
    add_endpoint(Wanted("Accounts", ADDRESS, ["run.published"]), None)
    assert [row[0] for row in table(analyst, "Endpoints", "webhooks")] == ["Accounts", "CRM", "Narrow"]
    assert table(analyst, "Endpoints", "webhooks")[2][2] == "moves of tiers in value from or to value/bronze"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "gone"}, "the receiver answered 410"),
        (
            {"state": "failing", "failing_since": timezone.now() - timedelta(days=6)},
            "no message has been taken since",
        ),
        ({"fingerprint": "another"}, "STERNA_SECRET_KEY is not what it was"),
    ],
)
def test_an_endpoint_that_is_not_sent_to_says_why_on_both_pages_and_on_home(world, analyst, change, said):
    Endpoint.objects.update(**change)
    for page in (shown(analyst, "webhooks"), shown(analyst, "endpoint", world.known.endpoint.pk)):
        assert said in page and "nothing of them is lost" in page
    assert ("Webhooks that were stopped" in shown(analyst, "home")) == ("state" in change)


def test_the_messages_of_an_endpoint_are_found_by_state_and_by_customer(world, analyst):
    here, one = world.known.endpoint.pk, Message.objects.exclude(customer=None).order_by("pk")[0]
    Message.objects.filter(pk=one.pk).update(
        state="delivered", status=200, answer="thanks", tried_at=timezone.now()
    )
    [row] = table(analyst, "Messages", "endpoint", here, state="delivered")
    assert row[3:] == ["Delivered", 0, "200 thanks"] and " to " in row[1]
    of = table(analyst, "Messages", "endpoint", here, customer=str(one.customer_id))
    assert len(of) == Message.objects.filter(customer=one.customer_id).count()
    assert table(analyst, "Messages", "endpoint", here, customer="nobody") == []
    assert len(table(analyst, "Messages", "endpoint", here)) == min(50, Message.objects.count())


def test_a_message_is_shown_as_it_is_sent_with_what_the_receiver_said(world, analyst):
    one = Message.objects.exclude(customer=None).order_by("pk")[0]
    answer = "<script>alert(1)</script>"
    Message.objects.filter(pk=one.pk).update(status=500, answer=answer, attempts=3, tried_at=timezone.now())
    page = analyst.get(reverse("webhook_message", args=[one.pk])).content.decode()
    assert f"webhook-id: msg_{one.pk.hex}" in page and answer not in page and answer in unescape(page)
    assert (
        '"type": "customer.moved"' in unescape(page) and reverse("customer", args=[one.customer_id]) in page
    )
    Endpoint.objects.update(state="disabled")
    assert "until the endpoint is enabled" in shown(analyst, "webhook_message", one.pk)


def test_an_endpoint_is_deleted_with_its_messages_once_it_is_disabled(world, log_in):
    client, here = log_in("administrator"), world.known.endpoint.pk
    waiting = Message.objects.filter(state="waiting").count()
    Endpoint.objects.update(state="gone")
    answer = client.post(reverse("endpoint_delete", args=[here]), {"reason": "replaced"}, follow=True)
    [note] = answer.context["messages"]
    assert f"{waiting} messages waited and will not be sent" in str(note)
    assert not Endpoint.objects.exists() and not Message.objects.exists()
    assert Entry.objects.get(action="deleted endpoint").detail["not sent"] == waiting
    assert client.get(reverse("endpoint", args=[here])).status_code == 404


def test_every_place_of_every_scheme_in_force_is_there_to_choose_the_rest_of_the_segments_too(world, log_in):
    page = log_in("administrator").get(reverse("webhooks")).content.decode()
    offered = set(re.findall(r'name="places" value="([^"]+)"', page))
    for scheme in ruled_in_force():
        assert {f"{scheme.name}/{place}" for place in scheme_of(scheme).places} <= offered
        assert scheme.kind == "stages" or f"{scheme.name}/{scheme.body['rest']}" in offered
    assert {"value/bronze", "house/A"} <= {re.sub("^[^/]*/A$", "house/A", place) for place in offered}


def test_a_place_that_is_in_force_no_more_can_be_kept_and_taken_away(world, log_in):
    client, here = log_in("administrator"), world.known.endpoint.pk
    Endpoint.objects.update(places=["old/gold"], schemes=["old"])
    page = client.get(reverse("endpoint", args=[here])).content.decode()
    assert re.search(r'value="old/gold" checked', page) and re.search(r'value="old" checked', page)
    form = NEW | {"name": "CRM", "places": ["old/gold", "value/bronze"], "schemes": []}
    client.post(reverse("endpoint_change", args=[here]), form)
    assert Endpoint.objects.get().places == ["old/gold", "value/bronze"]
