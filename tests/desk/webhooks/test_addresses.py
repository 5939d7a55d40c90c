"""Where messages may go: no address that is more than one, none inside one's own network, whatever a name says."""

import ipaddress
import socket

import pytest

from sterna.desk.webhooks import addresses, wire
from sterna.desk.webhooks.addresses import Target, resolve, target
from sterna.engine.errors import BadInput
from tests.desk.webhooks.receiver import serve
from tests.desk.webhooks.test_wire import once

PUBLIC, PRIVATE = "93.184.215.14", "10.0.0.7"


def names(monkeypatch: pytest.MonkeyPatch, *found: str) -> list[str]:
    """Let every name lead to these addresses; returns the names that were asked for."""
    asked: list[str] = []

    def lookup(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(host)
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(families[ipaddress.ip_address(one).version], 1, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


@pytest.mark.parametrize(
    ("url", "found", "named"),
    [
        ("https://crm.example/hook", Target(True, "crm.example", 443, "/hook"), "crm.example"),
        ("https://crm.example", Target(True, "crm.example", 443, "/"), "crm.example"),
        (
            "https://crm.example:8443/a?b=c&d",
            Target(True, "crm.example", 8443, "/a?b=c&d"),
            "crm.example:8443",
        ),
        ("HTTPS://CRM.example/A", Target(True, "crm.example", 443, "/A"), "crm.example"),
        (f"https://{PUBLIC}/", Target(True, PUBLIC, 443, "/"), PUBLIC),
        (
            "https://[2606:2800:220:1::1]:9/",
            Target(True, "2606:2800:220:1::1", 9, "/"),
            "[2606:2800:220:1::1]:9",
        ),
    ],
)
def test_an_address_is_read(url, found, named):
    assert target(url) == found and found.named == named


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "write the address"),
        ("crm.example/hook", "no address of a receiver"),
        ("ftp://crm.example/", "no address of a receiver"),
        ("file:///etc/passwd", "no address of a receiver"),
        ("javascript:alert(1)", "no address of a receiver"),
        ("https://", "no address of a receiver"),
        ("https:///hook", "no address of a receiver"),
        ("https://crm.example:0x1/", "no address of a receiver"),
        ("https://crm.example:70000/", "no address of a receiver"),
        ("https://[::1/", "no address of a receiver"),
        ("https://ann@crm.example/", "a user or a password"),
        ("https://ann:secret@crm.example/", "a user or a password"),
        ("https://:@crm.example/", "a user or a password"),
        ("https://crm.example/#top", "with # in it"),
        ("https://crm.example/a b", "plain letters"),
        ("https://crm.example/a\r\nX-Evil: 1", "plain letters"),
        ("https://crm.example/\x00", "plain letters"),
        ("https://münchen.example/", "plain letters"),
        ("https://crm.example/" + "a" * 500, "plain letters"),
        ("http://crm.example/", "messages go by https"),
        ("https://127.0.0.1/", "no public address"),
        ("https://[::1]/", "no public address"),
        (f"https://{PRIVATE}/", "no public address"),
        ("https://169.254.169.254/latest/meta-data", "no public address"),
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused_with_one_reason(url, why):
    with pytest.raises(BadInput, match=why):
        target(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
        "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused_by_whatever_name_it_goes(monkeypatch, address):
    names(monkeypatch, address)
    with pytest.raises(BadInput, match="STERNA_WEBHOOK_PRIVATE=yes allows"):
        resolve(target("https://crm.example/"))
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    assert resolve(target("https://crm.example/"))[0][1] == (address, 443)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d70e"])
def test_a_public_address_is_sent_to(monkeypatch, address):
    names(monkeypatch, address)
    assert resolve(target("https://crm.example/"))[0][1] == (address, 443)


@pytest.mark.parametrize("found", [(PUBLIC, PRIVATE), (PRIVATE, PUBLIC), (PUBLIC, "::1")])
def test_one_private_address_among_many_is_enough_to_refuse(monkeypatch, found):
    names(monkeypatch, *found)
    with pytest.raises(BadInput, match="no public address"):
        resolve(target("https://crm.example/"))


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "localhost"])
def test_an_address_in_disguise_is_known_when_it_is_looked_up(host):
    with pytest.raises(BadInput, match=r"leads to (127\.0\.0\.1|::1), which is no public address"):
        resolve(Target(True, host, 443, "/"))


def test_a_name_that_no_resolver_takes_is_refused_and_not_a_crash():
    with pytest.raises(BadInput, match="no name of a host"):
        resolve(Target(True, "a" * 70 + ".example", 443, "/"))


def test_a_name_is_asked_for_anew_at_every_connection_and_what_it_leads_to_then_counts(monkeypatch):
    """DNS rebinding: public when somebody wrote it down, this machine when the message leaves."""
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    with serve() as receiver:
        url = receiver.url.replace("127.0.0.1", "rebinding.example")
        names(monkeypatch, PUBLIC)
        target(url)
        asked = names(monkeypatch, "127.0.0.1")
        assert once(url).is_taken and asked == ["rebinding.example"]
        monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "no")
        answer = once(url.replace("http:", "https:"))
        assert answer.status is None and "leads to 127.0.0.1" in answer.words
        assert len(receiver.taken) == 1


def test_the_address_that_is_really_connected_to_is_checked_too(monkeypatch):
    """Whatever lies between the check and the connection, such as a translation of addresses on this machine."""
    with serve() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        inside = [(socket.AF_INET, ("127.0.0.1", port))]
        monkeypatch.setattr(wire, "resolve", lambda found: inside)
        answer = once(f"https://crm.example:{port}/")
    assert answer.status is None and "no public address" in answer.words and receiver.taken == []


def test_the_setting_is_read_when_it_counts_and_a_word_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv(addresses.SETTING, "perhaps")
    with pytest.raises(BadInput, match="write yes or no"):
        target("http://crm.example/")
