"""Trains a model of links on prepared profiles, without labels.

The model is that of Fellegi and Sunter, "A theory for record linkage", Journal of the American Statistical
Association 64 (1969), as splink 5 estimates it: the prior from rules that are nearly always right, u by random
pairs, m by expectation maximization on pairs that agree on one thing, term frequencies for names and places.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import duckdb

from sterna.engine.errors import BadInput
from sterna.engine.identity.linking import splinking
from sterna.engine.identity.linking.comparisons import COMPARISONS, Comparison
from sterna.engine.identity.linking.model import METHOD, VERSION, Compared, Model, Weights, rounded

if TYPE_CHECKING:
    from splink import Linker

# Below these, shares would be guessed from a handful of pairs: the weights to start from are better.
LEAST_RECORDS, LEAST_PAIRS = 200, 30
# Rules that are nearly always right, and the share of all matches that they are taken to find.
_RULES = (
    ("user_id",),
    ("given_name", "surname", "birth_date"),
    ("national_id", "surname"),
    ("given_name", "surname", "email"),
    ("given_name", "surname", "phone"),
)
_RULES_FIND = 0.8
_HIGHEST_PRIOR = 0.001
_RANDOM_PAIRS, _TRAINING_PAIRS = 1_000_000, 200_000
# Each training looks at pairs that agree on one of these; two of them between them reach every comparison.
_AGREEING = (
    ("birth_date",),
    ("given_name", "surname"),
    ("national_id",),
    ("email",),
    ("phone",),
    ("street_number", "address"),
)


def train(connection: duckdb.DuckDBPyConnection, across: bool, seed: int) -> Model:
    """A model of the table `prepared`; `across` when only profiles of different sources are to be compared.

    Raises BadInput when no column can be compared at all.
    """
    left_out = _left_out(connection, across)
    compared = [each for column, each in COMPARISONS.items() if column not in left_out]
    if not compared:
        raise BadInput("nothing can be compared: no column is known of two profiles")
    records = splinking.count(connection, "prepared")
    observed, possible = _sure_pairs(connection, across), splinking.possible_pairs(connection, across)
    prior = min(max(observed, 1) / _RULES_FIND / max(possible, 1), _HIGHEST_PRIOR)
    start = _start(compared, prior, seed, records, left_out)
    if records < LEAST_RECORDS or observed < LEAST_PAIRS:
        note = (
            f"not trained: {records} records with {observed} sure pair(s), at least {LEAST_RECORDS} and "
            f"{LEAST_PAIRS} are needed; the weights to start from are used"
        )
        return _noted(start, note)
    return _trained(connection, start, across, seed)


def _left_out(connection: duckdb.DuckDBPyConnection, across: bool) -> dict[str, str]:
    holders = "distinct source" if across else "*"
    told = ", ".join(f"count({holders}) filter ({column} is not null)" for column in COMPARISONS)
    (counts,) = connection.execute(f"select {told} from prepared").fetchall()
    where = "of fewer than two sources" if across else "of fewer than two profiles"
    return {column: f"known {where}" for column, count in zip(COMPARISONS, counts, strict=True) if count < 2}


def _sure_pairs(connection: duckdb.DuckDBPyConnection, across: bool) -> int:
    """How many pairs of profiles a sure rule finds."""
    other = " and l.source is distinct from r.source" if across else ""
    found = " union ".join(
        "select l.record as one, r.record as two from prepared as l join prepared as r on "
        + " and ".join(f"l.{column} = r.{column}" for column in rule)
        + f" and l.record < r.record{other}"
        for rule in _RULES
    )
    return splinking.count(connection, f"({found})")


def _start(
    compared: Iterable[Comparison], prior: float, seed: int, records: int, left_out: dict[str, str]
) -> Model:
    starting = tuple(
        Compared(
            each.column,
            False,
            tuple(Weights(level.label, rounded(level.m), rounded(level.u)) for level in each.levels),
        )
        for each in compared
    )
    return Model(VERSION, METHOD, rounded(prior), False, seed, records, starting, left_out, ())


def _noted(model: Model, *notes: str, **changed: Any) -> Model:
    fields = {name: getattr(model, name) for name in model.__struct_fields__}
    return Model(**(fields | changed | {"notes": (*model.notes, *notes)}))


def _trained(connection: duckdb.DuckDBPyConnection, start: Model, across: bool, seed: int) -> Model:
    linker = splinking.linker(connection, _noted(start, frequency=True), across)
    linker.training.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=seed)
    # The order in which two threads add up shares would reach the last digits, and with them the model's hash.
    threads = connection.execute("select current_setting('threads')").fetchall()[0][0]
    connection.execute("set threads = 1")
    reached = _maximize(linker, connection, [each.column for each in start.comparisons], across)
    connection.execute(f"set threads = {threads}")
    found = {each["output_column_name"]: each for each in linker.misc.save_model_to_json()["comparisons"]}
    weighed = [_weighed(each, found[each.column], each.column in reached) for each in start.comparisons]
    kept = [each.column for each in weighed if not each.trained]
    notes = [f"{column}: not trained, the weights to start from are used" for column in kept]
    return _noted(start, *notes, comparisons=tuple(weighed), frequency=True)


def _maximize(
    linker: Linker, connection: duckdb.DuckDBPyConnection, columns: list[str], across: bool
) -> set[str]:
    """Estimate m on the first agreements that reach every comparison; returns the columns reached."""
    reached: set[str] = set()
    for agreeing in _AGREEING:
        gained = set(columns) - set(agreeing) - reached
        if not set(agreeing) <= set(columns) or not gained or not _enough(connection, agreeing, across):
            continue
        linker.training.estimate_parameters_using_expectation_maximisation(
            splinking.agreeing(agreeing), estimate_without_term_frequencies=True, max_pairs=_TRAINING_PAIRS
        )
        reached |= set(columns) - set(agreeing)
    return reached


def _enough(connection: duckdb.DuckDBPyConnection, agreeing: tuple[str, ...], across: bool) -> bool:
    same = " and ".join(f"l.{column} = r.{column}" for column in agreeing)
    other = " and l.source is distinct from r.source" if across else ""
    pairs = f"select 1 from prepared as l join prepared as r on {same} and l.record < r.record{other}"
    return splinking.count(connection, f"({pairs} limit {LEAST_PAIRS})") >= LEAST_PAIRS


def _weighed(start: Compared, found: dict[str, Any], reached: bool) -> Compared:
    """The trained shares of a comparison, or those it started from where training went astray.

    A level that no pair showed keeps its start. Where agreement came out as evidence against, the training has
    taken the pairs of two persons for those of one.
    """
    levels = [level for level in found["comparison_levels"] if not level.get("is_null_level")]
    weights = tuple(
        Weights(
            one.level, _share(level.get("m_probability"), one.m), _share(level.get("u_probability"), one.u)
        )
        for one, level in zip(start.levels, levels, strict=True)
    )
    sound = weights[0].m > weights[0].u and weights[-1].m < weights[-1].u
    return Compared(start.column, True, weights) if reached and sound else start


def _share(found: Any, start: float) -> float:
    return rounded(found) if isinstance(found, float) and 0 < found <= 1 else start
