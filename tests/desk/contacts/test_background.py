"""The work of every minute: it goes on while mail leaves, and stops where nothing is due or nothing gets through."""

import pytest

from sterna.channels.email import sink
from sterna.desk.audit.models import Entry
from sterna.desk.contacts import tasks
from sterna.desk.contacts.models import Contact
from tests.desk.contacts import ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def portions(monkeypatch):
    """Small portions, so that a few contacts make several."""
    monkeypatch.setattr(tasks, "PORTION", 4)


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A mail server of this machine under the settings; its folder of arrivals."""
    with sink.serve(tmp_path) as running:
        monkeypatch.setenv("STERNA_SMTP_HOST", running.host)
        monkeypatch.setenv("STERNA_SMTP_PORT", str(running.port))
        yield tmp_path


def _work() -> str:
    return tasks.send_due(timestamp=0)


def test_it_goes_on_until_nothing_is_due(portions, server):
    ledger.fill(10)
    assert _work() == "10 handed over"
    assert len(list(server.glob("*.eml"))) == 10
    assert _work() == "nothing was due"


def test_each_portion_is_a_line_in_the_audit(portions, server):
    ledger.fill(10)
    _work()
    lines = Entry.objects.filter(action="send contacts").values_list("detail", flat=True)
    assert sorted(line["handed over"] for line in lines) == [2, 4, 4]


def test_a_server_that_is_down_is_asked_three_times_a_minute_not_for_every_portion(
    portions, monkeypatch, tmp_path
):
    with sink.serve(tmp_path) as stopped:
        monkeypatch.setenv("STERNA_SMTP_PORT", str(stopped.port))
    ledger.fill(10)
    assert _work() == "4 planned"
    assert sum(Contact.objects.values_list("attempts", flat=True)) == 3
    assert ledger.states() == {"planned": 10}


def test_what_only_became_withdrawn_does_not_hold_up_the_rest(portions, server):
    for contact in ledger.fill(6)[:5]:
        contact.customer.consents.all().delete()
    assert _work() == "1 handed over, 5 withdrawn"


def test_after_its_minute_the_next_one_takes_over(portions, server, monkeypatch):
    monkeypatch.setattr(tasks, "SECONDS", 0)
    ledger.fill(6)
    assert [_work(), _work(), _work()] == ["4 handed over", "2 handed over", "nothing was due"]
