"""The pages of Know say what is so of people: pairs, identity, facts, notes, questions, requests, occasions."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers import queries
from sterna.desk.customers.actions import (
    Contacted,
    add_note,
    ask,
    desk_record,
    keep_consents,
    merge,
    retract,
    would_rather_not,
)
from sterna.desk.customers.models import Fact, FactProposal, ReviewPair, SourceRecord
from sterna.desk.sources.signals import ConsentsSaid
from sterna.desk.web.components import Table
from tests.desk.dashboards import known
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db


def test_R20_a_pair_shows_both_sides_and_its_weights(world, analyst):
    rows = table(analyst, "The two side by side", "review_pair", world.known.pair.pk)
    assert ["Surname", "Brown", "Brown", "the same", "+7.2"] in rows
    # What is not known on a side is no evidence and no bar.
    assert not any(row[0] == "Postcode" for row in rows)
    content = shown(analyst, "review_pair", world.known.pair.pk)
    assert content.count('class="waterfall-row"') == 5 and "card 7002" in content and "card 7003" in content


def test_R20_after_an_answer_the_next_pair_opens_then_those_passed_over_then_the_queue(world, log_in):
    likelier, lesser = known.review_pair("7006", "7007", 0.9), known.review_pair("7007", "7008", 0.5)
    client = log_in("manager")
    for pair, behind in ((world.known.pair, lesser), (lesser, likelier), (likelier, None)):
        answer = client.post(
            reverse("review_answer", args=[pair.pk]), {"answer": "different", "reason": "two voices"}
        )
        assert answer.url == (reverse("review_pair", args=[behind.pk]) if behind else reverse("review"))
    assert set(ReviewPair.objects.values_list("state", flat=True)) == {"different"}
    assert "Two persons: two voices (manager" in shown(client, "review_pair", lesser.pk)


def test_the_keys_j_and_k_lead_to_the_pairs_beside(world, analyst):
    likelier, lesser = known.review_pair("7006", "7007", 0.9), known.review_pair("7007", "7008", 0.8)
    content = shown(analyst, "review_pair", world.known.pair.pk)
    assert f'data-key-previous href="{reverse("review_pair", args=[likelier.pk])}"' in content
    assert f'data-key-next href="{reverse("review_pair", args=[lesser.pk])}"' in content
    assert "data-key-previous" not in shown(analyst, "review_pair", likelier.pk)
    assert "data-key-next" not in shown(analyst, "review_pair", lesser.pk)


def test_a_pair_that_became_one_meanwhile_is_not_asked_about(world, log_in):
    merge(known.person("7002"), known.person("7003"), "the same voice", None)
    content = shown(log_in("manager"), "review_pair", world.known.pair.pk)
    assert (
        "They are one customer by now." in content
        and reverse("review_answer", args=[world.known.pair.pk]) not in content
    )


def test_R20_why_one_customer_is_one_and_undoing_it_makes_two(world, log_in):
    client, one = log_in("manager"), world.known.one
    rows = table(client, "What joined these", "customer_identity", one.pk)
    assert rows[0][:4] == [
        "Somebody decided that they are one",
        "card 7004 (till)",
        "card 7005 (till)",
        "one voice",
    ]
    client.post(
        reverse("identity_undo", args=[world.known.merged.pk]), {"reason": "sisters", "customer": str(one.pk)}
    )
    assert known.person("7004") != known.person("7005")
    assert "undone by manager: sisters" in shown(client, "customer_identity", known.person("7004").pk)


def test_the_page_of_a_customer_who_became_part_of_another_leads_there(world, analyst):
    [gone] = queries.redirects(world.known.one)
    answer = analyst.get(reverse("customer_identity", args=[gone.pk]))
    assert answer.url == reverse("customer_identity", args=[world.known.one.pk])


def word(card, granted, medium="email"):
    keep_consents(
        ConsentsSaid("till", "card", medium, "marketing", [(card, granted, clock.today())], clock.now())
    )


@pytest.mark.parametrize(
    ("one", "other"), [(True, True), (True, False), (False, True), (None, True), (False, None)]
)
def test_R20_the_preview_of_a_merge_says_what_then_holds(world, log_in, one, other):
    for card, granted in (("7007", one), ("7008", other)):
        if granted is not None:
            word(card, granted)
    client, first, second = log_in("manager"), known.person("7007"), known.person("7008")
    query = {"with": str(second.pk)}
    [row] = table(client, "What may be sent", "customer_merge", first.pk, **query)
    client.post(reverse("identity_merge", args=[first.pk]), {"with": str(second.pk), "reason": "one voice"})
    [standing] = queries.standings(known.person("7007"))
    assert row[-1] == ("Yes" if standing.granted else "No")
    assert known.person("7008") == known.person("7007") == first


def test_a_customer_is_not_merged_with_itself_and_who_it_could_be_is_looked_for(world, log_in):
    client, customer = log_in("manager"), world.known.client
    assert "Who is the same as" in shown(client, "customer_merge", customer.pk, **{"with": str(customer.pk)})
    found = table(client, "Who it could be", "customer_merge", customer.pk, q="700")
    assert "card 7008" in [row[0] for row in found] and len(found) == 6


def test_R20_the_preview_of_a_split_counts_what_each_side_keeps(world, log_in):
    customer = world.known.client
    desk = SourceRecord.objects.get(customer=customer, source="desk")
    rows = {
        row[0]: row[1:]
        for row in table(
            log_in("manager"), "The two sides", "customer_split", customer.pk, record=str(desk.pk)
        )
    }
    assert rows["Identifiers"] == ["noted at the desk", "card 7001"]
    assert rows["Facts"] == ["0", "1"] and rows["Addresses"] == ["0", "1"]
    nothing = shown(log_in("manager"), "customer_split", customer.pk)
    assert "Choose some of the identifiers and leave some" in nothing


def test_who_lives_together_is_on_the_page_and_one_leaves(world, log_in):
    client, customer = log_in("manager"), world.known.client
    who = [row[0] for row in table(client, "Household", "customer_identity", customer.pk)]
    assert [name.split(" (")[0] for name in who] == ["card 7001", "card 7006"]
    client.post(reverse("household_leave", args=[customer.pk]), {"reason": "moved out"})
    assert "No household is known." in shown(client, "customer_identity", customer.pk)


def test_an_identifier_of_two_customers_names_nobody_who_lives_with_them(world, log_in):
    SourceRecord.objects.filter(key="till/card:7007").update(value="7008")
    form = {"with": "7008", "reason": "one kitchen"}
    answer = log_in("manager").post(
        reverse("household_form", args=[world.known.client.pk]), form, follow=True
    )
    assert "is an identifier of several customers" in str(next(iter(answer.context["messages"])))


def facts(client, world) -> dict[str, list[object]]:
    return {str(row[0]): row for row in table(client, "Facts", "customer", world.known.client.pk)}


def test_R13_a_fact_tells_who_heard_it_when_and_how_sure_and_a_surer_one_stands_against_it(world, log_in):
    client = log_in("staff")
    name, value, counts, heard, until, why, _ = facts(client, world)["Demography > Children at home"]
    assert (name, value, counts, why) == (
        "Demography > Children at home",
        "3+",
        "yes (100 % sure)",
        "it was said",
    )
    assert heard == "till, 2017-06-01" and until == "2019-06-01"
    proposal = FactProposal.objects.get(
        note__source_record__customer=world.known.client, fact_class="demography.kids"
    )
    client.post(reverse("proposal_decide", args=[proposal.pk]), {"decision": "yes", "value": "2"})
    rows = [row for row in table(client, "Facts", "customer", world.known.client.pk) if row[0] == name]
    assert [row[1] for row in rows] == ["3+", "2"]
    assert str(rows[0][2]).startswith("yes, against 2") and str(rows[1][2]).startswith(
        "no: another is surer or newer"
    )
    assert rows[1][3] == "desk, phone, 2017-07-01" and str(rows[1][5]).startswith("noted: She said")


def test_R13_a_retracted_fact_is_off_the_page_and_stays_on_record(world, log_in):
    client = log_in("staff")
    client.post(reverse("fact_retract", args=[world.known.fact.pk]), {"reason": "it was her sister"})
    assert "Demography > Children at home" not in facts(client, world)
    held = Fact.objects.get(pk=world.known.fact.pk)
    assert (held.retracted_reason, held.retracted_by.username) == ("it was her sister", "staff")
    again = client.post(reverse("fact_retract", args=[held.pk]), {"reason": "x"}, follow=True)
    assert "It was retracted before" in str(next(iter(again.context["messages"])))


def test_a_page_of_a_past_day_does_not_show_what_was_observed_after_it(world, analyst):
    assert "Children at home" in shown(analyst, "customer", world.known.client.pk)
    rows = table(analyst, "Facts", "customer", world.known.client.pk, as_of="2017-05-31") if False else None
    page = analyst.get(reverse("customer", args=[world.known.client.pk]), {"as_of": "2017-05-31"}).context[
        "page"
    ]
    captions = [item for section in page.sections for item in section.items if isinstance(item, Table)]
    assert rows is None and not next(item for item in captions if item.caption == "Facts").rows


def test_R64_a_note_is_one_form_and_what_it_seems_to_say_is_asked_on_the_page_that_opens(world, log_in):
    client, customer = log_in("staff"), known.person("7008")
    form = {
        "text": known.NOTE,
        "place": "branch",
        "direction": "inbound",
        "purpose": "service",
        "key": "once",
    }
    for _ in range(2):
        answer = client.post(reverse("note_add", args=[customer.pk]), form, follow=True)
    [note] = queries.notes(customer)
    assert (note.touchpoint, note.medium, note.author.username) == ("branch", "person", "staff")
    content = unescape(answer.content.decode())
    assert (
        "Is this so?" in content
        and content.count('name="decision" value="yes"') == queries.proposals(customer).count() >= 1
    )
    # Before anything is confirmed nothing is known.
    assert not Fact.objects.filter(source_record__customer=customer).exists()


def test_what_a_note_does_not_mean_is_asked_once(world, log_in):
    client, proposal = log_in("staff"), world.known.proposal
    before = queries.proposals(world.known.client).count()
    client.post(reverse("proposal_decide", args=[proposal.pk]), {"decision": "no"})
    assert queries.proposals(world.known.client).count() == before - 1
    assert f'id="proposal-{proposal.pk}"' not in shown(client, "customer", world.known.client.pk)


def test_a_value_put_right_is_kept_as_the_person_wrote_it(world, log_in):
    proposal = FactProposal.objects.get(
        note__source_record__customer=world.known.client, fact_class="demography.kids"
    )
    log_in("staff").post(reverse("proposal_decide", args=[proposal.pk]), {"decision": "yes", "value": "1"})
    proposal.refresh_from_db()
    assert (proposal.state, proposal.fact.value) == ("confirmed", "1")


def asked_of(client, world) -> str:
    content = shown(client, "customer", world.known.client.pk)
    return re.findall(r'name="fact_class" value="([^"]+)"><input type="hidden" name="touchpoint"', content)[0]


def test_R64_the_next_question_has_its_words_and_a_no_is_an_answer(world, log_in):
    client, customer = log_in("staff"), world.known.client
    first = asked_of(client, world)
    [one] = [each for each in queries.next_questions(customer, most=20) if each.fact_class == first]
    assert any(words in shown(client, "customer", customer.pk) for words in one.words.values())
    later = shown(client, "customer", customer.pk, later=first)
    assert f'name="fact_class" value="{first}"><input' not in later
    form = {"fact_class": first, "touchpoint": next(iter(one.words)), "settled": "no"}
    answer = client.post(reverse("question_settle", args=[customer.pk]), form, follow=True)
    assert "They would rather not say" in str(next(iter(answer.context["messages"])))
    assert first not in [each.fact_class for each in queries.next_questions(customer, most=20)]


def test_an_answer_that_cannot_be_kept_leaves_the_question_unasked(world, log_in):
    client, customer = log_in("staff"), world.known.client
    form = {
        "fact_class": "demography.age",
        "touchpoint": "preference_page",
        "settled": "answered",
        "value": "a great age",
    }
    answer = client.post(reverse("question_settle", args=[customer.pk]), form, follow=True)
    [note] = answer.context["messages"]
    assert note.level_tag == "error" and not queries.questions(customer).exists()
    client.post(reverse("question_settle", args=[customer.pk]), {**form, "value": "35-44"})
    assert facts(client, world)["Demography > Age band"][1] == "35-44"


def test_nobody_is_asked_twice_in_a_row_and_the_page_says_when_nothing_is_left(world, log_in):
    client, customer = log_in("staff"), world.known.client
    for one in queries.next_questions(customer, most=99):
        would_rather_not(ask(customer, one.fact_class, next(iter(one.words)), None), None)
    assert "was asked for lately" in shown(client, "customer", customer.pk)


def test_R64_a_request_is_late_then_promised_then_done_and_leaves_its_forms(world, log_in):
    client, asked = log_in("staff"), world.known.request
    assert "Asked, due" in shown(client, "customer", world.known.client.pk)
    due = clock.today() + timedelta(days=2)
    client.post(
        reverse("request_promise", args=[asked.pk]), {"words": "a cake for sixty", "due_on": due.isoformat()}
    )
    [row] = table(client, "Requests", "customer", world.known.client.pk)
    assert row[3] == f"Promised, due {due}" and row[4] == "a cake for sixty (staff)"
    client.post(reverse("request_settle", args=[asked.pk]), {"words": "fetched at noon", "state": "done"})
    [row] = table(client, "Requests", "customer", world.known.client.pk)
    assert row[3:] == ["Done", "fetched at noon (staff)", ""]


def test_a_request_that_is_open_brings_its_follow_up_questions(world, log_in):
    content = shown(log_in("staff"), "customer", world.known.client.pk)
    assert "Whose birthday is it?" in content and "Is the cake for a wedding?" in content


def test_a_day_without_a_year_comes_every_year_and_a_month_is_enough(world, log_in):
    client, here = log_in("staff"), reverse("occasion_add", args=[world.known.client.pk])
    client.post(here, {"fact_class": "events.birth_date", "month": "2", "day": "29", "consent": "no"})
    rows = {row[0]: row for row in table(client, "Occasions", "customer", world.known.client.pk)}
    assert rows["Date of birth"][2:5] == ["29 February, every year", "not within a year", "no"]
    assert rows["A wedding in the family"][1:5] == ["her daughter", "September 2017", "in 62 days", "yes"]


def test_the_timeline_has_what_staff_heard_between_what_happened(world, analyst):
    content = shown(analyst, "customer", world.known.client.pk)
    assert "Contact noted" in content and "Asked for cake" in content and known.NOTE in content


def test_a_no_behind_a_newer_yes_of_a_merge_is_what_the_page_shows(world, log_in):
    word("7007", True)
    word("7008", False)
    merge(known.person("7007"), known.person("7008"), "one voice", None)
    [row] = table(log_in("staff"), "Consent", "customer", known.person("7007").pk)
    assert row[:3] == ["email", "marketing", "No"]


def test_a_retraction_takes_what_was_inferred_with_it_and_says_how_much(world, log_in):
    client, customer = log_in("staff"), known.person("7008")
    note = add_note(
        customer, "They are five at home.", Contacted("phone", "phone", "inbound", "service"), None
    )
    from sterna.desk.customers.actions import Said, say_facts

    kept = say_facts(
        [
            Said(
                desk_record(customer).pk,
                "demography.household_size",
                "5+",
                "desk",
                "marketing",
                clock.today(),
                clock.now(),
                note=note.pk,
            )
        ]
    )
    [fact] = kept.facts
    inferred = Fact.objects.filter(source_record__customer=customer, retracted_at=None).exclude(rule="")
    rows = table(client, "Facts", "customer", customer.pk)
    assert inferred.exists() and any(
        "inferred from demography.household_size 5+" in str(row[5]) for row in rows
    )
    answer = client.post(reverse("fact_retract", args=[fact]), {"reason": "a guest"}, follow=True)
    assert "inferred from it" in str(next(iter(answer.context["messages"])))
    assert not inferred.exists() and retract(Fact.objects.get(pk=fact), "again", None) == 0
