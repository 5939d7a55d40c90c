"""Two people at one moment: a proposal is decided once, one waits at a time, and a run neither waits nor fails."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from sterna.desk.config.refused import Refused
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.actions import (
    answer_check,
    approve,
    close_check,
    decline,
    judge,
    propose,
    propose_groups,
    start_check,
)
from sterna.desk.segments.group_models import CheckAnswer, GroupChange
from tests.desk.segments import grouped
from tests.desk.segments.grouped import asked, into, judged, user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def present(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")


def beside(first: Callable[[], object], second: Callable[[], object]) -> str:
    """Do `first`, and before it is committed begin `second` beside it; what the second was refused with."""
    said = []

    def follow() -> None:
        try:
            second()
        except Refused as refused:
            said.append(str(refused))
        finally:
            connection.close()

    thread = threading.Thread(target=follow)
    with transaction.atomic():
        first()
        thread.start()
        thread.join(0.4)
    thread.join(20)
    assert not thread.is_alive()
    return "; ".join(said)


def test_R49_two_managers_decide_one_proposal_once():
    grouped.terms(grouped.PLAIN)
    [who] = grouped.customers(1)
    change = propose(who, asked("B"), user("ann"))
    one, other = user("max", "manager"), user("eva", "manager")
    assert beside(lambda: approve(change, one, "yes"), lambda: decline(change, other, "no")) == (
        "it was approved already"
    )
    assert GroupChange.objects.get().decided_by == one and queries.group_of(who) == "B"


def test_two_of_the_staff_who_propose_at_once_make_one_proposal():
    grouped.terms(grouped.PLAIN)
    [who] = grouped.customers(1)
    ann, bo = user("ann"), user("bo")
    refused = beside(lambda: propose(who, asked("B"), ann), lambda: propose(who, asked("C"), bo))
    assert "waits already" in refused and GroupChange.objects.get().proposed_by == ann


def test_a_run_passes_by_whom_somebody_is_just_proposing():
    grouped.terms(grouped.PLAIN)
    who, other = grouped.customers(2)
    into(who, "B"), into(other, "B")
    for one in (who, other):
        judged(one)
        decline(GroupChange.objects.get(state="open"), user("max", "manager"), "wait")
    # The rest of a year is over.
    GroupChange.objects.filter(state="declined").update(decided_at="2016-01-01T00:00:00Z")
    refused = beside(lambda: propose(who, asked("A"), user("ann")), lambda: propose_groups(who.pk))
    waiting = {one.customer_id: one.proposed_by for one in GroupChange.objects.filter(state="open")}
    assert (refused, waiting) == ("", {who.pk: user("ann"), other.pk: None})


def test_the_same_judgement_twice_at_once_is_one():
    grouped.terms(grouped.PLAIN)
    [who] = grouped.customers(1)
    say = lambda: judge(who, "need", True, "as we spoke", user("ann"))  # noqa: E731
    assert beside(say, say) == ""
    assert len(queries.judgements_of([who.pk])[who.pk]) == 1


def test_R50_an_answer_that_meets_the_closing_is_not_taken():
    boss, ann = user("max", "manager"), user("ann")
    [who] = grouped.customers(1)
    check = start_check("spring", 0, [who.pk], [boss, ann], boss)
    refused = beside(lambda: close_check(check, boss), lambda: answer_check(check.customers.get(), "A", ann))
    assert "the check is closed" in refused and not CheckAnswer.objects.exists()
