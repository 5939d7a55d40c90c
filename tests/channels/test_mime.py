"""The MIME writer, read back by the standard library."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.channels.base import Attachment, Message, Rendered, TransportError
from sterna.channels.email.mime import build, phrase

NOON = datetime(2024, 6, 30, 12, 0, tzinfo=UTC)
PLAIN = Rendered("email", "Hello", "Dear Ann", "<p>Dear Ann</p>", (), "")
MESSAGE = Message("plan/step/customer", "email", "ann@x.example", "Shop <shop@s.example>", PLAIN)


def parse(message: Message) -> EmailMessage:
    data = build(message, NOON).data
    assert_lines(data)
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    for part in parsed.walk():
        assert part.defects == []
        assert all(not getattr(value, "defects", ()) for _, value in part.items())
    return parsed


def assert_lines(data: bytes) -> None:
    assert data.endswith(b"\r\n")
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", data) is None
    assert max(map(len, data.split(b"\r\n"))) <= 998


def body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    assert part is not None
    return cast(str, part.get_content()).replace("\r\n", "\n")


def test_a_message_reads_back() -> None:
    parsed = parse(replace(MESSAGE, to="Ann Example <ann@x.example>", reply_to="desk@s.example"))
    assert parsed["From"] == "Shop <shop@s.example>"
    assert parsed["To"] == "Ann Example <ann@x.example>"
    assert parsed["Reply-To"] == "desk@s.example"
    assert parsed["Subject"] == "Hello"
    assert parsed["Date"].datetime == NOON
    assert parsed["MIME-Version"] == "1.0"
    assert parsed.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert body(parsed, "plain").strip() == "Dear Ann"
    assert body(parsed, "html").strip() == "<p>Dear Ann</p>"


def test_the_message_id_follows_from_the_key_alone() -> None:
    one = parse(MESSAGE)["Message-ID"]
    other_words = replace(MESSAGE, rendered=replace(PLAIN, text="other"))
    assert parse(other_words)["Message-ID"] == one
    assert parse(replace(MESSAGE, key="another"))["Message-ID"] != one
    assert re.fullmatch(r"<[0-9a-f]{40}@s\.example>", one)


def test_the_same_message_has_the_same_bytes() -> None:
    assert build(MESSAGE, NOON) == build(MESSAGE, NOON)


@pytest.mark.parametrize(
    "text",
    [
        "Grüße aus Köln, 50 €",
        "你好\uff0c" * 400,
        "a line of " + "many words " * 300,
        "x" * 5000,
        ".\n..\n.hidden dot\nFrom here\n",
        "=3D = =?utf-8?q?x?= trailing blanks   \nand tabs\t\n",
        "old\rmac\r\nand\nunix",
        "--=_boundary\n--",
        "\n",
    ],
)
def test_any_text_survives(text: str) -> None:
    parsed = parse(replace(MESSAGE, rendered=replace(PLAIN, text=text, html=text)))
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    for kind in ("plain", "html"):
        assert body(parsed, kind).rstrip("\n") == expected.rstrip("\n")


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
def test_any_subject_survives_or_folds(subject: str) -> None:
    parsed = parse(replace(MESSAGE, rendered=replace(PLAIN, subject=subject)))
    assert "".join(str(parsed["Subject"]).split()) == "".join(subject.split())


@pytest.mark.parametrize(
    "name", ["Ann", "Ann, of Ghent", 'The "Ann"', "Änne Müller", "a.b (c)", "=?utf-8?q?x?="]
)
def test_display_names_survive(name: str) -> None:
    parsed = parse(replace(MESSAGE, sender=f"{name} <shop@s.example>"))
    (address,) = parsed["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "shop@s.example")


def test_unsubscribe_headers_go_out_folded() -> None:
    link = "<https://s.example/unsubscribe/" + "k" * 120 + ">"
    headers = {
        "List-Unsubscribe": f"{link}, <mailto:u@s.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    parsed = parse(replace(MESSAGE, headers=headers))
    assert parsed["List-Unsubscribe"] == headers["List-Unsubscribe"]
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_attachments_survive() -> None:
    data = bytes(range(256)) * 20
    files = (
        Attachment("Brief für Änne.pdf", "application/pdf", data),
        Attachment("a.txt", "text/plain", b"x"),
    )
    parsed = parse(replace(MESSAGE, rendered=replace(PLAIN, attachments=files)))
    assert parsed.get_content_type() == "multipart/mixed"
    first, second = parsed.iter_attachments()
    assert (first.get_filename(), first.get_content_type()) == ("Brief für Änne.pdf", "application/pdf")
    assert first.get_payload(decode=True) == data
    assert second.get_filename() == "a.txt"
    assert body(parsed, "plain").strip() == "Dear Ann"


def test_a_message_without_html_is_plain() -> None:
    assert parse(replace(MESSAGE, rendered=replace(PLAIN, html=""))).get_content_type() == "text/plain"


BREAKS = ["\r\nBcc: all@x.example", "\nBcc: all@x.example", "\rX", "\x00", "\n"]


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize(
    "place", ["subject", "to", "to name", "sender", "reply_to", "header", "header name", "file"]
)
def test_a_line_break_never_becomes_a_header(place: str, line_break: str) -> None:
    harmful = {
        "subject": replace(MESSAGE, rendered=replace(PLAIN, subject=f"Hello{line_break}")),
        "to": replace(MESSAGE, to=f"ann@x.example{line_break}"),
        "to name": replace(MESSAGE, to=f"Ann{line_break} <ann@x.example>"),
        "sender": replace(MESSAGE, sender=f"shop@s.example{line_break}"),
        "reply_to": replace(MESSAGE, reply_to=f"a@s.example{line_break}"),
        "header": replace(MESSAGE, headers={"X-Note": f"a{line_break}"}),
        "header name": replace(MESSAGE, headers={f"X-Note{line_break}": "a"}),
        "file": replace(
            MESSAGE, rendered=replace(PLAIN, attachments=(Attachment(f"a{line_break}", "text/plain", b""),))
        ),
    }[place]
    with pytest.raises(TransportError) as caught:
        build(harmful, NOON)
    assert caught.value.permanent is (place != "sender")
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("name", ["From", "bcc", "Content-Type", "Message-ID", "Received", "Odd Name", ""])
def test_headers_of_the_message_itself_cannot_be_given(name: str) -> None:
    with pytest.raises(TransportError, match="may not be given"):
        build(replace(MESSAGE, headers={name: "x"}), NOON)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@x.example",
        "ann@x..example",
        "ann@-x.example",
        "a b@x.example",
        "ann@x.example, bob@x.example",
        "<ann@x.example",
        "ann@x.example>",
        "ann,bob@x.example",
        "ann@x_y.example",
        "a" * 320 + "@x.example",
        "\ud800@x.example",
    ],
)
def test_what_is_no_address_is_refused_for_good(address: str) -> None:
    with pytest.raises(TransportError, match="recipient") as caught:
        build(replace(MESSAGE, to=address), NOON)
    assert caught.value.permanent


def test_international_addresses() -> None:
    ascii_local = build(replace(MESSAGE, to="ann@köln.example"), NOON)
    assert (ascii_local.to, ascii_local.utf8) == ("ann@xn--kln-sna.example", False)
    wide = build(replace(MESSAGE, to="änne@köln.example"), NOON)
    assert (wide.to, wide.utf8) == ("änne@xn--kln-sna.example", True)


@pytest.mark.parametrize(
    "sender", ["", "Shop", "shop@", "Shop <shop@s..example>", "a@x.example, b@x.example"]
)
def test_a_wrong_sender_is_the_settings_fault_and_fails_no_message_for_good(sender: str) -> None:
    with pytest.raises(TransportError, match=r"^the sender ") as caught:
        build(replace(MESSAGE, sender=sender), NOON)
    assert (caught.value.permanent, caught.value.outcome_unknown) == (False, False)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=400))
def test_law_any_text_and_html_arrives_as_it_was(text: str) -> None:
    data = build(replace(MESSAGE, rendered=replace(PLAIN, text=text, html=text + ".")), NOON).data
    assert_lines(data)
    assert max(map(len, data.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    for kind, expected in (("plain", text), ("html", text + ".")):
        part = parsed.get_body((kind,))
        assert part is not None
        arrived = cast(bytes, part.get_payload(decode=True)).decode()
        assert arrived.replace("\r\n", "\n").rstrip("\n") == expected.rstrip("\n")


@given(
    st.lists(
        st.sampled_from(["a", "é", "漢", "😀", " ", ",", '"', "(", "\\", "@", "=?"]), min_size=1, max_size=60
    )
)
def test_law_any_display_name_comes_back_and_never_adds_an_address(parts: list[str]) -> None:
    name = " ".join("".join(parts).split()) or "a"
    parsed = parse(replace(MESSAGE, to=f"{phrase(name)} <ann@x.example>"))
    (address,) = parsed["To"].addresses
    assert address.addr_spec == "ann@x.example"
