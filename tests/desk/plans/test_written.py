"""A plan is written in the desk: from a blank one or from a version, checked on the way, kept with its comments."""

import pytest
from django.urls import reverse

from sterna.desk.plans import actions
from sterna.desk.plans.models import Plan
from sterna.desk.plans.queries import blank, check_text
from sterna.desk.users.models import User
from tests.desk.plans.signed import in_force, signer
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
# Only those who may manage come here; the tests below, in test_signed.py and test_plan_roadmap_edit.py tell who may.
WRITES = {
    "plan_new",
    "plan_text",
    "plan_next",
    "plan_save",
    "plan_sign",
    "plan_send_back",
    "plan_launch",
    "plan_close",
    "plan_stage",
    "plan_dependency",
    "plan_roadmap",
    "plan_roadmap_file",
}
TEXT = "# why: the autumn\n" + shop.PLAN.format(budget="1000.00", version=1)


@pytest.fixture
def manager(client):
    shop.tiers()
    client.force_login(signer("marketing"))
    return client


def test_a_blank_plan_is_a_plan_in_which_the_check_names_what_is_to_be_written():
    found = check_text(blank())
    codes = {finding.code for finding in found.findings}
    assert not found.problem and not codes & {"format-type", "format-unknown", "format-twice"}
    assert {"plan-title", "dates-opens", "money-budget", "R59-unowned", "R62-metric"} <= codes
    assert all(finding.line for finding in found.findings if finding.severity == "error")


def test_what_is_no_yaml_is_said_with_its_line():
    found = check_text("plan: autumn\n  version: [")
    assert found.problem or found.findings[0].line == 2


def test_the_check_answers_while_the_plan_is_written(manager):
    answer = manager.post(reverse("plan_new"), {"text": TEXT.replace("budget: 1000.00", "budget: 0.00")})
    words = answer.content.decode()
    assert "no budget above 0" in words and "money-budget" in words and "1 error" in words
    assert not Plan.objects.exists(), "a check saves nothing"


def test_a_saved_text_is_a_draft_and_its_next_version_has_the_next_number_and_every_comment(manager):
    answer = manager.post(reverse("plan_save"), {"text": TEXT}, follow=True)
    [note] = answer.context["messages"]
    plan = Plan.objects.get()
    assert str(note) == "Up from bronze is saved as version 1, draft." and plan.source_text == TEXT
    page = manager.get(reverse("plan_next", args=[plan.pk])).content.decode()
    assert "version: 2" in page and "# why: the autumn" in page and "version: 1\n" not in page
    kept = manager.get(reverse("plan_text", args=[plan.pk]))
    assert kept.content.decode() == TEXT and "attachment" in kept["Content-Disposition"]


def test_the_next_version_of_an_old_one_does_not_take_a_number_that_is_taken(manager):
    first = in_force(actions.load(TEXT, None))
    actions.load(TEXT.replace("version: 1", "version: 2").replace("1000.00", "900.00"), None)
    page = manager.get(reverse("plan_next", args=[first.pk])).content.decode()
    assert "version: 3" in page


def test_what_cannot_be_saved_is_refused_with_the_reason_and_nothing_is_kept(manager):
    answer = manager.post(reverse("plan_save"), {"text": blank()}, headers={"HX-Request": "true"})
    assert "the plan has no" in answer.content.decode() and not Plan.objects.exists()
    actions.load(TEXT, None)
    again = manager.post(reverse("plan_save"), {"text": TEXT.replace("1000.00", "5.00")}, follow=True)
    [note] = again.context["messages"]
    assert "is there with another content: give it a new version" in str(note)


@pytest.mark.parametrize("role", ["analyst", "staff"])
def test_plans_are_written_by_those_who_may_manage(client, role):
    client.force_login(User.objects.create(username=role, role=role))
    assert client.get(reverse("plan_new")).status_code == 403
    assert client.post(reverse("plan_new"), {"text": TEXT}).status_code == 403
    assert client.post(reverse("plan_save"), {"text": TEXT}).status_code == 403
    assert "Write a plan" not in client.get(reverse("plan_list")).content.decode()


ASKED = {
    "plan_next": None,
    "plan_sign": {"side": "marketing", "reason": "read"},
    "plan_send_back": {"reason": "no"},
}
ASKED |= {"plan_launch": {"reason": "now"}, "plan_close": {"reason": "over"}}
ASKED |= {"plan_stage": {"stage": "goals", "proof": "shown"}}
ASKED |= {"plan_dependency": {"dependency": "feed", "reason": "came"}}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("role", ["analyst", "staff"])
def test_who_may_not_manage_changes_nothing_of_a_plan(client, name, role):
    shop.tiers()
    plan = actions.load(TEXT, None)
    client.force_login(User.objects.create(username=role, role=role))
    where, form = reverse(name, args=[plan.pk]), ASKED[name]
    answer = client.get(where) if form is None else client.post(where, form)
    assert answer.status_code == 403
    assert Plan.objects.get().state == "draft" and not plan.stages_closed.exists()


@pytest.mark.parametrize("name", ASKED)
def test_a_stranger_is_sent_to_log_in(client, name):
    shop.tiers()
    plan = actions.load(TEXT, None)
    where, form = reverse(name, args=[plan.pk]), ASKED[name]
    answer = client.get(where) if form is None else client.post(where, form)
    assert answer.status_code == 302 and answer.url.startswith(reverse("login"))
    assert Plan.objects.get().state == "draft"


@pytest.mark.parametrize("name", [name for name, form in ASKED.items() if form is not None])
def test_a_link_changes_nothing_of_a_plan(manager, name):
    plan = actions.load(TEXT, None)
    assert manager.get(reverse(name, args=[plan.pk])).status_code == 405
    assert Plan.objects.get().state == "draft"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plan_sign", "is draft and cannot be signed"),
        ("plan_send_back", "is draft and cannot be sent back"),
        ("plan_launch", "is draft and cannot be launched"),
        ("plan_close", "is draft and cannot be closed"),
        ("plan_dependency", "has no dependency 'feed'; it has: none"),
    ],
)
def test_what_is_too_early_is_refused_on_the_page_with_the_reason(manager, name, said):
    plan = actions.load(TEXT, None)
    answer = manager.post(reverse(name, args=[plan.pk]), ASKED[name], follow=True)
    [note] = answer.context["messages"]
    assert note.level_tag == "error" and said in str(note)
