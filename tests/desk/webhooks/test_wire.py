"""A message leaves as it is signed, within its time, by a connection that is kept; nothing is followed."""

import json
import socket
import ssl
import time
from contextlib import closing

import pytest
from standardwebhooks import Webhook as Oracle
from standardwebhooks import WebhookVerificationError

from sterna.desk.webhooks import wire
from sterna.desk.webhooks.signing import headers_of, secret_of
from sterna.desk.webhooks.wire import Answer, Connection
from tests.channels.test_smtp_tls import certificate  # noqa: F401
from tests.desk.webhooks.receiver import drip, raw, serve

BODY = '{"type":"customer.moved","data":{"to":"Größe"}}'.encode()
SALT, OTHER = b"a" * 32, b"b" * 32


@pytest.fixture(autouse=True)
def private(monkeypatch):
    """The receivers of these tests are on this machine."""
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")


def headers(*salts: bytes, at: int | None = None) -> dict[str, str]:
    secrets = [secret_of(salt) for salt in salts or (SALT,)]
    return headers_of("msg_1", BODY, secrets, int(time.time()) if at is None else at)


def once(url: str) -> Answer:
    """What a receiver says to one message."""
    with closing(Connection(url)) as line:
        return line.post(headers(), BODY)


def test_what_arrives_is_verified_by_the_package_of_the_standard():
    with serve() as receiver:
        assert once(receiver.url) == Answer(204, "")
    [taken] = receiver.taken
    assert Oracle(secret_of(SALT)).verify(taken.body, taken.headers) == json.loads(BODY)
    assert taken.path == "/moves?from=sterna" and taken.headers["content-type"] == "application/json"
    assert taken.headers["host"] == receiver.url.split("/")[2] and taken.body == BODY


@pytest.mark.parametrize("salt", [SALT, OTHER])
def test_while_two_secrets_count_each_verifies_the_same_message(salt):
    both = headers(SALT, OTHER)
    assert len(both["webhook-signature"].split()) == 2
    assert Oracle(secret_of(salt)).verify(BODY, both) == json.loads(BODY)


@pytest.mark.parametrize(
    ("change", "body"),
    [({}, BODY + b" "), ({"webhook-id": "msg_2"}, BODY), ({"webhook-timestamp": "1"}, BODY)],
)
def test_what_was_changed_on_the_way_is_not_verified(change, body):
    with pytest.raises(WebhookVerificationError):
        Oracle(secret_of(SALT)).verify(body, headers() | change)
    with pytest.raises(WebhookVerificationError):
        Oracle(secret_of(OTHER)).verify(BODY, headers())
    with pytest.raises(WebhookVerificationError):
        Oracle(secret_of(SALT)).verify(BODY, headers(at=int(time.time()) - 3_600))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status):
    with serve() as other, serve() as receiver:
        receiver.says(status, Location=other.url)
        answer = once(receiver.url)
    assert (answer.status, answer.is_taken, other.taken) == (status, False, [])


def test_of_an_answer_only_the_beginning_is_kept_and_never_a_character_that_no_text_holds():
    with serve() as receiver:
        receiver.says(500, b"no\0\xff" + b"x" * 100_000, Retry_After="30")
        answer = once(receiver.url)
        assert answer.words.startswith("no\ufffd\ufffdxx") and len(answer.words) == wire.EXCERPT
        assert answer.wait == "30"


def test_a_connection_is_kept_from_one_message_to_the_next_and_made_anew_when_it_was_closed():
    opened: list[int] = []

    def twice(one: socket.socket) -> None:
        opened.append(0)
        for _ in range(2):
            if not one.recv(65_536):
                return
            opened[-1] += 1
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with raw(twice) as url:
        line = Connection(url)
        assert [line.post(headers(), BODY).words for _ in range(5)] == ["ok"] * 5
        line.close()
    assert opened == [2, 2, 1]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthanks", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nbroken off", 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: lots\r\n\r\n", 200),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 202),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101),
        (b"220 mail.example ESMTP\r\n", None),
        (b"HTTP/1.1 2xx OK\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", None),
        (b"", None),
    ],
)
def test_odd_answers_are_a_status_or_the_reason_why_there_is_none(said, status):
    def talk(one: socket.socket) -> None:
        one.recv(65_536)
        one.sendall(said)

    with raw(talk) as url:
        answer = once(url)
    assert answer.status == status and (status is not None or answer.words.startswith("no answer: "))


@pytest.mark.parametrize("talk", [drip, lambda one: time.sleep(3)], ids=["drips", "says nothing"])
def test_a_receiver_that_is_slow_is_given_up_after_the_time_of_one_message(monkeypatch, talk):
    monkeypatch.setattr(wire, "SECONDS", 0.3)
    with raw(talk) as url:
        begun = time.monotonic()
        answer = once(url)
    assert answer == Answer(None, "no answer: timed out") and time.monotonic() - begun < 1.5


def test_a_receiver_that_is_not_there_is_a_reason():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "refused" in once(f"http://127.0.0.1:{port}/").words


def test_over_tls_only_a_certificate_that_is_trusted_and_of_that_name_gets_the_message(
    certificate,  # noqa: F811
    monkeypatch,
):
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(*certificate)
    with serve(secure) as receiver:
        answer = once(receiver.url)
        assert answer.status is None and "CERTIFICATE_VERIFY_FAILED" in answer.words
        trusted = ssl.create_default_context(cafile=str(certificate[0]))
        monkeypatch.setattr(wire, "_trusted", lambda: trusted)
        assert once(receiver.url).is_taken
        answer = once(receiver.url.replace("127.0.0.1", "localhost"))
        assert answer.status is None and len(receiver.taken) == 1
