"""@segment/analytics-node and @segment/analytics-next in jsdom, unmodified, against a live server."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sterna.desk.sources.actions import add_source, make_key
from sterna.desk.sources.models import DeadLetter, InboxEvent, Source

pytestmark = [pytest.mark.node, pytest.mark.django_db(transaction=True)]
SHOP, THIEF = "http://shop.example", "http://thief.example"
SAID = {"track", "identify", "page", "group", "alias"}
HERE = Path(__file__).parent


@pytest.fixture
def secret() -> str:
    return add_source("web", "Web shop")[1]


@pytest.fixture
def public(secret: str) -> str:
    return make_key(Source.objects.get(), "pages", "public", origins=[SHOP])[1]


def kept() -> dict[str, dict[str, Any]]:
    return {event.message_id: event.body for event in InboxEvent.objects.all()}


def test_the_lock_of_the_packages_holds_hashes_and_no_addresses():
    lock = (HERE / "package-lock.json").read_text()
    assert not re.search(r"https?:|://", lock)
    assert lock.count('"integrity"') > 40


def test_R8_the_node_client_sends_several_batches(run_node: Callable[..., Any], secret: str):
    assert run_node("server.mjs", secret, "23") == {"errors": []}
    found = kept()
    assert {body["type"] for body in found.values()} == SAID
    assert sum(body["type"] == "track" for body in found.values()) == 23
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize("statuses", [(500,), (429,)])
def test_the_node_client_sends_again_after_a_failure_and_doubles_nothing(
    run_node: Callable[..., Any], failing: Callable[..., list[int]], secret: str, statuses: tuple[int, ...]
):
    answered = failing(*statuses)
    assert run_node("server.mjs", secret, "4") == {"errors": []}
    assert answered.count(0) >= 2
    assert set(statuses) <= set(answered)
    assert InboxEvent.objects.count() == 8


def test_the_node_client_hears_of_a_key_that_is_unknown(run_node: Callable[..., Any], secret: str):
    assert run_node("server.mjs", "nobody", "3")["errors"]
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize("form", ["standard", "batch"])
def test_R8_the_browser_client_sends_from_a_page_of_another_site(
    run_node: Callable[..., Any], public: str, form: str
):
    told = run_node("browser.mjs", public, SHOP, form)
    assert told["loaded"], told
    assert not [message for message in told["refused"] if "Cross origin" in message]
    bodies = list(kept().values())
    # An alias of a public key is refused; the client is told 200 all the same, or it would send it for ever.
    assert {body["type"] for body in bodies} == {"track", "identify", "page", "screen", "group"}
    assert DeadLetter.objects.get().code == "public_alias"
    assert {event.key_kind for event in InboxEvent.objects.all()} == {"public"}
    assert {body["context"]["page"]["path"] for body in bodies} == {"/start"}
    assert all(body["messageId"].startswith("ajs-next-") and body["anonymousId"] for body in bodies)
    assert next(body for body in bodies if body["type"] == "identify")["traits"] == {"age": 44}


def test_the_browser_client_gets_nothing_from_a_page_of_a_stranger(run_node: Callable[..., Any], public: str):
    told = run_node("browser.mjs", public, THIEF, "standard")
    assert not told["loaded"]
    assert not InboxEvent.objects.exists()


def test_the_browser_client_sends_again_after_a_failure(
    run_node: Callable[..., Any], failing: Callable[..., list[int]], public: str
):
    answered = failing(500, 429)
    assert run_node("browser.mjs", public, SHOP, "standard")["loaded"]
    assert answered[:2] == [500, 429]
    assert len({body["messageId"] for body in kept().values()}) == InboxEvent.objects.count() == 5
