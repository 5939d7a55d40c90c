"""Which channels are on, and with what they send."""

import pytest

from sterna.channels.base import discover
from sterna.desk.config import options
from sterna.desk.delivery import queries
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


def test_a_channel_that_nobody_gave_settings_is_not_on(monkeypatch):
    guest = discover()["phone"]
    monkeypatch.setattr(queries, "discover", lambda: {**discover(), "postcard": guest})
    assert "postcard" not in outlets(_task) and "phone" in outlets(_task)


def test_a_channel_whose_folder_is_gone_is_not_on_and_the_others_are(monkeypatch):
    left = {name: channel for name, channel in discover().items() if name != "letter"}
    monkeypatch.setattr(queries, "discover", lambda: left)
    assert set(outlets(_task)) == {"email", "phone"}


def test_letters_and_calls_come_from_the_company_and_mail_from_its_address(monkeypatch):
    monkeypatch.setenv("STERNA_COMPANY", "Corner Shop")
    senders = {medium: outlet.sender for medium, outlet in outlets(_task).items()}
    assert senders == {"email": "service@shop.example", "letter": "Corner Shop", "phone": "Corner Shop"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("STERNA_SMTP_STARTTLS", "maybe"), ("STERNA_SMTP_PORT", "0"), ("STERNA_SMTP_PORT", "25.5")],
)
def test_a_setting_that_cannot_be_read_is_named_before_anything_leaves(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=f"{name} is '{value}'"):
        outlets(_task)


def test_a_password_without_encryption_to_another_machine_is_refused(monkeypatch):
    for name, value in (("HOST", "mail.example"), ("USER", "u"), ("PASSWORD", "secret")):
        monkeypatch.setenv(f"STERNA_SMTP_{name}", value)
    outlet = outlets(_task)["email"]
    with pytest.raises(BadInput, match="clear text"):
        outlet.channel.transport(outlet.settings)
    monkeypatch.setenv("STERNA_SMTP_STARTTLS", "yes")
    outlet = outlets(_task)["email"]
    outlet.channel.transport(outlet.settings).close()
