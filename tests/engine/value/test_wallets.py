"""Wallets by hand: facts first, peers where they tell, unknown with a reason, and households that count the unknown."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import potential
from tests.engine.lake.small_tables import fill, rows
from tests.engine.value.shop import CUT, OPENING, bought, stock

D = Decimal
MILLION = D(1_000_000)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("wallets")) as opened:
        yield opened


def said(customer: str, low: Any, mid: Any, high: Any, day: date = date(2024, 5, 1)) -> dict[str, Any]:
    row = {"customer_id": customer, "source": "adviser", "confidence": 0.8, "observed_on": day}
    return row | {"low": low, "mid": mid, "high": high}


def wallets(lake: Lake) -> dict[str, dict[str, Any]]:
    steps.run(lake, "value/category_spend", opening=OPENING, cut=CUT)
    potential.estimate(lake, CUT)
    return {row["customer_id"]: row for row in lake.fetch(TABLES["wallets"]).to_pylist()}


def test_R6_one_million_of_one_and_of_twenty_million(lake):
    lines = [bought(name, "2024-03-01", "1000000.00") for name in ("all", "twentieth", "nobody knows")]
    facts = [said("all", *[MILLION] * 3), said("twentieth", *[20 * MILLION] * 3)]
    stock(lake, lines, wallet_facts=facts)
    found = wallets(lake)
    whole, part, unknown = found["all"], found["twentieth"], found["nobody knows"]
    assert (whole["share"], whole["headroom"]) == (1.0, D("0.00"))
    assert (part["share"], part["headroom"]) == (0.05, 19 * MILLION)
    assert (part["source"], part["confidence"], part["as_of"]) == ("adviser", 0.8, date(2024, 5, 1))
    # The own spend of the third is known, and nothing else of the wallet.
    assert unknown["own"] == MILLION
    assert {unknown[name] for name in ("low", "mid", "high", "share", "headroom", "source", "as_of")} == {
        None
    }
    assert unknown["reason"].startswith("not identifiable: ")
    assert potential.to_ask(lake.fetch(TABLES["wallets"])) == ["nobody knows"]


def test_R2_the_wallet_moves_apart_from_what_is_spent(lake):
    lines = [bought("ann", "2024-03-01", "100.00"), bought("bob", "2024-03-01", "100.00")]
    stock(
        lake, lines, wallet_facts=[said("ann", D(150), D(200), D(250)), said("bob", D(400), D(500), D(600))]
    )
    before = wallets(lake)
    assert before["ann"]["own"] == before["bob"]["own"]
    assert before["ann"]["headroom"] < before["bob"]["headroom"]
    stock(
        lake, lines, wallet_facts=[said("ann", D(900), D(950), D(990)), said("bob", D(400), D(500), D(600))]
    )
    after = wallets(lake)
    assert after["ann"]["own"] == before["ann"]["own"]
    assert after["ann"]["headroom"] == D("850.00") > after["bob"]["headroom"]


def test_R6_the_ends_of_the_wallet_are_the_other_ends_of_the_share(lake):
    stock(lake, [bought("ann", "2024-03-01", "50.00")], wallet_facts=[said("ann", D(100), D(200), D(500))])
    ann = wallets(lake)["ann"]
    assert (ann["share_low"], ann["share"], ann["share_high"]) == (0.1, 0.25, 0.5)
    assert (ann["headroom_low"], ann["headroom"], ann["headroom_high"]) == (D(50), D(150), D(450))


def test_a_wallet_open_at_the_top_has_no_middle_and_no_highest_headroom(lake):
    stock(lake, [bought("ann", "2024-03-01", "50.00")], wallet_facts=[said("ann", D(100), None, None)])
    ann = wallets(lake)["ann"]
    assert (ann["low"], ann["headroom_low"], ann["share_high"]) == (D(100), D(50), 0.5)
    assert {ann[name] for name in ("mid", "high", "headroom", "headroom_high", "share", "share_low")} == {
        None
    }
    assert (ann["source"], ann["reason"]) == ("adviser", "open at the top, so only the low end is known")


def test_of_less_than_nothing_and_of_an_empty_wallet_there_is_no_share(lake):
    lines = [bought("ann", "2024-03-01", "-50.00"), bought("bob", "2024-03-01", "0.00")]
    stock(lake, lines, wallet_facts=[said("ann", *[D(100)] * 3), said("bob", *[D(0)] * 3)])
    found = wallets(lake)
    assert (found["ann"]["share"], found["ann"]["headroom"]) == (None, D(150))
    assert found["ann"]["reason"] == "more was paid back than bought, so there is no share"
    assert (found["bob"]["share"], found["bob"]["headroom"]) == (None, D(0))
    assert found["bob"]["reason"] == "nothing in it, so there is no share"


def test_nobodys_wallet_is_smaller_than_what_came_out_of_it(lake):
    stock(lake, [bought("ann", "2024-03-01", "50.00")], wallet_facts=[said("ann", D(10), D(20), D(30))])
    ann = wallets(lake)["ann"]
    assert (ann["mid"], ann["headroom"], ann["share"]) == (D(50), D(0), 1.0)
    assert ann["reason"] == "said to be less than what was bought; raised to that"


@pytest.mark.parametrize(("day", "known"), [(date(2024, 6, 30), True), (CUT, False)])
def test_a_fact_of_a_day_from_the_cut_on_is_not_known_yet(lake, day, known):
    stock(lake, [bought("ann", "2024-03-01", "5.00")], wallet_facts=[said("ann", D(9), D(9), D(9), day)])
    assert (wallets(lake)["ann"]["source"] == "adviser") is known


def test_whoever_bought_nothing_may_have_a_wallet_by_a_fact_and_is_unknown_without(lake):
    stock(lake, [], others=["ann", "bob"], wallet_facts=[said("ann", D(9), D(9), D(9))])
    found = wallets(lake)
    assert (found["ann"]["own"], found["ann"]["share"], found["ann"]["headroom"]) == (D(0), 0.0, D(9))
    assert found["bob"]["mid"] is None
    assert found["bob"]["reason"] == "nothing bought in the window, so nobody is alike"


def test_R6_a_household_adds_up_who_is_known_and_counts_who_is_not(lake):
    homes = {"ann": "h1", "bob": "h1", "cid": "h1", "dan": "h2", "eve": "h3", "fay": "h3"}
    lines = [bought(name, "2024-03-01", "100.00") for name in homes]
    facts = [
        said("ann", D(200), D(300), D(400)),
        said("bob", D(100), D(100), D(100)),
        said("eve", D(500), D(600), D(700)),
        said("fay", D(500), None, None),
    ]
    stock(lake, lines, households=homes, wallet_facts=facts)
    wallets(lake)
    one, two, three = lake.fetch(TABLES["household_wallets"]).to_pylist()
    assert (one["members"], one["unknown"], one["own"], one["own_known"]) == (3, 1, D(300), D(200))
    # 300 + 100 of ann and bob; the 100 of cid are in own and in nothing that is compared with the wallet.
    assert (one["low"], one["mid"], one["high"]) == (D(300), D(400), D(500))
    assert (one["share"], one["headroom"]) == (0.5, D(200))
    assert one["reason"] == "the wallets of some members are not known and not in the sums"
    assert (two["unknown"], two["mid"], two["reason"]) == (1, None, "the wallet of no member is known")
    # The wallet of fay is open at the top, so that of the household is.
    assert (three["low"], three["mid"], three["high"], three["unknown"]) == (D(1000), None, None, 0)


def test_facts_are_amounts_or_bands(lake):
    bands = {"1m to 5m": (MILLION, 5 * MILLION), "25m and more": (25 * MILLION, None)}
    row = {"customer_id": "ann", "fact_class": "wealth.total", "source": "note", "confidence": 0.5}
    row |= {"observed_on": date(2024, 1, 1)}
    values = ["2500000", "1m to 5m", "25m and more"]
    found = potential.facts([row | {"value": value} for value in values], "wealth.total", bands)
    ends = [tuple(one[name] for name in ("low", "mid", "high")) for one in found]
    amount = D("2500000.00")
    assert ends == [(amount,) * 3, (MILLION, 3 * MILLION, 5 * MILLION), (25 * MILLION, None, None)]
    assert potential.facts([row | {"fact_class": "pet", "value": "cat"}], "wealth.total") == []
    for odd in ("a lot", "-1", "NaN", "1e40", "1m to 5m "):
        with pytest.raises(BadInput, match=r"^the wallet of ann, .* is neither an amount nor a band$"):
            potential.facts([row | {"value": odd}], "wealth.total", bands)


def spends(
    lake: Lake, given: dict[tuple[str, str], Any], telling: str, partly: str | None = None
) -> dict[str, dict[str, Any]]:
    """The wallets of customers with the given spend by category, where `telling` is said to tell."""
    spent = [
        {"customer_id": who, "category": category, "lines": 1, "amount": D(amount)}
        for (who, category), amount in given.items()
    ]
    fill(lake, category_spend=rows("category_spend", *spent))
    names = sorted({row["customer_id"] for row in spent})
    lake.put(TABLES["customers"], rows("customers", *({"customer_id": name, "unit": name} for name in names)))
    quantiles = {"low": potential.LOW, "mid": potential.MID, "high": potential.HIGH}
    steps.run(lake, "value/category_wallets", **quantiles)
    steps.run(lake, "value/wallets", cut=CUT, telling=telling, untold="untold", partly=partly)
    return {row["customer_id"]: row for row in lake.fetch(TABLES["wallets"]).to_pylist()}


TEN = {(f"c{number}", "MEAT"): number for number in range(1, 11)} | {
    (f"c{number}", "WINE"): 5 for number in range(1, 11)
}


def test_R6_the_range_is_that_of_the_quantiles_of_peers(lake):
    # Ten customers are one group of peers: of 1 to 10 for MEAT 7 of 10 stay at 7, 8 at 8, 9 at 9; all have 5 of WINE.
    found = spends(lake, TEN, "\x1fMEAT\x1f\x1fWINE\x1f")
    one, eight, ten = found["c1"], found["c8"], found["c10"]
    assert (one["low"], one["mid"], one["high"]) == (D(7 + 5), D(8 + 5), D(9 + 5))
    assert (eight["low"], eight["mid"], eight["high"]) == (D(8 + 5), D(8 + 5), D(9 + 5))
    assert (ten["headroom_low"], ten["headroom"], ten["headroom_high"], ten["share"]) == (0, 0, 0, 1.0)
    assert (one["source"], one["as_of"], one["confidence"]) == ("peers", date(2024, 6, 30), None)


def test_only_categories_that_tell_make_headroom_and_none_makes_it_unknown(lake):
    given_ = TEN | {("c1", "MEAT AND WINE"): 1}
    meat = spends(lake, given_, "\x1fWINE\x1f")["c2"]
    assert (meat["own"], meat["mid"], meat["headroom"]) == (D(7), D(7), D(0))
    nothing = spends(lake, given_, "")["c2"]
    partly = spends(lake, given_, "\x1fWINE\x1f", "a least figure")["c2"]
    assert (partly["low"], partly["mid"], partly["high"]) == (D(7), D(7), None)
    assert (partly["headroom_high"], partly["share_low"], partly["reason"]) == (None, None, "a least figure")
    assert (nothing["mid"], nothing["source"], nothing["reason"]) == (None, None, "untold")


SPENDS = st.dictionaries(
    st.tuples(
        st.sampled_from([f"c{number}" for number in range(30)]), st.sampled_from(["MEAT", "WINE", "FUEL"])
    ),
    st.integers(-200, 9_000).map(lambda number: D(number) / 100),
    min_size=1,
    max_size=60,
)


@settings(max_examples=15, deadline=None)
@given(SPENDS, st.sampled_from([1, 7]))
def test_wallets_are_ordered_cover_what_is_spent_and_scale_with_the_currency(lake, given_, scale):
    telling = "\x1fMEAT\x1f\x1fWINE\x1f\x1fFUEL\x1f"
    found = spends(lake, given_, telling)
    for row in found.values():
        if row["mid"] is not None:
            assert row["own"] <= row["low"] <= row["mid"] <= row["high"]
            assert row["headroom"] == row["mid"] - row["own"] >= 0
        assert (row["share"] is None) == (row["reason"] is not None), "unknown without a reason"
    scaled = spends(lake, {key: amount * scale for key, amount in given_.items()}, telling)
    for name, row in found.items():
        for column in ("own", "low", "mid", "high"):
            assert scaled[name][column] == (None if row[column] is None else row[column] * scale)
