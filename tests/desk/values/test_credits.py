"""Credits are recorded by who may, once, with a line in the audit; what cannot be true together is refused at once."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer
from sterna.desk.users.models import Role, User
from sterna.desk.values.actions import Said, record_credit, withdraw_credit
from sterna.desk.values.models import Credit
from sterna.desk.values.queries.credits import closing, credits_of, newcomers_of
from tests.desk.values.crediting import ONCE, credit, people, said

pytestmark = pytest.mark.django_db


def person(role: str = Role.STAFF) -> User:
    return User.objects.get_or_create(username=f"ann-{role}", defaults={"role": role})[0]


def test_R17_a_credit_is_kept_as_it_was_said_with_one_line_in_the_audit():
    ann, bea = people("ann", "bea")
    told = Said(
        why=" showed her the shop ", kind="influence", share=Decimal("0.2500"), came_anyway=False,
        saved=Decimal("40.00"), cost=Decimal("5.50"), said_on=date(2017, 3, 1),
    )  # fmt: skip
    made = record_credit(bea, ann, told, person())
    held = Credit.objects.get()
    assert (held.newcomer, held.customer, held.kind, held.share) == (bea, ann, "influence", Decimal("0.25"))
    assert (held.came_anyway, held.saved, held.cost) == (False, Decimal("40.00"), Decimal("5.50"))
    assert (held.said_on, held.why, held.recorded_by) == (
        date(2017, 3, 1),
        "showed her the shop",
        person(),
    )
    entry = Entry.objects.get(action="record credit")
    assert (entry.subject, entry.actor, entry.reason) == (str(made.pk), person(), "showed her the shop")
    assert entry.detail["newcomer"] == str(bea.pk) and entry.detail["share"] == "0.2500"


def test_what_nobody_knows_stays_unknown_and_the_day_is_today():
    ann, bea = people("ann", "bea")
    record_credit(bea, ann, Said(why="she says so"), None)
    held = Credit.objects.get()
    assert (held.came_anyway, held.saved, held.cost, held.said_on) == (None, None, None, clock.today())
    assert (held.share, held.kind) == (1, "referral")


def test_the_same_form_again_is_one_credit():
    ann, bea = people("ann", "bea")
    first = record_credit(bea, ann, said(), None, key="form-1")
    again = record_credit(bea, ann, said("0.5"), None, key="form-1")
    assert again == first and Credit.objects.count() == 1
    assert Entry.objects.filter(action="record credit").count() == 1


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"why": "  "}, "write why"),
        ({"why": "a\0b"}, "write why"),
        ({"why": "x" * 301}, "at most 300 letters"),
        ({"kind": "kinship"}, "not for 'kinship'"),
        ({"share": Decimal(0)}, "above 0 and at most 1"),
        ({"share": Decimal("-0.5")}, "above 0 and at most 1"),
        ({"share": Decimal("1.0001")}, "above 0 and at most 1"),
        ({"share": Decimal("0.33333")}, "in ten-thousandths"),
        ({"share": Decimal("NaN")}, "in ten-thousandths"),
        ({"saved": Decimal("-0.01")}, "what was saved is no amount"),
        ({"cost": Decimal("-1")}, "what it cost is no amount"),
        ({"cost": Decimal("0.001")}, "what it cost is no amount"),
        ({"saved": Decimal("Infinity")}, "what was saved is no amount"),
        ({"saved": Decimal("1e17")}, "what was saved is no amount"),
        ({"said_on": date(2999, 1, 1)}, "2999-01-01 is to come"),
    ],
)
def test_R17_what_cannot_be_is_refused_in_one_sentence(told: dict, why: str):
    ann, bea = people("ann", "bea")
    with pytest.raises(Refused, match=why) as refused:
        credit(bea, ann, **told)
    assert "\n" not in str(refused.value) and ". " not in str(refused.value)
    assert not Credit.objects.exists() and not Entry.objects.filter(action="record credit").exists()


def test_a_cent_and_nothing_at_all_are_amounts():
    ann, bea = people("ann", "bea")
    made = credit(bea, ann, "0.0001", saved=Decimal("0"), cost=Decimal("9999999999999999.99"))
    made.refresh_from_db()
    assert (made.share, made.saved, made.cost) == (Decimal("0.0001"), 0, Decimal("9999999999999999.99"))


def test_R17_no_credit_to_oneself():
    [ann] = people("ann")
    with pytest.raises(Refused, match="because of themselves"):
        credit(ann, ann)


def test_R17_no_loop_however_long():
    ann, bea, cid, dan = people("ann", "bea", "cid", "dan")
    credit(bea, ann)
    credit(cid, bea)
    credit(dan, cid)
    for last in (bea, cid, dan):
        with pytest.raises(Refused, match="loop"):
            credit(ann, last)
    assert Credit.objects.count() == 3


def test_R17_two_ways_to_one_customer_are_no_loop():
    ann, bea, cid = people("ann", "bea", "cid")
    credit(bea, ann)
    credit(cid, bea, "0.5")
    credit(cid, ann, "0.5")
    assert Credit.objects.count() == 3


def test_R17_the_shares_of_one_newcomer_are_at_most_one_whole():
    ann, bea, cid, dan = people("ann", "bea", "cid", "dan")
    credit(dan, ann, "0.3333")
    credit(dan, bea, "0.3333")
    with pytest.raises(Refused, match=r"sum to 1\.0001, more than one whole: 0\.3334 is left"):
        credit(dan, cid, "0.3335")
    credit(dan, cid, "0.3334")
    with pytest.raises(Refused, match=r"more than one whole: 0 is left"):
        credit(dan, cid, "0.0001", kind="knowledge")


def test_R17_the_same_credit_twice_is_refused_and_another_kind_is_another_credit():
    ann, bea = people("ann", "bea")
    credit(bea, ann, "0.5")
    with pytest.raises(Refused, match=r"this credit \(referral\) stands already"):
        credit(bea, ann, "0.1")
    credit(bea, ann, "0.5", kind="knowledge")
    assert Credit.objects.count() == 2


def test_somebody_who_is_not_there_cannot_be_credited():
    [ann] = people("ann")
    nobody = Customer(pk=UUID(int=7), created_at=clock.now())
    for pair in ((ann, nobody), (nobody, ann)):
        with pytest.raises(Refused, match="there is no customer 00000000-0000-0000-0000-000000000007"):
            credit(*pair)


@pytest.mark.parametrize(("role", "may"), [(role, role != Role.ANALYST) for role in Role.values])
def test_who_works_with_customers_records_and_withdraws(role: str, may: bool):
    ann, bea, cid = people("ann", "bea", "cid")
    made = credit(bea, ann)
    if may:
        record_credit(cid, ann, said(), person(role))
        withdraw_credit(made, "mistaken", person(role))
        return
    with pytest.raises(Refused, match="may not"):
        record_credit(cid, ann, said(), person(role))
    with pytest.raises(Refused, match="may not"):
        withdraw_credit(made, "mistaken", person(role))
    assert credits_of(ann) == [made]


def test_what_is_withdrawn_stays_on_record_and_makes_room_again():
    ann, bea = people("ann", "bea")
    made = credit(bea, ann)
    withdraw_credit(made, " mistaken ", person())
    withdraw_credit(made, "again", person(Role.MANAGER))
    made.refresh_from_db()
    assert (made.withdrawn_reason, made.withdrawn_by) == ("mistaken", person())
    assert Entry.objects.filter(action="withdraw credit").count() == 1
    assert credits_of(ann) == []
    # The other way around is no loop any more.
    credit(ann, bea)
    assert len(credits_of(ann)) == 1


@pytest.mark.parametrize("reason", ["", "  ", "\0", "x" * 301])
def test_nothing_is_withdrawn_without_a_reason(reason: str):
    ann, bea = people("ann", "bea")
    made = credit(bea, ann)
    with pytest.raises(Refused, match=r"write why|at most 300"):
        withdraw_credit(made, reason, None)
    assert credits_of(bea) == [made]


@pytest.mark.parametrize(
    "wrong",
    [{"share": Decimal(0)}, {"share": Decimal(2)}, {"saved": Decimal(-1)}, {"cost": Decimal(-1)}],
)
def test_the_database_keeps_what_no_action_lets_through(wrong: dict):
    ann, bea = people("ann", "bea")
    made = credit(bea, ann)
    with pytest.raises(IntegrityError), transaction.atomic():
        Credit.objects.filter(pk=made.pk).update(**wrong)


def test_both_ends_see_a_credit_and_who_came_is_told_as_of_a_day():
    ann, bea, cid, dan = people("ann", "bea", "cid", "dan")
    first = credit(cid, ann, "0.5")
    second = credit(bea, ann, said_on=ONCE + timedelta(days=9))
    credit(cid, dan, "0.5")
    assert credits_of(ann) == [first, second] and len(credits_of(cid)) == 2
    assert newcomers_of([ann.pk, bea.pk], ONCE) == {ann.pk: [cid.pk], bea.pk: []}
    assert newcomers_of([ann.pk], date(2017, 2, 1)) == {ann.pk: [cid.pk, bea.pk]}


def test_the_tie_that_closes_a_loop_is_the_last_one_said():
    a, b, c, d = (UUID(int=number) for number in (10, 11, 12, 13))
    one, two, three, four = (UUID(int=number) for number in (1, 2, 3, 4))
    open_ties = [(one, b, a), (two, c, b), (three, d, a)]
    assert closing(open_ties) == [] and closing([]) == []
    assert closing([*open_ties, (four, a, c)]) == [four]
    assert closing([(four, a, c), *open_ties]) == [two]


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all at the same moment; returns what was refused."""
    ready, refused = threading.Barrier(len(acts)), []

    def do(act: Callable[[], object]) -> None:
        try:
            ready.wait(20)
            act()
        except Refused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return refused


@pytest.mark.django_db(transaction=True)
def test_R17_two_staff_at_once_never_pass_one_whole_together():
    ann, *others = people("ann", *(f"b{number}" for number in range(6)))
    refused = at_once(*(lambda other=other: credit(ann, other, "0.3") for other in others))
    # .3 + .3 + .3 = .9, and a fourth would be 1.2.
    assert len(refused) == 3 and all("more than one whole: 0.1 is left" in each for each in refused)
    assert sum(one.share for one in Credit.objects.all()) == Decimal("0.9")


@pytest.mark.django_db(transaction=True)
def test_R17_two_staff_at_once_never_close_a_loop_and_one_form_is_one_credit():
    ann, bea, cid = people("ann", "bea", "cid")
    refused = at_once(
        lambda: credit(bea, ann), lambda: credit(cid, bea), lambda: credit(ann, cid),
    )  # fmt: skip
    assert len(refused) == 1 and "loop" in refused[0] and Credit.objects.count() == 2
    Credit.objects.all().delete()
    assert at_once(*[lambda: record_credit(bea, ann, said(), None, key="form")] * 3) == []
    assert Credit.objects.count() == 1 and Entry.objects.filter(action="record credit").count() == 3
