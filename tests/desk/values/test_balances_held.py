"""What a client holds here, by the facts of the class that the taxonomy marks, beside a wallet of balances."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sterna.desk.customers import shipped
from sterna.desk.customers.actions import publish_taxonomy
from sterna.desk.runs.actions import wallets
from sterna.engine.taxonomy import check, load
from tests.desk.customers.people import whose
from tests.desk.values.test_wallet_facts import TAXONOMY, frozen, told, written

pytestmark = pytest.mark.django_db
HELD = "  - {id: here, title: Held with us, parent: wallet, holds: number, held: true}\n"
KEPT = TAXONOMY + HELD


@pytest.fixture(autouse=True)
def bank() -> None:
    publish_taxonomy(KEPT, "for the test", None)


def test_R6_a_wallet_that_is_a_balance_has_what_is_held_here_beside_it(tmp_path):
    told("wallet.held", "1", "20000000")
    told("here", "1", "1000000.005")
    [row] = frozen(tmp_path)
    assert (row["mid"], row["own"], row["in_balances"]) == (Decimal(20_000_000), Decimal("1000000.01"), True)


def test_a_wallet_of_what_is_spent_in_a_year_has_no_balance_beside_it(tmp_path):
    told("wallet.year", "1", "20000")
    told("here", "1", "1000000")
    [row] = frozen(tmp_path)
    assert (row["mid"], row["own"], row["in_balances"]) == (Decimal(10_000), None, False)


def test_R6_who_said_nothing_of_a_wallet_is_frozen_with_the_balance_alone(tmp_path):
    told("here", "1", "0")
    [row] = frozen(tmp_path)
    assert row["customer_id"] == str(whose("till/card:1").pk)
    assert (row["own"], row["in_balances"]) == (Decimal(0), True)
    assert {row[name] for name in ("source", "low", "mid", "high", "observed_on", "confidence")} == {None}


def test_a_balance_that_nobody_knows_is_unknown_and_still_no_fees(tmp_path):
    told("wallet.held", "1", "7000")
    [row] = frozen(tmp_path)
    assert (row["own"], row["in_balances"]) == (None, True)


@pytest.mark.parametrize(
    ("days", "balance"),
    [
        ({date(2017, 3, 31): "100", date(2017, 5, 31): "300"}, 300),
        ({date(2017, 3, 31): "100", date(2017, 7, 1): "9"}, 100),
    ],
)
def test_the_balance_is_that_of_the_newest_day_before_the_cut(tmp_path, days: dict[date, str], balance: int):
    for day, amount in days.items():
        told("here", "1", amount, day)
    [row] = frozen(tmp_path)
    assert row["own"] == balance


@pytest.mark.parametrize(
    "more", [{"value": "plenty"}, {"value": "-5"}, {"value": "7", "expires_on": date(2017, 6, 30)}]
)
def test_a_balance_that_is_no_amount_or_stale_is_none(tmp_path, more: dict[str, Any]):
    value = more.pop("value")
    written("1", "here", value, **more)
    assert frozen(tmp_path) == []


def test_without_a_class_of_what_is_held_a_wallet_of_a_balance_stands_beside_what_is_paid(tmp_path):
    publish_taxonomy(TAXONOMY.replace("version: 1", "version: 2"), "for the test", None)
    told("wallet.held", "1", "7000")
    [row] = frozen(tmp_path)
    assert (row["own"], row["in_balances"]) == (None, False)


@pytest.mark.parametrize(("holds", "fits"), [("number", True), ("text", False), ("flag", False)])
def test_only_a_class_that_holds_numbers_can_be_what_is_held(holds: str, fits: bool):
    found = check(
        load(KEPT.replace("parent: wallet, holds: number, held", f"parent: wallet, holds: {holds}, held"))
    )
    assert [one.code for one in found] == ([] if fits else ["class-held"])
    assert fits or "here is what is held here and holds" in found[0].message


def test_the_shipped_banking_taxonomy_knows_what_is_held_with_the_bank():
    gone = [one.id for one in load(KEPT).taxonomy.classes]
    publish_taxonomy(shipped.text("private-banking.yaml"), "for the test", None, gone)
    assert wallets.balances() == {"balances": ["wealth.total"], "held": ["wealth.here"]}
