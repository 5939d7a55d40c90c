"""Reasons in words: no code and no id stands on a page where a person reads why."""

import re
from pathlib import Path

import pytest
from django.urls import reverse

from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.dashboards.queries.titles import reason_title, with_title
from sterna.desk.web.components import Number, Table
from sterna.engine import decisions

pytestmark = pytest.mark.django_db
TITLES = {"basket": "The Friday basket", "letter": "A letter by hand", "a.b(c": "Odd \\1 one", "and": "Both"}

# What the engine's decisions say of an asset, one of each kind of sentence.
SENTENCES = [
    ("In bronze, 4.00 USD short of silver. What they told us fits {}. By email for 1.10 USD.", 1),
    (
        "Much room, most of it in basket. {} is for the category they have most room in. By letter for 1.00 USD.",
        1,
    ),
    ("Much room. {} suits everybody who stands there. By email for 1.10 USD.", 1),
    ("Drawn into the hold-out, so that what {} by letter does to others can be told from chance.", 1),
    (
        "Rank 9; the budget of 5.00 USD reached as far as rank 2 (5.00 USD spent), and {} by letter costs 1.90 USD.",
        1,
    ),
    ("Rank 9; the 3 places for {} by letter went to higher ranks, and no other way was open.", 1),
    ("{} wants shopping.category PRODUCE, and their top category is basket, their room in letter.", 1),
    ("Headroom of 1.00 USD is under the 5.00 USD that {} asks for.", 1),
    ("Got {} on 2017-06-01, 29 days ago; it rests 30 days.", 1),
    ("{} is offered in these stages of letter: newcomer, basket; they stand in basket.", 1),
    ("{} is offered from 2017-07-02 on.", 1),
    ("{} was offered until 2017-06-30.", 1),
    ("{} waits for what is not there yet: letter, basket.", 1),
    ("Nothing leaves by letter until 2017-07-02 (basket).", 0),
    ("Said no to marketing by letter.", 0),
    ("Had 2 contacts in 60 days, and the cap is 2.", 0),
    (
        "Had 2 contacts that promote in 30 days, and in basket customers of value letter and potential basket get at "
        "most 2.",
        0,
    ),
    ("The goal basket has no asset with a way to reach anybody.", 0),
]


@pytest.mark.parametrize("asset", TITLES)
@pytest.mark.parametrize(("sentence", "named"), SENTENCES)
def test_a_sentence_calls_the_asset_by_its_title_and_touches_no_other_word(sentence, named, asset):
    said = with_title(sentence.format(asset), asset, TITLES)
    assert said == sentence.format(f"“{TITLES[asset]}”")
    assert said.count(TITLES[asset]) == named


def test_an_asset_that_no_plan_titles_keeps_its_id():
    sentence = "Got ghost on 2017-06-01, 29 days ago; it rests 30 days."
    assert with_title(sentence, "ghost", TITLES) == sentence
    assert with_title("No plan is live, so nobody is contacted.", "", TITLES).startswith("No plan")


def test_every_reason_that_the_engine_gives_has_words(world):
    step = Path(decisions.__file__).with_name("options.sql").read_text()
    barriers = [part for part in re.split(r"\bcase\b", step) if re.search(r"end as barrier", part)]
    codes = set(re.findall(r"(?:then|else) '([a-z]+)'\n", "".join(barriers))) | {
        "budget",
        "capacity",
        "held out",
    }
    codes |= set(LeftOut.objects.values_list("reason_code", flat=True)) | {
        "no plan",
        "plan closed",
        "plan has errors",
        "plan not open",
    }
    assert {"consent", "address", "rest", "cap", "place"} <= codes
    assert not {code for code in codes if reason_title(code) == code}
    assert reason_title("a new code") == "a new code"


def cells(answer, caption):
    """The cells of a page's table, by the label of the column."""
    for section in answer.context["page"].sections:
        for item in section.items:
            if isinstance(item, Table) and item.caption == caption:
                return [
                    dict(zip([c.label for c in item.columns], row.cells, strict=True)) for row in item.rows
                ]
    raise AssertionError(caption)


def bare(text: str) -> str:
    """The text without the title of the asset."""
    return text.replace("The Friday basket", "")


@pytest.mark.parametrize("run", ["first", "second"])
def test_left_out_names_no_code_and_no_id(world, analyst, run):
    answer = analyst.get(reverse("left_out"), {"as_of": getattr(world, run).until, "format": ""})
    rows = cells(answer, "Left out")
    codes = set(LeftOut.objects.values_list("reason_code", flat=True))
    assert rows and not any(row["Reason"] in codes or "basket" in bare(row["In words"]) for row in rows)
    assert any("“The Friday basket”" in row["In words"] for row in rows) or run == "second"
    chosen = analyst.get(reverse("left_out"), {"reason": "consent"}).content.decode()
    assert "because <strong>No consent</strong>" in chosen


def test_the_outbox_the_contact_and_the_customer_name_the_asset_alike(world, analyst):
    contact = Contact.objects.filter(reason__contains=" basket").order_by("pk")[0]
    pages = [
        reverse("contacts"),
        reverse("contact", args=[contact.pk]),
        reverse("customer", args=[contact.customer_id]),
    ]
    for page in pages:
        text = analyst.get(page, {"as_of": world.first.until}).content.decode()
        assert "“The Friday basket”" in text, page
        assert not re.search(r"(fits|\.|what) basket\b", text), page


def test_the_file_of_the_left_out_reads_as_the_page(world, analyst):
    content = analyst.get(reverse("left_out"), {"format": "csv"}).content.decode()
    assert "Held out by chance" in content and ",held out," not in content and ",place," not in content


def test_home_and_its_matrix_count_by_the_table_that_they_name(world, analyst):
    answer = analyst.get(reverse("home"))
    shown = {
        item.label: item
        for section in answer.context["page"].sections
        for item in section.items
        if isinstance(item, Number)
    }
    for label in ("Customers", "Spend in the period", "Moved up", "Lapsed"):
        source = shown[label].provenance
        assert source.sql and "opening" in source.sql and source.definition == "value", label
    assert shown["Customers"].provenance.sql == shown["Moved up"].provenance.sql
