"""The roadmap of a plan is changed by forms: each change is told with what the check says, and nothing is lost."""

import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from django.urls import reverse

from sterna.desk.plans import actions
from sterna.desk.plans.models import Plan
from sterna.desk.users.models import User
from tests.desk.dashboards.test_plan_roadmap_page import ROADMAP
from tests.desk.plans.signed import in_force, signer
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
TEXT = "# why: the autumn\n" + shop.PLAN.format(budget="1000.00", version=1)
STEP = {
    "step_id": "visit",
    "step_touchpoint": "post",
    "step_behavior": "comes: twice",
    "step_enters": "1,000",
}
WAY = {"edge_from": "mail", "edge_to": "call", "edge_pass_through": "15 %", "edge_within_days": "7"}


@pytest.fixture
def manager(client):
    shop.tiers()
    client.force_login(signer("marketing"))
    return client


@pytest.fixture
def plan(manager):
    return actions.load(TEXT + ROADMAP, None)


def text_of(page: str) -> str:
    return unescape(re.findall(r'<input type="hidden" name="text" value="([^"]*)"', page)[-1])


def post(client, plan, text, **typed):
    answer = client.post(reverse("plan_roadmap", args=[plan.pk]), {"text": text} | typed)
    return answer, answer.content.decode()


@pytest.fixture
def text(manager, plan):
    return text_of(manager.get(reverse("plan_roadmap", args=[plan.pk])).content.decode())


def test_R71_the_page_lists_steps_and_ways_beside_the_picture(manager, plan):
    page = manager.get(reverse("plan_roadmap", args=[plan.pk])).content.decode()
    assert "picture-roadmap" in page and "Version 1 is draft; it stays as it is." in page
    assert 'aria-label="Change mail"' in page and 'aria-label="Remove mail to call"' in page
    assert "<dt>Go on</dt><dd>15 %</dd>" in page and "<dt>Within</dt><dd>7 days</dd>" in page
    assert text_of(page) == (TEXT + ROADMAP).replace("version: 1", "version: 2")


def test_R71_a_step_is_added_by_a_form_and_its_finding_stands_beside_it(manager, plan, text):
    _, page = post(manager, plan, text, do="open step new")
    assert 'id="step-id"' in page and '<option value="newsletter">Newsletter</option>' in page
    assert 'value="shopping.category"' in page, "data that the plan knows is there to be ticked"
    typed = STEP | {
        "step_enters": "",
        "step_data_in": ["response"],
        "step_data_in_more": "age\r\n\r\n day, hour ",
    }
    _, page = post(manager, plan, text, do="keep", open="step new", **typed)
    line = (
        '    - {id: visit, touchpoint: post, behavior: "comes: twice", data_in: [response, age, "day, hour"]}'
    )
    assert text_of(page) == text.replace("  edges:", f"{line}\n  edges:")
    part = page.split('aria-label="Change visit"')[1].split("</li>\n")[0]
    assert "nobody comes to step visit" in part and "R71-unreachable" in part
    assert "Post: comes: twice" in page.split("<table")[0], "it is drawn"


def test_R71_a_way_is_changed_and_a_share_above_one_is_told_beside_it(manager, plan, text):
    _, page = post(manager, plan, text, do="open edge 0")
    assert 'value="0.15"' in page and '<option value="mail" selected>mail</option>' in page
    _, page = post(manager, plan, text, do="keep", open="edge 0", **WAY | {"edge_pass_through": "140 %"})
    assert "pass_through: 1.4" in text_of(page) and "R71-share" in page
    _, page = post(manager, plan, text, do="keep", open="edge 0", **WAY | {"edge_pass_through": "12.5 %"})
    assert "pass_through: 0.125, within_days: 7" in text_of(page) and "R71-share" not in page


def test_R71_a_step_goes_with_its_ways_and_the_comments_stay(manager, plan, text):
    _, page = post(manager, plan, text, do="drop step 1")
    left = text_of(page)
    assert (
        "id: call, touchpoint: call, behavior" not in left
        and "edges: []" in left
        and "# why: the autumn" in left
    )
    assert "None yet." in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (STEP | {"step_touchpoint": ""}, "Choose where the step stands."),
        (STEP | {"step_id": " "}, "Give the step a short name"),
        (STEP | {"step_enters": "many"}, "is not a whole number from 0"),
        (STEP | {"step_enters": "99999999999"}, "is not a whole number from 0"),
        (STEP | {"step_id": "mail"}, "Another step is called"),
        (STEP | {"step_behavior": "x" * 301}, "this has 301 characters".capitalize()),
    ],
)
def test_R71_what_is_wrong_in_a_form_is_told_beside_it_and_what_was_typed_stays(
    manager, plan, text, typed, said
):
    _, page = post(manager, plan, text, do="keep", open="step new", **typed)
    assert said in page and text_of(page) == text
    assert f'value="{typed["step_behavior"]}"' in page and 'name="open" value="step new"' in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (WAY | {"edge_from": ""}, "Choose where the way begins."),
        (WAY | {"edge_to": ""}, "Choose where it leads."),
        (WAY | {"edge_pass_through": "most"}, "is not a share: write it as 0.30 or as 30 %"),
        (WAY, "There is a way from mail to call already"),
    ],
)
def test_R71_what_is_wrong_in_a_way_is_told_beside_it(manager, plan, text, typed, said):
    _, page = post(manager, plan, text, do="keep", open="edge new", **typed)
    assert said in page and text_of(page) == text and "7" in page


def test_R71_what_is_typed_and_not_kept_yet_is_taken_in_by_another_button_and_left_by_leaving(
    manager, plan, text
):
    _, page = post(manager, plan, text, do="open edge new", open="step new", **STEP)
    assert "id: visit" in text_of(page) and 'id="edge-from"' in page and '<option value="visit">' in page
    _, page = post(manager, plan, text, do="leave", open="step new", **STEP)
    assert text_of(page) == text
    _, page = post(manager, plan, text, do="open edge new", open="step new")
    assert text_of(page) == text and "field-wrong" not in page


@pytest.mark.parametrize(
    "do", ["drop step 9", "open step 9", "drop step new", "open door", "drop", "open step x", "fly"]
)
def test_R71_a_button_that_nobody_made_changes_nothing(manager, plan, text, do):
    answer, page = post(manager, plan, text, do=do)
    assert answer.status_code == 200 and text_of(page) == text


def test_R71_the_draft_is_saved_as_the_next_version_and_the_old_one_stays(manager, plan, text):
    answer, _ = post(manager, plan, text, do="save", open="step new", **STEP)
    saved = Plan.objects.get(version=2)
    assert answer.url == reverse("plan", args=[saved.pk]) and saved.state == "draft"
    assert saved.definition.body["roadmap"]["steps"][2]["enters"] == 1000
    plan.refresh_from_db()
    assert plan.source_text == TEXT + ROADMAP and "# why: the autumn" in saved.source_text


def test_R71_who_saves_second_is_told_and_loses_nothing(manager, plan, text):
    post(manager, plan, text, do="save", open="step new", **STEP)
    _, page = post(manager, plan, text, do="save", open="step new", **STEP | {"step_id": "other"})
    assert "Version 2 was saved meanwhile. Nothing of yours is lost" in page and Plan.objects.count() == 2
    mine = text_of(page)
    assert "version: 3" in mine and "id: other" in mine
    post(manager, plan, mine, do="save")
    steps = {
        one.version: [step["id"] for step in one.definition.body["roadmap"]["steps"]]
        for one in Plan.objects.all()
    }
    assert steps == {1: ["mail", "call"], 2: ["mail", "call", "visit"], 3: ["mail", "call", "other"]}


def test_R71_a_page_says_whether_something_in_it_is_not_saved(manager, plan, text):
    def unsaved(page):
        return "data-guarded data-unsaved>" in page

    shown = manager.get(reverse("plan_roadmap", args=[plan.pk])).content.decode()
    assert "data-guarded>" in shown
    for typed, expected in (
        ({"do": "open step new"}, False),
        ({"do": "keep", "open": "step new"} | STEP, True),
        ({"do": "leave", "open": "step new"} | STEP, False),
        ({"do": "keep", "open": "step new"} | STEP | {"step_id": ""}, True),
        ({"do": "drop edge 0"}, True),
    ):
        _, page = post(manager, plan, text, **typed)
        assert unsaved(page) is expected, typed
    # Another's version between changes the number of this text and nothing that was typed.
    actions.load(text, None)
    _, page = post(manager, plan, text, do="open step new")
    assert "was saved meanwhile" in page and not unsaved(page)


def test_R71_a_live_plan_stays_and_its_page_leads_to_the_next_version(manager, plan):
    live = in_force(plan)
    page = manager.get(reverse("plan_roadmap", args=[live.pk])).content.decode()
    assert (
        "Version 1 is live; nothing in it changes any more." in page and "becomes version 2, a draft" in page
    )
    post(manager, live, text_of(page), do="save", open="step new", **STEP)
    live.refresh_from_db()
    assert (
        live.state == "live"
        and "visit" not in live.source_text
        and Plan.objects.get(version=2).state == "draft"
    )


def test_R71_a_plan_without_a_roadmap_gets_its_first_step(manager):
    bare = actions.load(TEXT, None)
    page = manager.get(reverse("plan_roadmap", args=[bare.pk])).content.decode()
    assert "No step is drawn yet." in page and "picture-roadmap" not in page
    _, page = post(manager, bare, text_of(page), do="keep", open="step new", **STEP)
    assert "picture-roadmap" in page and "id: visit" in text_of(page)


def test_R71_lines_as_a_browser_sends_them_are_not_kept(manager, plan, text):
    _, page = post(manager, plan, text.replace("\n", "\r\n"), do="keep", open="step new", **STEP)
    assert "\r" not in text_of(page) and "id: visit" in text_of(page)


def test_R71_htmx_gets_the_part_and_nobody_else(manager, plan, text):
    where = reverse("plan_roadmap", args=[plan.pk])
    part = manager.post(
        where, {"text": text, "do": "open step 0"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert part.startswith('<div id="roadmap-editor"') and "<html" not in part


def test_R71_both_files_are_had_from_the_version_and_from_what_stands_on_the_page(manager, plan, text):
    for ending, kind in (("svg", "image/svg+xml"), ("png", "image/png")):
        kept = manager.get(reverse("plan_roadmap_file", args=[plan.pk, ending]))
        assert kept["Content-Type"] == kind and f'"{plan.pk}.{ending}"' in kept["Content-Disposition"]
    _, page = post(manager, plan, text, do="keep", open="step new", **STEP)
    drawn, _ = post(manager, plan, text_of(page), file="svg")
    words = " ".join(ET.fromstring(drawn.content).itertext())
    assert "comes: twice" in words and "Newsletter" in words and "15 %" in words
    assert manager.get(reverse("plan_roadmap_file", args=[plan.pk, "gif"])).status_code == 404
    none = actions.load(TEXT.replace("version: 1", "version: 5"), None)
    assert manager.get(reverse("plan_roadmap_file", args=[none.pk, "svg"])).status_code == 404
    shown = manager.get(reverse("plan", args=[plan.pk])).content.decode()
    assert reverse("plan_roadmap_file", args=[plan.pk, "png"]) in shown and "Change the roadmap" in shown


@pytest.mark.parametrize("role", ["analyst", "staff"])
def test_R71_who_may_not_manage_neither_sees_the_forms_nor_changes_anything(client, plan, role):
    client.force_login(User.objects.create_user(username=role, role=role))
    reads = {"analyst": 200, "staff": 200}
    where = reverse("plan_roadmap", args=[plan.pk])
    assert client.get(where).status_code == 403
    assert client.post(where, {"text": TEXT + ROADMAP, "do": "save"}).status_code == 403
    assert client.get(reverse("plan_roadmap_file", args=[plan.pk, "svg"])).status_code == reads[role]
    assert "Change the roadmap" not in client.get(reverse("plan", args=[plan.pk])).content.decode()
    client.logout()
    assert client.get(reverse("plan_roadmap_file", args=[plan.pk, "svg"])).url.startswith(reverse("login"))
    assert client.get(where).url.startswith(reverse("login")) and Plan.objects.count() == 1


def test_R71_hostile_words_are_words(manager, plan, text):
    hostile = STEP | {"step_id": "<script>alert(1)</script>", "step_behavior": '"><img src=x>'}
    _, page = post(manager, plan, text, do="keep", open="step new", **hostile)
    assert "<script>alert(1)" not in page and "<img src=x" not in page and "id: " in text_of(page)
