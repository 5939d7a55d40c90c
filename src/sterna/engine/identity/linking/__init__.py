"""Link profiles: which of them are one person, which a household, and which a person should look at.

Pure: profiles in, pairs and clusters out. The method is that of Fellegi and Sunter (1969) as splink 5 computes it;
what it may decide alone is bounded by vetoes, and what a person decided stands.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.identity.linking import deciding, outcomes, profiles, scoring, splinking, training
from sterna.engine.identity.linking.clusters import Pair
from sterna.engine.identity.linking.model import Model, read_model

__all__ = ["COLUMNS", "Linked", "Machine", "Model", "Pair", "link", "reach", "read_model"]

COLUMNS = profiles.COLUMNS
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Linked:
    """What linking found.

    `pairs` are the rows of `linked_pairs`, `clusters` those of `clusters`, `model` what scored them, `notes` a
    sentence for each thing that was left out of the comparison.
    """

    pairs: pa.Table
    clusters: pa.Table
    model: Model
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Machine:
    """What linking may use: threads, memory as DuckDB reads it, and a folder to spill to (None: never spill)."""

    threads: int = 2
    memory: str = "1500MB"
    scratch: Path | None = None


def link(
    rows: pa.Table,
    must: Collection[Pair] = (),
    cannot: Collection[Pair] = (),
    model: Model | None = None,
    *,
    across: bool = False,
    one_to_one: bool = False,
    fresh: Collection[str] | None = None,
    seed: int = 1,
    machine: Machine = Machine(),
    tell: Tell = lambda what: None,
) -> Linked:
    """Find which of the profiles are one person. Columns are those of `COLUMNS`, of which only record is needed.

    Pairs of `must` always are one, pairs of `cannot` never, not even by way of others. Without a `model` one is
    trained. `across` compares only profiles of different sources; `one_to_one` lets a cluster have one record of
    each source at most, the best; `fresh` compares only pairs with one of these records in them. `user_id` holds
    ids that were verified and come from one register: equal ones are one person, different ones are two.
    Raises BadInput for profiles without a record, for two with the same, and for pairs that name nobody.
    """
    records = frozenset(rows.column("record").to_pylist()) if "record" in rows.column_names else frozenset()
    said = deciding.Said(must, cannot, records)
    with _connect(machine) as connection:
        tell("making the profiles alike")
        notes = profiles.prepare(connection, rows, None if fresh is None else frozenset(fresh))
        if across or one_to_one:
            _require_sources(connection)
        if model is None:
            tell("training the model")
            model = training.train(connection, across, seed)
        tell("scoring pairs")
        scoring.score(connection, model, across)
        said.hold(connection)
        outcomes.judge(connection, scoring.LEAST_PROBABILITY)
        tell("joining clusters")
        pairs, joined = deciding.decide(connection, said, one_to_one)
    left_out = [f"{column}: not compared, {why}" for column, why in model.left_out.items()]
    return Linked(pairs, joined, model, (*notes, *left_out, *model.notes))


def reach(rows: pa.Table, pairs: Collection[Pair], across: bool = False, machine: Machine = Machine()) -> int:
    """How many of the known `pairs` share a key by which they would be compared: the ceiling of what `link` finds."""
    known = {tuple(sorted(pair)) for pair in pairs}
    with _connect(machine) as connection:
        profiles.prepare(connection, rows, None)
        deciding.hold(connection, "known", [(one, two, True) for one, two in sorted(known)])
        other = " and l.source is distinct from r.source" if across else ""
        shared = " or ".join(profiles.BLOCKING)
        return splinking.count(
            connection,
            "known join prepared as l on l.record = one join prepared as r on r.record = two "
            f"where ({shared}){other}",
        )


def _connect(machine: Machine) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:",
        config={
            "threads": machine.threads,
            "memory_limit": machine.memory,
            "temp_directory": "" if machine.scratch is None else str(machine.scratch),
            "TimeZone": "UTC",
            "autoinstall_known_extensions": "false",
        },
    )


def _require_sources(connection: duckdb.DuckDBPyConnection) -> None:
    (lacking, sources) = connection.execute(
        "select count(*) filter (source is null), count(distinct source) from prepared"
    ).fetchall()[0]
    if lacking:
        raise BadInput(f"{lacking} profile(s) have no source; to link across sources each needs one")
    if sources < 2:
        raise BadInput("to link across sources, profiles of at least two are needed")
