"""Freezes what a run needs of the records into Parquet files: one snapshot, a fixed order, the same bytes."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
from django.db import connection

from sterna.desk.config import options
from sterna.desk.customers.queries import held_back
from sterna.desk.runs.actions import standings, wallets
from sterna.desk.segments.group_queries import excepted
from sterna.desk.values.queries.credits import in_loops
from sterna.engine.lake import arrow, files
from sterna.engine.tables import TABLES

BLOCK = 16 << 20

# Each customer with the one that is left after all merges.
_ROOT = """
with recursive root(id, at) as (
    select id, id from customers_customer where redirects_to_id is null
    union all
    select c.id, root.at from customers_customer as c join root on c.redirects_to_id = root.id
),
unit as (
    select r.key, root.at, coalesce(home.key, first_value(r.key) over (
        partition by root.at order by r.kind not like 'household%%', r.created_at, r.sequence
    )) as unit
    from customers_sourcerecord as r join root on root.id = r.customer_id
    -- Who lives in a household is drawn, and contacted for one thing, as a part of it.
    left join customers_householdmember as m on m.customer_id = root.at and m.until is null
    left join customers_household as home on home.id = m.household_id
)
"""

# What is said of days from the cut on is not known yet: a run of a past day must not see its future.
_SELECTS: Mapping[str, str] = {
    "identity_map": _ROOT + """select key, at::text, unit from unit order by key collate "C" """,
    "facts": """
        select r.key, f.fact_class, f.value, f.source, f.observed_on, f.recorded_at at time zone 'UTC', f.confidence,
            f.expires_on
        from customers_fact as f join customers_sourcerecord as r on r.id = f.source_record_id
        where f.observed_on < %(cut)s and f.retracted_at is null
        order by r.key collate "C", f.fact_class collate "C", f.source collate "C", f.recorded_at, f.observed_on,
            f.value collate "C" """,
    "consents": _ROOT
    + """
        select distinct on (root.at::text collate "C", c.medium collate "C", c.purpose collate "C")
            root.at::text, c.medium, c.purpose, c.granted and held.customer is null
        from customers_consent as c
        left join customers_sourcerecord as r on r.id = c.source_record_id
        join root on root.id = coalesce(r.customer_id, c.customer_id)
        -- A no of one side of a merge stands against a newer yes of the other.
        left join (
            select item ->> 0 as customer, item ->> 1 as medium, item ->> 2 as purpose
            from jsonb_array_elements(%(held_back)s::jsonb) as listed (item)
        ) as held on held.customer = root.at::text and held.medium = c.medium and held.purpose = c.purpose
        where c.said_on < %(cut)s
        order by root.at::text collate "C", c.medium collate "C", c.purpose collate "C",
            c.said_on desc, c.recorded_at desc, c.sequence desc """,
    "addresses": _ROOT
    + """
        select distinct on (root.at::text collate "C", a.medium collate "C") root.at::text, a.medium, a.address
        from customers_address as a
        left join customers_sourcerecord as r on r.id = a.source_record_id
        join root on root.id = coalesce(r.customer_id, a.customer_id)
        order by root.at::text collate "C", a.medium collate "C", a.recorded_at desc, a.id desc """,
    # Who mourns: from the day it was or was told of, whichever is earlier, so that a day before is decided as it was.
    "in_peace": _ROOT
    + """
        select distinct on (root.at::text collate "C")
            root.at::text, o.quiet_until, replace(regexp_replace(o.fact_class, '^.*[.]', ''), '_', ' ')
        from customers_occasion as o
        join customers_sourcerecord as r on r.id = o.source_record_id
        join root on root.id = r.customer_id
        where o.retracted_at is null and o.quiet_until > %(cut)s and least(
            (o.recorded_at at time zone %(zone)s)::date,
            case when not o.yearly then make_date(o.year, o.month, coalesce(o.day, 1)) end
        ) <= %(cut)s
        order by root.at::text collate "C", o.quiet_until desc, o.fact_class collate "C", o.id """,
    # Whoever is an exception on any side of a merge is one.
    "excepted": _ROOT
    + """
        select distinct on (root.at::text collate "C") root.at::text, item.value
        from jsonb_each_text(%(excepted)s::jsonb) as item
        join root on root.id = item.key::uuid
        order by root.at::text collate "C", item.value collate "C" """,
    # A contact that is still planned and can leave no more has reached nobody.
    "past_contacts": _ROOT
    + """
        select c.id::text, root.at::text, c.asset, c.medium, c.purpose, c.due_on
        from contacts_contact as c join root on root.id = c.customer_id
        where c.due_on < %(cut)s and c.state not in ('withdrawn', 'failed')
            and not (c.state = 'planned' and c.expires_on < %(cut)s)
        order by c.id::text collate "C" """,
    # Arms of this very day are left to the hash, unless they differ from it: else the day run twice would have two
    # briefs. The first drawing of a unit counts, also after a merge.
    "arms": _ROOT
    + """
        select distinct on (e.name collate "C", u.unit collate "C") e.name, u.unit, a.arm
        from experiments_assignment as a
        join experiments_experiment as e on e.id = a.experiment_id
        join root on root.id = a.customer_id
        join (select distinct at, unit from unit) as u on u.at = root.at
        where a.assigned_on < %(cut)s or a.arm <> case
            when ('x' || left(md5(e.salt || '|' || u.unit), 8))::bit(32)::bigint < ceil(e.share::numeric * 4294967296)
            then 'held out' else 'treated' end
        order by e.name collate "C", u.unit collate "C", a.assigned_on, a.id """,
    # A call reaches the customer when somebody makes it, not when its task is opened.
    "assignments": _ROOT
    + """
        , reached as (
            select root.at, c.experiment,
                min((coalesce(t.done_at, c.handed_over_at) at time zone %(zone)s)::date) as day
            from contacts_contact as c
            join root on root.id = c.customer_id
            left join contacts_task as t on t.contact_id = c.id
            where c.state in ('handed over', 'confirmed', 'unknown') and (t.id is null or t.state = 'done')
            group by root.at, c.experiment
        )
        select distinct on (e.name collate "C", root.at::text collate "C")
            e.name, root.at::text, a.arm, a.goal, a.asset, a.assigned_on,
            case when reached.day < %(cut)s then reached.day end
        from experiments_assignment as a
        join experiments_experiment as e on e.id = a.experiment_id
        join root on root.id = a.customer_id
        left join reached on reached.at = root.at and reached.experiment = e.name
        where a.assigned_on < %(cut)s
        order by e.name collate "C", root.at::text collate "C", a.assigned_on, a.id """,
    # Where a merge made two newcomers one, the shares said first count until one whole is full; what two said of one
    # credit is added up, and came_anyway is open where they differ. What was paid stays what was paid.
    "credits": """
        with said as (
            select coalesce(n.redirects_to_id, n.id) as newcomer, coalesce(c.redirects_to_id, c.id) as customer,
                k.kind, k.share, k.came_anyway, k.saved, k.cost, k.said_on, k.recorded_at, k.id
            from values_credit as k
            join customers_customer as n on n.id = k.newcomer_id
            join customers_customer as c on c.id = k.customer_id
            where k.withdrawn_at is null and k.said_on < %(cut)s
                and k.id not in (select item::uuid from jsonb_array_elements_text(%(in_loops)s::jsonb) as listed (item))
        ),
        summed as (
            select said.*, sum(share) over (
                partition by newcomer order by said_on, recorded_at, id
            ) as up_to
            from said where newcomer <> customer
        ),
        counted as (select summed.*, greatest(0, least(share, 1 - up_to + share)) as part from summed)
        select newcomer::text, customer::text, kind, sum(part),
            case when count(distinct came_anyway::int) filter (where part > 0) = 1
                and bool_and(came_anyway is not null) filter (where part > 0)
                then bool_or(came_anyway) filter (where part > 0) end,
            round(sum(saved * part) / sum(part), 2), round(sum(cost * share) / sum(part), 2)
        from counted group by newcomer, customer, kind having sum(part) > 0
        order by newcomer::text collate "C", customer::text collate "C", kind collate "C" """,
    "wallet_facts": wallets.SELECT,
    "stays": standings.STAYS,
    "overrides": _ROOT + standings.OVERRIDES,
}


def freeze(
    folder: Path, cut: date, window_months: int = 12, openings: Mapping[str, date] | None = None
) -> dict[str, tuple[Path, str]]:
    """Write every frozen table of a run as of `cut` into `folder`; returns each table's (path, sha256).

    What is said of a wallet is made that of the `window_months` before the cut; `openings` are those of the windows of
    the schemes whose places are frozen.
    Run inside a transaction that reads one snapshot, so that all of them show one moment of the records.
    """
    paths = {}
    values = {
        "cut": cut,
        "zone": options.zone().key,
        "held_back": json.dumps(held_back(before=cut)),
        "excepted": json.dumps({str(pk): reason for pk, reason in excepted(cut).items()}),
        "in_loops": json.dumps([str(pk) for pk in in_loops(cut)]),
        "wallets": json.dumps(wallets.holders(cut, window_months)),
        **wallets.balances(),
        "openings": json.dumps(
            [{"scheme": name, "opening": str(day)} for name, day in (openings or {}).items()]
        ),
    }
    for name, select in _SELECTS.items():
        paths[name] = folder / f"{name}.parquet"
        _write(paths[name], name, select, values)
    return {name: (path, files.sha256(path)) for name, path in sorted(paths.items())}


def _write(path: Path, name: str, select: str, values: Mapping[str, Any]) -> None:
    """Stream one SELECT, whose columns are those of the table in order, into a Parquet file."""
    spooled = path.with_suffix(".csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    statement = f"copy ({select}) to stdout (format csv)"
    with spooled.open("wb") as file, connection.cursor() as cursor, cursor.copy(statement, values) as copy:
        for data in copy:
            file.write(data)
    files.write_batches(path, arrow.schema(TABLES[name]), _batches(spooled, name))
    spooled.unlink()


def _batches(spooled: Path, name: str) -> Iterator[pa.Table]:
    if spooled.stat().st_size == 0:
        return
    schema = arrow.schema(TABLES[name])
    reader = csv.open_csv(
        spooled,
        csv.ReadOptions(column_names=schema.names, block_size=BLOCK),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=schema,
            # PostgreSQL writes NULL as nothing and an empty text as "".
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    for batch in reader:
        yield pa.Table.from_batches([batch])
