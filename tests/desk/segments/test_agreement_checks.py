"""Blind checks among staff: nobody sees another's answer before it is closed; the figures are the published ones."""

import json
from datetime import UTC, datetime

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.segments import check_queries as queries
from sterna.desk.segments.actions import answer_check, close_check, start_check
from sterna.desk.segments.group_models import AgreementCheck, CheckAnswer
from sterna.desk.segments.group_queries import open_stays
from sterna.engine.segments.agreement import agree
from tests.desk.segments import grouped
from tests.desk.segments.grouped import into, user

pytestmark = pytest.mark.django_db
# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", example B: two observers, twelve units, nominal
# values 1 to 5 there with 1..3 here; the figures below are worked by hand.
PAIRS = ["AA", "BB", "CC", "CC", "BB", "AB", "BB", "AA", "CB", "AA", "CC", "BB"]


@pytest.fixture(autouse=True)
def present(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")


@pytest.fixture
def boss():
    return user("max", "manager")


def started(customers, *names, boss):
    judges = [user(name) for name in names]
    return start_check("spring", 0, [one.pk for one in customers], judges, boss)


def answer(check, customer, name, group):
    return answer_check(check.customers.get(customer=customer), group, user(name))


def test_R50_the_figures_are_those_of_the_reference_computation(boss):
    who = grouped.customers(12)
    check = started(who, "ann", "bo", boss=boss)
    for one, (first, second) in zip(who, PAIRS, strict=True):
        answer(check, one, "ann", first), answer(check, one, "bo", second)
    assert queries.found(check) is None
    found = queries.found(close_check(check, boss))
    # 10 of 12 pairs agree. Of 24 values A 7, B 10, C 7: by chance (7*6 + 10*9 + 7*6) / (24*23) = 174/552.
    assert found.agreement.observed == pytest.approx(10 / 12)
    assert found.agreement.alpha == pytest.approx((10 / 12 - 174 / 552) / (1 - 174 / 552))
    by_chance = (7**2 + 10**2 + 7**2) / 24**2
    assert found.agreement.kappa == pytest.approx((10 / 12 - by_chance) / (1 - by_chance))
    assert found.agreement == agree(PAIRS)
    differed = {one.customer: one.by for one in found.differed}
    assert differed == {
        who[5].pk: [("ann", "A"), ("bo", "B")],
        who[8].pk: [("ann", "C"), ("bo", "B")],
    }


def test_R50_the_most_divided_stand_first_and_who_was_judged_once_tells_nothing(boss):
    two, three, alone, alike = grouped.customers(4)
    check = started([two, three, alone, alike], "ann", "bo", "cy", boss=boss)
    for one, groups in ((two, "AAB"), (three, "ABC"), (alike, "CCC")):
        for name, group in zip(("ann", "bo", "cy"), groups, strict=True):
            answer(check, one, name, group)
    answer(check, alone, "ann", "A")
    found = queries.found(close_check(check, boss))
    assert [one.customer for one in found.differed] == [three.pk, two.pk]
    assert (found.agreement.customers, found.agreement.judgements) == (3, 9)
    # Of nine pairs within a customer 1 of 3, 0 of 3 and 3 of 3 agree.
    assert found.agreement.observed == pytest.approx((1 / 3 + 0 + 1) / 3)


def test_R50_before_it_is_closed_nobody_sees_what_another_said(boss):
    one, other = grouped.customers(2)
    check = started([one, other], "ann", "bo", boss=boss)
    answer(check, one, "ann", "C")
    assert queries.found(check) is None and queries.progress(check) == [("ann", 1), ("bo", 0)]
    assert (
        len(queries.unanswered(check, user("bo"))) == 2 and len(queries.unanswered(check, user("ann"))) == 1
    )
    lines = Entry.objects.filter(subject_kind="agreement check")
    told = json.dumps([[line.action, line.reason, line.detail] for line in lines])
    assert '"C"' not in told and str(one.pk) not in told


def test_an_answer_is_given_once_by_who_is_asked_while_the_check_is_open(boss):
    [one] = grouped.customers(1)
    check = started([one], "ann", "bo", boss=boss)
    answer(check, one, "ann", "A"), answer(check, one, "ann", "A")
    with pytest.raises(Refused, match="you answered already"):
        answer(check, one, "ann", "B")
    with pytest.raises(Refused, match="not asked in this check"):
        answer(check, one, "cy", "A")
    with pytest.raises(Refused, match="choose A, B or C"):
        answer(check, one, "bo", "D")
    with pytest.raises(Refused, match="may not"):
        answer_check(check.customers.get(), "A", user("reader", "analyst"))
    close_check(check, boss)
    with pytest.raises(Refused, match="the check is closed"):
        answer(check, one, "bo", "A")
    assert CheckAnswer.objects.count() == 1
    again = close_check(check, user("other", "manager"))
    assert again.closed_by == boss and Entry.objects.filter(action="close agreement check").count() == 1


def test_a_check_without_an_answer_tells_nothing_and_no_error(boss):
    check = close_check(started(grouped.customers(1), "ann", "bo", boss=boss), boss)
    found = queries.found(check)
    assert found.agreement == agree([]) and found.differed == []


def test_a_check_that_could_tell_nothing_is_not_started(boss):
    [one] = grouped.customers(1)
    judges = [user("ann"), user("bo")]
    for title, each, customers, asked, said in (
        (" ", 0, [one.pk], judges, "title"),
        ("x" * 81, 0, [one.pk], judges, "title"),
        ("spring", 0, [one.pk], judges[:1], "two of the staff"),
        ("spring", 0, [one.pk], [judges[0], user("reader", "analyst")], "two of the staff"),
        ("spring", 5, [], judges, "would have 0"),
        ("spring", -1, [], judges, "would have 0"),
        ("spring", 0, [judges[0].pk], judges, "no customer"),
    ):
        with pytest.raises(Refused, match=said):
            start_check(title, each, customers, asked, boss)
    with pytest.raises(Refused, match="may not"):
        start_check("spring", 0, [one.pk], judges, user("ann"))
    assert not AgreementCheck.objects.exists()


def test_customers_are_drawn_by_chance_from_each_group_and_the_same_again(boss):
    grouped.terms(grouped.PLAIN)
    who = grouped.customers(9)
    for index, one in enumerate(who):
        into(one, "ABC"[index % 3])
    check = start_check("spring", 2, [], [user("ann"), user("bo")], boss)
    chosen = set(check.customers.values_list("customer", flat=True))
    assert len(chosen) == 6 and chosen == set(queries.drawn(check.pk, 2))
    assert {one.place for one in open_stays().filter(customer__in=chosen)} == set("ABC")
    assert queries.checks().get().asked == 6 and queries.checks().get().staff == 2
    assert check.opened_at == datetime(2017, 7, 1, 12, tzinfo=UTC)
