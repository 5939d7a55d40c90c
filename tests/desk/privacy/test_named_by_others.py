"""What staff wrote of somebody else stays when a person is erased, and no longer names that person."""

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.customers.actions import (
    Contacted,
    add_note,
    block_value,
    desk_record,
    form_household,
    identify,
    keep_facts,
    retract_note,
    take_request,
)
from sterna.desk.customers.actions.erasing import erase
from sterna.desk.customers.models import (
    BlockedValue,
    ContactNote,
    Customer,
    CustomerRequest,
    FactProposal,
    Household,
    HouseholdMember,
)
from sterna.desk.sources.signals import FactsSaid
from tests.desk.customers.people import NOON, whose

pytestmark = pytest.mark.django_db(transaction=True)
PHONED = Contacted("phone", "phone", "inbound", "service")


@pytest.fixture
def ann() -> Customer:
    identify("till", "card", ["card-0017", "card-0018"], NOON)
    said = [("card-0017", "Ann Lee", NOON.date(), "service")]
    keep_facts(FactsSaid("till", "card", "name.full", said, NOON))
    return whose("till/card:card-0017")


@pytest.fixture
def otto(ann) -> Customer:
    return whose("till/card:card-0018")


def pseudonym(erasure) -> str:
    return f"erased-{str(erasure.pk)[-12:]}"


def test_a_note_of_somebody_else_keeps_all_but_the_name(ann, otto):
    words = "Came with ANN LEE, two children at home; Hannah Leeds and Ann were late. Card-0017 again."
    add_note(otto, words, PHONED, None, "n1")
    gone = pseudonym(erase(ann, "by letter", None))
    [note] = ContactNote.objects.all()
    # A first name alone may be anybody's.
    assert note.text == (
        f"Came with {gone}, two children at home; Hannah Leeds and Ann were late. {gone} again."
    )
    assert note.source_record == desk_record(otto)
    proposals = FactProposal.objects.filter(note=note)
    assert proposals and not any("ANN LEE" in f"{each.quote} {each.reason}" for each in proposals)


def test_what_others_asked_for_stays_and_what_she_asked_for_goes(ann, otto):
    for who, words in ((ann, "a cake"), (otto, "the cake that Ann Lee had"), (otto, "a pie")):
        take_request(who, "cake", words, "counter", None)
    gone = pseudonym(erase(ann, "by letter", None))
    said = set(CustomerRequest.objects.values_list("words", flat=True))
    assert said == {f"the cake that {gone} had", "a pie"}


def test_of_her_household_the_reason_is_told_of_her_too_where_a_first_name_is_enough(ann, otto):
    form_household([ann, otto], "Ann moved in with Otto", None)
    gone = pseudonym(erase(ann, "by letter", None))
    [stay] = HouseholdMember.objects.all()
    assert (stay.customer, stay.reason) == (otto, f"{gone} moved in with Otto")
    assert Household.objects.get().key == f"household:{gone}"


def test_a_line_of_the_audit_that_names_her_note_names_her(ann):
    note = add_note(ann, "Flies tomorrow.", PHONED, None, "n1")
    retract_note(note, "it was Ann's sister", None)
    gone = pseudonym(erase(ann, "by letter", None))
    line = Entry.objects.get(action="retract note")
    assert (line.subject, line.reason) == (gone, f"it was {gone}'s sister")


def test_a_blocked_value_that_was_hers_alone_is_unblocked_and_a_shared_one_is_not(ann, otto):
    identify("web", "nick", ["sparrow-1", "sparrow-2"], NOON)
    for value in ("card-0017", "card-0018", "kiosk-1"):
        block_value(value, False, "nobody's", None)
    identify("spa", "member", ["card-0018"], NOON)
    erase(ann, "by letter", None)
    assert set(BlockedValue.objects.values_list("value", flat=True)) == {"card-0018", "kiosk-1"}
    erase(otto, "by letter", None)
    # Somebody at the spa is called so too.
    assert set(BlockedValue.objects.values_list("value", flat=True)) == {"card-0018", "kiosk-1"}


def test_nothing_of_others_changes_where_she_is_not_named(ann, otto):
    add_note(otto, "Likes the lee side.", PHONED, None, "n1")
    take_request(otto, "cake", "an Ann-Lee-style cake", "counter", None)
    erase(ann, "by letter", None)
    assert ContactNote.objects.get().text == "Likes the lee side."
    assert CustomerRequest.objects.get().words == "an Ann-Lee-style cake"
