"""A wallet of balances beside what is held here: the fees that were paid in the window are another thing."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sterna.engine import steps
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import Terms, potential, worth
from tests.engine.value.shop import BEFORE, CUT, OPENING, bought, stock

D = Decimal
MILLION = D(1_000_000)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("balances")) as opened:
        yield opened


def held(client: str, own: Decimal | None, *ends: Decimal | None) -> dict[str, Any]:
    """What a client holds here, and low, middle and high of all that was said; without ends nobody said a word."""
    row = {"customer_id": client, "own": own, "in_balances": True}
    low, mid, high = ends or (None, None, None)
    said = {"source": "adviser", "confidence": 0.8, "observed_on": date(2024, 5, 1)} if ends else {}
    return row | said | {"low": low, "mid": mid, "high": high}


def fee(client: str) -> dict[str, Any]:
    return bought(client, "2024-03-01", "9000.00")


def wallets(lake: Lake, *facts: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    stock(lake, [fee(row["customer_id"]) for row in facts], wallet_facts=facts, **more)
    steps.run(lake, "value/category_spend", opening=OPENING, cut=CUT)
    potential.estimate(lake, CUT)
    return {row["customer_id"]: row for row in lake.fetch(TABLES["wallets"]).to_pylist()}


def test_R6_one_million_held_here_of_one_and_of_twenty_whatever_was_paid(lake):
    found = wallets(lake, held("whole", MILLION, *[MILLION] * 3), held("part", MILLION, *[20 * MILLION] * 3))
    whole, part = found["whole"], found["part"]
    assert (whole["own"], whole["share"], whole["headroom"]) == (MILLION, 1.0, 0)
    assert (part["own"], part["share"], part["headroom"]) == (MILLION, 0.05, 19 * MILLION)
    assert part["in_balances"] and part["reason"] is None


def test_R6_of_whom_nobody_said_a_word_the_wallet_is_unknown_and_peers_do_not_tell(lake):
    silent = wallets(lake, *(held(f"c{number:02}", MILLION) for number in range(30)))["c07"]
    assert silent["own"] == MILLION
    assert {silent[name] for name in ("low", "mid", "high", "share", "headroom", "source")} == {None}
    assert silent["reason"] == "nobody said what is held elsewhere"


def test_a_wallet_without_a_known_balance_here_has_no_share_and_is_not_put_beside_fees(lake):
    found = wallets(lake, held("new", None, *[5 * MILLION] * 3))["new"]
    assert (found["own"], found["mid"]) == (None, 5 * MILLION)
    assert (found["share"], found["headroom"]) == (None, None)
    assert found["reason"] == "what of it is held here is not known, so there is no share"


def test_a_wallet_said_to_be_less_than_the_balance_is_raised_to_it(lake):
    found = wallets(lake, held("modest", 3 * MILLION, *[2 * MILLION] * 3))["modest"]
    assert (found["mid"], found["headroom"], found["share"]) == (3 * MILLION, 0, 1.0)
    assert found["reason"] == "said to be less than what is held here; raised to that"


def test_an_open_band_leaves_the_middle_unknown_and_the_least_headroom_known(lake):
    found = wallets(lake, held("open", 4 * MILLION, 25 * MILLION, None, None))["open"]
    assert (found["headroom_low"], found["headroom"], found["share_high"]) == (21 * MILLION, None, 0.16)
    assert found["reason"] == "open at the top, so only the low end is known"


def test_R6_a_family_adds_its_balances_up(lake):
    homes = {"ann": "family", "bob": "family"}
    wallets(
        lake,
        held("ann", MILLION, *[4 * MILLION] * 3),
        held("bob", 2 * MILLION, *[2 * MILLION] * 3),
        households=homes,
    )
    [home] = [row for row in lake.fetch(TABLES["household_wallets"]).to_pylist() if row["unit"] == "family"]
    assert (home["own"], home["mid"], home["headroom"], home["share"]) == (
        *(3 * MILLION, 6 * MILLION, 3 * MILLION),
        0.5,
    )


def test_R79_what_a_client_could_be_is_the_balance_and_the_headroom_and_not_fees_and_headroom(lake):
    facts = [held("part", MILLION, *[20 * MILLION] * 3), held("silent", MILLION)]
    lines = [fee("part"), fee("silent"), bought("shopper", "2024-03-01", "10.00")]
    stock(lake, lines, wallet_facts=facts)
    worth(lake, Terms(CUT, OPENING, BEFORE, "USD"))
    found = {row["customer_id"]: row for row in lake.fetch(TABLES["values"]).to_pylist()}
    part, silent, shopper = found["part"], found["silent"], found["shopper"]
    assert (part["spend"], part["potential"]) == (D("9000.00"), 20 * MILLION)
    assert (part["headroom"], part["headroom_source"]) == (19 * MILLION, "adviser")
    # Rooms beside others' fees are no headroom of a balance: unknown, with the reason of the wallet.
    assert (silent["headroom"], silent["potential"], silent["headroom_source"]) == (None, None, None)
    assert silent["headroom_reason"] == "nobody said what is held elsewhere"
    # Beside them whoever just buys is measured as ever.
    assert shopper["headroom"] is not None and shopper["potential"] == shopper["spend"] + shopper["headroom"]
