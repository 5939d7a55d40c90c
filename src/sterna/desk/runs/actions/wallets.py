"""What somebody said or saw of a wallet, out of the facts of the classes that hold one, for the turn's window."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from sterna.desk.customers.queries import classes
from sterna.engine.segments.months import months_before
from sterna.engine.taxonomy import TaxonomyClass

_MONTHS = {"year": 12, "half-year": 6, "quarter": 3, "month": 1}
_DAYS = {"week": 7}
# More would pass the largest amount once it is that of some years; an amount of more digits is none.
_MOST = Decimal(10) ** 13

# Each fact of a wallet that holds before the cut: a band by its name, else an amount written out.
_SAID = """
with said as (
    select coalesce(c.redirects_to_id, c.id)::text as customer, f.*, holder.times / holder.by as part,
        band.name is not null as in_band,
        coalesce(band.low, case when f.value ~ '^[0-9]{1,13}([.][0-9]+)?$' then f.value::numeric end) as low,
        band.high
    from jsonb_to_recordset(%(wallets)s::jsonb) as holder (fact_class text, times numeric, by numeric, bands jsonb)
    join customers_fact as f on f.fact_class = holder.fact_class
    join customers_sourcerecord as r on r.id = f.source_record_id
    join customers_customer as c on c.id = r.customer_id
    left join lateral jsonb_to_recordset(holder.bands) as band (name text, low numeric, high numeric)
        on band.name = f.value
    where f.retracted_at is null and f.observed_on < %(cut)s and (f.expires_on is null or f.expires_on >= %(cut)s)
)
"""
# The rule of the step current_facts: one a customer.
_SUREST = """
order by customer collate "C",
    case when expires_on is null or expires_on <= observed_on then confidence
        else confidence * (1.0 - (%(cut)s::date - observed_on - 1)::float
            / (2.0 * (expires_on - observed_on)::float)) end desc,
    observed_on desc, recorded_at desc, source collate "C", value collate "C", confidence desc, id
"""
# An open band has no high end and so no middle. A wallet that is a balance is put beside what is held here, where the
# taxonomy has a class for that, and never beside what was paid in a window; so is whoever said nothing of a wallet.
SELECT = f"""{_SAID},
told as (
    select distinct on (customer collate "C") customer, source,
        round(low * part, 2) as low,
        round(case when in_band then (low + high) / 2 else low end * part, 2) as mid,
        round(case when in_band then high else low end * part, 2) as high,
        confidence, observed_on, fact_class = any(%(balances)s) as is_balance
    from said where low is not null {_SUREST}
),
kept as (
    select coalesce(c.redirects_to_id, c.id)::text as customer, f.*
    from customers_fact as f
    join customers_sourcerecord as r on r.id = f.source_record_id
    join customers_customer as c on c.id = r.customer_id
    where f.fact_class = any(%(held)s) and f.value ~ '^[0-9]{{1,13}}([.][0-9]+)?$'
        and f.retracted_at is null and f.observed_on < %(cut)s and (f.expires_on is null or f.expires_on >= %(cut)s)
),
held as (
    select distinct on (customer collate "C") customer, round(value::numeric, 2) as amount from kept {_SUREST}
)
select customer, source, low, mid, high, confidence, observed_on,
    case when coalesce(is_balance, true) then amount end,
    coalesce(is_balance, true) and cardinality(%(held)s::text[]) > 0
from told full join held using (customer) order by customer collate "C"
"""
_LEFT_OUT = f"{_SAID} select fact_class, count(*) from said where low is null group by 1 order by 1"


def holders(cut: date, window_months: int) -> list[dict[str, Any]]:
    """The classes that hold a wallet, with their bands and by what an amount is multiplied to be that of the window."""
    tree = classes()
    days = (cut - months_before(cut, window_months)).days
    return [_holder(tree.at(name), window_months, days) for name in tree.ids() if tree.at(name).wallet]


def balances() -> dict[str, list[str]]:
    """The classes whose facts are a wallet of balances, and those that say what of it is held here."""
    tree = classes()
    known = [tree.at(name) for name in tree.ids()]
    return {
        "balances": [one.id for one in known if one.wallet == "balance"],
        "held": [one.id for one in known if one.held],
    }


def _holder(one: TaxonomyClass, months: int, days: int) -> dict[str, Any]:
    times, by = 1, 1  # a balance is what it is, whatever the window
    if one.wallet in _MONTHS:
        times, by = months, _MONTHS[one.wallet]
    if one.wallet in _DAYS:
        times, by = days, _DAYS[one.wallet]
    edges = [str(min(band.least, _MOST)) for band in one.bands]
    bands = [
        {"name": band.name, "low": low, "high": high}
        for band, low, high in zip(one.bands, edges, [*edges[1:], None], strict=False)
    ]
    return {"fact_class": one.id, "times": times, "by": by, "bands": bands}


def left_out(cut: date) -> Mapping[str, int]:
    """How many facts that hold before the cut tell nothing of a wallet though their class does, by reason."""
    given: dict[str, Any] = {"wallets": json.dumps(holders(cut, 1)), "cut": cut}
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_OUT, given)
        return {f"{name}: neither an amount nor a band": number for name, number in cursor.fetchall()}
