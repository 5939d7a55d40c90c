"""Which channels are on, and with what they send."""

import pytest

from sterna.channels.base import discover
from sterna.desk.config import options
from sterna.desk.delivery.queries import outlets
from sterna.engine.errors import BadInput


def _task(message: object) -> str:
    return "task"


def test_every_channel_that_is_there_is_on_and_opens(monkeypatch):
    monkeypatch.setenv("STERNA_MAIL_FROM", "us@shop.example")
    on = outlets(_task)
    assert set(on) == set(discover()) == {"email", "letter", "phone"}
    assert on["email"].sender == "us@shop.example"
    for outlet in on.values():
        with outlet.channel.transport(outlet.settings):
            pass


def test_only_mail_may_not_be_repeated():
    assert {medium for medium, outlet in outlets(_task).items() if not outlet.repeatable} == {"email"}


def test_without_a_mail_server_mail_waits(monkeypatch):
    monkeypatch.setenv("STERNA_SMTP_HOST", "")
    assert "email" not in outlets(_task)


def test_letters_go_to_the_home():
    assert outlets(_task)["letter"].settings == {"folder": str(options.home() / "letters")}


def test_a_password_is_not_shown_and_a_wrong_port_is_named(monkeypatch):
    monkeypatch.setenv("STERNA_SMTP_PASSWORD", "secret")
    assert "secret" not in repr(outlets(_task)["email"])
    monkeypatch.setenv("STERNA_SMTP_PORT", "mail")
    with pytest.raises(BadInput, match="STERNA_SMTP_PORT"):
        outlets(_task)
