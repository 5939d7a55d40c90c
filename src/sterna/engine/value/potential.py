"""What the wallet could hold: declared or observed facts first, else peers where the evidence can tell, else unknown.

Two measures stand beside each other and move apart: what a customer is worth today (measures.py) and what the wallet
holds with anyone. Sources: S. Rosset and others, "Wallet estimation models", IBM Research 2005 (realistic wallet); C.
Perlich and others, "High-Quantile Modeling for Customer Wallet Estimation", KDD 2007.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake.base import Lake
from sterna.engine.money import LARGEST, cents
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES
from sterna.engine.value import evidence
from sterna.engine.value.evidence import Evidence
from sterna.engine.value.ranking import midranks

METHOD = (
    "facts, else the .7, .8 and .9 quantiles of peers alike in the other categories (Perlich and others 2007)"
)
VERSION = 1
LOW, MID, HIGH = Decimal("0.70"), Decimal("0.80"), Decimal("0.90")
_BETWEEN = "\x1f"

Band = tuple[
    Decimal, Decimal | None
]  # what a band begins with and where the next begins; None where it is open


@dataclass(frozen=True)
class BesideOwn:
    """How far ranking by the estimated wallet differs from ranking by own spend, over customers with both.

    `correlation` is Spearman's; `same_top` the part of the top fifth by wallet that is also the top fifth by own spend.
    None with fewer than two customers or where all are equal. Close to 1 the estimate is no news for targeting.
    """

    customers: int
    correlation: float | None
    same_top: float | None


@dataclass(frozen=True)
class Potential:
    """What a run of the wallets leaves: its steps, the evidence of the categories, and the ranking beside own spend."""

    ran: list[Ran]
    evidence: Evidence
    beside_own: BesideOwn


def estimate(lake: Lake, cut: date) -> Potential:
    """Make `category_wallets`, `wallets` and `household_wallets` as of the day before `cut`.

    Reads `customers`, `category_spend` and `wallet_facts`. Amounts are in the currency and for the window of
    `category_spend`: a fact about another length of time must be converted first. Peers count only in categories whose
    own structure tells something (evidence.py); where none does, a wallet without a fact is unknown, for that reason.
    """
    ran = [steps.run(lake, "value/category_wallets", low=LOW, mid=MID, high=HIGH)]
    found = evidence.weigh(lake.fetch(TABLES["category_spend"]))
    telling = "".join(f"{_BETWEEN}{category}{_BETWEEN}" for category in found.telling)
    untold = found.verdict or "bought nothing of a kind that tells anything, so nobody is alike"
    partly = _partly(found)
    ran.append(steps.run(lake, "value/wallets", cut=cut, telling=telling, untold=untold, partly=partly))
    ran.append(steps.run(lake, "value/household_wallets"))
    return Potential(ran, found, beside_own(lake.fetch(TABLES["wallets"])))


def _partly(found: Evidence) -> str | None:
    silent = len(found.categories) - len(found.telling)
    if not silent:
        return None
    every = len(found.categories)
    return f"a least figure: {silent} of {every} categories cannot tell and count with own spend alone"


def record(found: Potential, currency: str) -> dict[str, Any]:
    """How the wallets were made, as plain values: method, what each category tells, ranking beside own spend."""
    return {
        "model": "potential",
        "method": METHOD,
        "version": VERSION,
        "unit": currency,
        "customers": found.beside_own.customers,
        "reason": found.evidence.verdict,
        "categories": [asdict(one) for one in found.evidence.categories],
        "beside_own": asdict(found.beside_own),
    }


def beside_own(wallets: pa.Table) -> BesideOwn:
    """The ranking by `mid` beside the ranking by `own`, from rows of `wallets`."""
    known = wallets.filter(pc.is_valid(wallets.column("mid")))
    own, mid = (pc.cast(known.column(name), pa.float64()).to_numpy() for name in ("own", "mid"))
    if known.num_rows < 2 or np.ptp(own) == 0 or np.ptp(mid) == 0:
        return BesideOwn(known.num_rows, None, None)
    by_own, by_mid = midranks(own), midranks(mid)
    least = known.num_rows * 0.8
    top = by_mid > least
    same = float(np.mean(by_own[top] > least)) if top.any() else None
    return BesideOwn(known.num_rows, float(np.corrcoef(by_own, by_mid)[0, 1]), same)


def facts(
    current_facts: Iterable[Mapping[str, Any]], wallet_class: str, bands: Mapping[str, Band] | None = None
) -> list[dict[str, Any]]:
    """Rows of `wallet_facts` out of rows of `current_facts` of the class that holds the wallet.

    A value is an amount, or the name of one of `bands`: then the middle is half way, and unknown for an open band.
    Raises BadInput, naming the customer, for a value that is neither.
    """
    return [_fact(row, bands or {}) for row in current_facts if row["fact_class"] == wallet_class]


def _fact(row: Mapping[str, Any], bands: Mapping[str, Band]) -> dict[str, Any]:
    low, high = bands[row["value"]] if row["value"] in bands else _amount(row)
    return {
        "customer_id": row["customer_id"],
        "source": row["source"],
        "low": low,
        "mid": None if high is None else cents((low + high) / 2),
        "high": high,
        "confidence": row["confidence"],
        "observed_on": row["observed_on"],
    }


def _amount(row: Mapping[str, Any]) -> Band:
    try:
        amount = Decimal(row["value"])
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        raise BadInput(
            f"the wallet of {row['customer_id']}, {row['value']!r}, is neither an amount nor a band"
        )
    return cents(amount), cents(amount)


def to_ask(wallets: pa.Table) -> list[str]:
    """The customers whose wallet is unknown, those who spend most first: whom to ask next, from rows of `wallets`."""
    unknown = wallets.filter(pc.is_null(wallets.column("source")))
    order = pc.sort_indices(unknown, sort_keys=[("own", "descending"), ("customer_id", "ascending")])
    names: list[str] = unknown.take(order).column("customer_id").to_pylist()
    return names
