"""What is done about groups from pages: by who may, with the token of the form, once, with one line in the audit."""

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.segments.group_models import (
    AgreementCheck,
    CheckAnswer,
    GroupChange,
    GroupJudgement,
    GroupReason,
)
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.users.models import Role
from tests.desk.dashboards.reading import shown, table
from tests.desk.segments import grouped

pytestmark = pytest.mark.django_db
WORKS, MANAGES = {"staff", "manager", "administrator"}, {"manager", "administrator"}
SECOND = grouped.PLAIN.format(version=2)
B = {"group": "B", "reason": "inherits", "expected_on": "2018-03-01", "next_step": "call in May"}
# The address, who may, what the form holds, and what the audit calls it.
WRITES = {
    "group_judge": (WORKS, {"kind": "need", "holds": "no", "why": "buys elsewhere"}, "judge customer"),
    "group_propose": (WORKS, {"group": "C", "code": "family", "reason": "a son"}, "propose group"),
    "group_review": (WORKS, B, "review group"),
    "group_approve": (MANAGES, {"reason": "agreed"}, "approve group"),
    "group_decline": (MANAGES, {"reason": "not yet"}, "decline group"),
    "group_terms_publish": (MANAGES, {"text": SECOND, "reason": "without figures"}, "publish groups"),
    "group_check_start": (
        MANAGES,
        {"title": "autumn", "each": "1", "numbers": "004\n", "staff": ["staff", "manager"]},
        "start agreement check",
    ),
    "group_check_answer": (WORKS, {"group": "B"}, "answer agreement check"),
    "group_check_close": (MANAGES, {}, "close agreement check"),
}


def address(world, name):
    """The address that the form `name` is posted to."""
    clients = world.clients
    of = {
        "group_judge": clients.coming.pk,
        "group_propose": clients.coming.pk,
        "group_review": clients.coming.pk,
        "group_approve": clients.change.pk,
        "group_decline": clients.change.pk,
        "group_check_answer": clients.check.customers.get(customer=clients.waits).pk,
        "group_check_close": clients.check.pk,
    }
    return reverse(name, args=[of[name]] if name in of else [])


def state():
    """What the writes would change."""
    counted = (
        GroupJudgement, GroupReason, GroupChange.objects.filter(state="open"), Membership.objects.filter(run_id=None),
        Definition, AgreementCheck, CheckAnswer, AgreementCheck.objects.filter(closed_at=None),
    )  # fmt: skip
    return [(one.objects if isinstance(one, type) else one).count() for one in counted], Entry.objects.count()


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_changes_nothing(world, name):
    before = state()
    answer = Client().post(address(world, name), WRITES[name][1])
    assert answer.status_code == 302 and answer.url.startswith(reverse("login"))
    assert state() == before


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", WRITES)
def test_R49_who_may_changes_it_with_one_line_and_who_may_not_is_refused(world, log_in, name, role):
    may, form, action = WRITES[name]
    before, lines = state(), Entry.objects.filter(action=action).count()
    answer = log_in(role).post(address(world, name), form, follow=True)
    if name == "group_decline" and role == "staff":
        # The door is open to whoever proposed it; this one did not.
        assert [message.level_tag for message in answer.context["messages"]] == ["error"]
        assert state() == before
        return
    if role not in may:
        assert answer.status_code == 403 and state() == before
        return
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    entry = Entry.objects.filter(action=action).order_by("at", "id").last()
    assert entry.actor.username == role and Entry.objects.filter(action=action).count() == lines + 1
    after = state()
    assert after[0] != before[0] and after[1] == before[1] + 1


@pytest.mark.parametrize("name", WRITES)
def test_a_link_and_a_form_without_its_token_change_nothing(world, log_in, name):
    before = state()
    assert log_in("administrator").get(address(world, name)).status_code == 405
    client = log_in("administrator", csrf=True)
    assert client.post(address(world, name), WRITES[name][1]).status_code == 403
    assert state() == before


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("group_judge", {"kind": "need", "holds": "perhaps", "why": "so"}, "yes or no"),
        ("group_judge", {"kind": "need", "holds": "yes", "why": " "}, "write why you think so"),
        ("group_propose", {"group": "A", "reason": "rich"}, "nobody has judged"),
        ("group_propose", {"group": "C", "code": "luck", "reason": "a son"}, "is no reason for group C"),
        ("group_propose", {"group": "none", "reason": ""}, "write why"),
        ("group_propose", {"reason": "so"}, "a group is A, B, C, or none"),
        ("group_review", B | {"expected_on": "soon"}, "choose the day"),
        ("group_review", B | {"expected_on": ""}, "names no day"),
        ("group_review", B | {"group": "A"}, "what stays is where somebody is"),
        ("group_approve", {"reason": ""}, "write why it is approved"),
        ("group_decline", {}, "write why"),
        ("group_terms_publish", {"text": "groups: [", "reason": "x"}, "not readable as YAML"),
        ("group_terms_publish", {"text": SECOND, "reason": " "}, "write why"),
        ("group_check_start", {"title": "x", "each": "-1"}, "whole number"),
        ("group_check_start", {"title": "x", "numbers": "nobody"}, "no customer has the number nobody"),
        ("group_check_start", {"title": "x", "each": "1", "staff": ["staff", "analyst"]}, "two of the staff"),
        (
            "group_check_start",
            {"title": "x", "numbers": "\n".join(map(str, range(201)))},
            "at most 200 numbers",
        ),
        ("group_check_answer", {"group": "D"}, "choose A, B or C"),
    ],
)
def test_what_is_refused_is_said_beside_the_form_and_changes_nothing(world, log_in, name, form, said):
    before = state()
    answer = log_in("manager").post(address(world, name), form, headers={"HX-Request": "true"})
    assert said in answer.content.decode() and "HX-Redirect" not in answer.headers
    assert state() == before


def test_R49_the_journey_from_a_proposal_to_the_move(world, log_in):
    client, here = world.clients, world.clients.waits.pk
    assert "In no group" in shown(log_in("analyst"), "customer", here)
    [waiting] = table(log_in("analyst"), "Proposals", "groups")
    assert waiting[3:5] == ["family: the daughter of a client in A", "ann"]
    page = shown(log_in("manager"), "group_change", client.change.pk)
    assert "Approve change" in page and "The first stay in a group begins today" in page
    log_in("manager").post(address(world, "group_approve"), {"reason": "agreed"})
    assert "In group C since" in shown(log_in("analyst"), "customer", here)
    assert not table(log_in("analyst"), "Proposals", "groups")
    found = table(log_in("analyst"), "Changes of group", "customer", here)
    assert [row[1:5] for row in found] == [["no group to group C", "Approved", "ann", "manager"]]


def test_only_who_may_is_shown_a_form(world, log_in):
    places = {
        "group_judge": ("customer", world.clients.coming.pk),
        "group_propose": ("customer", world.clients.coming.pk),
        "group_review": ("customer", world.clients.coming.pk),
        "group_approve": ("group_change", world.clients.change.pk),
        "group_decline": ("group_change", world.clients.change.pk),
        "group_terms_publish": ("group_terms",),
        "group_check_start": ("group_check_new",),
        "group_check_answer": ("group_check", world.clients.check.pk),
        "group_check_close": ("group_check", world.clients.check.pk),
    }
    found = {
        (name, role)
        for name, (page, *arguments) in places.items()
        for role in Role.values
        if f'action="{address(world, name)}"' in shown(log_in(role), page, *arguments)
    }
    assert found == {(name, role) for name, (may, _, _) in WRITES.items() for role in may}


def test_R49_who_proposed_sees_no_way_to_approve_and_may_withdraw(world, log_in):
    GroupChange.objects.filter(pk=world.clients.change.pk).update(proposed_by=grouped.user("manager"))
    page = shown(log_in("manager"), "group_change", world.clients.change.pk)
    assert "Approve change" not in page and "Withdraw proposal" in page and "somebody else" in page
    answer = log_in("manager").post(address(world, "group_approve"), {"reason": "me"}, follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
