"""What somebody said of a wallet, for the turn's window; through a whole turn, 1 of 1 and 1 of 20 million."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.customers import queries, shipped
from sterna.desk.customers.actions import identify, keep_facts, merge, publish_taxonomy, undo
from sterna.desk.customers.models import Fact, SourceRecord
from sterna.desk.lakehouse.actions import Part, add_parts
from sterna.desk.runs import actions
from sterna.desk.runs.actions import wallets
from sterna.desk.runs.actions.freezing import freeze
from sterna.desk.sources.signals import FactsSaid
from sterna.desk.values.models import Worth
from sterna.engine.lake import arrow
from sterna.engine.tables import TABLES
from sterna.engine.taxonomy import check, load
from tests.desk.customers.people import NOON, whose
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
CUT = date(2017, 7, 1)
TAXONOMY = """
taxonomy: bank
version: 1
title: Bank
owner: Bo
higher: [wallet, word]
confidence: {stated: 0.9}
classes:
  - {id: wallet, title: Wallet, purposes: [sales], freshness_days: 365}
  - {id: wallet.held, title: Held with anyone, parent: wallet, holds: number, wallet: balance,
     questions: {meeting: "How much is there in all?"}}
  - {id: wallet.year, title: Spends a year, parent: wallet, holds: number, wallet: year}
  - {id: wallet.week, title: Spends a week, parent: wallet, holds: number, wallet: week}
  - id: wallet.band
    title: Spends a quarter
    parent: wallet
    holds: money band
    wallet: quarter
    bands: [{name: little, from: 0}, {name: some, from: 100}, {name: much, from: 1000.50}]
  - {id: word, title: A word, holds: text, purposes: [service]}
"""


def told(fact_class: str, who: str, value: str, on: date = date(2017, 6, 1), source: str = "till") -> None:
    """A source says of a card what its wallet holds."""
    identify(source, "card", [who], NOON)
    keep_facts(FactsSaid(source, "card", fact_class, [(who, value, on, "sales")], NOON))


def bank() -> None:
    publish_taxonomy(TAXONOMY, "for the test", None)


def frozen(folder: Path, cut: date = CUT, months: int = 6) -> list[dict[str, Any]]:
    """The frozen wallets of the window of so many months before the cut."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = pq.read_table(freeze(folder, cut, months)["wallet_facts"][0]).to_pylist()
    return rows


def ends(folder: Path, cut: date = CUT, months: int = 6) -> tuple[Decimal | None, ...]:
    """Low, middle and high of the only wallet."""
    [row] = frozen(folder, cut, months)
    return row["low"], row["mid"], row["high"]


def same(amount: str) -> tuple[Decimal, Decimal, Decimal]:
    return (Decimal(amount),) * 3


@pytest.mark.parametrize(
    ("fact_class", "said", "months", "window"),
    [
        # A yearly budget beside half a year is halved; a balance is what it is.
        ("wallet.year", "20000", 6, same("10000.00")),
        ("wallet.year", "20000", 12, same("20000.00")),
        ("wallet.year", "100", 1, same("8.33")),
        ("wallet.year", "20000", 24, same("40000.00")),
        ("wallet.held", "20000000", 6, same("20000000.00")),
        ("wallet.held", "0", 6, same("0.00")),
        # From January to June are 181 days: 100 * 181 / 7 = 2585.714...
        ("wallet.week", "100", 6, same("2585.71")),
        # Two quarters; the middle of 100 to 1000.50 is 550.25.
        ("wallet.band", "some", 6, (Decimal("200.00"), Decimal("1100.50"), Decimal("2001.00"))),
        ("wallet.band", "little", 3, (Decimal("0.00"), Decimal("50.00"), Decimal("100.00"))),
        # Open at the top: nobody knows the middle.
        ("wallet.band", "much", 6, (Decimal("2001.00"), None, None)),
        # An amount that falls into a band is kept as the band.
        ("wallet.band", "150", 6, (Decimal("200.00"), Decimal("1100.50"), Decimal("2001.00"))),
    ],
)
def test_R6_a_wallet_is_that_of_the_turns_window(tmp_path, fact_class, said, months, window):
    bank()
    told(fact_class, "1", said)
    assert ends(tmp_path, months=months) == window


def test_R6_a_wallet_has_its_source_its_day_and_how_sure_it_is(tmp_path):
    bank()
    told("wallet.held", "1", "500", date(2017, 5, 31))
    [row] = frozen(tmp_path)
    assert row["customer_id"] == str(whose("till/card:1").pk)
    assert (row["source"], row["observed_on"], row["confidence"]) == ("till", date(2017, 5, 31), 1.0)


def test_nothing_said_freezes_nothing_and_other_facts_are_no_wallet(tmp_path):
    bank()
    assert frozen(tmp_path / "empty") == []
    identify("till", "card", ["1"], NOON)
    keep_facts(FactsSaid("till", "card", "word", [("1", "500", date(2017, 6, 1), "service")], NOON))
    assert Fact.objects.count() == 1 and frozen(tmp_path / "other") == []


def test_R6_of_several_words_the_surest_counts_then_the_newest(tmp_path):
    bank()
    told("wallet.year", "1", "1000", date(2017, 1, 10))
    told("wallet.held", "1", "7000", date(2017, 6, 10))
    # Both as sure when said, but half a year wears the older one down.
    assert ends(tmp_path / "newest") == same("7000.00")
    written("1", "wallet.week", "100", confidence=0.2, observed_on=date(2017, 6, 29))
    assert ends(tmp_path / "surest") == same("7000.00")
    written("1", "wallet.week", "200", confidence=1.0, observed_on=date(2017, 6, 30))
    # 200 * 181 / 7 = 5171.428...
    assert ends(tmp_path / "newer") == same("5171.43")


def written(card: str, fact_class: str, value: str, **more: Any) -> Fact:
    """A fact as it would stand after a taxonomy that let it in: no door of today's."""
    identify("till", "card", [card], NOON)
    given = {
        "observed_on": date(2017, 6, 1),
        "recorded_at": NOON,
        "purpose": "sales",
        "source": "old",
        **more,
    }
    record = SourceRecord.objects.get(key=f"till/card:{card}")
    return Fact.objects.create(source_record=record, fact_class=fact_class, value=value, **given)


@pytest.mark.parametrize(
    ("change", "cut"),
    [
        ({"retracted_at": NOON}, CUT),
        ({"expires_on": date(2017, 6, 30)}, CUT),
        ({}, date(2017, 6, 1)),
    ],
)
def test_R6_what_is_taken_back_stale_or_not_said_yet_is_unknown(tmp_path, change, cut):
    bank()
    written("1", "wallet.held", "7000", **change)
    assert frozen(tmp_path, cut) == []


def test_a_wallet_holds_to_the_day_it_expires(tmp_path):
    bank()
    written("1", "wallet.held", "7000", expires_on=CUT)
    assert ends(tmp_path) == same("7000.00")


def test_R20_of_two_who_are_one_there_is_one_wallet_and_two_after_a_split(tmp_path):
    bank()
    told("wallet.held", "1", "7000", date(2017, 6, 1))
    told("wallet.held", "2", "9000", date(2017, 6, 20))
    before = frozen(tmp_path / "before")
    decision = merge(whose("till/card:1"), whose("till/card:2"), "one voice", None)
    [row] = frozen(tmp_path / "joined")
    assert (row["customer_id"], row["mid"]) == (str(whose("till/card:1").pk), Decimal("9000.00"))
    undo(decision, "two voices", None)
    assert frozen(tmp_path / "after") == before and len(before) == 2


def test_R6_what_is_neither_an_amount_nor_a_band_is_left_out_and_counted(tmp_path):
    bank()
    for card, value in (("1", "7000"), ("2", "plenty"), ("3", "-5"), ("4", "9" * 14), ("5", "1e3")):
        written(card, "wallet.held", value)
    # Who was also heard to say an amount is known by that.
    written("2", "wallet.year", "100", observed_on=date(2017, 1, 1))
    assert [row["mid"] for row in frozen(tmp_path)] == [Decimal("7000.00"), Decimal("50.00")]
    assert wallets.left_out(CUT) == {"wallet.held: neither an amount nor a band": 4}
    assert wallets.left_out(date(2017, 6, 1)) == {}


def test_the_largest_wallet_is_still_an_amount_when_it_is_that_of_years(tmp_path):
    bank()
    told("wallet.week", "1", "9999999999999")
    # July 2012 to June 2017 are 1,826 days: 9999999999999 * 1826 / 7.
    assert ends(tmp_path, months=60) == same("2608571428571167.71")


@pytest.mark.parametrize(("holds", "fits"), [("number", True), ("text", False), ("flag", False)])
def test_only_a_class_that_holds_amounts_can_be_a_wallet(holds: str, fits: bool):
    text = TAXONOMY.replace("holds: number, wallet: year", f"holds: {holds}, wallet: year")
    found = check(load(text))
    assert [one.code for one in found] == ([] if fits else ["class-wallet"])
    assert fits or "wallet.year is a wallet and holds" in found[0].message


def bought(amounts: dict[str, str], on: date = date(2017, 6, 15)) -> None:
    """Each card bought once, for so much."""
    identify("till", "card", sorted(amounts), NOON)
    at = datetime(on.year, on.month, on.day, 15, tzinfo=UTC).replace(tzinfo=None)
    lines = [
        {
            "event_id": f"e{who}", "line_id": "1", "source_record": f"till/card:{who}", "occurred_at": at,
            "occurred_on": on, "recorded_at": at, "product_id": "p", "quantity": Decimal(1), "amount": Decimal(paid),
            "discount": Decimal(0), "currency": "USD",
        }
        for who, paid in amounts.items()
    ]  # fmt: skip
    made = pa.Table.from_pylist(lines, schema=arrow.schema(TABLES["lines"]))
    add_parts([Part("lines", f"test:{on}", len(lines), on, on, lambda path: arrow.write(made, Path(path)))])


def worth(card: str) -> Worth:
    return Worth.objects.get(customer=whose(f"till/card:{card}"))


@pytest.mark.django_db(transaction=True)
def test_R6_R79_one_of_one_million_and_one_of_twenty_through_the_whole_turn():
    bank()
    shop.tiers()
    bought({"one": "1000000.00", "twenty": "1000000.00", "nobody": "1000000.00", "above": "30.00"})
    told("wallet.held", "one", "1000000", date(2017, 6, 20))
    told("wallet.held", "twenty", "20000000", date(2017, 6, 20))
    told("wallet.held", "above", "20", date(2017, 6, 20))
    run = actions.run(shop.FIRST).run
    one, twenty, nobody, above = (worth(card) for card in ("one", "twenty", "nobody", "above"))
    assert (one.share_of_wallet, one.headroom) == (1.0, Decimal("0.00"))
    assert (twenty.share_of_wallet, twenty.headroom) == (0.05, Decimal("19000000.00"))
    assert (twenty.wallet_source, twenty.wallet_on) == ("till", date(2017, 6, 20))
    # Nobody said a word and peers cannot tell: unknown, never zero, and the reason says why.
    assert (nobody.wallet, nobody.share_of_wallet, nobody.headroom) == (None, None, None)
    assert nobody.wallet_reason and nobody.headroom_reason and nobody.spend == Decimal("1000000.00")
    # A wallet is never smaller than what came out of it.
    assert (above.wallet, above.headroom) == (Decimal("30.00"), 0) and "raised" in (above.wallet_reason or "")
    asked = {
        card: [one.fact_class for one in queries.next_questions(whose(f"till/card:{card}"), shop.FIRST)]
        for card in ("twenty", "nobody")
    }
    assert asked == {"twenty": [], "nobody": ["wallet.held"]}
    [question] = queries.next_questions(whose("till/card:nobody"), shop.FIRST)
    assert question.uses[0].sentence == "measure wallet of Bo" and question.worth is None
    assert "wallets left out" not in Entry.objects.get(action="start run", subject=str(run.pk)).detail


@pytest.mark.django_db(transaction=True)
def test_R6_a_turn_says_how_many_words_of_a_wallet_were_no_help_and_another_word_is_another_brief():
    bank()
    shop.tiers()
    bought({"one": "10.00", "two": "20.00"})
    told("wallet.held", "one", "50")
    written("two", "wallet.held", "plenty")
    first = actions.run(shop.FIRST).run
    detail = Entry.objects.get(action="start run", subject=str(first.pk)).detail
    assert detail["wallets left out"] == {"wallet.held: neither an amount nor a band": 1}
    assert worth("two").wallet is None and worth("one").headroom == Decimal("40.00")
    assert "nothing changed" in actions.run(shop.FIRST).sentence
    told("wallet.held", "one", "80", date(2017, 6, 2))
    second = actions.run(shop.FIRST).run
    assert second.brief_sha256 != first.brief_sha256
    assert Worth.objects.get(run_id=second.pk, customer=whose("till/card:one")).headroom == Decimal("70.00")


def test_the_shipped_retail_taxonomy_has_a_budget_of_a_month():
    [budget] = wallets.holders(CUT, 6)
    assert budget == {"fact_class": "shopping.budget", "times": 6, "by": 1, "bands": []}


def test_the_shipped_banking_taxonomy_has_wealth_as_a_balance_in_bands():
    publish_taxonomy(shipped.text("private-banking.yaml"), "for the test", None)
    [wealth] = wallets.holders(CUT, 6)
    assert (wealth["fact_class"], wealth["times"], wealth["by"]) == ("wealth.total", 1, 1)
    assert wealth["bands"][0] == {"name": "under 1m", "low": "0", "high": "1000000"}
    assert wealth["bands"][-1] == {"name": "25m and more", "low": "25000000", "high": None}
