"""One timeline over all touchpoints: what came in by each door of the product stands on it once, in its order."""

from datetime import datetime
from pathlib import Path

import pytest

from sterna.desk.customers.actions import Contacted, act_on_inbox, add_note, merge
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.dashboards.queries.timeline import moments
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources.actions import add_source, import_files, open_webhook, seal_inbox
from tests.desk.api.calls import call
from tests.desk.api.test_hooks import deliver
from tests.desk.sources import shop

pytestmark = pytest.mark.django_db
STAY = {
    "type": "stay booked",
    "timestamp": "2017-06-28T10:00:00Z",
    "data": {"customer": {"id": 4711}},
}
MAPPING = {"type": "track", "event": "$.type", "user_id": "$.data.customer.id", "occurred_at": "$.timestamp"}


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")


def track(event: str, at: str, message: str, **named: str) -> dict[str, str]:
    return {"type": "track", "event": event, "timestamp": at, "messageId": message, **named}


def whose(key: str) -> Customer:
    return SourceRecord.objects.get(key=key).customer


def by_every_door(folder: Path) -> None:
    """One thing by each door, those by a wire sent twice and the file imported twice, none in its order."""
    secret = open_webhook(add_source("hotel", "Hotel")[0], MAPPING)[1]
    key = add_source("site", "Site")[1]
    looked = track("looked", "2017-06-27T10:00:00Z", "m1", userId="ann")
    asked = track("asked", "2017-06-29T10:00:00Z", "m2", userId="ann")
    path = folder / "sales.csv"
    path.write_text(shop.csv_text("c1,t1,a,2017-06-26 06:00:00,2,3.50", "c1,t1,b,2017-06-26 06:00:00,1,1.25"))
    for _ in range(2):
        assert deliver(secret, STAY) == (200, "")
        assert call("/v1/batch", {"batch": [asked]}, key).status_code == 200
        assert call("/v1/track", looked, key).status_code == 200
        import_files(mappings.parse(shop.SOURCE + shop.LINES, "map.yaml"), path)
    act_on_inbox()


def test_R21_one_event_by_each_door_stands_once_and_in_order(tmp_path):
    by_every_door(tmp_path)
    ann = whose("site/user_id:ann")
    for key in ("hotel/user_id:4711", "shop/card:c1"):
        merge(ann, whose(key), "she showed her card", None)
        ann = whose("site/user_id:ann")
    for _ in range(2):
        add_note(ann, "She plays golf.", Contacted("line", "phone", "inbound", "service"), None, key="call 1")
    act_on_inbox()
    seal_inbox()
    found = moments(ann, None)
    assert [(moment.at.isoformat(), moment.title) for moment in reversed(found)] == [
        ("2017-06-26T10:00:00+00:00", "Paid 4.75 USD"),
        ("2017-06-27T10:00:00+00:00", "Looked"),
        ("2017-06-28T10:00:00+00:00", "Stay booked"),
        ("2017-06-29T10:00:00+00:00", "Asked"),
        ("2017-07-01T16:00:00+00:00", "Contact noted"),
    ]
    assert [moment.at for moment in found] == sorted((moment.at for moment in found), reverse=True)
    assert all(isinstance(moment.at, datetime) and moment.direction == "inbound" for moment in found)


def test_R21_what_is_not_yet_sealed_is_not_yet_on_the_timeline_and_is_not_lost(tmp_path):
    by_every_door(tmp_path)
    ann = whose("site/user_id:ann")
    assert [moment.title for moment in moments(ann, None)] == []
    seal_inbox()
    assert [moment.title for moment in moments(ann, None)] == ["Asked", "Looked"]
