"""What the other side may answer, and what an author may write: no answer is lost, and nothing stops the others."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sterna.channels.base import Message, Receipt, TransportError
from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact
from sterna.desk.plans import actions as plans
from tests.desk.contacts import ledger
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)
OK = Receipt("handed over", "1", "250 ok")
DOUBT = TransportError(False, "no answer after the content", outcome_unknown=True)


def _turns(*answers):
    """A memory that gives these answers in turn, then OK."""
    left = iter(answers)

    def answer(message: Message):
        given = next(left, OK)
        if isinstance(given, RuntimeError):
            raise given
        return given

    return ledger.Memory(answer)


def test_a_server_that_never_answers_is_not_given_every_contact():
    ledger.fill(25)
    memory = ledger.Memory(lambda message: DOUBT)
    assert send_due(on=ledger.outlet(memory)).states == {"unknown": 3, "planned": 22}
    assert memory.keys.total() == 3
    assert set(Contact.objects.filter(state="planned").values_list("attempts", flat=True)) == {0}


def test_doubts_between_answers_stop_nobody():
    ledger.fill(12)
    memory = _turns(*[DOUBT, DOUBT, OK] * 4)
    assert send_due(on=ledger.outlet(memory)).states == {"unknown": 8, "handed over": 4}
    assert set(memory.keys.values()) == {1} and len(memory.keys) == 12


def test_doubts_and_busy_answers_together_show_a_server_that_is_down():
    ledger.fill(6)
    busy = TransportError(False, "busy")
    assert send_due(on=ledger.outlet(_turns(busy, DOUBT, busy))).states == {"unknown": 1, "planned": 5}


def test_who_was_refused_for_good_says_nothing_of_the_server():
    ledger.fill(5)
    gone = TransportError(True, "no such box")
    assert send_due(on=ledger.outlet(_turns(gone, gone, gone, gone))).states == {
        "failed": 4,
        "handed over": 1,
    }


@pytest.mark.parametrize(
    ("answer", "state", "detail"),
    [
        (Receipt("handed over", "r" * 400, "250 ok\0\ud800"), "handed over", "250 ok\ufffd?"),
        (Receipt("confirmed", "\0", "großartig 🎉"), "confirmed", "großartig 🎉"),
        (TransportError(True, "550 \0 no"), "failed", "550 \ufffd no"),
        (TransportError(False, "\ud800", outcome_unknown=True), "unknown", "?"),
    ],
    ids=["long reference", "confirmed", "refused", "in doubt"],
)
def test_an_answer_that_the_records_cannot_hold_still_settles(answer, state, detail):
    first, *others = ledger.fill(3)
    send_due(on=ledger.outlet(_turns(answer)))
    first.refresh_from_db()
    receipt = first.receipts.get()
    assert (first.state, receipt.state, receipt.detail) == (state, state, detail)
    assert receipt.reference == {"handed over": "r" * 300, "confirmed": "\ufffd"}.get(state, "")
    assert first.error == ("" if state in ("handed over", "confirmed") else detail)
    assert {Contact.objects.get(pk=other.pk).state for other in others} == {"handed over"}


@pytest.mark.parametrize("written", ["{{ '%00' | url_decode }}", "{{ 'AA==' | base64_decode }}"])
def test_a_text_with_a_nul_fails_alone_and_the_others_leave(written):
    ledger.fill(2)
    said = "{{ offer.name }} for {{ facts.size }} household, "
    text = shop.PLAN.format(budget="1000.00", version=2).replace(said, written)
    other = in_force(plans.load(text, None))
    ledger.fill(1, plan=other)
    assert send_due(on=ledger.outlet(ledger.Memory())).states == {"failed": 1, "handed over": 2}
    failed = Contact.objects.get(plan=other)
    assert failed.error.startswith("it could not be worded: text: ") and "U+0000" in failed.error


def test_an_error_nobody_foresaw_leaves_no_known_answer_in_doubt():
    contacts = ledger.fill(6)
    memory = _turns(OK, TransportError(True, "no such box"), RuntimeError("a bug"))
    with pytest.raises(RuntimeError, match="a bug"):
        send_due(on=ledger.outlet(memory))
    assert ledger.states() == {"handed over": 1, "failed": 1, "reserved": 4}
    Contact.objects.filter(state="reserved").update(lease_until=clock.now() - timedelta(days=1))
    assert send_due(on=ledger.outlet(memory)).states == {"unknown": 4}
    assert memory.keys.total() == 3 and set(memory.keys) == {each.natural_key for each in contacts[:3]}


def test_the_limit_counts_contacts_and_the_oldest_leave_first():
    today = clock.today()
    young, old = ledger.fill(1), ledger.fill(2, due_on=today - timedelta(days=3))
    memory = ledger.Memory()
    assert send_due(limit=2, on=ledger.outlet(memory)).states == {"handed over": 2}
    assert set(memory.keys) == {each.natural_key for each in old}
    assert send_due(limit=0, on=ledger.outlet(memory)).states == {}
    assert send_due(limit=2, on=ledger.outlet(memory)).states == {"handed over": 1}
    assert memory.messages[-1].key == young[0].natural_key


def test_whom_a_limit_meets_withdrawn_counts_too():
    gone, *_ = ledger.fill(3)
    ledger.say(gone.customer, "email", False, clock.today())
    assert send_due(limit=2, on=ledger.outlet(ledger.Memory())).states == {"withdrawn": 1, "handed over": 1}
    assert ledger.states() == {"withdrawn": 1, "handed over": 1, "planned": 1}


def test_a_medium_that_is_down_holds_up_no_other():
    ledger.fill(5)
    ledger.fill(4, "letter")
    down, letters = ledger.Memory(lambda message: TransportError(False, "down")), ledger.Memory()
    on = ledger.outlet(down) | ledger.outlet(letters, "letter")
    assert send_due(on=on).states == {"planned": 5, "handed over": 4}
    assert down.keys.total() == 3 and len(letters.keys) == 4


def test_ten_contacts_take_as_many_statements_as_two():
    statements = []
    for number in (2, 10):
        ledger.fill(number)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            send_due(limit=number, on=ledger.outlet(ledger.Memory()))
        statements.append(len(seen))
    assert statements[0] == statements[1]


def test_contacts_of_two_plans_and_days_leave_in_one_batch_each_by_its_own_text():
    text = shop.PLAN.replace("The Friday basket", "The Sunday roast").format(budget="1000.00", version=2)
    [basket] = ledger.fill(1)
    other = in_force(plans.load(text, None))
    [roast] = ledger.fill(1, plan=other, due_on=clock.today() - timedelta(days=1))
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    told = {message.key: message.rendered.text for message in memory.messages}
    assert told[basket.natural_key].startswith("The Friday basket")
    assert told[roast.natural_key].startswith("The Sunday roast")


def test_one_line_in_the_audit_tells_what_a_call_did_and_none_when_nothing_was_due():
    send_due(on=ledger.outlet(ledger.Memory()))
    assert not Entry.objects.filter(action="send contacts").exists()
    ledger.fill(2)
    sent = send_due(on=ledger.outlet(_turns(TransportError(True, "no such box"))))
    assert str(sent) == "1 failed, 1 handed over"
    assert Entry.objects.get(action="send contacts").detail == {"failed": 1, "handed over": 1}
