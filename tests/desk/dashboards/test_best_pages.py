"""Best customers on pages: lists with reasons, versions made anew, a form and a text with a preview, a plan's reach."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.urls import reverse

from sterna.desk.contacts.models import Contact
from sterna.desk.dashboards.plan_best import best_reached
from sterna.desk.dashboards.queries import best as lists
from sterna.desk.plans.models import Plan
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import arbitrate, define_best, retire_best
from sterna.desk.segments.models import BestMember
from sterna.desk.values.models import Worth
from sterna.desk.web.components import Empty, Failed
from tests.desk.dashboards.reading import shown, table
from tests.desk.segments import best

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def members(run, name):
    return list(BestMember.objects.filter(run_id=run.pk, best=name).order_by("rank", "pk"))


def test_R15_definitions_stand_side_by_side_with_members_ranked_and_why_somebody_is_not(world, analyst):
    rows = {row[0]: row for row in table(analyst, "Definitions", "best_customers")}
    records = {one.definition.best: one.record for one in lists.listed(world.second)}
    assert rows["Who buys for most"][1:6] == [
        "The first 10 by Spend.",
        "money",
        1,
        10,
        records["buyers"]["ranked"],
    ]
    assert rows["Who comes most"][1] == "The first 10 % by Orders × 3 + Categories bought (places among all)."
    loyal = "The first 12 by Spend in the window before × 2, of those whose Orders is at least 1."
    assert rows["Who bought for most before"][1] == loyal
    assert {row[8] for row in rows.values()} == {"in force"}
    unknown = records["regulars"]["unknown"]
    assert all(f"{number:,}" in rows["Who comes most"][6] for number in unknown.values())


def test_R16_the_page_shows_opening_gained_lost_and_closing_that_add_up(world, analyst):
    rows = table(analyst, "Value of the best customers over two periods", "best_customers")
    assert len(rows) == 3
    for label, opening, gained, lost, closing, kept, people, unknown in rows:
        assert label.endswith(": Spend") and unknown == 0
        assert opening + gained - lost == closing and opening - lost == kept
        assert "stayed" in people
    # The run before had no run before it whose window had ended.
    answer = analyst.get(reverse("best_customers"), {"as_of": str(world.first.until)})
    assert "No run before this one made a list" in answer.content.decode()


def test_R18_the_matrix_and_the_treatments_count_a_member_of_two_groups_once(world, analyst):
    on = {
        name: {one.customer_id for one in members(world.second, name)}
        for name in ("loyal", "buyers", "regulars")
    }
    rows = table(analyst, "Members of two lists", "best_customers")
    both = len(on["loyal"] & on["buyers"])
    assert rows[0][2].startswith(f"{both} (") and rows[1][1].startswith(f"{both} (") and both
    treated = table(analyst, "Treatments", "best_customers")
    everybody = on["loyal"] | on["buyers"] | on["regulars"]
    assert treated[0][:3] == ["Thank-you letter", "Who bought for most before", len(on["loyal"])]
    assert treated[-1][2] == len(everybody) == sum(row[2] for row in treated[:-1])
    assert treated[-1][3] == sum(sum(one in group for group in on.values()) > 1 for one in everybody)


def test_R15_a_list_shows_names_by_rank_with_the_figures_that_made_them(world, analyst):
    found = members(world.second, "buyers")
    rows = table(analyst, "Members by rank", "best_list", "buyers")
    assert [row[1] for row in rows] == [one.rank for one in found]
    spends = dict(Worth.objects.filter(run_id=world.second.pk).values_list("customer_id", "spend"))
    assert [row[3] for row in rows] == [spends[one.customer_id] for one in found]
    text = shown(analyst, "best_list", "buyers")
    assert "Spend, weight 1" in text and "The first 10 by Spend. Version 1, in force." in text
    regulars = table(analyst, "Members by rank", "best_list", "regulars")
    assert regulars[0][2].endswith("of 100") and len(regulars[0]) == 6


def test_the_csv_file_of_a_list_has_all_its_members(world, analyst, monkeypatch):
    from sterna.desk.dashboards import paging

    monkeypatch.setattr(paging, "SIZE", 3)
    assert len(table(analyst, "Members by rank", "best_list", "buyers")) == 3
    answer = analyst.get(reverse("best_list", args=["buyers"]), {"format": "csv"})
    rows = list(csv.reader(StringIO(answer.content.decode())))
    assert len(rows) == 11 and rows[0][0] == "Customer"


def test_R15_an_old_version_is_computed_anew_of_an_old_run_and_the_page_proves_it(world, log_in):
    client = log_in("manager")
    define_best(best.buyers(2, "{count: 4}"), None, "fewer")
    day = str(world.first.until)
    text = shown(client, "best_list", "buyers", version="1", as_of=day)
    assert "the same names and ranks as it published. 10 of" in text
    rows = table(client, "Members by rank, computed anew", "best_list", "buyers", version="1", as_of=day)
    assert [row[1] for row in rows] == [one.rank for one in members(world.first, "buyers")]
    text = shown(client, "best_list", "buyers", version="2", as_of=day)
    assert "the run itself made no list by this version. 4 of" in text
    versions = table(client, "Versions", "best_list", "buyers")
    assert [(row[0], row[3], row[4]) for row in versions] == [
        (2, "Sterna", "fewer"),
        (1, "Sterna", "for the test"),
    ]
    # Whoever is erased since is missing, and the page says so.
    members(world.first, "buyers")[0].customer.worths.all().delete()
    text = shown(client, "best_list", "buyers", version="1", as_of=day)
    assert "9 of the 10 that it published" in text
    Worth.objects.filter(run_id=world.first.pk).delete()
    assert "its files have them" in shown(client, "best_list", "buyers", version="1", as_of=day)


def test_a_version_that_there_is_not_and_a_page_behind_the_last_show_what_there_is(world, analyst):
    assert "Version 1, in force" in shown(analyst, "best_list", "buyers", version="77")
    rows = table(analyst, "Members by rank, computed anew", "best_list", "buyers", version="1", first="8")
    assert len(rows) == 2
    assert "Nobody could be ranked" in shown(analyst, "best_list", "buyers", version="1", first="999")
    assert analyst.get(reverse("best_list", args=["nobody"])).status_code == 404
    assert analyst.get(reverse("best_edit", args=["nobody"])).status_code == 404


def test_a_definition_published_since_and_a_retired_one_say_from_when_on(world, analyst):
    define_best(best.buyers(2, "{count: 4}"), None, "fewer")
    define_best(best.LOYAL.replace("best: loyal", "best: newer"), None, "new")
    retire_best("regulars", None, "of no use")
    states = {row[0]: row[8] for row in table(analyst, "Definitions", "best_customers")}
    assert states["Who buys for most"] == "version 2 from the next run on"
    assert states["Who comes most"] == "retired"
    assert "This run made no list of it" in shown(analyst, "best_list", "newer")
    assert "from the next run on" in shown(analyst, "best_list", "newer")
    assert len(table(analyst, "Members by rank", "best_list", "regulars")) >= 5


FORM = {
    "do": "form", "version": "2", "title": "Who buys for most", "scale": "money", "weigh_0": "spend", "weight_0": "1",
    "take_by": "count", "take": "12", "treatment": "Private sale",
}  # fmt: skip


def edited(client, form, hx=True):
    return client.post(reverse("best_edit", args=["buyers"]), form, headers=HX if hx else {})


def test_R15_form_and_text_make_the_same_definition_with_the_same_preview(world, log_in):
    client = log_in("manager")
    by_form = edited(client, FORM)
    text = best.buyers(2, "{count: 12}")
    by_text = edited(client, {"do": "text", "text": text})
    definitions = [answer.context["draft"].definition for answer in (by_form, by_text)]
    assert definitions[0] == definitions[1] and definitions[0].take.count == 12
    for answer in (by_form, by_text):
        assert [(one.label, one.value) for one in answer.context["figures"]][:3] == [
            ("Enter", 2),
            ("Leave", 0),
            ("Members", 12),
        ]
        entering = answer.context["tables"][0]
        assert [row.cells[1] for row in entering.rows] == [11, 12]
        spend = (
            Worth.objects.filter(run_id=world.second.pk)
            .order_by("-spend")
            .values_list("spend", flat=True)[:12]
        )
        assert answer.context["figures"][4].value == sum(spend, Decimal(0))
    # What was changed in one is in the other without another click.
    assert b'id="best-text"' in by_form.content and b"take: {count: 12}" in by_form.content
    assert b'id="best-form"' in by_text.content and b'value="12"' in by_text.content
    whole = edited(client, {"do": "text", "text": text}, hx=False).content.decode()
    assert 'value="12"' in whole and "take: {count: 12}" in whole


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        ({"weigh_0": "orders"}, "weigh_0", "counted in orders, no money"),
        ({"weigh_0": ""}, "weigh_0", "choose at least one measure"),
        ({"weigh_0": "luck"}, "weigh_0", "luck is not one of the available choices"),
        ({"weigh_1": "spend"}, "weigh_1", "it is weighed already"),
        ({"weight_0": "0"}, "weigh_0", "a weight is from 0.000001"),
        ({"weight_0": "nan"}, "weigh_0", "write a number"),
        ({"only_0": "orders"}, "only_0", "say at least or at most"),
        ({"least_0": "3"}, "only_0", "choose the measure"),
        ({"take": ""}, "take", "say how many"),
        ({"take": "1.5"}, "take", "a whole number"),
        ({"take_by": "share", "take": "20"}, "take", "a share is above 0 and at most 1"),
        ({"title": ""}, "title", "give it a title"),
        ({"title": "x" * 121}, "title", "at most 120"),
        ({"scale": "stars"}, "scale", "stars is not one of the available choices"),
    ],
)
def test_one_thing_wrong_is_said_at_its_field_and_what_was_typed_stays(world, log_in, change, line, said):
    client = log_in("manager")
    answer = edited(client, FORM | change)
    wrong = {one.name: one.wrong for one in answer.context["draft"].form.lines if one.wrong}
    assert list(wrong) == [line] and said in wrong[line]
    content = answer.content.decode()
    assert "Mend what is marked" in content and 'id="best-text"' not in content
    whole = edited(client, FORM | change, hx=False).content.decode()
    typed = next(iter(change.values()))
    assert said.replace("<", "&lt;") in whole.replace("&#x27;", "'")
    assert (
        not typed
        or change.keys() & {"weigh_0", "scale", "title"}
        or f'value="{typed}"' in whole
        or "selected" in whole
    )


def test_a_wrong_text_says_its_line_and_stays_as_it_was_typed(world, log_in):
    client = log_in("manager")
    text = best.buyers(2).replace("measure: spend", "measure: luck")
    answer = edited(client, {"do": "text", "text": text}, hx=False).content.decode()
    assert "line 6: there is no measure luck" in answer and "measure: luck" in answer
    other = edited(client, {"do": "text", "text": best.LOYAL}).content.decode()
    assert "this is buyers, not loyal: a new name is a new definition" in other
    same = edited(client, {"do": "text", "text": best.buyers(2)}).content.decode()
    assert "publishing them changes nothing" in same


def test_a_new_definition_is_written_in_a_form_that_asks_for_its_name(world, log_in):
    client = log_in("manager")
    page = shown(client, "best_new")
    assert "Lower-case letters, digits and hyphens" in page
    answer = client.post(reverse("best_new"), FORM | {"best": "Spenders!", "version": "1"}, headers=HX)
    wrong = {one.name for one in answer.context["draft"].form.lines if one.wrong}
    assert wrong == {"best"}
    answer = client.post(reverse("best_new"), FORM | {"best": "spenders", "version": "1"}, headers=HX)
    assert b"best: spenders" in answer.content
    assert ("Enter", 12) in [(one.label, one.value) for one in answer.context["figures"]]


def test_staff_read_a_definition_and_neither_check_nor_change_one(world, log_in):
    for role in ("staff", "analyst"):
        client = log_in(role)
        page = shown(client, "best_edit", "buyers")
        assert "best: buyers" in page and "Publish version" not in page
        assert edited(client, FORM).status_code == 403
        assert "Retire definition" not in shown(client, "best_list", "buyers")
        assert "Change arbitration" not in shown(client, "best_customers")


def test_R18_another_arbitration_shows_whose_treatment_would_change_before_it_does(world, log_in):
    client = log_in("manager")
    places = {"by": "order", "place_buyers": "1", "place_loyal": "2", "place_regulars": "3"}
    both = {one.customer_id for one in members(world.second, "buyers")} & {
        one.customer_id for one in members(world.second, "loyal")
    }
    there = reverse("best_customers")
    said = client.post(there, places, headers=HX).content.decode()
    assert f"At least {len(both)} customer" in said and "buyers: " in said
    same = client.post(there, places | {"place_buyers": "2", "place_loyal": "1"}, headers=HX).content.decode()
    assert "Nobody&#x27;s treatment would change" in same
    assert "different scales" in client.post(there, places | {"by": "score"}, headers=HX).content.decode()
    assert (
        "place of its own" in client.post(there, places | {"place_loyal": "1"}, headers=HX).content.decode()
    )
    assert "whole number" in client.post(there, places | {"place_loyal": "x"}, headers=HX).content.decode()
    retire_best("regulars", None, "another scale")
    arbitrate("score", ["buyers", "loyal"], None, "the best counts")
    assert "the treatment of the highest score" in shown(client, "best_customers")


def test_R18_a_past_run_shows_the_treatments_that_were_so_then(world, analyst, monkeypatch):
    def treated(**query):
        return [row[0] for row in table(analyst, "Treatments", "best_customers", **query)]

    def on_the_list(**query):
        return {row[0]: row[-1] for row in table(analyst, "Members by rank", "best_list", "buyers", **query)}

    then = {"as_of": world.first.until.isoformat()}
    order, before, members_before = treated(), treated(**then), on_the_list(**then)
    monkeypatch.setenv("STERNA_NOW", "2018-01-02T12:00:00+00:00")
    arbitrate("order", ["buyers", "loyal", "regulars"], None, "who buys for most comes first")
    assert treated()[:-1] != order[:-1] and treated(**then) == before
    assert on_the_list(**then) == members_before
    assert "the first of loyal, buyers, regulars" in shown(analyst, "best_customers", **then)
    assert "the first of buyers, loyal, regulars" in shown(analyst, "best_customers")


def test_R15_a_plan_that_reaches_no_best_customer_is_flagged(world, analyst):
    live = Plan.objects.get(state=Plan.State.LIVE)
    contacts = Contact.objects.filter(run_id=world.second.pk, plan=live).exclude(state="withdrawn")
    reached = set(contacts.values_list("customer_id", flat=True))
    page = {row[0]: row for row in table(analyst, "Best customers reached", "plan", live.pk)}
    for name, title in (("buyers", "Who buys for most"), ("regulars", "Who comes most")):
        best_of_all = {one.customer_id for one in members(world.second, name)}
        assert page[title][1:3] == [len(best_of_all), len(best_of_all & reached)]
    assert flags(analyst, live) == [
        name for name in ("loyal", "buyers", "regulars") if page_reached(world, name, reached) == 0
    ]
    contacts.update(state="withdrawn")
    assert flags(analyst, live) == ["loyal", "buyers", "regulars"]
    for one in members(world.second, "buyers")[:2]:
        contact = Contact.objects.filter(run_id=world.second.pk, plan=live)[0]
        Contact.objects.filter(pk=contact.pk).update(state="planned", customer=one.customer)
    assert "buyers" not in flags(analyst, live)
    text = shown(analyst, "plan", world.draft.pk)
    assert "Nobody is contacted by a plan before it is live" in text


def test_R15_a_plan_that_is_over_is_not_blamed_for_reaching_nobody(world):
    live, run = Plan.objects.get(state=Plan.State.LIVE), world.second

    def said():
        [section] = best_reached(live, run)
        return section.items[0]

    # A live plan stays as it was loaded, so its end is moved in memory alone.
    live.closes_on = run.until
    assert not isinstance(said(), Empty), "what the run did plan is counted"
    Contact.objects.filter(plan=live).update(state="withdrawn")
    assert f"ends on {run.until}, so the run of {run.until} planned nothing more by it" in said().why
    live.closes_on = run.until + timedelta(days=1)
    assert isinstance(said(), Failed)


def page_reached(world, name, reached):
    return len({one.customer_id for one in members(world.second, name)} & reached)


def flags(client, plan):
    page = client.get(reverse("plan", args=[plan.pk])).context["page"]
    said = [item.what for section in page.sections for item in section.items if isinstance(item, Failed)]
    told = next((one for one in said if "reaches none of the best customers" in one), "")
    return [name for name in ("loyal", "buyers", "regulars") if f"by {name}, version" in told]


def test_R15_a_customers_page_says_on_which_lists_and_why(world, analyst):
    first = members(world.second, "buyers")[0]
    rows = {row[0]: row for row in table(analyst, "Lists of best customers", "customer", first.customer_id)}
    worth = Worth.objects.get(run_id=world.second.pk, customer=first.customer_id)
    row = rows["Who buys for most"]
    assert row[1:4] == ["1 of 10", f"{worth.spend:,.2f} USD", f"Spend {worth.spend:,.2f} USD, weight 1"]
    if "Who bought for most before" in rows:
        assert row[4] == "that of loyal: " + row[4].partition(": ")[2]
    nobody = Worth.objects.filter(run_id=world.second.pk).exclude(
        customer__in=BestMember.objects.filter(run_id=world.second.pk).values("customer")
    )
    text = shown(analyst, "customer", nobody[0].customer_id)
    assert "On none of the 3 lists of this run." in text


def test_before_the_first_run_a_definition_says_that_the_run_makes_its_list(world, log_in):
    client = log_in("manager")
    Run.objects.update(published_at=None)
    assert "from the next run on" in shown(client, "best_customers")
    assert "No run has been published yet" in shown(client, "best_list", "buyers")
    answer = client.post(reverse("best_edit", args=["buyers"]), FORM, headers=HX).content.decode()
    assert "the first one makes the list" in answer
    said = client.post(
        reverse("best_customers"), {"by": "order", "place_buyers": "1"}, headers=HX
    ).content.decode()
    assert "nobody whose treatment would change" in said
