"""Erasing a person: nothing is left in any table or file, nothing of anybody else goes, and they stay erased."""

import json
from datetime import date

import pytest
from django.db import connection

from sterna.desk.audit.models import Entry
from sterna.desk.config import options
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.customers.actions.erasing import erase, list_file
from sterna.desk.customers.models import Address, Customer, Erasure, SourceRecord
from sterna.desk.lakehouse import queries as lake
from sterna.desk.runs import actions as runs
from sterna.desk.runs.models import Run
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources.actions import add_source, import_files, receive, replay, seal_inbox
from sterna.desk.sources.models import DeadLetter, InboxEvent, Suppressed, Tally
from sterna.desk.sources.received import Envelope
from sterna.desk.users.actions import add_user
from tests.desk.privacy import planted
from tests.desk.privacy.planted import CARD, DEVICE, MAIL, NOW, USER, WORD, event, events, in_files, in_tables

pytestmark = pytest.mark.django_db(transaction=True)

# Where the person is before: were one of these empty, the search would prove nothing.
TABLES = {
    "audit_entry.detail", "audit_entry.key", "audit_entry.reason", "audit_entry.subject", "contacts_contact.address",
    "contacts_contact.natural_key", "contacts_contact.reason", "contacts_receipt.contact_id",
    "customers_address.address", "customers_blockedvalue.value", "customers_contactnote.text",
    "customers_customerrequest.outcome", "customers_customerrequest.words", "customers_fact.value",
    "customers_household.key", "customers_householdmember.reason", "customers_identitydecision.reason",
    "customers_identityrefusal.identifier", "customers_occasion.whose", "customers_preference.no_topics",
    "customers_question.words", "customers_rating.source_record_id", "customers_sharedvalue.one",
    "customers_reviewpair.evidence", "customers_sourcerecord.key", "customers_sourcerecord.value",
    "procrastinate_jobs.args", "sources_deadletter.body", "sources_inboxevent.body", "sources_refusedrow.value",
    "sources_upload.file_name", "values_worth.customer_id", "segments_move.customer_id",
}  # fmt: skip
FOLDERS = {"lake", "letters", "mail", "rejects", "rolled", "runs", "staging", "uploads"}


@pytest.fixture
def now(monkeypatch):
    """The day after the run."""
    monkeypatch.setenv("STERNA_NOW", NOW.isoformat())


@pytest.fixture
def world(now, tmp_path):
    """The planted world."""
    return planted.build(tmp_path / "files")


def names(customer: Customer) -> list[str]:
    """The word, and every id of the person."""
    ids = [customer.pk, *Customer.objects.filter(redirects_to=customer).values_list("pk", flat=True)]
    ids += SourceRecord.objects.filter(customer=customer).values_list("pk", flat=True)
    ids += Contact.objects.filter(customer__in=ids).values_list("pk", flat=True)
    return [WORD, *map(str, ids)]


def rows_of_others() -> dict[str, int]:
    """How many rows each lake table has that are not the person's."""
    import pyarrow.parquet as pq

    found = {}
    for table, files in lake.manifest().items():
        for path, _ in files:
            held = pq.read_table(path).to_pylist()
            found[table] = found.get(table, 0) + sum(
                WORD not in str(row.get("source_record")) for row in held
            )
    return found


def test_nothing_of_an_erased_person_is_left_anywhere(world):
    told = names(world.customer)
    before, kept = in_tables(*told), rows_of_others()
    assert set(before) >= TABLES
    assert {path.split("/")[0] for path in in_files(options.home(), *told)} >= FOLDERS
    others = (
        Customer.objects.count()
        - Customer.objects.filter(pk__in=[each for each in told if "-" in each]).count()
    )

    done = erase(world.customer, f"{WORD} asked by letter", None)

    left = in_tables(*told)
    assert left == [], left
    assert in_files(options.home(), *told) == []
    assert Customer.objects.count() == others
    assert rows_of_others() == kept
    assert done.state == "done" and done.subject is None
    assert list(lake.damaged()) == []


def test_the_receipt_lists_every_place_and_names_nobody(world):
    told = names(world.customer)
    receipt = erase(world.customer, "by letter", None).receipt
    tables = [
        "contacts_contact: ",
        "customers_sourcerecord: ",
        "sources_deadletter: 2 removed",
        "audit_entry: ",
    ]
    files = [
        "letters/*.pdf: 1",
        "mail/*.eml: 1",
        "rejects/",
        "lake/lines/",
        "lake/events/",
        f"runs/{world.run.pk}/",
        "rolled/*: ",
    ]
    assert [place for place in (*tables, *files) if place not in receipt] == []
    assert not any(word.lower() in receipt.lower() for word in told)
    assert "identifiers stand as keyed hashes" in receipt


def test_the_audit_keeps_its_lines_with_a_pseudonym(world):
    before = Entry.objects.count()
    done = erase(world.customer, f"{WORD} asked", None)
    # Two lines more: the beginning and the end.
    assert Entry.objects.count() == before + 2
    pseudonym = f"erased-{str(done.pk)[-12:]}"
    line = Entry.objects.get(action="do")
    assert line.subject == pseudonym
    assert line.detail == {"list": [pseudonym, "another"], pseudonym: "as a name"}
    assert Entry.objects.get(action="begin erasure").reason == f"{pseudonym} asked"
    assert Entry.objects.get(action="refused merge").reason == f"{pseudonym} called"


def test_seen_again_by_any_identifier_the_person_stays_erased(world, tmp_path):
    erase(world.customer, "asked", None)
    people, waiting = Customer.objects.count(), InboxEvent.objects.count()
    web = world.source
    again = [
        event(11),
        event(12, user="somebody-new", device=DEVICE),
        event(13, user="somebody-new", device=None, type="identify", traits={"email": MAIL.upper()}),
        event(14, user="new-too", device=None, context={"externalIds": [{"type": "card", "id": CARD}]}),
        event(15, user="new-three", device=None, type="alias", previousId=USER),
        {"type": "nothing", "userId": USER, "messageId": "m16"},
    ]
    receipt = receive(web, again, Envelope(NOW, None, {}, {}))
    assert (receipt.kept, receipt.repeated, receipt.refused) == (0, 0, ())
    assert InboxEvent.objects.count() == waiting
    assert Tally.objects.get(outcome="erased").events == 6
    act_on_inbox()
    seal_inbox()
    assert Customer.objects.count() == people
    assert in_tables(WORD) == [] and in_files(options.home(), WORD) == []


def test_the_same_files_imported_again_leave_the_person_out(world, tmp_path):
    erase(world.customer, "asked", None)
    people = Customer.objects.count()
    for text, path in (
        (planted.PEOPLE, planted.people_csv(tmp_path / "again")),
        (planted.SALES, planted.sales_csv(tmp_path / "again")),
    ):
        renamed = text.replace("- name: ", "- name: again-")
        done = import_files(mappings.parse(planted.SOURCE + renamed, "map.yaml"), path)
        assert all(each.record.rows_refused >= 1 and each.record.rows_accepted >= 1 for each in done)
    # The address alone, under a card that nobody knows.
    path = planted.people_csv(tmp_path / "third", card="card-of-nobody")
    import_files(mappings.parse(planted.SOURCE + planted.PEOPLE.split("  - name: names")[0], "m.yaml"), path)
    assert Customer.objects.count() == people
    assert not Address.objects.filter(address=MAIL).exists()
    assert in_tables(WORD) == [] and in_files(options.home(), WORD) == []


def test_a_dead_letter_that_names_the_erased_person_is_not_replayed(world):
    events(
        world.source,
        {"type": "track", "messageId": "m20", "userId": "x", "timestamp": "2017-06-20T12:00:00Z"},
    )
    erase(world.customer, "asked", None)
    [letter] = DeadLetter.objects.filter(message_id="m20")
    with pytest.raises(Refused, match="somebody who was erased"):
        replay(letter, mended=letter.body | {"event": "Looked", "userId": USER})
    assert replay(letter, mended=letter.body | {"event": "Looked"})


def test_a_run_made_again_says_that_it_differs_because_of_an_erasure(world):
    before = runs.run(date(2017, 6, 30)).run
    assert (
        runs.run(date(2017, 6, 30)).sentence
        == f"nothing changed: the same brief as run {before.pk} of 2017-06-30"
    )
    erase(world.customer, "asked", None)
    assert Run.objects.filter(erased_at__isnull=False).count() == Run.objects.count() == 2
    again = runs.run(date(2017, 6, 30))
    assert again.run.pk != before.pk
    assert f"it differs from run {before.pk} because a person was erased on 2017-07-01" in again.sentence
    assert in_files(options.home(), *names(world.customer)) == []
    # Asked once more, it is the same as itself.
    assert runs.run(date(2017, 6, 30), again=True).sentence.startswith("computed anew")


def test_what_another_has_too_is_not_put_on_the_list(now):
    web = add_source("web", "Web", "user_id")[0]
    shop = add_source("crm", "Crm", "client")[0]
    for source, user in ((web, "ann-1"), (shop, "bob-1")):
        events(source, event(int(source == web), user=user, device=None))
    act_on_inbox()
    ann, bob = (SourceRecord.objects.get(value=value) for value in ("ann-1", "bob-1"))
    for each in (ann, bob):
        Address.objects.create(
            customer=each.customer, source_record=each, medium="email", address="both@home.test", source="x",
            recorded_at=NOW,
        )  # fmt: skip
    done = erase(ann.customer, "asked", None)
    assert (done.suppressed, done.shared) == (1, 1)
    assert Address.objects.get().source_record == bob


def test_who_may_erase_and_whom(now):
    shop = add_source("web", "Web", "user_id")[0]
    events(shop, event(1))
    act_on_inbox()
    customer = SourceRecord.objects.first().customer
    add_user("sam", "a-long-word-9", "manager")
    from sterna.desk.users.models import User

    with pytest.raises(Refused, match="may not administer"):
        erase(customer, "asked", User.objects.get(username="sam"))
    with pytest.raises(Refused, match="write why"):
        erase(customer, " ", None)
    erase(customer, "asked", None)
    with pytest.raises(Refused, match="is not there"):
        erase(customer, "asked", None)
    assert Erasure.objects.count() == 1


def test_the_list_for_backups_holds_hashes_and_no_names(world):
    erase(world.customer, "asked", None)
    [line] = map(json.loads, list_file().read_text().splitlines())
    assert len(line["hashes"]) == Suppressed.objects.count() == 4 + 1 + 1
    assert WORD not in list_file().read_text().lower()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from sources_suppressed where length(hash) = 32")
        assert cursor.fetchone() == (6,)
