"""The pages of groups A, B and C: who is where and why, who is late or due, what A lacks, terms, and blind checks."""

from datetime import date

import pytest
from django.urls import reverse

from sterna.desk.dashboards.customer_group import GroupFigure
from sterna.desk.segments.actions import answer_check, close_check, judge, publish_terms
from sterna.desk.segments.group_models import GroupJudgement
from sterna.desk.web.components import GroupLetter, Late, Number, Unknown
from tests.desk.dashboards.reading import shown, table
from tests.desk.segments import grouped
from tests.desk.segments.grouped import into, judged, user

pytestmark = pytest.mark.django_db


def figures(client, name, *arguments):
    page = client.get(reverse(name, args=arguments)).context["page"]
    items = [item for section in page.sections for item in section.items]
    return {item.label: item.value for item in items if isinstance(item, Number)}


def later(monkeypatch, day):
    monkeypatch.setenv("STERNA_NOW", f"{day}T12:00:00+00:00")


def test_the_groups_with_their_counts_and_how_still_they_stand(world, analyst, monkeypatch):
    rows = table(analyst, "Groups", "groups")
    assert [(row[0].letter, *row[3:]) for row in rows] == [("A", 1, 0, 0), ("B", 1, 0, 0), ("C", 1, 0, 0)]
    assert figures(analyst, "groups")["Unchanged for a year"] is None
    later(monkeypatch, "2018-07-01")
    into(world.clients.exception, "none")
    found = figures(analyst, "groups")
    assert found["Unchanged for a year"] == pytest.approx(2 / 3)
    assert [row[3] for row in table(analyst, "Groups", "groups")] == [1, 1, 0]


def test_R47_the_overdue_stand_with_their_next_step_and_the_day_in_red(world, analyst, monkeypatch):
    assert table(analyst, "Overdue in B", "groups") == []
    later(monkeypatch, "2018-01-01")
    [row] = table(analyst, "Overdue in B", "groups")
    assert row[1] == Late("Expected in A", date(2017, 12, 28)) and row[2] == "meet the notary"
    assert "Expected in A" in shown(analyst, "customer", world.clients.coming.pk)


def test_whom_nobody_looked_at_for_a_year_is_due(world, analyst, monkeypatch):
    later(monkeypatch, "2018-07-01")
    judge(world.clients.ideal, "need", True, "as we spoke", user("ann"))
    rows = table(analyst, "Due for review", "groups")
    assert [(row[1].letter, row[2]) for row in rows] == [("B", date(2017, 7, 1)), ("C", date(2017, 7, 1))]


@pytest.mark.parametrize(("letter", "heads"), [("A", 3), ("B", 5), ("C", 3)])
def test_the_members_of_a_group_with_since_when_and_why(world, analyst, letter, heads):
    [row] = table(analyst, f"Group {letter}", "group_members", letter)
    assert len(row) == heads and row[1] == date(2017, 7, 1) and row[2]
    text = analyst.get(reverse("group_members", args=[letter]), {"format": "csv"}).content.decode()
    assert "2017-07-01" in text and row[2] in text


def test_a_group_that_is_none_is_a_404(world, analyst):
    assert analyst.get(reverse("group_members", args=["D"])).status_code == 404
    assert analyst.get(reverse("group_members", args=["none"])).status_code == 404


def test_a_file_of_the_groups_has_letters_in_it(world, analyst):
    text = analyst.get(reverse("groups"), {"format": "csv"}).content.decode()
    assert [line.split(",")[0] for line in text.splitlines()] == ["Group", "A", "B", "C"]


def test_R45_the_customers_page_says_what_A_asks_for_and_what_is_missing(world, analyst):
    here = world.clients.waits.pk
    GroupJudgement.objects.filter(customer=here).delete()
    judge(world.clients.waits, "want", False, "moves abroad", user("ann"))
    asked = table(analyst, "What group A asks for", "customer", here)
    assert asked[0][0] == "50 of revenue at least" and asked[0][1].endswith((": enough", ": too little"))
    assert [row[1] for row in asked[1:]] == ["nobody has judged", "does not hold", "nobody has judged"]
    assert asked[2][2] == "ann, 2017-07-01: moves abroad"
    publish_terms(grouped.TERMS.replace("revenue, least", "newcomers, least").format(version=2), None, "so")
    [unknown, *_] = table(analyst, "What group A asks for", "customer", here)
    assert isinstance(unknown[1], Unknown)


def test_R49_what_sterna_proposed_says_by_what(world, analyst):
    judged(world.clients.coming)
    row = next(row for row in table(analyst, "Proposals", "groups") if row[4] == "Sterna")
    assert (row[1], row[2]) == (GroupLetter("B", row[1].meaning), GroupLetter("A", row[2].meaning))
    assert row[3].startswith("revenue is ") and "staff judged" in row[3]


def test_terms_show_who_of_A_would_lack_something_before_they_are_published(world, log_in):
    manager, where = log_in("manager"), reverse("group_terms")
    text = grouped.TERMS.format(version=2).replace("9000", "1000000")
    effect = manager.post(where, {"text": text}).content.decode()
    assert "1 customer of 1 in A would lack something; nobody is moved." in effect
    assert "and A asks for 1,000,000" in effect
    assert (
        "line 4: there is no measure luck"
        in manager.post(where, {"text": text.replace("revenue, least", "luck, least")}).content.decode()
    )
    assert log_in("staff").post(where, {"text": text}).status_code == 403
    assert [row[0] for row in table(manager, "Versions", "group_terms")] == [1]


def test_the_text_of_the_terms_is_what_was_published(world, analyst):
    from sterna.desk.segments.actions.group_terms import read_terms
    from sterna.desk.segments.group_queries import terms_definition, terms_of
    from sterna.desk.segments.group_texts import BLANK, written

    terms = terms_of(terms_definition())
    assert read_terms(written(terms)) == terms and read_terms(BLANK).thresholds == ()
    odd = grouped.TERMS.format(version=1).replace("brings others to us", "\"yes: #1, {odd} 'and' so\"")
    assert read_terms(written(read_terms(odd))) == read_terms(odd)
    assert "least: 50, title: revenue" in shown(analyst, "group_terms")


def test_R50_a_check_shows_no_answer_before_it_is_closed_and_then_on_whom_they_differ(world, log_in):
    check, manager = world.clients.check, log_in("manager")
    assert table(manager, "Answers", "group_check", check.pk) == [
        ["administrator", 1, 2], ["manager", 0, 3], ["staff", 0, 3],
    ]  # fmt: skip
    assert "see B" not in shown(manager, "group_check", check.pk).lower()
    for one, groups in zip(check.customers.order_by("pk"), ("AAB", "BBB", "CCA"), strict=True):
        for name, group in zip(("administrator", "manager", "staff"), groups, strict=True):
            if name != "administrator" or one.customer != world.clients.ideal:
                answer_check(one, group, user(name))
    assert "None waits for you" in shown(manager, "group_check", check.pk)
    close_check(check, user("manager"))
    found = figures(log_in("analyst"), "group_check", check.pk)
    assert (found["Customers judged twice"], found["Judgements"]) == (3, 9)
    rows = table(log_in("analyst"), "On whom staff differ", "group_check", check.pk)
    assert [row[1:4] for row in rows] in ([[2, 1, 0], [1, 0, 2]], [[1, 0, 2], [2, 1, 0]])
    [listed] = table(log_in("analyst"), "Blind checks", "groups")
    assert listed[4].startswith("closed on") and listed[5] == pytest.approx(found["Alpha"])


def test_a_closed_check_that_nobody_answered_says_that_it_cannot_tell(world, log_in):
    check = grouped_check(world)
    close_check(check, user("manager", "manager"))
    found = figures(log_in("analyst"), "group_check", check.pk)
    assert (found["Pairs alike"], found["Alpha"], found["Kappa"]) == (None, None, None)
    assert "None: everybody saw the same." in shown(log_in("analyst"), "group_check", check.pk)


def grouped_check(world):
    from sterna.desk.segments.actions import start_check

    judges = [user("staff"), user("manager")]
    return start_check("silent", 0, [world.clients.ideal.pk], judges, user("max", "manager"))


def test_the_letter_stands_at_the_top_of_a_customers_page_beside_the_tier(world, analyst):
    for customer, letter in ((world.clients.exception, "C"), (world.clients.waits, None)):
        page = analyst.get(reverse("customer", args=[customer.pk])).context["page"]
        found = [item for item in page.sections[0].items if isinstance(item, GroupFigure)]
        assert [one.letter for one in found] == ([letter] if letter else [])


def test_what_staff_wrote_is_text_on_every_page_and_no_formula_in_a_file(world, log_in):
    words = "<script>alert(1)</script>"
    who = world.customers["040"]
    into(who, "B", reason=f"{words} inherits", next_step="=cmd|' /c calc'!A1")
    change = grouped.propose(who, grouped.asked("C", reason=f"family: {words}"), user("ann"))
    judge(who, "need", True, words, user("ann"))
    client = log_in("manager")
    addresses = [
        reverse("groups"),
        reverse("group_members", args=["B"]),
        reverse("group_change", args=[change.pk]),
        reverse("customer", args=[who.pk]),
    ]
    for address in addresses:
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page, address
    file = client.get(addresses[1], {"format": "csv"}).content.decode()
    assert "'=cmd|" in file and ",=cmd|" not in file


def test_a_proposal_that_others_overtook_says_that_it_can_only_be_declined(world, log_in):
    into(world.customers["041"], "B")
    change = grouped.propose(world.customers["041"], grouped.asked("C"), user("ann"))
    type(change).objects.filter(pk=change.pk).update(from_group="A")
    page = shown(log_in("manager"), "group_change", change.pk)
    assert "The customer is in group B now: this proposal can only be declined." in page


def test_what_was_decided_stays_to_be_read_with_who_and_why(world, log_in):
    change = world.clients.change
    grouped.approve(change, user("max", "manager"), "the house agrees")
    client = log_in("manager")
    page = shown(client, "group_change", change.pk)
    assert "by max: the house agrees" in page and "Approve change" not in page
    rows = table(client, "Changes of group", "customer", world.clients.waits.pk)
    assert rows[0][1:5] == ["no group to group C", "Approved", "ann", "max"]


def test_on_a_past_day_the_groups_say_that_they_do_not_change_with_it(world, analyst):
    page = analyst.get(reverse("groups"), {"as_of": "2017-06-30"}).content.decode()
    assert "This page does not change with the day" in page and "as_of=2017-06-30" in page
