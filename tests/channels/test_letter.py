"""Letters: what is on the page, the same bytes every time, and a spool that doubles nothing."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest

from sterna.channels.base import Content, ContentError, Message, TransportError
from sterna.channels.letter import CHANNEL
from tests.channels.rigs.letter import pdf_text

VARIANT = {
    "subject": "Your tier",
    "salutation": "Dear {{ customer.name }},",
    "body": "First paragraph,\nsecond line.\n\nSecond paragraph.",
    "closing": "Yours sincerely,",
    "signature": "Bea Manager\nCorner Shop",
}


def context(**letter: Any) -> dict[str, Any]:
    return {
        "customer": {"name": "Ann Example", "address": "1 Main Street\nSpringfield"},
        "company": {"name": "Corner Shop", "address": ["2 Side Street", "Shelbyville"]},
        "letter": letter,
    }


def pdf(given: dict[str, Any], **parts: str) -> bytes:
    return CHANNEL.render(Content({**VARIANT, **parts}, given)).attachments[0].data


def test_everything_stands_on_the_page() -> None:
    shown = pdf_text(pdf(context(date=date(2024, 6, 30))))
    assert shown.splitlines() == [
        "Corner Shop, 2 Side Street, Shelbyville",
        "Ann Example",
        "1 Main Street",
        "Springfield",
        "Corner Shop",
        "2 Side Street",
        "Shelbyville",
        "30 June 2024",
        "Your tier",
        "Dear Ann Example,",
        "First paragraph,",
        "second line.",
        "Second paragraph.",
        "Yours sincerely,",
        "Bea Manager",
        "Corner Shop",
    ]


@pytest.mark.parametrize(
    ("paper", "size", "day"),
    [("a4", (595, 842), "30 June 2024"), ("us-letter", (612, 792), "June 30, 2024")],
)
def test_paper_and_date_follow_the_setting(paper: str, size: tuple[int, int], day: str) -> None:
    page = pypdf.PdfReader(io.BytesIO(pdf(context(paper=paper, date=date(2024, 6, 30))))).pages[0]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == size
    assert day in page.extract_text()


@pytest.mark.parametrize(
    ("paper", "left", "top", "right", "bottom"),
    [
        ("a4", 57, 128, 300, 258),  # DIN 5008 form B: 20 mm to 105 mm, 45 mm to 90 mm
        ("us-letter", 60, 135, 330, 220),
    ],
)
def test_the_address_stands_in_the_window(paper: str, left: int, top: int, right: int, bottom: int) -> None:
    page = pypdf.PdfReader(io.BytesIO(pdf(context(paper=paper)))).pages[0]
    places: dict[str, tuple[float, float]] = {}

    def note(text: str, cm: list[float], tm: list[float], _font: Any, _size: Any) -> None:
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            places[text.strip()] = (x, float(page.mediabox.height) - y)

    page.extract_text(visitor_text=note)
    for line in ("1 Main Street", "Springfield"):
        x, y = next(place for text, place in places.items() if line in text)
        assert left <= x <= right and top <= y <= bottom


def test_the_same_letter_has_the_same_bytes() -> None:
    assert pdf(context(date="1 May")) == pdf(context(date="1 May"))
    assert pdf(context(date="1 May")) != pdf(context(date="2 May"))


HOSTILE = '#import "@preview/x:1.0.0" #read("/etc/passwd") *b* _i_ $x$ [a] \\ // c /* d */ <l> @r `r` = H'


def test_R22_a_customer_named_like_typst_is_harmless() -> None:
    given = context()
    given["customer"]["name"] = HOSTILE
    shown = pdf_text(pdf(given, body="{{ customer.name }}")).replace("\n", " ")
    assert shown.count("#import") == 3  # the address, the salutation, the body
    assert '#read("/etc/passwd")' in shown
    assert "root:" not in shown


def test_a_long_letter_has_numbered_pages() -> None:
    pages = pypdf.PdfReader(io.BytesIO(pdf(context(), body="Many words in a line.\n\n" * 90))).pages
    assert len(pages) > 2
    assert pages[1].extract_text().rstrip().splitlines()[-1].replace(" ", "") == f"2/{len(pages)}"


@pytest.mark.parametrize("name", ["Żółć Ångström", "Ελένη", "Дмитрий", "Ann “A” \u2013 5 €"])
def test_names_of_europe_are_on_the_page(name: str) -> None:
    given = context()
    given["customer"]["name"] = name
    assert name in pdf_text(pdf(given))


def test_a_character_without_a_sign_is_refused_not_lost() -> None:
    given = context()
    given["customer"]["name"] = "漢字"
    with pytest.raises(ContentError, match=r"no sign for '字', '漢'.*font_folder"):
        pdf(given)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"customer": {"name": "Ann"}}, "needs the customer's postal address"),
        ({"customer": {"name": "Ann", "address": list("abcdef")}}, "6 lines, not 7"),
        ({"customer": "Ann"}, "must be a mapping"),
        ({"letter": {"paper": "a5"}}, "use a4 or us-letter"),
        ({"letter": {"colour": "red"}}, "colour"),
    ],
)
def test_what_cannot_be_set_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ContentError, match=words):
        pdf({**context(), **change})


def message(key: str = "key", to: str = "1 Main Street") -> Message:
    return Message(key, "letter", to, "Corner Shop", CHANNEL.render(Content(VARIANT, context())))


def test_the_same_key_overwrites_its_own_file(tmp_path: Path) -> None:
    with CHANNEL.transport({"folder": tmp_path / "spool"}) as transport:
        first = transport.send(message())
        (path,) = (tmp_path / "spool").iterdir()
        before = path.read_bytes()
        assert transport.send(message()) == first
        assert [each.read_bytes() for each in (tmp_path / "spool").iterdir()] == [before]
        assert (first.state, first.reference) == ("handed over", path.name)
        assert transport.send(message("another")).reference != first.reference


def test_a_crash_leaves_no_half_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with CHANNEL.transport({"folder": tmp_path}) as transport:
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(TransportError, match="No space") as caught:
            transport.send(message())
    assert not caught.value.permanent
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_message_without_pdf_or_address_is_refused_for_good(tmp_path: Path) -> None:
    bare = message()
    bare = replace(bare, rendered=replace(bare.rendered, attachments=()))
    with CHANNEL.transport({"folder": tmp_path}) as transport:
        for wrong in (bare, message(to="")):
            with pytest.raises(TransportError) as caught:
                transport.send(wrong)
            assert caught.value.permanent
