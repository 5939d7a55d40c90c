"""The town around a simulated shop: its truth closes in sums, follows the laws it names, and the files tell of it."""

import hashlib
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.simulation import (
    DEPARTMENTS,
    Tally,
    Town,
    TownTruth,
    history,
    pairs,
    population,
    records,
    town,
    wallets,
    write_town,
)
from sterna.engine.simulation.contacts import FIRST_DAY
from sterna.engine.simulation.population import EVER_BEFORE
from sterna.engine.simulation.records import person_rows
from sterna.engine.simulation.residents import INTERESTS, LIKES, MEDIA
from sterna.engine.taxonomy import Tree, load
from sterna.engine.taxonomy.values import canonical
from tests.engine.taxonomy.trees import EXAMPLES

FIRST, LAST = date(2017, 1, 1), date(2017, 12, 31)


@pytest.fixture(scope="module")
def large() -> Town:
    """Enough households for a distribution."""
    return town(20_000, 3)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Town, TownTruth]:
    """The files of a small town, a third of which was contacted."""
    folder, made = tmp_path_factory.mktemp("town"), town(900, 4)
    return folder, made, write_town(folder, made, FIRST, LAST, range(1, 301))


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return found


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def paid(people: Any, first: date, last: date) -> np.ndarray:
    """Cents by household and department of the receipts."""
    found = np.zeros((people.size, len(DEPARTMENTS)))
    for batch in history(people, first, last):
        home = batch.column("household_id").to_numpy() - 1
        shelf = (batch.column("product_id").to_numpy() - 1) // 60
        np.add.at(found, (home, shelf), np.rint(batch.column("sales_value").to_numpy() * 100))
    return found


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 80), st.integers(0, 999), st.dates(date(2016, 1, 1), date(2018, 6, 1)), st.integers(0, 500)
)
def test_a_wallet_holds_what_is_spent_here_and_never_less(number, seed, first, days):
    made = town(number, seed)
    spent = made.wallets(first, first + timedelta(days=days))
    assert spent.here.shape == spent.with_anyone.shape == (number, len(DEPARTMENTS))
    assert (spent.here >= 0).all() and (spent.here <= spent.with_anyone + 1e-9).all()
    assert ((spent.share() >= 0) & (spent.share() <= 1)).all()
    # Two parts of a period are the whole of it, to the rounding of sums.
    part = first + timedelta(days=days // 2)
    halves = [made.wallets(first, part), made.wallets(part + timedelta(days=1), first + timedelta(days=days))]
    assert np.allclose(sum(each.here for each in halves), spent.here)
    assert np.allclose(sum(each.with_anyone for each in halves), spent.with_anyone)


def test_a_wallet_is_needed_whole_and_spent_here_by_the_shares_of_the_household():
    people = population(50, 9)
    stays = people.lifetime > 365
    spent = wallets(people, FIRST, LAST)
    assert np.allclose((spent.here / spent.with_anyone)[stays], people.shares[stays])
    assert np.allclose(spent.with_anyone / spent.with_anyone.sum(axis=1, keepdims=True) * 1.0, _needs(people))
    # Whoever left in the middle of it needs as much as before, and buys none of it here any more.
    later = wallets(people, date(2030, 1, 1), date(2030, 12, 31))
    gone = people.lifetime < 4000
    assert (later.here[gone] == 0).all() and np.allclose(later.with_anyone, spent.with_anyone)


def _needs(people: Any) -> np.ndarray:
    """Shares of the departments in what is needed: tastes by what a line of each costs, from the law of the shop."""
    from sterna.engine.simulation.wallets import _line_cents

    weighed = people.tastes * _line_cents()
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(("first", "last"), [(FIRST, LAST), (date(2016, 3, 1), date(2016, 12, 31))])
def test_receipts_differ_from_the_expected_wallet_by_chance_alone(first, last):
    people = town(4000, 7).people
    expected, found = wallets(people, first, last).here, paid(people, first, last)
    for at in range(len(DEPARTMENTS)):
        differs = found[:, at] - expected[:, at]
        assert abs(differs.sum()) < 4 * np.sqrt((differs**2).sum()), DEPARTMENTS[at]
    assert found.sum() == pytest.approx(expected.sum(), rel=0.02)
    nobody = expected.sum(axis=1) == 0
    assert nobody.any() and (found[nobody] == 0).all()


def test_the_towns_newcomers_buy_nothing_before_they_come_and_the_others_are_as_in_the_shop():
    made, plain = town(400, 5), population(400, 5)
    late = made.people.arrives > 0
    assert 0.12 < late.mean() < 0.28 and (plain.arrives == EVER_BEFORE).all()
    for name in ("visits", "tastes", "shares"):
        assert (getattr(made.people, name) == getattr(plain, name)).all()
    assert (made.people.lifetime[~late] == plain.lifetime[~late]).all()
    bought = pa.concat_tables(history(made.people, FIRST, LAST))
    for home in np.flatnonzero(late).tolist():
        arrives = FIRST_DAY + timedelta(days=int(made.people.arrives[home]))
        own = bought.filter(pc.equal(bought.column("household_id"), home + 1)).column("transaction_timestamp")
        assert all(at.date() >= arrives for at in own.to_pylist())
    everybody = pa.concat_tables(history(plain, FIRST, LAST))
    stayed = pa.array(np.flatnonzero(~late) + 1)
    # On the same days; what is in the basket is drawn after the days of all.
    came = [
        set(each.filter(pc.is_in(each.column("household_id"), stayed)).column("basket_id").to_pylist())
        for each in (bought, everybody)
    ]
    assert came[0] == came[1] and len(came[0]) > 5000


def test_sizes_incomes_and_needs_follow_the_laws_that_are_named(large):
    homes = large.homes
    shares = np.bincount(homes.size, minlength=6)[1:] / homes.size.size
    assert np.abs(shares - [0.28, 0.35, 0.15, 0.13, 0.09]).max() < 0.012
    assert homes.home.size == homes.size.sum() and (np.bincount(homes.home) == homes.size).all()
    assert np.median(homes.income) == pytest.approx(60_000, rel=0.02) and homes.income.min() > 0
    need = large.wallets(FIRST, LAST).with_anyone.sum(axis=1)
    ranks = [np.argsort(np.argsort(each)) for each in (need, homes.income, homes.size, homes.wealth)]
    tied = np.corrcoef(ranks)
    assert 0.3 < tied[0, 1] < 0.45 and 0.3 < tied[0, 2] < 0.55 and tied[1, 3] > 0.5
    # Engel's law: the richer, the less of the income goes for food.
    fifths = np.array_split(np.argsort(homes.income), 5)
    parts = [np.median(need[fifth] / homes.income[fifth]) for fifth in fifths]
    assert parts[0] > parts[2] > parts[4]


def test_people_of_a_home_are_of_an_age_that_can_be(large):
    homes = large.homes
    begins = np.searchsorted(homes.home, np.arange(homes.size.size))
    assert (homes.born[begins][homes.home] <= homes.born).all(), "the first of a home is its oldest"
    assert homes.adults(date(2017, 1, 1).toordinal())[begins].mean() > 0.99
    assert date.fromordinal(int(homes.born.max())) < date(2017, 1, 1)
    assert 0.7 < homes.adults(date(2017, 1, 1).toordinal()).mean() < 0.9


def test_what_a_home_likes_goes_with_what_it_buys_and_fits_the_taxonomy(large):
    tree = Tree(load((EXAMPLES / "retail.yaml").read_text(encoding="utf-8")))
    for at, (name, (department, many)) in enumerate(LIKES.items()):
        likes, taste = large.homes.likes[:, at], large.people.tastes[:, DEPARTMENTS.index(department)]
        assert likes.mean() == pytest.approx(many, abs=0.05)
        assert taste[likes].mean() > 1.05 * taste[~likes].mean()
        assert canonical(tree.at(name), "yes") == "yes"


def test_contacts_move_some_leave_most_as_they_are_and_annoy_a_few(large):
    effect = large.homes.effect
    assert (effect > 0).mean() == pytest.approx(0.35, abs=0.02) and (effect < 0).mean() == pytest.approx(
        0.1, abs=0.02
    )
    assert effect.max() <= 0.5 and effect.min() >= -0.15
    answers = large.homes.answers.mean(axis=0)
    # Of a beta law a / (a + b).
    assert np.abs(answers - [2 / 8, 1.5 / 9.5, 3 / 7]).max() < 0.01


def test_each_household_responds_by_its_own_share_and_the_tally_is_the_sum_of_it():
    made = town(300, 8)
    contacted = range(1, 200)
    plain = pa.concat_tables(history(made.people, FIRST, LAST))
    tally = Tally()
    raised = pa.concat_tables(history(made.people, FIRST, LAST, made.response(contacted), tally))
    home = plain.column("household_id").to_numpy()
    before, after = (np.rint(each.column("sales_value").to_numpy() * 100) for each in (plain, raised))
    rises = np.where(home < 200, made.homes.effect[home - 1], 0.0)
    assert (after == np.where(home < 200, np.rint(before * (1 + rises)), before)).all()
    assert tally.with_effect - tally.without == (after - before).sum()
    assert ((after < before) & (rises < 0)).any() and ((after > before) & (rises > 0)).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 400), st.integers(0, 999))
def test_whoever_was_brought_came_later_than_who_brought_them_and_nobody_is_in_a_loop(number, seed):
    made = town(number, seed)
    arrives, by = made.people.arrives, made.referred.introduced_by
    brought = np.flatnonzero(by > 0)
    assert (arrives[brought] > 0).all() and (arrives[by[brought] - 1] < arrives[brought]).all()
    assert made.referred.brought().sum() == brought.size


def test_most_bring_nobody_and_a_few_bring_many(large):
    brought = np.sort(large.referred.brought())[::-1]
    assert (brought == 0).mean() > 0.85 and brought[0] > 20
    assert brought[:200].sum() > 0.2 * brought.sum(), "the first of a hundred bring a fifth of all"


def test_every_claim_is_what_it_is_said_to_be(large):
    referred, home = large.referred, large.homes.home
    arrives, by = large.people.arrives, referred.introduced_by
    counts = Counter(referred.truth)
    assert {kind: counts[kind] for kind in ("self", "household", "existing", "loop")} == dict.fromkeys(
        ("self", "household", "existing", "loop"), 50
    )
    assert counts["burst"] == 8 * 50 and counts["honest"] == pytest.approx(0.6 * (by > 0).sum(), rel=0.05)
    days: Counter[tuple[int, int]] = Counter()
    for newcomer, claimed, said, kind in zip(
        referred.newcomer.tolist(),
        referred.claimed_by.tolist(),
        referred.said.tolist(),
        referred.truth,
        strict=True,
    ):
        new, old = int(home[newcomer - 1]), int(home[claimed - 1])
        if kind == "honest":
            assert by[new] == old + 1 and arrives[new] <= said < arrives[new] + 14
        elif kind == "self":
            assert newcomer == claimed
        elif kind == "household":
            assert new == old and newcomer != claimed
        elif kind == "existing":
            assert arrives[new] == EVER_BEFORE and new != old
        elif kind == "loop":
            assert by[old] == new + 1
        else:
            assert by[new] == 0 and arrives[new] > 0
            days[claimed, said] += 1
    assert all(many % 8 == 0 for many in days.values())


def test_records_are_of_who_they_are_said_to_be_of_and_what_is_not_wrong_is_right(large):
    made = town(1500, 6).homes
    known, persons = records(made), {row["person"]: row for row in person_rows(made)}
    told = {row["record"]: row for row in known.told.to_pylist()}
    wrong: Counter[str] = Counter()
    for row in known.truth.to_pylist():
        record, person = told[row["record"]], persons[row["person"]]
        assert person["household"] == row["household"] and record["source"] == row["record"].split(":")[0]
        wrong.update(row["wrong"].split(", ") if row["wrong"] else ())
        if not row["wrong"]:
            assert all(value in (None, person[name]) for name, value in record.items() if name in person)
        if row["wrong"] == "exchanged names":
            assert (record["given_name"], record["surname"]) == (person["surname"], person["given_name"])
    many = known.told.num_rows
    expected = {
        "misspelled": 0.10, "exchanged names": 0.02, "an initial": 0.03, "an older address": 0.08,
        "shared with the home": 0.10, "another birthday": 0.04,
    }  # fmt: skip
    for name, share in expected.items():
        assert wrong[name] == pytest.approx(share * many, abs=4 * np.sqrt(share * many)), name
    homes = {row["household"] for row in known.truth.to_pylist() if row["record"].startswith("card:")}
    assert homes == set(range(1, 1501)), "every home has a card"
    assert sum(1 for _ in pairs(known.truth)) > 1000


def test_the_order_of_records_tells_nothing_of_whose_they_are():
    known = records(town(400, 2).homes)
    persons = known.truth.column("person").to_numpy()
    assert abs(np.corrcoef(np.arange(persons.size), persons)[0, 1]) < 0.15
    assert known.told.column("record").to_pylist() == known.truth.column("record").to_pylist()


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path, written):
    folder, _made, truth = written
    assert write_town(tmp_path / "again", town(900, 4), FIRST, LAST, range(1, 301)) == truth
    assert hashes(tmp_path / "again") == hashes(folder)
    write_town(tmp_path / "other", town(900, 5), FIRST, LAST, range(1, 301))
    same = hashes(tmp_path / "other").items() & hashes(folder).items()
    assert {name for name, _ in same} == {"products.parquet"}


def test_the_truth_is_that_of_the_files(written):
    folder, _made, truth = written
    assert msgspec.json.decode((folder / "truth.json").read_bytes(), type=TownTruth) == truth
    lines = pq.read_table(folder / "transactions.parquet")
    assert (truth.lines, truth.households, truth.contacted) == (lines.num_rows, 900, 300)
    cents = np.rint(lines.column("sales_value").to_numpy() * 100).sum()
    assert truth.spent == Decimal(int(cents)).scaleb(-2)
    for name, total in (("with_anyone", truth.with_anyone), ("here", truth.here)):
        summed = sum(row[name] for row in rows(folder, "truth_wallets"))
        assert abs(summed - total) < Decimal("0.01") * 9000
    claims = rows(folder, "truth_referrals")
    assert (truth.claims, truth.frauds) == (len(claims), sum(row["truth"] != "honest" for row in claims))
    homes = rows(folder, "truth_households")
    assert truth.newcomers == sum(row["arrived_on"] is not None for row in homes)
    assert (
        truth.introduced
        == sum(row["introduced_by"] is not None for row in homes)
        == sum(row["brought"] for row in homes)
    )
    assert truth.persons == sum(row["persons"] for row in homes) == len(rows(folder, "truth_persons"))
    assert truth.records == len(rows(folder, "records")) == len(rows(folder, "truth_records"))
    assert truth.effect_per_household is not None and truth.effect_per_household > 0


def test_what_the_shop_can_see_does_not_tell_the_truth(written):
    folder, _, _ = written
    assert "truth" not in rows(folder, "referrals")[0] and rows(folder, "records")[0].keys().isdisjoint(
        ("person", "household", "wrong")
    )
    seen = {"transactions", "products", "records", "said", "contacts", "referrals"}
    assert {path.stem for path in folder.glob("*.parquet")} - seen == {
        f"truth_{name}" for name in ("households", "wallets", "persons", "records", "referrals")
    }


def test_what_was_said_is_mostly_true_and_fits_the_taxonomy(written):
    folder, made, _ = written
    tree = Tree(load((EXAMPLES / "retail.yaml").read_text(encoding="utf-8")))
    homes = {row["household_id"]: row for row in rows(folder, "truth_households")}
    said = rows(folder, "said")
    named, right = 0, 0
    for row in said:
        home = homes[row["household_id"]]
        assert FIRST <= row["said_on"] <= LAST and any(value for name, value in row.items() if "_" in name)
        for column, value in row.items():
            if column in ("household_id", "said_on") or value is None:
                continue
            name = (
                column.replace("_", ".", 1)
                if column.startswith(("demography", "shopping", "food", "home"))
                else ""
            )
            name = name or next(one for one in INTERESTS if one.replace(".", "_") == column)
            assert canonical(tree.at(name), value) == value
            if column in home:
                named, right = named + 1, right + bool(home[column])
        if row["demography_household_size"]:
            assert row["demography_household_size"] == (
                "5+" if home["persons"] == 5 else str(home["persons"])
            )
        if row["demography_income"]:
            assert _in_band(row["demography_income"], home["income"])
    assert 0.8 < right / named < 0.97
    months = made.wallets(FIRST, LAST).with_anyone.sum(axis=1) / 100 / 12
    ratios = [
        float(row["shopping_budget"]) / months[row["household_id"] - 1]
        for row in said
        if row["shopping_budget"]
    ]
    assert np.median(ratios) == pytest.approx(0.9, abs=0.06), "people name less than they spend"


def _in_band(band: str, income: int) -> bool:
    if band.startswith("Under"):
        return income < 15_000
    low, _, high = band.replace("+", "").removesuffix("K").partition("-")
    return int(low) * 1000 <= income and (not high or income < (int(high) + 1) * 1000)


def test_who_was_contacted_answers_by_their_own_chance(tmp_path):
    made = town(6000, 12)
    write_town(tmp_path, made, FIRST, date(2017, 1, 7), made.people.household.tolist())
    found = rows(tmp_path, "contacts")
    for at, medium in enumerate(MEDIA):
        mine = [row for row in found if row["medium"] == medium]
        expected = np.mean([made.homes.answers[row["household_id"] - 1, at] for row in mine])
        assert len(mine) > 1800
        assert np.mean([row["answered"] for row in mine]) == pytest.approx(expected, abs=0.04)
    # A household answers as it does whoever else is contacted.
    write_town(tmp_path / "few", made, FIRST, date(2017, 1, 7), [5, 17])
    assert rows(tmp_path / "few", "contacts") == [found[4], found[16]]


def test_what_cannot_be_simulated_is_refused(tmp_path):
    with pytest.raises(BadInput, match="a town of 0 households"):
        town(0, 1)
    made = town(5, 1)
    with pytest.raises(BadInput, match="1 contacted households are unknown: this town has 5"):
        write_town(tmp_path / "a", made, FIRST, LAST, [3, 6])
    with pytest.raises(BadInput, match="end on 2017-01-01, before they begin on 2017-12-31"):
        write_town(tmp_path / "a", made, LAST, FIRST)
    assert not (tmp_path / "a").exists()


def test_a_town_of_one_household_is_written_whole(tmp_path):
    truth = write_town(tmp_path, town(1, 1), FIRST, date(2017, 1, 31))
    assert (truth.households, truth.effect_per_household) == (1, None)
    assert len(list(tmp_path.glob("*.parquet"))) == 11
