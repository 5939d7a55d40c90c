"""What is done from the pages of Know: by who may, with the token of the form, with one line in the audit."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.customers.models import SourceRecord
from sterna.desk.users.models import Role
from tests.desk.dashboards import known

pytestmark = pytest.mark.django_db
ADMINISTERS = {"administrator"}
MANAGES = {"manager", "administrator"}
WORKS = {"staff", "manager", "administrator"}
OPEN = {"type": "track", "event": "Looked", "messageId": "m2", "userId": "u2"}
TAXONOMY = """
taxonomy: small
version: 1
title: Small
owner: Bo
higher: [name]
classes:
  - {id: name, title: Name, holds: text, purposes: [service]}
"""
RULES = "taxonomy: retail\nversion: 99\n"
# The address, who may, what the form holds, what the audit calls it, and the page where the form stands.
WRITES = {
    "source_add": (ADMINISTERS, {"name": "app", "title": "App"}, "gave a write key", "sources"),
    "key_make": (ADMINISTERS, {"name": "app", "kind": "secret"}, "gave a write key", "source"),
    "key_rotate": (ADMINISTERS, {"reason": "it leaked"}, "disabled a write key", "source"),
    "key_disable": (ADMINISTERS, {"reason": "it leaked"}, "disabled a write key", None),
    "source_strict": (
        ADMINISTERS,
        {"strict": "yes", "reason": "too much comes"},
        "made source strict",
        "source",
    ),
    "webhook_open": (ADMINISTERS, {"mapping": json.dumps(known.HOOK)}, "opened webhook", "source"),
    "webhook_rotate": (ADMINISTERS, {"both_for": "1"}, "rotated webhook secret", "source"),
    "webhook_close": (ADMINISTERS, {"reason": "not used"}, "closed webhook", "source"),
    "letter_replay": (
        ADMINISTERS,
        {"body": json.dumps(OPEN), "reason": "known by now"},
        "replayed event",
        "dead_letter",
    ),
    "kind_declare": (
        ADMINISTERS,
        {"kind": "card", "priority": "1", "limit": "2", "joins": "yes", "reason": "couples"},
        "change identifier kind",
        "kind",
    ),
    "kind_restore": (
        ADMINISTERS,
        {"kind": "loyalty_card", "reason": "one each"},
        "restore identifier kind",
        "kind",
    ),
    "value_block": (
        ADMINISTERS,
        {"value": r"kiosk-\d+", "pattern": "yes", "reason": "tablets"},
        "block value",
        "value",
    ),
    "value_allow": (ADMINISTERS, {"reason": "it is a customer"}, "allow value", "identity_rules"),
    "review_answer": (MANAGES, {"answer": "same", "reason": "same voice"}, "answer pair", "review_pair"),
    "identity_merge": (
        MANAGES,
        {"with": "OTHER", "reason": "same voice"},
        "merge customers",
        "customer_merge",
    ),
    "identity_split": (
        MANAGES,
        {"record": "RECORD", "reason": "two voices"},
        "split customers",
        "customer_split",
    ),
    "identity_undo": (
        MANAGES,
        {"reason": "two voices", "customer": "ONE"},
        "undo merge customers",
        "one_identity",
    ),
    "household_form": (
        MANAGES,
        {"with": "7007", "reason": "one kitchen"},
        "form household",
        "customer_identity",
    ),
    "household_leave": (MANAGES, {"reason": "moved out"}, "leave household", "customer_identity"),
    "note_add": (
        WORKS,
        {"text": "Likes pears.", "place": "phone", "direction": "inbound", "purpose": "service", "key": "k1"},
        "note contact",
        "customer",
    ),
    "proposal_decide": (WORKS, {"decision": "no"}, "refused proposal", "customer"),
    "fact_retract": (WORKS, {"reason": "misheard"}, "retract fact", "customer"),
    "question_settle": (
        WORKS,
        {"fact_class": "name.full", "touchpoint": "register", "settled": "no"},
        "answer question",
        None,
    ),
    "request_take": (WORKS, {"kind": "cake", "words": "a pie", "key": "k2"}, "take request", "customer"),
    "request_promise": (WORKS, {"words": "a cake", "due_on": "2017-07-02"}, "promise request", "customer"),
    "request_settle": (WORKS, {"words": "it was eaten", "state": "done"}, "done request", "customer"),
    "occasion_add": (
        WORKS,
        {"fact_class": "events.birth_date", "month": "2", "day": "29"},
        "add occasion",
        "customer",
    ),
    "occasion_retract": (WORKS, {"reason": "called off"}, "retract occasion", "customer"),
    "credit_record": (
        WORKS,
        {"with": "SEVEN", "kind": "referral", "share": "50", "why": "named her", "key": "k3"},
        "record credit",
        "customer_credit",
    ),
    "credit_withdraw": (WORKS, {"reason": "mistaken"}, "withdraw credit", "customer"),
    "taxonomy_publish": (
        MANAGES,
        {"text": TAXONOMY, "reason": "smaller", "vanishing": "ALL"},
        "publish taxonomy",
        "taxonomy_text",
    ),
    "rules_publish": (MANAGES, {"text": RULES, "reason": "none infers"}, "publish rules", "rules_text"),
}


def address(world, name):
    """The address that the form `name` is posted to."""
    here = world.known
    subjects = {
        "key_make": here.source, "key_rotate": here.key, "key_disable": here.key, "source_strict": here.source,
        "webhook_open": here.source, "webhook_rotate": here.source, "webhook_close": here.source,
        "letter_replay": here.letter, "review_answer": here.pair, "identity_split": here.one,
        "identity_undo": here.merged, "proposal_decide": here.proposal, "fact_retract": here.fact,
        "request_promise": here.request, "request_settle": here.request, "occasion_retract": here.occasion,
        "value_allow": here.blocked, "credit_withdraw": here.credit,
    }  # fmt: skip
    alone = ("source_add", "taxonomy_publish", "rules_publish", "kind_declare", "kind_restore", "value_block")
    if name in alone:
        return reverse(name)
    return reverse(name, args=[subjects.get(name, here.client).pk])


def form(world, name):
    """What the form `name` holds."""
    from sterna.desk.customers.queries import classes

    given = {
        "OTHER": str(known.person("7008").pk),
        "RECORD": str(SourceRecord.objects.get(key="till/card:7005").pk),
        "ONE": str(world.known.one.pk),
        "SEVEN": str(known.person("7007").pk),
        "ALL": " ".join(classes().ids()),
    }
    return {field: given.get(value, value) for field, value in WRITES[name][1].items()}


def page(world, where):
    """The page on which a form stands."""
    here = world.known
    if where == "one_identity":
        return reverse("customer_identity", args=[here.one.pk])
    if where == "customer_merge":
        return reverse(where, args=[here.client.pk]) + f"?with={known.person('7008').pk}"
    if where == "customer_credit":
        return reverse(where, args=[here.client.pk]) + f"?with={known.person('7007').pk}"
    if where == "customer_split":
        record = SourceRecord.objects.get(key="till/card:7005").pk
        return reverse(where, args=[here.one.pk]) + f"?record={record}"
    asked = {"kind": "kind=loyalty_card", "value": "value=17"}
    if where in (*asked, "identity_rules"):
        return f"{reverse('identity_rules')}?{asked.get(where, '')}"
    subjects = {"source": here.source, "dead_letter": here.letter, "review_pair": here.pair}
    if where in ("sources", "taxonomy_text", "rules_text"):
        return reverse(where)
    return reverse(where, args=[subjects.get(where, here.client).pk])


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_changes_nothing(world, name):
    before = Entry.objects.count()
    answer = Client().post(address(world, name), form(world, name))
    assert answer.status_code == 302 and answer.url.startswith(reverse("login"))
    assert Entry.objects.count() == before


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", WRITES)
def test_who_may_does_it_with_their_name_in_the_audit_and_who_may_not_is_refused(world, log_in, name, role):
    may, _, action, _ = WRITES[name]
    before = Entry.objects.count()
    answer = log_in(role).post(address(world, name), form(world, name), follow=True)
    if role not in may:
        assert answer.status_code == 403 and Entry.objects.count() == before
        return
    assert answer.status_code == 200
    assert not [note for note in answer.context["messages"] if note.level_tag == "error"]
    entry = Entry.objects.filter(action=action).latest("pk")
    assert entry.actor is not None and entry.actor.username == role


@pytest.mark.parametrize("name", WRITES)
def test_a_link_and_a_form_of_another_site_change_nothing(world, log_in, name):
    before = Entry.objects.count()
    assert log_in("administrator").get(address(world, name)).status_code == 405
    client = log_in("administrator", csrf=True)
    assert client.post(address(world, name), form(world, name)).status_code == 403
    assert Entry.objects.count() == before


@pytest.mark.parametrize("name", [name for name, write in WRITES.items() if write[3]])
def test_only_who_may_is_shown_the_form_and_it_carries_the_token(world, log_in, name):
    may, _, _, where = WRITES[name]
    for role in Role.values:
        content = log_in(role).get(page(world, where)).content.decode()
        shown = f'action="{address(world, name)}"' in content
        assert shown == (role in may), role
        if shown:
            form_text = content.split(f'action="{address(world, name)}"')[1].split("</form>")[0]
            assert "csrfmiddlewaretoken" in form_text


REFUSED = {
    "source_add": ({"name": "No!"}, "a name is lower-case"),
    "key_make": ({"name": "x", "kind": "golden"}, "a write key is one of"),
    "key_rotate": ({"reason": " "}, "write why"),
    "key_disable": ({}, "write why"),
    "source_strict": ({"strict": "yes"}, "write why"),
    "webhook_open": ({"mapping": "{"}, "this is no JSON"),
    "webhook_rotate": ({"both_for": "99"}, "choose how long"),
    "webhook_close": ({}, "write why"),
    "letter_replay": ({"body": "[]", "reason": "x"}, "one JSON object"),
    "kind_declare": ({"kind": "card", "priority": "first", "reason": "x"}, "priority: write a whole number"),
    "kind_restore": ({"kind": "email", "reason": "x"}, "has the shipped rule already"),
    "value_block": ({"value": "(", "pattern": "yes", "reason": "x"}, "is no pattern"),
    "value_allow": ({"reason": " "}, "write why"),
    "review_answer": ({"answer": "same"}, "write why"),
    "identity_merge": ({"with": "nobody", "reason": "x"}, "choose from what the page shows"),
    "identity_split": ({"reason": "x"}, "choose some of the records"),
    "identity_undo": ({"customer": "x"}, "write why"),
    "household_form": ({"with": "nobody-at-all", "reason": "x"}, "nobody else is known by"),
    "household_leave": ({}, "write why they live alone"),
    "note_add": (
        {"text": " ", "place": "phone", "direction": "inbound", "purpose": "service"},
        "write what was said",
    ),
    "proposal_decide": ({"decision": "yes", "value": "x" * 301}, None),
    "fact_retract": ({"reason": ""}, "write why it is wrong"),
    "question_settle": ({"fact_class": "name.full", "settled": "answered"}, "write what they answered"),
    "request_take": ({"kind": "cake"}, "write what was asked for"),
    "request_promise": ({"words": "a cake", "due_on": "soon"}, "is no day"),
    "request_settle": ({"state": "done"}, "write what became of it"),
    "occasion_add": ({"fact_class": "events.birth_date", "month": "2", "day": "30"}, "no day or month"),
    "occasion_retract": ({}, "write why it is taken out"),
    "credit_record": ({"with": "nobody", "why": "x"}, "not there any more: look for them again"),
    "credit_withdraw": ({}, "write why it is withdrawn"),
    "taxonomy_publish": ({"text": "taxonomy: [", "reason": "x"}, "is refused"),
    "rules_publish": ({"text": "rules: 7", "reason": "x"}, "line"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_one_sentence_and_changes_nothing(world, log_in, name):
    given, said = REFUSED[name]
    before = Entry.objects.count()
    answer = log_in("administrator").post(address(world, name), given, follow=True)
    [note] = answer.context["messages"]
    assert answer.status_code == 200 and note.level_tag == "error" and (said or "") in str(note)
    assert Entry.objects.count() == before


@pytest.mark.parametrize("name", REFUSED)
def test_a_form_that_htmx_posted_stays_with_what_was_typed_and_shows_why(world, log_in, name):
    given, said = REFUSED[name]
    answer = log_in("administrator").post(address(world, name), given, headers={"HX-Request": "true"})
    content = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in content and 'role="alert"' in content
    assert (said or "") in content
