"""Two who decide at once, and one who decides while events come: nobody is lost, nothing is decided twice."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import act_on_inbox, form_household, identify, merge
from sterna.desk.customers.models import Customer, HouseholdMember, IdentityDecision, SourceRecord
from sterna.desk.sources.actions import receive
from sterna.desk.sources.models import InboxEvent
from sterna.desk.sources.received import Envelope
from tests.desk.customers.people import NOON, clusters, source, whose

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_R20_two_merges_at_once_make_one_chain_and_no_ring():
    identify("till", "card", ["1", "2", "3"], NOON)
    one, two, three = (whose(f"till/card:{number}") for number in "123")
    refused = at_once(
        lambda: merge(one, two, "x", None),
        lambda: merge(two, three, "y", None),
        lambda: merge(three, one, "z", None),
    )
    # Whichever two come first join all three; the last one finds them joined.
    assert refused == ["they are one customer already"]
    assert whose("till/card:1", "till/card:2", "till/card:3") == one
    assert set(Customer.objects.exclude(pk=one.pk).values_list("redirects_to", flat=True)) == {one.pk}


def test_R20_the_same_form_sent_twice_decides_once():
    identify("till", "card", ["1", "2"], NOON)
    one, two = whose("till/card:1"), whose("till/card:2")
    refused = at_once(*[lambda: merge(one, two, "x", None, key="form-1")] * 3)
    assert refused == [] and IdentityDecision.objects.count() == 1
    assert Entry.objects.filter(action="merge customers").count() == 1


def test_R20_a_merge_while_events_come_loses_nobody():
    identify("web", "user_id", [f"u{number}" for number in range(40)], NOON)
    people = [whose(f"web/user_id:u{number}") for number in range(40)]
    shop = source()
    events = [
        {"type": "page", "userId": f"u{number}", "anonymousId": f"d{number}", "messageId": f"m{number}"}
        for number in range(40)
    ]
    for start in range(0, 40, 5):
        receive(shop, events[start : start + 5], Envelope(NOON, None, {}, {}))
    at_once(
        act_on_inbox,
        act_on_inbox,
        *[
            lambda first=first: [
                merge(people[n], people[n + 1], "x", None) for n in range(first, first + 10, 2)
            ]
            for first in (0, 10, 20, 30)
        ],
    )
    assert InboxEvent.objects.count() == 40 and SourceRecord.objects.count() == 80
    assert clusters() == {
        frozenset(
            f"web/{kind}{number + beside}" for kind in ("user_id:u", "anonymous_id:d") for beside in (0, 1)
        )
        for number in range(0, 40, 2)
    }


def test_two_households_at_once_are_one_or_refused():
    identify("till", "card", ["1", "2", "3"], NOON)
    one, two, three = (whose(f"till/card:{number}") for number in "123")
    at_once(lambda: form_household([one, two], "x", None), lambda: form_household([two, three], "y", None))
    stays = HouseholdMember.objects.filter(until=None)
    assert stays.count() == 3 and stays.values("household").distinct().count() == 1
