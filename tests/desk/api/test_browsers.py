"""What pages of other sites may do: preflights, origins of a key, and what a public key can never cause."""

import pytest

from sterna.desk.sources.actions import add_source, disable_key, make_key
from sterna.desk.sources.models import DeadLetter, InboxEvent, WriteKey
from tests.desk.api.calls import EVENT, call, said

pytestmark = pytest.mark.django_db
SHOP, THIEF = "https://shop.example", "https://thief.example"


@pytest.fixture
def public() -> tuple[WriteKey, str]:
    source, _ = add_source("web", "Web shop")
    return make_key(source, "pages", "public", origins=[SHOP])


def asked(path: str, origin: str):
    return call(
        path, b"", method="OPTIONS", Origin=origin,
        **{"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"},
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/t", "/v1/b", "/v1/m", "/v1/projects/x/settings"])
def test_a_preflight_of_a_known_site_is_allowed(public: tuple[WriteKey, str], path: str):
    answer = asked(path, SHOP)
    assert answer.status_code == 200
    told = {name.lower(): value for name, value in answer.items()}
    assert told["access-control-allow-origin"] == SHOP
    assert told["access-control-allow-methods"] == "POST, GET"
    assert told["access-control-allow-headers"] == "authorization, content-type, x-retry-count"
    assert told["access-control-expose-headers"] == "Retry-After"
    assert int(told["access-control-max-age"]) > 0
    assert told["vary"] == "Origin"


def test_a_preflight_of_a_stranger_is_answered_without_permission(public: tuple[WriteKey, str]):
    answer = asked("/v1/batch", THIEF)
    assert answer.status_code == 200
    assert not [name for name, _ in answer.items() if name.lower().startswith("access-control")]
    disable_key(public[0])
    assert "Access-Control-Allow-Origin" not in asked("/v1/batch", SHOP)


def test_a_page_of_the_site_sends_and_reads_the_answer(public: tuple[WriteKey, str]):
    answer = call("/v1/t", EVENT, public[1], Origin=SHOP)
    assert said(answer) == (200, "")
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert InboxEvent.objects.get().key_kind == "public"


def test_a_page_of_another_site_cannot_use_a_copied_key(public: tuple[WriteKey, str]):
    answer = call("/v1/t", EVENT, public[1], Origin=THIEF)
    assert said(answer) == (401, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in answer
    assert InboxEvent.objects.count() == 0


def test_a_page_reads_errors_too_or_it_could_not_wait(public: tuple[WriteKey, str]):
    for body, status in ((b"{", 400), ({"userId": "u" * (11 << 20)}, 413)):
        answer = call("/v1/t", body, public[1], Origin=SHOP)
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (status, SHOP)


def test_a_key_for_any_site_echoes_the_site_that_asked(public: tuple[WriteKey, str]):
    anywhere = make_key(public[0].source, "widget", "public", origins=["*"])[1]
    answer = call("/v1/t", EVENT, anywhere, Origin=THIEF)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, THIEF)


def test_an_app_without_an_origin_uses_a_public_key(public: tuple[WriteKey, str]):
    app = make_key(public[0].source, "phone app", "public")[1]
    assert said(call("/v1/s", {"anonymousId": "d", "name": "Start"}, app)) == (200, "")


def test_an_alias_of_a_public_key_is_refused_and_told(public: tuple[WriteKey, str]):
    alias = {"type": "alias", "userId": "victim", "previousId": "thief", "messageId": "a1"}
    assert said(call("/v1/batch", {"batch": [alias, EVENT]}, public[1])) == (200, "")
    letter = DeadLetter.objects.get()
    assert (letter.code, letter.key_kind, letter.message_id) == ("public_alias", "public", "a1")
    assert InboxEvent.objects.get().body["type"] == "track"
