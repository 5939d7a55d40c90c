"""Writes a simulated town as the plain files that a user would import, and the truth beside them."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow, files
from sterna.engine.money import cents
from sterna.engine.simulation.contacts import FIRST_DAY
from sterna.engine.simulation.population import DEPARTMENTS, Whole
from sterna.engine.simulation.records import Records, person_rows, records
from sterna.engine.simulation.residents import INTERESTS, MEDIA
from sterna.engine.simulation.shopping import SCHEMA, Tally, history, products
from sterna.engine.simulation.town import Town
from sterna.engine.simulation.wallets import Wallets

_INCOMES = (
    *(
        "Under 15K",
        "15-24K",
        "25-34K",
        "35-49K",
        "50-74K",
        "75-99K",
        "100-124K",
        "125-149K",
        "150-174K",
        "175-199K",
    ),
    *("200-249K", "250K+"),
)
_BANDS = (
    15,
    25,
    35,
    50,
    75,
    100,
    125,
    150,
    175,
    200,
    250,
)  # thousands of a yearly income, where the next band begins
_SIZES = ("", "1", "2", "3", "4", "5+")  # as the taxonomy names them, by the number of persons
_SAYS_INCOME, _SAYS_BUDGET, _SAYS_SIZE, _SAYS_INTEREST = 0.25, 0.30, 0.40, 0.40
_WRONG = 0.03  # of the interests that somebody noted are none
_UNDERSTATED, _GUESSED = (
    0.9,
    0.2,
)  # the budget that is named, middle and spread of the logarithm beside the true one
_AMOUNT = pa.decimal128(18, 2)


class TownTruth(msgspec.Struct, frozen=True, kw_only=True):
    """What was planted on the days `first` to `last`; money in the currency.

    `with_anyone` and `here` are the expected wallets of all, `spent` what was paid here in the end, and
    `effect_per_household` by how much that exceeds the same baskets of the contacted without the contact, None when
    nobody was.
    """

    seed: int
    first: date
    last: date
    households: int
    persons: int
    records: int
    newcomers: int
    introduced: int
    claims: int
    frauds: int
    lines: int
    contacted: int
    with_anyone: Decimal
    here: Decimal
    spent: Decimal
    effect_per_household: Decimal | None


def write_town(
    folder: Path, made: Town, first: date, last: date, contacted: Collection[int] = ()
) -> TownTruth:
    """Write the town's files of the days `first` to `last` into `folder`; the same town gives the same bytes.

    transactions and products are what the shop sees of purchases, records how its systems know people, said what
    somebody told of a home, contacts who was contacted on the first day, by what, and answered, and referrals what was
    claimed. The truth stands beside them: truth_households, truth_wallets, truth_persons, truth_records,
    truth_referrals, and truth.json of the sums. Raises BadInput for households that are not of the town and for days
    that end before they begin.
    """
    strange = set(contacted) - set(made.people.household.tolist())
    if last < first:
        raise BadInput(f"the days to simulate end on {last}, before they begin on {first}")
    if strange:
        raise BadInput(f"{len(strange)} contacted households are unknown: this town has {made.people.size}")
    chosen = sorted(set(contacted))
    tally, paid = Tally(), [0]
    lines = _added_up(history(made.people, first, last, made.response(chosen), tally), paid)
    many = files.write_batches(folder / "transactions.parquet", SCHEMA, lines)
    known, spent = records(made.homes), made.wallets(first, last)
    for name, table in _tables(made, first, last, chosen, known, spent):
        arrow.write(table, folder / f"{name}.parquet")
    gained = Decimal(tally.with_effect - tally.without).scaleb(-2)
    told = TownTruth(
        seed=made.people.seed,
        first=first,
        last=last,
        households=made.people.size,
        persons=int(made.homes.home.size),
        records=known.told.num_rows,
        newcomers=int((made.people.arrives > 0).sum()),
        introduced=int((made.referred.introduced_by > 0).sum()),
        claims=len(made.referred.truth),
        frauds=sum(kind != "honest" for kind in made.referred.truth),
        lines=many,
        contacted=len(chosen),
        with_anyone=_money(spent.with_anyone.sum()),
        here=_money(spent.here.sum()),
        spent=_money(paid[0]),
        effect_per_household=cents(gained / len(chosen)) if chosen else None,
    )
    text = msgspec.json.format(msgspec.json.encode(told), indent=2).decode()
    files.write_text(folder / "truth.json", text + "\n")
    return told


def _tables(
    made: Town, first: date, last: date, chosen: list[int], known: Records, spent: Wallets
) -> Iterator[tuple[str, pa.Table]]:
    """What stands beside the transactions, by the name of its file: what is known of people, then the truth."""
    yield "products", products()
    yield "records", known.told
    yield "said", _said(made, first, last)
    yield "contacts", _contacts(made, first, chosen)
    yield "referrals", _claims(made)
    yield "truth_households", _households(made)
    yield "truth_wallets", _by_department(made, spent)
    yield "truth_persons", pa.Table.from_pylist(person_rows(made.homes))
    yield "truth_records", known.truth
    yield "truth_referrals", _claims(made).append_column("truth", pa.array(made.referred.truth, pa.string()))


def _added_up(batches: Iterator[pa.Table], paid: list[int]) -> Iterator[pa.Table]:
    """The same batches; what is paid in them is added to the one sum, in cents."""
    for batch in batches:
        paid[0] += int(np.rint(batch.column("sales_value").to_numpy() * 100).sum())
        yield batch


def _money(amount: float) -> Decimal:
    return Decimal(round(float(amount))).scaleb(-2)


def _households(made: Town) -> pa.Table:
    """The truth by household; whatever is not in another file."""
    people, homes = made.people, made.homes
    arrived = [
        FIRST_DAY + timedelta(days=int(late)) if late > 0 else None for late in people.arrives.tolist()
    ]
    return pa.table(
        {
            "household_id": people.household,
            "persons": homes.size,
            "income": homes.income,
            "wealth": homes.wealth,
            "visits_a_week": people.visits,
            "effect": homes.effect,
            **{f"answers_{medium}": homes.answers[:, at] for at, medium in enumerate(MEDIA)},
            **{_column(name): homes.likes[:, at] for at, name in enumerate(INTERESTS)},
            "arrived_on": pa.array(arrived, pa.date32()),
            "introduced_by": pa.array(made.referred.introduced_by, mask=made.referred.introduced_by == 0),
            "brought": made.referred.brought(),
        }
    )


def _by_department(made: Town, spent: Wallets) -> pa.Table:
    """Expected money of the period by household and department, to the cent."""
    size = made.people.size
    with_anyone, here = (
        pa.array([_money(amount) for amount in each.ravel().tolist()], _AMOUNT)
        for each in (spent.with_anyone, spent.here)
    )
    return pa.table(
        {
            "household_id": np.repeat(made.people.household, len(DEPARTMENTS)),
            "department": list(DEPARTMENTS) * size,
            "with_anyone": with_anyone,
            "here": here,
        }
    )


def _said(made: Town, first: date, last: date) -> pa.Table:
    """What somebody told of a home on some day, NULL where nothing was said; columns are called as classes are."""
    size = made.people.size
    rng = np.random.default_rng([made.people.seed, 26])
    draws = rng.random((size, len(INTERESTS) + 3))
    wrong = rng.random((size, len(INTERESTS))) < _WRONG
    days = rng.integers(0, (last - first).days + 1, size)
    named = _named_budget(made, first, last, rng)
    bands = np.searchsorted(np.array(_BANDS) * 1000, made.homes.income, side="right")
    incomes, sizes = np.array(_INCOMES)[bands], np.array(_SIZES)[made.homes.size]
    said = {
        "demography_income": (incomes, draws[:, -1] < _SAYS_INCOME),
        "shopping_budget": (named.astype(np.str_), draws[:, -2] < _SAYS_BUDGET),
        "demography_household_size": (sizes, draws[:, -3] < _SAYS_SIZE),
    }
    for at, name in enumerate(INTERESTS):
        noted = (made.homes.likes[:, at] & (draws[:, at] < _SAYS_INTEREST)) | wrong[:, at]
        said[_column(name)] = (np.full(size, "yes"), noted)
    told = np.any([flags for _, flags in said.values()], axis=0)
    return pa.table(
        {
            "household_id": made.people.household[told],
            "said_on": pa.array([first + timedelta(days=int(day)) for day in days[told]], pa.date32()),
            **{
                name: pa.array(values[told], pa.string(), mask=~flags[told])
                for name, (values, flags) in said.items()
            },
        }
    )


def _named_budget(made: Town, first: date, last: date, rng: np.random.Generator) -> Whole:
    """What each home would name as what it spends a month in all such shops, in whole tens and at least ten."""
    months = ((last - first).days + 1) / 365.25 * 12
    monthly = made.wallets(first, last).with_anyone.sum(axis=1) / 100 / months
    named = monthly * _UNDERSTATED * np.exp(_GUESSED * rng.normal(size=monthly.size))
    return np.asarray(np.maximum(np.rint(named / 10), 1) * 10, dtype=np.int64)


def _contacts(made: Town, on: date, contacted: Collection[int]) -> pa.Table:
    """Who was contacted on a day, by which medium, and whether they answered."""
    rng = np.random.default_rng([made.people.seed, 27])
    rows = np.array(list(contacted), dtype=np.int64) - 1
    by = rng.integers(0, len(MEDIA), made.people.size)[rows]
    answered = rng.random(made.people.size)[rows] < made.homes.answers[rows, by]
    return pa.table(
        {
            "household_id": made.people.household[rows],
            "on": pa.array([on] * rows.size, pa.date32()),
            "medium": pa.array([MEDIA[one] for one in by], pa.string()),
            "answered": answered,
        }
    )


def _claims(made: Town) -> pa.Table:
    """Who says to have brought whom, and when: households, and which of their people."""
    referred, home = made.referred, made.homes.home
    return pa.table(
        {
            "newcomer": home[referred.newcomer - 1] + 1,
            "newcomer_person": referred.newcomer,
            "claimed_by": home[referred.claimed_by - 1] + 1,
            "claimed_by_person": referred.claimed_by,
            "said_on": pa.array(
                [FIRST_DAY + timedelta(days=day) for day in referred.said.tolist()], pa.date32()
            ),
        }
    )


def _column(name: str) -> str:
    return name.replace(".", "_")
