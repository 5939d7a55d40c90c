"""Scores pairs with a model: probability, weight in bits, and the evidence of each comparison."""

import duckdb

from sterna.engine.identity.linking import splinking
from sterna.engine.identity.linking.comparisons import COMPARISONS
from sterna.engine.identity.linking.model import Compared, Model
from sterna.engine.identity.linking.profiles import UNLIKELY

# Below this a pair is nothing, unless the two share a household or a user id.
LEAST_PROBABILITY = 0.05
# Decimal places of weights and probabilities: far more than anybody reads, fewer than processors differ in.
_PLACES = 9


def score(connection: duckdb.DuckDBPyConnection, model: Model, across: bool) -> None:
    """Make the table `scored` of the table `prepared`.

    One row for each pair that is worth a look: one and two (records, one < two), probability, weight, evidence
    (JSON: comparison to left, right, level, weight; `prior` to its weight).
    """
    probable = splinking.linker(connection, model, across).inference.predict(
        threshold_match_probability=LEAST_PROBABILITY, warning_mode="never"
    )
    related = splinking.linker(connection, model, across, UNLIKELY).inference.predict(warning_mode="never")
    evidence = ", ".join(f"'{each.column}': {_evidence(each, model.frequency)}" for each in model.comparisons)
    both = " union all ".join(
        f"select {', '.join(_read(model))}, record_l > record_r as turned from {each.physical_name}"
        for each in (probable, related)
    )
    connection.execute(
        f"""
        create table scored as
        select
            if(turned, record_r, record_l) as one,
            if(turned, record_l, record_r) as two,
            any_value(round(match_probability, {_PLACES})) as probability,
            any_value(round(match_weight, {_PLACES})) as weight,
            any_value(cast(to_json({{'prior': {{'weight': {_prior(model)}}}, {evidence}}}) as varchar)) as evidence
        from ({both})
        group by all
        order by one, two
        """
    )
    for each in (probable, related):
        each.drop_table_from_database_and_remove_from_cache()


def _read(model: Model) -> list[str]:
    """The columns of a prediction that are read: beside them it holds the keys that its pairs met by."""
    columns = ["record_l", "record_r", "match_probability", "match_weight"]
    for each in model.comparisons:
        columns += [f"{each.column}_l", f"{each.column}_r", f"gamma_{each.column}", f"mw_{each.column}"]
        columns += [f"mw_tf_adj_{each.column}"] if _by_frequency(each, model.frequency) else []
    return columns


def _by_frequency(compared: Compared, frequency: bool) -> bool:
    return frequency and COMPARISONS[compared.column].frequency


def _prior(model: Model) -> str:
    return f"round(log2({model.prior!r} / (1 - {model.prior!r})), 4)"


def _evidence(compared: Compared, frequency: bool) -> str:
    """The evidence of a comparison as a SQL struct; left is the value of the record that is named first."""
    column = compared.column
    top = len(compared.levels) - 1
    labels = " ".join(
        f"when {top - position} then '{level.level}'" for position, level in enumerate(compared.levels)
    )
    weight = f"mw_{column}"
    if _by_frequency(compared, frequency):
        weight += f" + mw_tf_adj_{column}"
    return (
        f"{{'left': if(turned, {column}_r, {column}_l), 'right': if(turned, {column}_l, {column}_r), "
        f"'level': case gamma_{column} {labels} else 'unknown' end, 'weight': round({weight}, 4)}}"
    )
