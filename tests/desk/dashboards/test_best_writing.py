"""What is done to definitions from pages: by managers, with the token of the form, once, with one line in the audit."""

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import arbitration_in_force, bests_in_force
from sterna.desk.users.models import Role
from tests.desk.segments import best

pytestmark = pytest.mark.django_db
MANAGES = {"manager", "administrator"}
PLACES = {"place_buyers": "1", "place_loyal": "2", "place_regulars": "3"}
# What the form holds, and what the audit calls it.
WRITES = {
    "best_publish": (
        {"text": best.buyers(2, "{count: 20}"), "reason": "more of them"},
        "publish best customers",
    ),
    "best_arbitrate": ({"by": "order", "reason": "buyers first", **PLACES}, "arbitrate best customers"),
    "best_retire": ({"reason": "of no use"}, "arbitrate best customers"),
}


def address(name):
    """The address that the form `name` is posted to."""
    return reverse(name, args=["regulars"] if name == "best_retire" else [])


def state():
    """What the writes would change."""
    in_force = [(one.name, one.version) for one in bests_in_force()]
    return in_force, arbitration_in_force(), Definition.objects.count(), Entry.objects.count()


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_changes_nothing(world, name):
    before = state()
    answer = Client().post(address(name), WRITES[name][0])
    assert answer.status_code == 302 and answer.url.startswith(reverse("login"))
    assert state() == before


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", WRITES)
def test_managers_change_it_with_one_line_and_staff_are_refused(world, log_in, name, role):
    form, action = WRITES[name]
    before = state()
    answer = log_in(role).post(address(name), form, follow=True)
    if role not in MANAGES:
        assert answer.status_code == 403 and state() == before
        return
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    entry = Entry.objects.get(action=action, actor__isnull=False)
    assert (entry.actor.username, entry.reason) == (role, form["reason"])
    after = state()
    assert after[3] == before[3] + 1 and after[:2] != before[:2]
    # The button pressed twice, or the page that was sent again, does it once.
    assert log_in(role).post(address(name), form, follow=True).status_code == 200
    assert state() == after


@pytest.mark.parametrize("name", WRITES)
def test_a_link_and_a_form_without_its_token_change_nothing(world, log_in, name):
    before = state()
    assert log_in("manager").get(address(name)).status_code == 405
    assert log_in("manager", csrf=True).post(address(name), WRITES[name][0]).status_code == 403
    assert state() == before


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("best_publish", {"text": "best: [", "reason": "x"}, "not readable as YAML"),
        ("best_publish", {"text": best.buyers(2, "{count: 20}"), "reason": " "}, "write why"),
        ("best_publish", {"text": best.buyers(9, "{count: 20}"), "reason": "x"}, "not 9: number it so"),
        ("best_publish", {"text": best.buyers().replace("spend", "sp\x00end"), "reason": "x"}, None),
        ("best_arbitrate", {"by": "score", "reason": "x", **PLACES}, "different scales"),
        ("best_arbitrate", {"by": "order", "reason": "x", **PLACES, "place_loyal": "1"}, "have one place"),
        ("best_arbitrate", {"by": "order", "reason": "x"}, "write a whole number"),
        (
            "best_arbitrate",
            {"by": "order", "reason": "x", **PLACES, "place_loyal": "²"},
            "write a whole number",
        ),
        ("best_retire", {"reason": ""}, "write why"),
    ],
)
def test_what_is_refused_is_said_beside_the_form_and_changes_nothing(world, log_in, name, form, said):
    before = state()
    answer = log_in("manager").post(address(name), form, headers={"HX-Request": "true"})
    if said is None:
        # Nothing that PostgreSQL could not keep: the letter is left out, and then nothing is new.
        assert answer.headers["HX-Redirect"] == reverse("best_customers")
    else:
        assert said in answer.content.decode() and "HX-Redirect" not in answer.headers
    assert state() == before
