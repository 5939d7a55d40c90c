"""Groups of somebody who is handed out or erased: their judgements go, and others' reasons no longer name them."""

import json

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.personal import Subject, keepers
from sterna.desk.segments.actions import answer_check, start_check
from sterna.desk.segments.group_models import (
    AgreementCheck,
    CheckAnswer,
    CheckCustomer,
    GroupChange,
    GroupJudgement,
    GroupReason,
)
from sterna.desk.segments.models import Membership
from tests.desk.segments import grouped
from tests.desk.segments.grouped import into, user

pytestmark = pytest.mark.django_db
NAMED = "family: the daughter of Ann Quint-Lee"


@pytest.fixture
def two():
    """Ann, who is in A, and somebody in C because of her; both are asked about in a check."""
    grouped.terms(grouped.PLAIN)
    ann, other = grouped.customers(2)
    into(ann, "A"), into(other, "C", reason=NAMED)
    boss = user("max", "manager")
    check = start_check("spring", 0, [ann.pk, other.pk], [user("ann"), boss], boss)
    for one in check.customers.all():
        answer_check(one, "A", boss)
    return ann, other


def keeper():
    [found] = [one for one in keepers() if one.name == "segments"]
    return found


def subject(customer):
    return Subject(id=f"{0:020}abcdefabcdef", customers=(customer.pk,), words=("Ann Quint-Lee",))


def test_what_is_handed_out_is_of_the_person_alone(two):
    ann, other = two
    sheets = {sheet.name: sheet.rows for sheet in keeper().export(subject(ann))}
    assert len(sheets["segments_groupjudgement"]) == 3 and len(sheets["segments_membership"]) == 1
    for name in ("groupchange", "groupreason", "checkcustomer", "checkanswer"):
        assert len(sheets[f"segments_{name}"]) == 1, name
    assert str(other.pk) not in json.dumps(list(sheets.values()), default=str)


def test_who_is_erased_leaves_no_judgement_and_no_name_in_the_reasons_of_others(two):
    ann, other = two
    gone = [str(pk) for pk in GroupChange.objects.filter(customer=ann).values_list("pk", flat=True)]
    assert list(keeper().collect(subject(ann))) == gone
    done = {(one.where, one.how): one.number for one in keeper().erase(subject(ann))}
    assert done["segments_groupjudgement", "removed"] == 3
    assert done["segments_groupreason", "replaced"] == done["segments_membership", "replaced"] == 1
    kept = "family: the daughter of erased-abcdefabcdef"
    assert [one.reason for one in GroupReason.objects.all()] == [kept]
    assert [one.reason for one in GroupChange.objects.all()] == [kept]
    assert Membership.objects.get().cause == f"First placed: {kept}"
    assert not GroupJudgement.objects.exists() and AgreementCheck.objects.count() == 1
    assert CheckCustomer.objects.get().customer == other and CheckAnswer.objects.count() == 1
    # After a kill it is done again, and finds nothing.
    assert keeper().erase(subject(ann)) == []


def test_the_audit_names_changes_by_ids_that_erasure_collects(two):
    ann, _ = two
    [entry] = Entry.objects.filter(action="approve group", detail__customer=str(ann.pk))
    assert entry.subject in set(keeper().collect(subject(ann)))
