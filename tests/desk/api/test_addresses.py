"""Every address of the event protocol, with and without a slash at the end, takes what its clients send."""

import json

import pytest
from django.test import Client

from sterna.desk.config import options
from sterna.desk.sources.actions import add_source, disable_key, disable_source, make_key
from sterna.desk.sources.models import DeadLetter, InboxEvent, Source
from tests.desk.api.calls import EVENT, call, said

pytestmark = pytest.mark.django_db
SINGLES = {
    "track": {"event": "Looked"}, "identify": {}, "page": {"name": "Home"}, "screen": {"name": "Start"},
    "group": {"groupId": "g1"}, "alias": {"previousId": "d1"},
}  # fmt: skip


@pytest.fixture
def key() -> str:
    return add_source("web", "Web shop")[1]


@pytest.fixture
def public(key: str) -> str:
    return make_key(Source.objects.get(), "pages", "public", origins=["https://shop.example"])[1]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/batch/", "/v1/b", "/v1/b/", "/beacon/v1/batch"])
def test_R8_each_address_of_a_batch_takes_it(key: str, path: str):
    assert said(call(path, {"batch": [EVENT, EVENT]}, key)) == (200, "")
    assert InboxEvent.objects.count() == 2


@pytest.mark.parametrize("kind", SINGLES)
@pytest.mark.parametrize("form", ["/v1/{0}", "/v1/{0}/", "/v1/{1}", "/v1/{1}/"])
def test_R8_the_address_of_one_event_says_its_type(key: str, kind: str, form: str):
    body = {"userId": "u1", "type": "nonsense", "writeKey": key, **SINGLES[kind]}
    assert said(call(form.format(kind, kind[0]), body)) == (200, "")
    kept = InboxEvent.objects.get().body
    assert kept["type"] == kind
    assert "writeKey" not in kept


def test_one_event_brings_its_own_sent_at_and_its_clock_is_corrected(key: str):
    # Sent half an hour after it happened by the client's own clock, whatever that clock shows.
    body = {**EVENT, "sentAt": "2017-06-30T12:30:00Z", "originalTimestamp": "2017-06-30T12:00:00Z"}
    call("/v1/track", body, key)
    event = InboxEvent.objects.get()
    told = event.received_at.fromisoformat(event.body["timestamp"])
    assert (event.received_at - told).total_seconds() == 1_800


def test_an_event_alone_that_is_wrong_is_a_dead_letter_and_200(key: str):
    assert said(call("/v1/track", {"userId": "u1"}, key)) == (200, "")
    assert DeadLetter.objects.get().code == "missing_field"


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"null", b'"text"'])
def test_a_body_that_is_no_event_is_400(key: str, body: bytes):
    assert call("/v1/track", body, key).status_code == 400


def test_a_key_in_the_address_counts_and_may_not_differ(key: str):
    assert said(call(f"/beacon/v1/batch?writeKey={key}", {"batch": [EVENT]})) == (200, "")
    assert said(call("/beacon/v1/batch?writeKey=other", {"batch": [EVENT]}, key)) == (401, "unauthorized")


def test_a_pixel_takes_a_track_call_from_its_address(key: str):
    asked = (
        f"/pixel/v1/track?writeKey={key}&anonymousId=d1&event=Opened&properties.letter=7&properties.page.no=2"
    )
    answer = Client().get(asked)
    assert (answer.status_code, answer["Content-Type"], answer.content[:6]) == (200, "image/gif", b"GIF89a")
    event = InboxEvent.objects.get()
    assert event.body["properties"] == {"letter": "7", "page": {"no": "2"}}
    assert Client().get("/pixel/v1/track?event=Opened").status_code == 401
    assert said(call("/pixel/v1/track", EVENT, key)) == (200, "")


def test_a_pixel_whose_names_collide_is_no_error(key: str):
    assert Client().get(f"/pixel/v1/track?writeKey={key}&anonymousId=d&event=x&a=1&a.b=2").status_code == 200


@pytest.mark.parametrize("points", [70, 2_000])
def test_a_pixel_whose_name_is_all_points_is_an_event_too_deep_and_no_fault_of_ours(key: str, points: int):
    answer = Client().get(f"/pixel/v1/track?writeKey={key}&userId=u1&event=Seen&" + "a." * points + "b=1")
    assert answer.status_code == 200
    assert DeadLetter.objects.get().code == "too_deep"


def test_what_a_client_reports_of_itself_is_accepted_and_dropped():
    assert said(call("/v1/m", {"series": [{"metric": "x"}]})) == (200, "")
    assert InboxEvent.objects.count() == DeadLetter.objects.count() == 0


def test_settings_tell_a_browser_where_to_send(public: str):
    answer = Client().get(f"/v1/projects/{public}/settings")
    assert answer.json() == {
        "integrations": {"Segment.io": {"apiKey": public, "apiHost": "testserver/v1", "protocol": "http"}}
    }
    secured = Client().get(f"/v1/projects/{public}/settings", headers={"X-Forwarded-Proto": "https"})
    assert secured.json()["integrations"]["Segment.io"]["protocol"] == "https"


def test_settings_of_a_secret_or_unknown_key_are_401(key: str):
    for text in (key, "nobody"):
        assert said(Client().get(f"/v1/projects/{text}/settings")) == (401, "unauthorized")


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/t", "/v1/m", "/hooks/web"])
def test_other_methods_are_405(path: str):
    assert said(call(path, method="PUT")) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/v1/", "/v1/import", "/v1/tracks", "/v1/projects/x"])
def test_an_unknown_address_has_a_code_and_a_message_too(path: str):
    assert said(call(path, {"batch": []})) == (404, "not_found")


def test_a_disabled_key_is_401_and_its_sister_goes_on(key: str):
    source = Source.objects.get()
    made, second = make_key(source, "second", "secret")
    disable_key(made)
    assert said(call("/v1/batch", {"batch": [EVENT]}, second)) == (401, "unauthorized")
    assert said(call("/v1/batch", {"batch": [EVENT]}, key)) == (200, "")
    disable_source(source)
    assert said(call("/v1/batch", {"batch": [EVENT]}, key)) == (401, "unauthorized")


def test_a_key_remembers_the_day_of_its_use(key: str):
    source = Source.objects.get()
    assert source.write_keys.get().last_used_on is None
    call("/v1/batch", {"batch": [EVENT]}, key)
    used = source.write_keys.get().last_used_on
    assert used is not None
    assert used == InboxEvent.objects.get().received_at.astimezone(options.zone()).date()


def test_an_empty_batch_is_a_success_and_keeps_nothing(key: str):
    assert said(call("/v1/batch", {"batch": []}, key)) == (200, "")
    assert InboxEvent.objects.count() == 0


def test_strict_mode_spells_out_what_is_wrong_and_keeps_nothing(key: str):
    batch = {"batch": [{**EVENT, "messageId": "good"}, {"type": "track", "userId": "u"}, 3]}
    answer = call("/v1/batch", batch, key, **{"X-Strict-Mode": "1"})
    assert said(answer) == (400, "invalid_events")
    errors = json.loads(answer.content)["errors"]
    assert [(error["index"], error["code"]) for error in errors] == [(1, "missing_field"), (2, "unreadable")]
    assert InboxEvent.objects.count() == DeadLetter.objects.count() == 0
    assert said(call("/v1/batch", {"batch": [EVENT]}, key, **{"X-Strict-Mode": "1"})) == (200, "")
    assert InboxEvent.objects.count() == 1


@pytest.mark.parametrize("path", ["/v1/batch", "/hooks/shop", "/pixel/v1/track"])
def test_a_host_that_is_not_served_is_told_so_in_json_and_not_asked_to_try_again(path: str):
    answer = Client(headers={"host": "elsewhere.example"}).post(path, "{}", content_type="application/json")
    assert said(answer) == (400, "bad_request")


def test_a_page_under_a_host_that_is_not_served_is_no_json():
    answer = Client(headers={"host": "elsewhere.example"}).get("/login")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (400, "text/html")
