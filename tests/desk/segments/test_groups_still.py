"""Groups stand still: swinging figures, what Sterna proposes and when it rests, how still, who is late, who is due."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.personal import Subject, keepers
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import (
    Told,
    add_occasion,
    desk_record,
    identify,
    keep_facts,
    merge,
    promise,
    split,
    take_request,
)
from sterna.desk.customers.models import CustomerRequest, Occasion, SourceRecord
from sterna.desk.runs.models import Run
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.actions import (
    answer_check,
    approve,
    close_check,
    decline,
    judge,
    propose_groups,
    review,
    start_check,
)
from sterna.desk.segments.group_models import GroupChange
from sterna.desk.segments.models import Membership
from sterna.desk.sources.signals import FactsSaid
from sterna.engine.segments import groups as engine
from tests.contracts.source_tree import modules
from tests.desk.customers import knowing
from tests.desk.runs import shop
from tests.desk.segments import grouped
from tests.desk.segments.grouped import asked, into, judged, user

pytestmark = pytest.mark.django_db
TODAY = date(2017, 7, 1)


@pytest.fixture(autouse=True)
def present(monkeypatch):
    """Every test stands on one day, and moves to another by calling it."""

    def go(day: date) -> None:
        monkeypatch.setenv("STERNA_NOW", f"{day}T12:00:00+00:00")

    go(TODAY)
    return go


def run() -> Run:
    return Run.objects.get()


def stays() -> list[tuple[str, date]]:
    return [(stay.place, stay.during.lower) for stay in queries.stays().order_by("customer", "during")]


def test_R49_figures_that_swing_round_the_line_every_night_for_a_year_move_nobody_and_ask_once(present):
    grouped.terms()
    swings, above, ideal = grouped.worth("9000.00", "9500.00", "9000.00")
    into(ideal, "A")
    into(swings, "B")
    into(above, "C")
    judged(swings)
    decline(GroupChange.objects.get(state="open"), user("max", "manager"), "let us see a good year first")
    before, made = stays(), GroupChange.objects.count()
    for night in range(365):
        present(TODAY + timedelta(night))
        # 20 % above the line and 20 % below it, night by night; A swings as well, and C stays above.
        grouped.earn(swings, "10800.00" if night % 2 else "7200.00")
        grouped.earn(ideal, "7200.00" if night % 2 else "10800.00")
        propose_groups(run().pk)
    assert stays() == before and GroupChange.objects.count() == made
    # Then it may ask again, and asks once however long nobody answers.
    for night in range(365, 395):
        present(TODAY + timedelta(night))
        grouped.earn(swings, "10800.00" if night % 2 else "7200.00")
        propose_groups(run().pk)
    [waits] = GroupChange.objects.filter(state="open")
    assert (waits.customer, waits.to_group, waits.proposed_by) == (swings, "A", None)
    assert stays() == before and GroupChange.objects.count() == made + 1


def test_R49_sterna_proposes_with_the_last_judgement_and_says_by_what(present):
    grouped.terms()
    [who] = grouped.worth("9000.50")
    into(who, "B")
    judge(who, "need", True, "as we spoke", user("ann"))
    judge(who, "want", True, "as we spoke", user("ann"))
    assert not GroupChange.objects.filter(state="open").exists()
    judge(who, "value", True, "as we spoke", user("ann"))
    [change] = GroupChange.objects.filter(state="open")
    assert change.proposed_by is None and change.reason.startswith("revenue is 9,000.50; staff judged")
    assert Entry.objects.filter(action="propose group", actor=None).count() == 1
    # Nobody proposed it, so whoever may manage approves it; Ann, who judged, may not manage.
    approve(change, user("max", "manager"), "agreed")
    assert queries.group_of(who) == "A"
    assert queries.reasons_of([who.pk])[who.pk]["A"].by == user("max")


def test_R49_out_of_A_and_C_and_of_no_group_sterna_proposes_nothing():
    grouped.terms()
    ideal, exception, nobody = grouped.worth("9000.00", "9000.00", "9000.00")
    into(ideal, "A")
    into(exception, "C")
    judged(exception), judged(nobody)
    assert propose_groups(run().pk) == 0 and not GroupChange.objects.filter(state="open").exists()


def test_R49_what_staff_withdrew_is_no_rest_and_what_waits_is_not_asked_twice():
    grouped.terms()
    [who] = grouped.worth("1.00")
    into(who, "B")
    judged(who)
    grouped.earn(who, "9000.00")
    own = grouped.propose(who, asked("A"), user("ann"))
    assert propose_groups(run().pk) == 0
    decline(own, user("ann"), "I ask her first")
    assert propose_groups(run().pk) == 1 and propose_groups(run().pk) == 0


def test_R44_without_any_figure_groups_judgements_reviews_and_figures_all_work(present):
    grouped.terms(grouped.PLAIN)
    one, two, three = grouped.customers(3)
    into(one, "A"), into(two, "B"), into(three, "C")
    judged(two)
    assert GroupChange.objects.get(state="open").reason.startswith("staff judged")
    present(date(2018, 7, 1))
    found = queries.members()
    assert [one.customer for one in queries.overdue(found, date(2018, 7, 1))] == [two.pk]
    assert {each.customer for each in queries.due_for_review(found, date(2018, 7, 1), 12)} == {
        one.pk,
        two.pk,
        three.pk,
    }
    assert queries.stability(date(2018, 7, 1)) == 1.0
    assert queries.counts() == {"A": 1, "B": 1, "C": 1} and queries.exceptions() == [three.pk]


def test_R49_stability_counts_who_was_there_a_year_ago_and_is_the_engine_s(present):
    grouped.terms(grouped.PLAIN)
    four = grouped.customers(4)
    for one in four[:3]:
        into(one, "B")
    present(date(2018, 1, 1))
    into(four[0], "C"), into(four[3], "B"), into(four[1], "none")
    assert queries.stability(date(2018, 7, 1)) == pytest.approx(1 / 3)
    told = [(stay.during.lower, stay.during.upper) for stay in queries.stays()]
    assert engine.stability(told, TODAY, date(2018, 7, 1)) == pytest.approx(1 / 3)
    # A year before anybody was placed there was nobody.
    assert queries.stability(date(2018, 6, 30)) is None


def test_R47_the_overdue_of_B_stand_with_the_longest_first(present):
    grouped.terms(grouped.PLAIN)
    soon, late, ideal, later = grouped.customers(4)
    into(soon, "B", expected_on=date(2017, 9, 1))
    into(late, "B", expected_on=date(2017, 8, 1))
    into(later, "B", expected_on=date(2017, 9, 2))
    into(ideal, "B", expected_on=date(2017, 7, 2)), into(ideal, "A")
    for day, expected in [
        (date(2017, 8, 1), []),
        (date(2017, 8, 2), [late]),
        (date(2017, 9, 2), [late, soon]),
    ]:
        found = queries.overdue(queries.members(), day)
        assert [one.customer for one in found] == [one.pk for one in expected]
        assert all(one.next_step == "meet the notary" for one in found)


def test_who_was_judged_or_reviewed_is_not_due_for_another_year(present):
    grouped.terms(grouped.PLAIN)
    entered, seen, reviewed = grouped.customers(3)
    for one in (entered, seen, reviewed):
        into(one, "C")
    present(date(2018, 6, 1))
    judge(seen, "need", True, "as we spoke", user("ann"))
    review(reviewed, asked("C"), user("ann"))
    due = [
        [one.customer for one in queries.due_for_review(queries.members(), day, 12)]
        for day in (date(2018, 6, 30), date(2018, 7, 1), date(2019, 6, 1))
    ]
    assert due[:2] == [[], [entered.pk]]
    assert due[2][0] == entered.pk and set(due[2]) == {entered.pk, seen.pk, reviewed.pk}


@pytest.mark.parametrize(
    ("value", "figure"), [("1200000", "1200000"), ("999999.99", "999999.99"), (None, None)]
)
def test_R45_a_threshold_on_a_fact_reads_what_stands_of_it(value, figure):
    knowing.bank()
    grouped.terms(grouped.TERMS.replace("revenue, least: 9000", "'fact:wealth.here', least: 1000000"))
    identify("bank", "client", ["c1"], shop.AT)
    who = SourceRecord.objects.get().customer
    if value is not None:
        said = [("c1", value, date(2017, 6, 1), "service")]
        keep_facts(FactsSaid("bank", "client", "wealth.here", said, shop.AT))
    terms = queries.terms_of(queries.terms_definition())
    found = queries.standings(terms, [who.pk])[who.pk].figures["fact:wealth.here"]
    assert found == (None if figure is None else Decimal(figure))
    judged(who)
    assert bool(engine.missing_for_a(terms, queries.standings(terms, [who.pk])[who.pk])) is (
        value != "1200000"
    )


def test_R45_a_band_of_money_counts_by_the_least_that_it_can_be():
    knowing.bank()
    grouped.terms(grouped.TERMS.replace("revenue, least: 9000", "'fact:wealth.total', least: 5000000"))
    identify("bank", "client", ["c1"], shop.AT)
    who = SourceRecord.objects.get().customer
    said = [("c1", "7000000", date(2017, 6, 1), "service")]
    keep_facts(FactsSaid("bank", "client", "wealth.total", said, shop.AT))
    terms = queries.terms_of(queries.terms_definition())
    assert queries.figures_of(terms, [who.pk])[who.pk] == {"fact:wealth.total": Decimal(5_000_000)}


def clients(*names: str):
    """Customers with records of their own, which can be merged."""
    identify("bank", "client", list(names), shop.AT)
    return [SourceRecord.objects.get(value=name).customer for name in names]


def test_a_merge_keeps_the_group_of_the_one_who_stays_and_a_split_gives_each_its_own(present):
    grouped.terms(grouped.PLAIN)
    ann, bea = clients("ann", "bea")
    into(bea, "C")
    present(date(2017, 8, 1))
    merge(ann, bea, "one person", user("max", "manager"))
    kept = SourceRecord.objects.get(value="ann").customer
    assert queries.group_of(kept) == "C" and queries.exceptions() == [kept.pk]
    assert list(queries.excepted(date(2017, 7, 20))) == [kept.pk]
    # What was said of whoever became part of them is read with them.
    [member] = queries.members()
    assert (member.customer, member.reason) == (kept.pk, "family: the daughter of a client in A")
    assert all(stay.run_id is None for stay in queries.stays())
    present(date(2017, 9, 1))
    split(kept, [SourceRecord.objects.get(value="bea").pk], "two after all", user("max", "manager"))
    owner = SourceRecord.objects.get(value="bea").customer
    stay = queries.stay_of(owner)
    assert (stay.place, stay.during.lower) == ("C", TODAY)
    assert queries.group_of(SourceRecord.objects.get(value="ann").customer) == "none"


def test_a_stay_that_began_on_the_day_of_the_merge_comes_back_with_the_split():
    grouped.terms(grouped.PLAIN)
    ann, bea = clients("ann", "bea")
    into(ann, "C"), into(bea, "C")
    merge(ann, bea, "one person", user("max", "manager"))
    [kept] = queries.exceptions()
    gone = SourceRecord.objects.exclude(seed=kept).first() or SourceRecord.objects.first()
    split(
        SourceRecord.objects.get(value="ann").customer,
        [gone.pk],
        "two after all",
        user("max", "manager"),
    )
    found = Membership.objects.filter(during__upper_inf=True)
    assert found.count() == 2 and {one.run_id for one in found} == {None}


def test_judgements_and_proposals_of_both_sides_of_a_merge_are_the_one_s(present):
    grouped.terms(grouped.PLAIN)
    ann, bea = clients("ann", "bea")
    into(ann, "B")
    judge(ann, "need", True, "as we spoke", user("ann")), judge(ann, "want", True, "so", user("ann"))
    judge(bea, "value", True, "says so", user("ann"))
    merge(ann, bea, "one person", user("max", "manager"))
    kept = SourceRecord.objects.get(value="ann").customer
    assert len(queries.judgements_of([kept.pk])[kept.pk]) == 3
    assert propose_groups(kept.pk) == 1
    [change] = queries.open_changes()
    assert change.root == kept.pk and queries.changes_of(kept)[0] == change


BIRTHDAY = Told("events.birth_date", 7, 9, 1980)


def test_R48_who_is_in_C_is_served_as_everybody_is():
    grouped.terms(grouped.PLAIN)
    names = ("ideal", "coming", "exception", "nobody")
    for one, group in zip(clients(*names), ("A", "B", "C", None), strict=True):
        if group:
            into(one, group)
        made = take_request(one, "tickets", "two for the opera", "phone", user("ann"))
        promise(made, "by Friday", date(2017, 7, 7), user("ann"))
        add_occasion(desk_record(one), BIRTHDAY, "desk", user("ann"))
    told = CustomerRequest.objects.values_list("state", "due_on", "promise")
    assert list(told) == [("promised", date(2017, 7, 7), "by Friday")] * 4
    kept = Occasion.objects.values_list("month", "day", "yearly", "quiet_until")
    assert list(kept) == [(7, 9, True, None)] * 4
    # And nothing that serves knows of groups at all: what it cannot read it cannot look at.
    serving = [*modules("src/sterna/desk/customers"), *modules("src/sterna/desk/sources")]
    named = re.compile(r"desk[.]segments|\bGroup(Change|Reason|Judgement)\b|Membership")
    assert [one.path for one in serving if named.search(one.text)] == []


def test_R48_who_is_in_C_is_no_candidate_and_everybody_knows_by_one_query(present):
    grouped.terms(grouped.PLAIN)
    one, two = grouped.customers(2)
    into(one, "C"), into(two, "B")
    why = "family: the daughter of a client in A"
    assert queries.exceptions() == [one.pk]
    assert queries.excepted(TODAY) == {} and queries.excepted(TODAY + timedelta(1)) == {one.pk: why}
    present(date(2017, 8, 1))
    into(one, "B")
    # A run of a past day sees who was in C then, and one of today does not.
    assert queries.exceptions() == [] and queries.excepted(date(2017, 8, 2)) == {}
    assert queries.excepted(date(2017, 8, 1)) == {one.pk: why}


def test_two_open_proposals_that_a_merge_brings_together_are_decided_one_by_one(present):
    grouped.terms(grouped.PLAIN)
    ann, bea = clients("ann", "bea")
    first = grouped.propose(ann, asked("B"), user("ann"))
    second = grouped.propose(bea, asked("C"), user("ann"))
    merge(ann, bea, "one person", user("max", "manager"))
    kept = SourceRecord.objects.get(value="ann").customer
    assert {change.root for change in queries.open_changes()} == {kept.pk}
    approve(first, user("max"), "agreed")
    with pytest.raises(Refused, match="in group B now, not in no group"):
        approve(second, user("max"), "agreed")
    decline(second, user("max"), "they are one")
    assert queries.group_of(kept) == "B" and not queries.open_changes().exists()
    assert [change.state for change in queries.changes_of(kept)] == ["declined", "approved"]


def test_who_comes_back_to_B_is_there_for_the_newest_reason(present):
    grouped.terms(grouped.PLAIN)
    [who] = grouped.customers(1)
    into(who, "B", expected_on=date(2017, 8, 1))
    present(date(2017, 9, 1))
    into(who, "A")
    assert queries.overdue(queries.members(), date(2018, 1, 1)) == [], "who is in A is late for nothing"
    present(date(2017, 10, 1))
    into(who, "B", reason="sold the house", expected_on=date(2018, 8, 1))
    [member] = queries.members()
    assert (member.reason, member.expected_on, member.since) == (
        "sold the house",
        date(2018, 8, 1),
        date(2017, 10, 1),
    )
    assert queries.overdue([member], date(2018, 8, 1)) == [] != queries.overdue([member], date(2018, 8, 2))


def test_R49_terms_that_ask_for_more_move_nobody_and_say_who_lacks_what(present):
    grouped.terms()
    [who] = grouped.worth("9000.00")
    into(who, "A")
    before = stays()
    grouped.terms(grouped.TERMS.replace("9000", "9000.01"), 2)
    terms = queries.terms_of(queries.terms_definition())
    assert queries.lacking(terms) == {who.pk: ["revenue is 9,000.00, and A asks for 9,000.01"]}
    assert propose_groups(run().pk) == 0 and stays() == before
    assert queries.stay_of(who).definition.version == 1, "a stay names the terms that it began under"


def test_R50_a_customer_who_is_erased_leaves_the_figure_of_a_closed_check_as_it_was():
    one, other = grouped.customers(2)
    boss = user("max", "manager")
    check = start_check("spring", 0, [one.pk, other.pk], [boss, user("ann")], boss)
    for asked_of, groups in zip(check.customers.order_by("pk"), ("AB", "CC"), strict=True):
        answer_check(asked_of, groups[0], boss), answer_check(asked_of, groups[1], user("ann"))
    closed = close_check(check, boss)
    [keeper] = [each for each in keepers() if each.name == "segments"]
    keeper.erase(Subject(id="0" * 32, customers=(one.pk,)))
    # Of the four answers A, B, C, C one pair of two is alike; by chance 2 of 12 are.
    assert closed.alpha == pytest.approx((1 / 2 - 2 / 12) / (1 - 2 / 12))
    closed.refresh_from_db()
    assert closed.alpha == pytest.approx(0.4) and closed.customers.count() == 1
