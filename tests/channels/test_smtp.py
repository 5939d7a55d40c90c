"""SMTP against servers that refuse, hang up and forget: every failure lands in its class."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sterna.channels.base import Message, Receipt, Rendered, TransportError
from sterna.channels.email import CHANNEL
from sterna.channels.email.sink import serve
from sterna.channels.email.smtp import SmtpSettings
from sterna.engine.errors import BadInput
from tests.channels.servers import DROP, Reply, ScriptedServer

RENDERED = Rendered("email", "Hello", ".hidden\n..dots\n.", "<p>x</p>", (), "")
MESSAGE = Message("key", "email", "ann@x.example", "shop@s.example", RENDERED)


def send(server: ScriptedServer, message: Message = MESSAGE, **more: Any) -> Receipt:
    with CHANNEL.transport({**server.settings, **more}) as transport:
        return transport.send(message)


def failure(replies: dict[str, Reply], message: Message = MESSAGE, **more: Any) -> TransportError:
    with ScriptedServer(replies) as server, pytest.raises(TransportError) as caught:
        send(server, message, **more)
    return caught.value


def test_a_message_is_handed_over_with_its_answer() -> None:
    with ScriptedServer() as server:
        receipt = send(server)
    assert receipt.state == "handed over"
    assert receipt.reference.startswith("<") and receipt.reference.endswith("@s.example>")
    assert receipt.detail == "250 queued as 7"
    assert server.steps == ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT", "QUIT"]
    assert b"\r\n.hidden\r\n..dots\r\n=2E\r\n" in server.contents[0]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "CONTENT"])
@pytest.mark.parametrize(
    ("answer", "permanent"), [("451 4.3.0 later", False), ("550 5.1.1 never", True), ("421 bye", False)]
)
def test_a_refusal_is_temporary_or_permanent_by_its_code(step: str, answer: str, permanent: bool) -> None:
    error = failure({step: answer})
    assert (error.permanent, error.outcome_unknown) == (permanent, False)
    assert answer in error.detail


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_content_is_temporary(step: str) -> None:
    replies: dict[str, Reply] = {step: DROP}
    if step == "EHLO":
        replies["HELO"] = DROP
    error = failure(replies)
    assert (error.permanent, error.outcome_unknown) == (False, False)


def test_a_connection_lost_after_the_content_leaves_the_outcome_unknown() -> None:
    error = failure({"CONTENT": DROP})
    assert (error.permanent, error.outcome_unknown) == (False, True)


def test_silence_after_the_content_leaves_the_outcome_unknown() -> None:
    def late(_time: int) -> str:
        time.sleep(1.0)
        return "250 queued, too late to hear"

    error = failure({"CONTENT": late}, timeout=0.2)
    assert (error.permanent, error.outcome_unknown) == (False, True)


def test_silence_before_the_content_is_temporary() -> None:
    def late(_time: int) -> str:
        time.sleep(1.0)
        return "250 ok"

    error = failure({"RCPT": late}, timeout=0.2)
    assert (error.permanent, error.outcome_unknown) == (False, False)


def test_nonsense_after_the_content_leaves_the_outcome_unknown() -> None:
    assert failure({"CONTENT": "hello?"}).outcome_unknown


def test_no_server_is_temporary() -> None:
    with ScriptedServer() as server:
        settings = server.settings
    with (
        CHANNEL.transport(settings) as transport,
        pytest.raises(TransportError, match="cannot use") as caught,
    ):
        transport.send(MESSAGE)
    assert not caught.value.permanent


def test_a_refused_greeting_or_login_is_no_fault_of_the_message() -> None:
    assert not failure({"CONNECT": "554 no service"}).permanent
    error = failure(
        {"EHLO": "250-scripted\r\n250 AUTH PLAIN", "AUTH": "535 no"}, username="u", password="secret"
    )
    assert not error.permanent
    assert "secret" not in error.detail


def test_one_connection_serves_many_messages_and_a_refusal_between_them() -> None:
    with (
        ScriptedServer({"RCPT": lambda time: "550 no such user" if time == 2 else "250 ok"}) as server,
        CHANNEL.transport(server.settings) as transport,
    ):
        transport.send(MESSAGE)
        with pytest.raises(TransportError):
            transport.send(MESSAGE)
        transport.send(MESSAGE)
    assert server.steps.count("CONNECT") == 1
    assert server.steps.count("RSET") == 1
    assert len(server.contents) == 2


def test_a_connection_is_renewed_after_its_number_of_messages() -> None:
    with ScriptedServer() as server, CHANNEL.transport({**server.settings, "per_connection": 2}) as transport:
        for _ in range(5):
            transport.send(MESSAGE)
    assert server.steps.count("CONNECT") == 3
    assert len(server.contents) == 5


def test_an_idle_connection_that_was_dropped_is_opened_again() -> None:
    with ScriptedServer() as server, CHANNEL.transport(server.settings) as transport:
        transport.send(MESSAGE)
        server.hang_up_all()
        assert transport.send(MESSAGE).state == "handed over"
    assert server.steps.count("CONNECT") == 2
    assert len(server.contents) == 2


def test_a_server_that_says_goodbye_to_an_idle_connection_is_called_again() -> None:
    with (
        ScriptedServer({"MAIL": lambda time: "421 idle too long" if time == 2 else "250 ok"}) as server,
        CHANNEL.transport(server.settings) as transport,
    ):
        transport.send(MESSAGE)
        transport.send(MESSAGE)
    assert server.steps.count("CONNECT") == 2
    assert len(server.contents) == 2


def test_a_message_of_unknown_outcome_is_not_sent_again() -> None:
    with (
        ScriptedServer({"CONTENT": lambda time: "250 ok" if time == 1 else DROP}) as server,
        CHANNEL.transport(server.settings) as transport,
    ):
        transport.send(MESSAGE)
        with pytest.raises(TransportError) as caught:
            transport.send(MESSAGE)
    assert caught.value.outcome_unknown
    assert len(server.contents) == 2


def test_threads_share_the_pool() -> None:
    with ScriptedServer() as server, CHANNEL.transport({**server.settings, "connections": 3}) as transport:
        messages = [replace(MESSAGE, key=str(number)) for number in range(12)]
        threads = [threading.Thread(target=transport.send, args=(message,)) for message in messages]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.contents) == 12
    assert server.steps.count("CONNECT") <= 3


def test_letters_beyond_ascii_before_the_at_need_smtputf8() -> None:
    wide = replace(MESSAGE, to="änne@x.example")
    error = failure({}, wide)
    assert error.permanent and "SMTPUTF8" in error.detail


def test_smtputf8_is_used_where_it_is_offered(tmp_path: Path) -> None:
    with serve(tmp_path) as sink, CHANNEL.transport({"host": sink.host, "port": sink.port}) as transport:
        transport.send(replace(MESSAGE, to="änne@x.example"))
    (path,) = tmp_path.glob("*.eml")
    assert "To: änne@x.example" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "'host' is missing"),
        ({"host": "h", "colour": 1}, "unknown setting 'colour'"),
        ({"host": "h", "port": "many"}, "port"),
        ({"host": "h", "tls": True, "starttls": True}, "not both"),
        ({"host": "mail.example", "username": "u", "password": "p"}, "clear text"),
        ({"host": "h", "connections": 0}, "above zero"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        CHANNEL.transport(settings)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(SmtpSettings("h", username="u", password="secret"))


def test_no_message_goes_out_where_tls_was_asked_and_is_not_offered() -> None:
    error = failure({}, starttls=True)
    assert not error.permanent
    with ScriptedServer() as server, pytest.raises(TransportError):
        send(server, starttls=True)
    assert "MAIL" not in server.steps


@pytest.fixture
def closing_while_sending() -> Iterator[tuple[ScriptedServer, threading.Event, threading.Event]]:
    reached, go_on = threading.Event(), threading.Event()

    def wait(_time: int) -> str:
        reached.set()
        go_on.wait(5)
        return "250 queued"

    with ScriptedServer({"CONTENT": wait}) as server:
        yield server, reached, go_on


def test_closing_waits_for_no_one_and_leaves_no_connection(
    closing_while_sending: tuple[ScriptedServer, threading.Event, threading.Event],
) -> None:
    server, reached, go_on = closing_while_sending
    transport = CHANNEL.transport(server.settings)
    thread = threading.Thread(target=transport.send, args=(MESSAGE,))
    thread.start()
    assert reached.wait(5)
    transport.close()
    go_on.set()
    thread.join()
    assert server.steps[-1] == "QUIT"
    with pytest.raises(TransportError, match="closed"):
        transport.send(MESSAGE)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "CONTENT"])
@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_server_that_wants_a_login_is_no_fault_of_the_message(step: str, code: int) -> None:
    error = failure({step: f"{code} 5.7.0 authentication required"})
    assert (error.permanent, error.outcome_unknown) == (False, False)


@pytest.mark.parametrize("sender", ["shop", "shop@", "a@x.example\r\nBcc: b@x.example"])
def test_a_wrong_sender_asks_no_server(sender: str) -> None:
    with ScriptedServer() as server, pytest.raises(TransportError, match="sender") as caught:
        send(server, replace(MESSAGE, sender=sender))
    assert not caught.value.permanent and server.steps == []


def test_an_answer_of_several_lines_is_kept_as_one() -> None:
    with ScriptedServer({"CONTENT": "250-queued\r\n250-as 7\r\n250 thank you"}) as server:
        assert send(server).detail == "250 queued as 7 thank you"


def test_a_refusal_beyond_ascii_is_one_readable_line() -> None:
    error = failure({"RCPT": "550-Empfänger\r\n550 unbekannt"})
    assert error.permanent
    assert error.detail == "the server refused the recipient: 550 Empfänger unbekannt"


def test_a_server_that_refuses_and_then_forgets_the_connection_gets_the_next_message_on_a_new_one() -> None:
    replies: dict[str, Reply] = {"RCPT": lambda time: "550 never" if time == 1 else "250 ok", "RSET": DROP}
    with ScriptedServer(replies) as server, CHANNEL.transport(server.settings) as transport:
        with pytest.raises(TransportError):
            transport.send(MESSAGE)
        assert transport.send(MESSAGE).state == "handed over"
    assert server.steps.count("CONNECT") == 2
    assert len(server.contents) == 1


def test_a_server_lost_twice_before_the_content_is_not_tried_for_ever() -> None:
    with (
        ScriptedServer({"MAIL": lambda time: "250 ok" if time == 1 else DROP}) as server,
        CHANNEL.transport(server.settings) as transport,
    ):
        transport.send(MESSAGE)
        with pytest.raises(TransportError) as caught:
            transport.send(MESSAGE)
    assert (caught.value.permanent, caught.value.outcome_unknown) == (False, False)
    assert server.steps.count("MAIL") == 3 and len(server.contents) == 1
