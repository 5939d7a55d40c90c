"""Calls: the three parts of a script, and the task that is opened."""

import pytest

from sterna.channels.base import Content, Message, TransportError
from sterna.channels.phone import CHANNEL

VARIANT = {"opening": "Good day {{ name }}.", "script": "One.\n\nTwo.", "ask": "Ask for {{ ask }}."}


def test_opening_script_and_ask_are_set_apart() -> None:
    rendered = CHANNEL.render(Content(VARIANT, {"name": "<Ann>", "ask": "a date"}))
    assert rendered.subject == "Good day <Ann>."
    assert rendered.text == "Opening\nGood day <Ann>.\n\nScript\nOne.\n\nTwo.\n\nAsk\nAsk for a date."
    assert "<h3>Opening</h3><p>Good day &lt;Ann&gt;.</p>" in rendered.preview_html
    assert rendered.html == "" and rendered.attachments == ()


def test_the_task_gets_the_whole_message_and_gives_the_reference() -> None:
    seen: list[Message] = []

    def open_task(message: Message) -> str:
        seen.append(message)
        return "task 7"

    message = Message("key", "phone", "+32 9 1", "Shop", CHANNEL.render(Content(VARIANT, {})))
    with CHANNEL.transport({"open_task": open_task}) as transport:
        receipt = transport.send(message)
    assert (receipt.state, receipt.reference) == ("handed over", "task 7")
    assert seen == [message]


@pytest.mark.parametrize("number", ["", "unknown"])
def test_what_is_no_number_is_refused_for_good(number: str) -> None:
    message = Message("key", "phone", number, "Shop", CHANNEL.render(Content(VARIANT, {})))
    with CHANNEL.transport({"open_task": str}) as transport, pytest.raises(TransportError) as caught:
        transport.send(message)
    assert caught.value.permanent
