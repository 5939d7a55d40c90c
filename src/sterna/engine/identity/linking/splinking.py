"""The door to splink: a linker on the prepared profiles with the weights of a model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from sterna.engine.identity.linking.comparisons import COMPARISONS, as_settings
from sterna.engine.identity.linking.model import Model
from sterna.engine.identity.linking.profiles import BLOCKING

# Splink takes as long to import as the rest of a command: only what compares pays for it.
if TYPE_CHECKING:
    from splink import Linker
    from splink.internals.blocking_rule_creator import BlockingRuleCreator

# The part of the pairs that a scoring of old records against new ones needs; of new profiles all are.
_FRESH = "(l.fresh or r.fresh)"

# What splink would say on the error stream of a level without pairs stands in the model's notes.
logging.getLogger("splink").addHandler(logging.NullHandler())


def linker(
    connection: duckdb.DuckDBPyConnection, model: Model, across: bool, rules: Sequence[str] = BLOCKING
) -> Linker:
    """A splink linker on the table `prepared`; with `across`, of pairs from different sources only.

    Pairs that meet one of the `rules` and of which one record is fresh are those that it predicts.
    """
    from splink import DuckDBAPI, Linker, SettingsCreator

    settings = SettingsCreator(
        link_type="link_only" if across else "dedupe_only",
        comparisons=[
            as_settings(COMPARISONS[each.column], [(one.m, one.u) for one in each.levels], model.frequency)
            for each in model.comparisons
        ],
        blocking_rules_to_generate_predictions=[
            {"blocking_rule": f"{rule} and {_FRESH}", "sql_dialect": "duckdb"} for rule in rules
        ],
        probability_two_random_records_match=model.prior,
        retain_intermediate_calculation_columns=True,
        unique_id_column_name="record",
        source_dataset_column_name="source",
        # Without one, splink would draw a name by chance.
        linker_uid="sterna",
    )
    api = DuckDBAPI(connection)
    return Linker([api.register(name) for name in _inputs(connection, across)], settings, log_level=None)


def agreeing(columns: Sequence[str]) -> BlockingRuleCreator:
    """The rule of pairs that agree on all of `columns`."""
    from splink import block_on

    return block_on(*columns)


def _inputs(connection: duckdb.DuckDBPyConnection, across: bool) -> list[str]:
    """The names of the tables to link: all profiles as one, or a view for each source."""
    if not across:
        return ["prepared"]
    sources = [
        row[0] for row in connection.execute("select distinct source from prepared order by 1").fetchall()
    ]
    for position, source in enumerate(sources):
        quoted = str(source).replace("'", "''")
        connection.execute(
            f"create or replace view source_{position} as select * from prepared where source = '{quoted}'"
        )
    return [f"source_{position}" for position in range(len(sources))]


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """How many rows `relation` has."""
    return int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])


def possible_pairs(connection: duckdb.DuckDBPyConnection, across: bool) -> int:
    """How many pairs there are, blocked or not."""
    sizes = [row[0] for row in connection.execute("select count(*) from prepared group by source").fetchall()]
    whole, within = sum(sizes), sum(size * (size - 1) // 2 for size in sizes)
    return int(whole * (whole - 1) // 2 - (within if across else 0))
