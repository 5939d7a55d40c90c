"""Credits of somebody who is handed out or erased: the other one is not named, and nothing of them is left."""

import json

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.personal import Subject, keepers
from sterna.desk.customers.models import Customer
from sterna.desk.values.actions import withdraw_credit
from sterna.desk.values.models import Credit
from tests.desk.values.crediting import credit, people

pytestmark = pytest.mark.django_db


def subject(customer: Customer, *words: str) -> Subject:
    """The person as a job of erasure knows them."""
    return Subject(id=f"{0:020}abcdefabcdef", customers=(customer.pk,), words=words)


def keeper():
    [found] = [one for one in keepers() if one.name == "values"]
    return found


def test_what_is_handed_out_says_which_end_one_is_and_not_who_the_other_is():
    ann, bea, cid = people("ann", "bea", "cid")
    credit(bea, ann, "0.5", why="named her")
    withdraw_credit(credit(ann, cid, why="saw him"), "mistaken", None)
    credit(cid, bea)
    [sheet] = [one for one in keeper().export(subject(ann)) if one.name == "values_credit"]
    told = [(row["came as the newcomer"], row["why"], row["withdrawn_reason"]) for row in sheet.rows]
    assert told == [(False, "named her", ""), (True, "saw him", "mistaken")]
    text = json.dumps(list(sheet.rows), default=str)
    assert str(bea.pk) not in text and str(cid.pk) not in text


def test_both_ends_of_a_person_are_erased_and_others_credits_stay():
    ann, bea, cid = people("ann", "bea", "cid")
    gone = [credit(bea, ann, "0.5"), credit(ann, cid)]
    stays = credit(bea, cid, "0.5", why="Ann Quint-Lee introduced them", kind="knowledge")
    withdraw_credit(stays, "ANN QUINT-LEE was wrong", None)
    assert set(keeper().collect(subject(ann))) == {str(one.pk) for one in gone}
    person = subject(ann, "Ann Quint-Lee")
    done = {(one.where, one.how): one.number for one in keeper().erase(person)}
    assert done == {("values_credit", "removed"): 2, ("values_credit", "replaced"): 1}
    left = Credit.objects.get()
    assert (left.why, left.withdrawn_reason) == (
        "erased-abcdefabcdef introduced them",
        "erased-abcdefabcdef was wrong",
    )
    # After a kill it is done again, and finds nothing.
    assert keeper().erase(person) == []


def test_the_audit_names_credits_by_ids_that_erasure_collects():
    ann, bea = people("ann", "bea")
    made = credit(bea, ann)
    entry = Entry.objects.get(action="record credit")
    assert entry.subject == str(made.pk) in set(keeper().collect(subject(bea)))
