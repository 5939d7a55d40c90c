"""Writes a simulated shop as the plain files that a user would import, and the truth beside them."""

import math
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow, files
from sterna.engine.money import cents
from sterna.engine.simulation.contacts import FIRST_DAY, contact_details, demographics
from sterna.engine.simulation.population import Population
from sterna.engine.simulation.shopping import SCHEMA, Response, Tally, history, products

_STAMP = pa.timestamp("us")


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What was planted in the days `first` to `last`: the effect on the contacted households' spend.

    `effect_per_household` is money per contacted household, by which what they paid exceeds the same baskets without
    the effect; `relative_effect` the same as a share; both None when nobody was contacted.
    """

    seed: int
    first: date
    last: date
    households: int
    lines: int
    contacted: int
    planted: float
    effect_per_household: Decimal | None
    relative_effect: float | None


def write_shop(folder: Path, people: Population, first: date, last: date) -> Truth:
    """Write the shop's files for the days `first` to `last` into `folder`, with nobody contacted.

    The files are named and made as those of the Complete Journey study (transactions, products, campaigns,
    campaign_descriptions, coupon_redemptions, demographics), so that one mapping serves both; people.parquet
    holds contact details and consents, truth.json the truth.
    """
    return write_response(folder, people, first, last, (), 0.0)


def write_response(
    folder: Path, people: Population, first: date, last: date, contacted: Iterable[int], relative: float
) -> Truth:
    """Write the same files, in which the households `contacted` pay `relative` more for each line.

    Raises BadInput for a household that is not in the population, an effect of -100 % or less, or days that
    end before they begin.
    """
    chosen = frozenset(contacted)
    strange = chosen - set(people.household.tolist())
    if last < first:
        raise BadInput(f"the days to simulate end on {last}, before they begin on {first}")
    if strange:
        raise BadInput(f"{len(strange)} contacted households are unknown: this shop has {people.size}")
    if not -1 < relative < math.inf:
        raise BadInput(f"an effect of {relative:+.0%} cannot be planted: it is a share above -100 %")
    tally = Tally()
    lines = history(people, first, last, Response(chosen, relative), tally)
    rows = files.write_batches(folder / "transactions.parquet", SCHEMA, lines)
    _write_records(folder, people, first, last)
    truth = _truth(people, first, last, rows, chosen, relative, tally)
    text = msgspec.json.format(msgspec.json.encode(truth), indent=2).decode()
    files.write_text(folder / "truth.json", text + "\n")
    return truth


def _truth(
    people: Population,
    first: date,
    last: date,
    rows: int,
    chosen: frozenset[int],
    planted: float,
    tally: Tally,
) -> Truth:
    gained = Decimal(tally.with_effect - tally.without).scaleb(-2)
    return Truth(
        seed=people.seed,
        first=first,
        last=last,
        households=people.size,
        lines=rows,
        contacted=len(chosen),
        planted=planted,
        effect_per_household=cents(gained / len(chosen)) if chosen else None,
        relative_effect=tally.with_effect / tally.without - 1 if tally.without else None,
    )


def _write_records(folder: Path, people: Population, first: date, last: date) -> None:
    """The files beside the transactions: catalog, contact details, demographics, and a campaign that is a trap."""
    arrow.write(products(), folder / "products.parquet")
    # Lifetimes count from the shop's first day: whoever buys later for the first time was known and stayed away.
    households = people.household.tolist()
    since = dict.fromkeys(households, min(first, FIRST_DAY))
    arrow.write(contact_details(households, people.seed, since), folder / "people.parquet")
    arrow.write(demographics(people.household, people.seed), folder / "demographics.parquet")
    # The shop wrote to those who come most, and it did nothing: a naive comparison finds a large effect.
    best = np.sort(people.household[np.argsort(-people.visits, kind="stable")[: max(people.size // 4, 1)]])
    described = {
        "campaign_id": pa.array([1], pa.int64()),
        "campaign_type": ["Type A"],
        "start_date": pa.array([first], pa.date32()).cast(_STAMP),
        "end_date": pa.array([min(first + timedelta(days=27), last)], pa.date32()).cast(_STAMP),
    }
    arrow.write(pa.table(described), folder / "campaign_descriptions.parquet")
    targeted = pa.table({"campaign_id": np.ones(best.size, np.int64), "household_id": best})
    arrow.write(targeted, folder / "campaigns.parquet")
    redeemed_on = min(first + timedelta(days=13), last)
    redeemed = {
        "household_id": best[::5],
        "coupon_upc": np.full(best[::5].size, 10_000_000_001),
        "campaign_id": np.ones(best[::5].size, np.int64),
        "redemption_date": pa.array([redeemed_on] * best[::5].size, pa.date32()).cast(_STAMP),
    }
    arrow.write(pa.table(redeemed), folder / "coupon_redemptions.parquet")
