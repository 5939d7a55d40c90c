"""Webhooks in Chromium: an administrator adds an endpoint, tests it, sees what is sent, and lets what failed leave."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from standardwebhooks import Webhook as Oracle

from tests.desk.webhooks.receiver import Receiver, serve
from tests.e2e.test_pages import PHONE, Enter, enter, faults, too_wide

pytestmark = pytest.mark.browser
__all__ = ["enter"]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    with serve() as found:
        yield found


def test_an_administrator_adds_an_endpoint_tests_it_and_sends_again_what_failed(
    world: Any, enter: Enter, receiver: Receiver
) -> None:
    from sterna.desk.webhooks.models import Endpoint, Message

    page = enter("administrator")
    page.goto(reverse("webhooks"))
    page.get_by_text("Add an endpoint").click()
    page.get_by_label("Name").fill("Warehouse")
    page.get_by_label("Address").fill("ftp://nowhere.example/")
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.locator(".form-refusal").first).to_contain_text("it begins with https:// and names a host")
    assert page.get_by_label("Name").input_value() == "Warehouse"
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_role("button", name="Add endpoint").click()
    secret = page.locator("#secret").input_value()
    assert secret.startswith("whsec_")
    found = faults(page)

    made = Endpoint.objects.get(name="Warehouse")
    page.goto(reverse("endpoint", args=[made.pk]))
    assert secret not in page.content()
    page.get_by_role("button", name="Send test message").click()
    expect(page.get_by_role("status")).to_contain_text("Warehouse took the test message with 204.")
    Oracle(secret).verify(receiver.taken[0].body, receiver.taken[0].headers)
    found += faults(page)

    # A message of the world that nobody took: looked at as it is sent, and let leave once more.
    failed = Message.objects.order_by("pk")[0]
    Message.objects.filter(pk=failed.pk).update(state="failed", attempts=10, status=503)
    page.goto(reverse("endpoint", args=[failed.endpoint_id]))
    page.get_by_role("navigation", name="How the messages stand").get_by_text("Failed").click()
    page.get_by_role("table", name="Messages").locator("tbody").get_by_role("link").first.click()
    sent = page.get_by_label("The message as it is sent").inner_text()
    assert json.loads(sent.partition("\n\n")[2])["type"] == failed.type
    found += faults(page)
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("status")).to_be_visible()
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("waiting", 0)
    assert found == []

    phone = enter("administrator", viewport=PHONE)
    for address in (reverse("webhooks"), reverse("endpoint", args=[made.pk])):
        phone.goto(address)
        assert too_wide(phone) <= 0 and faults(phone) == [], address
