"""Credits as a turn reads them: who is one customer now, capped at one whole, and all back exactly after a split."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import merge, undo
from sterna.desk.values.actions import withdraw_credit
from sterna.desk.values.models import Credit
from sterna.desk.values.queries.credits import credits_of, in_loops
from sterna.engine.value import influence
from tests.desk.values.crediting import credit, frozen, people

pytestmark = pytest.mark.django_db
HALF, WHOLE = Decimal("0.5000"), Decimal("1.0000")
CUT = date(2018, 1, 1)


def test_R17_what_was_said_before_the_cut_and_not_withdrawn_is_frozen_in_order(tmp_path: Path):
    ann, bea, cid, dan = people("ann", "bea", "cid", "dan")
    credit(cid, ann, saved=Decimal("40.00"), cost=Decimal("5.00"), came_anyway=False)
    credit(bea, ann, "0.5", kind="knowledge")
    credit(bea, ann, "0.25", came_anyway=True)
    withdraw_credit(credit(dan, ann), "mistaken", None)
    credit(dan, bea, said_on=date(2017, 6, 30))
    expected = [
        ("bea", "ann", "knowledge", HALF, None, None, None),
        ("bea", "ann", "referral", Decimal("0.2500"), True, None, None),
        ("cid", "ann", "referral", WHOLE, False, Decimal("40.00"), Decimal("5.00")),
    ]
    # Ids rise with time, so that the order of the rows is that of the people.
    assert frozen(tmp_path / "before", date(2017, 6, 30)) == expected
    assert frozen(tmp_path / "after", date(2017, 7, 1)) == [
        *expected,
        ("dan", "bea", "referral", WHOLE, None, None, None),
    ]


def test_a_world_without_credits_freezes_none(tmp_path: Path):
    people("ann")
    assert frozen(tmp_path) == []


def test_R20_a_credit_speaks_of_whoever_is_left_and_a_split_restores_it(tmp_path: Path):
    ann, bea, cid = people("ann", "bea", "cid")
    credit(cid, bea)
    before = frozen(tmp_path / "before")
    decision = merge(ann, bea, "one voice", None)
    assert frozen(tmp_path / "joined") == [("cid", "ann", "referral", WHOLE, None, None, None)]
    assert [one.customer_root for one in credits_of(ann)] == [ann.pk]
    undo(decision, "two voices", None)
    assert frozen(tmp_path / "after") == before == [("cid", "bea", "referral", WHOLE, None, None, None)]


def test_R20_a_credit_between_two_who_are_one_counts_for_nothing_while_they_are(tmp_path: Path):
    ann, bea = people("ann", "bea")
    made = credit(bea, ann)
    decision = merge(ann, bea, "one voice", None)
    assert frozen(tmp_path / "joined") == [] and credits_of(ann) == []
    undo(decision, "two voices", None)
    assert frozen(tmp_path / "after") == [("bea", "ann", "referral", WHOLE, None, None, None)]
    assert credits_of(bea) == [made]


def test_R17_two_newcomers_who_are_one_are_one_whole_and_the_first_word_counts(tmp_path: Path):
    ann, bea, cid, dan = people("ann", "bea", "cid", "dan")
    credit(cid, ann, "0.75", said_on=date(2017, 1, 1))
    credit(dan, bea, "1", said_on=date(2017, 2, 1))
    decision = merge(cid, dan, "one voice", None)
    rows = frozen(tmp_path / "joined")
    # .75 to ann who was named first, and what is left of one whole to bea.
    assert [row[:4] for row in rows] == [
        ("cid", "ann", "referral", Decimal("0.7500")),
        ("cid", "bea", "referral", Decimal("0.2500")),
    ]
    with pytest.raises(Refused, match="more than one whole"):
        credit(cid, bea, "0.1", kind="knowledge")
    undo(decision, "two voices", None)
    assert [row[:4] for row in frozen(tmp_path / "after")] == [
        ("cid", "ann", "referral", Decimal("0.7500")),
        ("dan", "bea", "referral", WHOLE),
    ]


def test_R17_what_two_said_of_one_credit_is_added_up_and_the_money_is_kept(tmp_path: Path):
    ann, bea, cid = people("ann", "bea", "cid")
    credit(cid, ann, "0.5", came_anyway=False, saved=Decimal("40.00"), cost=Decimal("6.00"))
    credit(cid, bea, "0.5", came_anyway=True, saved=Decimal("20.00"), cost=Decimal("2.00"))
    merge(ann, bea, "one voice", None)
    # saved: (.5 * 40 + .5 * 20) / 1; paid: .5 * 6 + .5 * 2 = 4 for the whole. They differ on anyway, so it is open.
    assert frozen(tmp_path) == [("cid", "ann", "referral", WHOLE, None, Decimal("30.00"), Decimal("4.00"))]


def test_R17_what_was_paid_for_both_of_two_newcomers_is_still_paid_when_they_are_one(tmp_path: Path):
    ann, bea, cid = people("ann", "bea", "cid")
    credit(bea, ann, came_anyway=False, saved=Decimal("40.00"), cost=Decimal("6.00"))
    credit(cid, ann, came_anyway=True, saved=Decimal("99.00"), cost=Decimal("2.00"))
    merge(bea, cid, "one voice", None)
    # One newcomer, brought once: the first word says how, and 6 + 2 were paid for it.
    assert frozen(tmp_path) == [("bea", "ann", "referral", WHOLE, False, Decimal("40.00"), Decimal("8.00"))]


def test_R17_a_loop_that_a_merge_closes_leaves_out_the_word_said_last(tmp_path: Path):
    ann, bea, cid, dan = people("ann", "bea", "cid", "dan")
    credit(bea, ann, said_on=date(2017, 1, 1))
    last = credit(dan, cid, said_on=date(2017, 3, 1))
    credit(cid, bea, said_on=date(2017, 2, 1))
    assert in_loops(CUT) == []
    decision = merge(ann, dan, "one voice", None)
    # ann brought bea, bea brought cid, and cid would have brought ann.
    assert in_loops(CUT) == [last.pk] and in_loops(date(2017, 3, 1)) == []
    rows = frozen(tmp_path / "joined")
    assert [row[:2] for row in rows] == [("bea", "ann"), ("cid", "bea")]
    undo(decision, "two voices", None)
    assert len(frozen(tmp_path / "after")) == 3


def test_refusals_look_through_merges():
    ann, bea, cid, dan = people("ann", "bea", "cid", "dan")
    credit(cid, bea)
    merge(ann, bea, "one voice", None)
    for refused, why in (
        ((bea, ann), "themselves"),
        ((ann, cid), "loop"),
        ((cid, ann), "stands already"),
        ((cid, dan), "more than one whole"),
    ):
        with pytest.raises(Refused, match=why):
            credit(*refused)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ties=st.lists(
        st.tuples(
            st.integers(0, 5), st.integers(0, 5), st.sampled_from(["0.2", "0.5", "1"]),
            st.sampled_from(["referral", "knowledge"]), st.integers(1, 28),
        ),
        max_size=14,
    ),
    joined=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=3),
)  # fmt: skip
def test_R17_whatever_is_merged_the_engine_takes_the_credits(db, tmp_path_factory, ties, joined):
    """Whatever was recorded and merged, no credit is to oneself, in a loop, twice or above one whole."""
    Credit.objects.all().delete()
    number = len(list(tmp_path_factory.getbasetemp().iterdir()))
    found = people(*(f"p{number}-{name}" for name in range(6)))
    for newcomer, customer, share, kind, day in ties:
        try:
            credit(found[newcomer], found[customer], share, kind=kind, said_on=date(2017, 1, day))
        except Refused:
            continue
    for one, other in joined:
        try:
            merge(found[one], found[other], "one", None)
        except Refused:
            continue
    rows = frozen(tmp_path_factory.mktemp("frozen"))
    recorded = [
        influence.Credit(newcomer, customer, kind, share, anyway)
        for newcomer, customer, kind, share, anyway, _, _ in rows
    ]
    values = {name: Decimal("100.00") for name in {one.newcomer for one in recorded}}
    book = influence.influence(recorded, values)
    assert book.credited + book.uncredited == 100 * len(values)
