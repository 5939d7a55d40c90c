"""What is done from pages: by who may, with the token of the form, once, with one line in the audit."""

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.contacts.models import Contact, Receipt, Task
from sterna.desk.plans.models import Plan
from sterna.desk.users.models import Role

pytestmark = pytest.mark.django_db
WORKS, MANAGES = {"staff", "manager", "administrator"}, {"manager", "administrator"}
# The address, who may, what the form holds, and what the audit calls it.
WRITES = {
    "plan_submit": (MANAGES, {"reason": "in order"}, "submit plan"),
    "run_start": (MANAGES, {"until": "2017-12-31"}, "request run"),
    "task_done": (WORKS, {"state": "done", "note": "likes pears"}, "complete task"),
    "contact_settle": (WORKS, {"arrived": "yes", "reason": "she answered"}, "settle contact"),
    "contact_withdraw": (WORKS, {"reason": "asked us"}, "withdraw contact"),
    "contact_accept": (WORKS, {"reason": "she rang and took it"}, "accept offer"),
}


def sent(world):
    """A contact that has left, and is no call."""
    return Contact.objects.filter(state="handed over", medium="email").order_by("pk")[0]


def address(world, name):
    """The address that the form `name` is posted to."""
    subjects = {
        "plan_submit": world.draft,
        "task_done": world.task,
        "contact_settle": world.doubt,
        "contact_withdraw": world.planned,
        "contact_accept": sent(world),
    }
    return reverse(name, args=[subjects[name].pk] if name in subjects else [])


def state(world):
    """What the writes would change."""
    return (
        Plan.objects.get(pk=world.draft.pk).state,
        Task.objects.get(pk=world.task.pk).state,
        Contact.objects.get(pk=world.doubt.pk).state,
        Contact.objects.get(pk=world.planned.pk).state,
        Receipt.objects.filter(state="accepted").count(),
        Entry.objects.count(),
    )


BEFORE = ("draft", "open", "unknown", "planned", 0)


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_changes_nothing(world, name):
    before = state(world)
    answer = Client().post(address(world, name), WRITES[name][1])
    assert answer.status_code == 302 and answer.url.startswith(reverse("login"))
    assert state(world) == before and before[:5] == BEFORE


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", WRITES)
def test_who_may_changes_it_with_one_line_and_who_may_not_is_refused(world, log_in, name, role):
    may, form, action = WRITES[name]
    before = state(world)
    answer = log_in(role).post(address(world, name), form, follow=True)
    if role not in may:
        assert answer.status_code == 403 and state(world) == before
        return
    assert answer.status_code == 200
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    entry = Entry.objects.get(action=action, actor__isnull=False)
    assert entry.actor.username == role
    after = state(world)
    assert sum(old != new for old, new in zip(before[:5], after[:5], strict=True)) == (name != "run_start")


@pytest.mark.parametrize("name", WRITES)
def test_a_link_changes_nothing(world, log_in, name):
    before = state(world)
    assert log_in("administrator").get(address(world, name)).status_code == 405
    assert state(world) == before


@pytest.mark.parametrize("name", WRITES)
def test_a_form_of_another_site_changes_nothing(world, log_in, name):
    before = state(world)
    client = log_in("administrator", csrf=True)
    assert client.post(address(world, name), WRITES[name][1]).status_code == 403
    assert state(world) == before


def test_the_form_on_the_page_carries_the_token(world, log_in):
    client = log_in("manager", csrf=True)
    client.get(reverse("plan", args=[world.draft.pk]))
    form = {"reason": "in order", "csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post(address(world, "plan_submit"), form).status_code == 302
    assert Plan.objects.get(pk=world.draft.pk).state == "review"


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("plan_submit", {"reason": " "}, "write why"),
        ("run_start", {"until": "tomorrow"}, "write the last day"),
        ("run_start", {}, "write the last day"),
        ("task_done", {"state": "perhaps"}, "ends as done or not reached"),
        ("task_done", {}, "ends as done or not reached"),
        ("contact_settle", {"arrived": "yes"}, "write why"),
        ("contact_withdraw", {}, "write why"),
        ("contact_accept", {}, "write what the customer accepted"),
    ],
)
def test_a_refusal_is_a_note_on_the_page(world, log_in, name, form, said):
    before = state(world)
    answer = log_in("manager").post(address(world, name), form, follow=True)
    assert answer.status_code == 200 and state(world) == before
    [note] = answer.context["messages"]
    assert note.level_tag == "error" and said in str(note)
    assert "note-error" in answer.content.decode() and said in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("plan_submit", "success"),
        ("run_start", "error"),
        ("task_done", "success"),
        ("contact_settle", "error"),
        ("contact_withdraw", "error"),
        ("contact_accept", "success"),
    ],
)
def test_posted_twice_it_is_done_once(world, log_in, name, second):
    client = log_in("manager")
    client.post(address(world, name), WRITES[name][1], follow=True)
    answer = client.post(address(world, name), WRITES[name][1], follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == [second]
    assert Entry.objects.filter(action=WRITES[name][2], actor__username="manager").count() == 1


def test_a_plan_with_errors_is_not_submitted(world, log_in):
    answer = log_in("manager").post(
        reverse("plan_submit", args=[world.faulty.pk]), {"reason": "anyway"}, follow=True
    )
    [note] = answer.context["messages"]
    assert note.level_tag == "error" and Plan.objects.get(pk=world.faulty.pk).state == "draft"


def test_only_who_may_is_shown_a_form(world, log_in):
    places = {
        "plan_submit": reverse("plan", args=[world.draft.pk]),
        "run_start": reverse("runs"),
        "task_done": reverse("tasks"),
        "contact_settle": reverse("contact", args=[world.doubt.pk]),
        "contact_withdraw": reverse("contact", args=[world.planned.pk]),
        "contact_accept": reverse("contact", args=[sent(world).pk]),
    }
    shown = {
        (name, role)
        for name, page in places.items()
        for role in Role.values
        if f'action="{address(world, name)}"' in log_in(role).get(page).content.decode()
    }
    assert shown == {(name, role) for name, (may, _, _) in WRITES.items() for role in may}


def test_R66_what_a_customer_accepted_stands_on_their_page_with_what_they_said(world, log_in):
    client, contact = log_in("staff"), sent(world)
    page = reverse("customer", args=[contact.customer_id])
    assert "What have they accepted?" not in client.get(page).content.decode()
    client.post(address(world, "contact_accept"), {"reason": "she <b>rang</b>"})
    shown = client.get(page).content.decode()
    assert "What have they accepted?" in shown and "she &lt;b&gt;rang&lt;/b&gt;" in shown
    assert "The Friday basket" in shown and "Offered in every stage." in shown
    assert 'name="reason"' not in client.get(reverse("contact", args=[contact.pk])).content.decode()
