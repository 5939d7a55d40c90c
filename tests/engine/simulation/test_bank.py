"""The simulated private bank: sums agree, nobody owns less than nothing, seeds, tails, and what the bank can see."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.simulation import BankTruth, Book, book, clients, heard, write_bank
from sterna.engine.simulation.clients import BELONGINGS, DOOR, EXPONENT, INTERESTS, LEAST, MOST, PRODUCTS
from sterna.engine.taxonomy import Tree, load
from sterna.engine.taxonomy.values import canonical
from tests.engine.taxonomy.trees import EXAMPLES

FIRST = date(2024, 1, 1)
BEGINS = st.sampled_from([date(2023, 10, 1), FIRST, date(2024, 4, 1), date(2024, 7, 1)])


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return found


@pytest.fixture(scope="module")
def large() -> Book:
    """Enough clients for a distribution."""
    return book(clients(20_000, 3), FIRST)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small bank."""
    folder = tmp_path_factory.mktemp("bank")
    write_bank(folder, clients(300, 4), FIRST)
    return folder


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(0, 999), BEGINS, st.integers(1, 9))
def test_balances_follow_from_flows_to_the_cent_and_nobody_owns_less_than_nothing(number, seed, first, many):
    kept = book(clients(number, seed), first, many)
    assert kept.here.shape == kept.elsewhere.shape == (number, many + 1)
    assert kept.here.min() >= 0 and kept.elsewhere.min() >= 0 and kept.fees.min() >= 0
    for at, one in enumerate(kept.quarters):
        came, went = one.paid_in + one.moved_here, one.paid_out + one.moved_away
        assert (kept.here[:, at] + one.market_here + came - went == kept.here[:, at + 1]).all()
        moved = kept.elsewhere[:, at] + one.market_elsewhere - one.moved_here + one.moved_away
        assert (moved == kept.elsewhere[:, at + 1]).all()
        flows = (one.paid_in, one.paid_out, one.moved_here, one.moved_away, one.by_contact, one.talks)
        assert min(flow.min() for flow in flows) >= 0
        # What an invitation moved came from elsewhere, and from nobody who did not accept one.
        assert (one.by_contact <= one.moved_here).all() and not one.by_contact[~one.accepted].any()
        assert (one.invited[one.accepted] >= 0).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 80), st.integers(0, 999))
def test_the_wallet_is_never_less_than_what_is_held_here(number, seed):
    people = clients(number, seed)
    assert (people.wealth >= people.here).all() and people.here.min() > 0
    assert (people.here >= np.minimum(DOOR, people.wealth)).all()
    share = people.share_of_wallet()
    assert share.min() > 0 and share.max() <= 1
    # Whoever introduced somebody was there before and is of another family: nobody stands in a loop.
    came = people.introduced_by > 0
    by = people.introduced_by[came] - 1
    assert (by < np.flatnonzero(came)).all() and (people.family[by] < people.family[came]).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 80), st.integers(0, 999))
def test_a_family_stands_together_and_has_one_manager_and_at_most_four_clients(number, seed):
    people = clients(number, seed)
    assert (np.diff(people.family) >= 0).all() and set(np.diff(people.family)) <= {0, 1}
    assert np.bincount(people.family).max() <= 4
    for family in np.unique(people.family):
        members = people.family == family
        assert len(set(people.manager[members])) == 1
        assert people.born[members].min() == people.born[members][0]
    assert (people.since > people.born + 24 * 365).all()
    # Custody everybody; nobody has both the bank's advice and its mandate.
    custody, advice, mandate, _ = people.products.T
    assert custody.all() and not (advice & mandate).any()


@settings(max_examples=40, deadline=None)
@given(BEGINS, st.integers(1, 12))
def test_quarters_follow_each_other_without_a_gap(first, many):
    kept = book(clients(3, 1), first, many)
    assert kept.days[0] == first - timedelta(days=1) and len(kept.days) == many + 1
    for one, following in pairwise(kept.quarters):
        assert one.last + timedelta(days=1) == following.first
        assert 90 <= (one.last - one.first).days + 1 <= 92


def test_wealth_has_a_tail_by_the_law_that_is_named(large):
    """The exponent again, by Hill's estimator on single clients: families blur it, the tail does not."""
    people = large.people
    alone = np.bincount(people.family)[people.family] == 1
    wealth = people.wealth[alone]
    assert wealth.min() >= LEAST and wealth.max() <= MOST
    hill = 1 / np.mean(np.log(wealth / LEAST))
    assert abs(hill - EXPONENT) < 4 * EXPONENT / np.sqrt(wealth.size)


def test_the_bank_holds_about_half_and_some_clients_a_twentieth(large):
    share = large.people.share_of_wallet()
    whole = large.people.here.sum() / large.people.wealth.sum()
    assert 0.4 < whole < 0.7
    assert (share > 0.9).mean() > 0.25
    # "Some may have only $1 million of their $20-million portfolio invested."
    small = large.people.here < 2_000_000_00
    assert ((share < 0.1) & small).sum() > 20


def test_fees_are_about_a_hundredth_of_the_balances_and_less_of_large_ones(large):
    balances = (large.here[:, :-1] + large.here[:, 1:]) / 2
    yearly = large.fees.sum(axis=(1, 2)) / 2 / np.maximum(balances.mean(axis=1), 1)
    whole = large.fees.sum() / balances.sum() * 4
    assert 0.007 < whole < 0.012
    first = large.here[:, 0]
    assert yearly[first > 50_000_000_00].mean() < yearly[(first > 0) & (first < 5_000_000_00)].mean()
    # Whoever holds nothing pays nothing.
    idle = (balances == 0).all(axis=1)
    assert not large.fees[idle].any()


def test_a_fitting_invitation_is_accepted_far_more_often_and_moves_money(large):
    fits, accepted = [], []
    for one in large.quarters:
        asked = np.flatnonzero(one.invited >= 0)
        fits.append(large.people.likes[asked, one.invited[asked]])
        accepted.append(one.accepted[asked])
    liked, said = np.concatenate(fits), np.concatenate(accepted)
    assert abs(said[~liked].mean() - 0.05) < 0.01
    assert abs(said[liked].mean() - 4 / 7) < 0.03
    assert sum(one.by_contact.sum() for one in large.quarters) > 0


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path, written):
    for name, seed in (("same", 4), ("other", 5)):
        write_bank(tmp_path / name, clients(300, seed), FIRST)
    assert hashes(tmp_path / "same") == hashes(written)
    changed = hashes(tmp_path / "other")
    assert all(changed[name] != made for name, made in hashes(written).items() if name != "products.parquet")


def test_the_truth_is_that_of_the_files_and_agrees_with_itself(written):
    truth = msgspec.json.decode((written / "truth.json").read_bytes(), type=BankTruth)
    gained = truth.market + truth.paid_in + truth.moved_here
    assert truth.opened + gained - truth.paid_out - truth.moved_away == truth.closed
    assert truth.fees == sum(row["fee"] for row in rows(written, "fees"))
    balances = rows(written, "balances")
    ends = {day: sum(row["balance"] for row in balances if row["on"] == day) for day in (truth.last,)}
    assert ends == {truth.last: truth.closed}
    known = rows(written, "truth")
    assert sum(row["elsewhere"] for row in known if row["on"] == truth.last) == truth.elsewhere
    assert sum(row["by_contact"] for row in known) == truth.by_contact <= truth.moved_here
    seen = {(row["client_id"], row["on"]): row["balance"] for row in balances}
    assert all(seen.get((row["client_id"], row["on"]), Decimal(0)) == row["here"] for row in known)


def test_what_the_bank_can_see_does_not_tell_what_is_held_elsewhere(written):
    names = {path.stem for path in written.glob("*.parquet")} - {"truth"}
    columns = {column for name in names for column in pq.read_schema(written / f"{name}.parquet").names}
    assert not {"elsewhere", "wealth", "likes", "open", "by_contact", "market_here"} & columns
    # Somebody said what there is in all, and most did not.
    said = {row["client_id"] for row in rows(written, "heard") if row["wealth_total"] is not None}
    assert 0.2 < len(said) / 300 < 0.6


def test_what_is_heard_fits_the_taxonomy_and_is_mostly_true(large):
    tree = Tree(load((EXAMPLES / "private-banking.yaml").read_text(encoding="utf-8")))
    names = {name.replace(".", "_"): name for name in (*INTERESTS, *BELONGINGS)}
    people = large.people
    likes = {f"C{number:06}": row for number, row in zip(people.client, people.likes, strict=True)}
    right = wrong = 0
    for row in heard(large).to_pylist():
        for column, name in names.items():
            if row[column] is not None:
                assert canonical(tree.at(name), row[column]) == "yes"
            if row[column] is not None and name in INTERESTS:
                true = likes[row["client_id"]][INTERESTS.index(name)]
                right, wrong = right + int(true), wrong + int(not true)
        if row["wealth_total"] is not None:
            canonical(tree.at("wealth.total"), row["wealth_total"])
        assert FIRST <= row["said_on"] <= large.quarters[-1].last
    assert 0 < wrong < right / 3


def test_second_records_are_of_clients_with_another_identifier_and_sometimes_another_spelling(written):
    known = {row["phone"]: row for row in rows(written, "clients")}
    logins = rows(written, "logins")
    assert logins and len({row["login"] for row in logins}) == len(logins)
    assert len(known) == 300
    for row in logins:
        assert known[row["phone"]]["born"] == row["born"]
    names = [(known[row["phone"]]["name"], f"{row['given']} {row['family']}") for row in logins]
    assert any(one != other for one, other in names)


def test_events_have_their_own_number_a_day_of_the_book_and_an_answer_comes_after_the_question(written):
    found = rows(written, "events")
    assert len({row["event_id"] for row in found}) == len(found)
    assert {row["kind"] for row in found} == {
        *("invitation", "acceptance", "meeting", "deposit", "withdrawal"),
    }
    asked = {(row["client_id"], row["subject"]): row["on"] for row in found if row["kind"] == "invitation"}
    for row in found:
        assert FIRST <= row["on"] <= date(2025, 12, 31)
        assert (row["direction"] == "outbound") == (row["kind"] == "invitation")
        if row["kind"] == "acceptance":
            assert (row["client_id"], row["subject"]) in asked


def test_a_line_of_fees_is_of_a_product_that_the_list_has(written):
    listed = {row["product_id"] for row in rows(written, "products")}
    fees = rows(written, "fees")
    assert listed == set(PRODUCTS) >= {row["product_id"] for row in fees}
    assert len({(row["booking"], row["product_id"]) for row in fees}) == len(fees)
    assert all(row["fee"] > 0 for row in fees)


def test_what_cannot_be_simulated_is_refused():
    with pytest.raises(BadInput, match="a bank of 0 clients"):
        clients(0, 1)
    with pytest.raises(BadInput, match="0 quarters"):
        book(clients(1, 1), FIRST, 0)
    with pytest.raises(BadInput, match="not on 2024-02-01"):
        book(clients(1, 1), date(2024, 2, 1))
    with pytest.raises(BadInput, match="not on 2024-01-02"):
        book(clients(1, 1), date(2024, 1, 2))


def test_the_tiers_of_the_article_are_all_found_at_the_bank(large):
    held = large.here[:, -1] / 100
    tiers = np.digitize(held, [1_000_000, 5_000_000, 10_000_000])
    assert (np.bincount(tiers, minlength=4) > 200).all()
