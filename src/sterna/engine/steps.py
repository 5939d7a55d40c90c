"""Loads a named .sql step, checks its columns against tables/, binds its parameters, runs it on an engine."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from sterna.engine.errors import BadInput, StepFailed
from sterna.engine.lake.base import Lake, Value
from sterna.engine.tables import TABLES, Table

# Constructs that print for Spark wrongly or not at all; a step that uses one would give two answers.
_NOT_PORTABLE = re.compile(
    r"\basof\s+join\b|\bquantile_cont\b|\bquantile_disc\b|\bmedian\s*\(|\blist\s*\([^)]*order\s+by|\bhash\s*\("
    r"|cast\s*\(\s*unnest|//|\bnow\s*\(|\bcurrent_date\b|\bcurrent_timestamp\b|\brandom\s*\(",
    re.IGNORECASE,
)
_HEADER = re.compile(r"--\s*(?:(makes|params):\s*)?(.*)")
_GROUPS = {
    "VARCHAR": "text",
    "TEXT": "text",
    "DATE": "day",
    "TIMESTAMP": "instant",
    "BOOLEAN": "flag",
    "DOUBLE": "number",
}


@dataclass(frozen=True)
class Step:
    """One named SELECT in DuckDB's dialect.

    `name` is stage/file, `purpose` its first sentence, `makes` the table it fills, `parameters` the names that it
    takes as `$name`, each with a DuckDB type.
    """

    name: str
    purpose: str
    makes: Table
    parameters: Mapping[str, str]
    sql: str


@dataclass(frozen=True)
class Ran:
    """What a step did: its table, how many rows it made, the seconds it took, and the SQL as the engine ran it."""

    step: str
    purpose: str
    table: str
    rows: int
    seconds: float
    sql: str


@cache
def load(name: str) -> Step:
    """The step `stage/file`, read from `engine/stage/file.sql`. Raises BadInput when its head is not in order."""
    stage, _, file = name.partition("/")
    text = resources.files("sterna.engine").joinpath(stage, f"{file}.sql").read_text(encoding="utf-8")
    return _parse(name, text)


def _parse(name: str, text: str) -> Step:
    purpose: list[str] = []
    head: dict[str, str] = {}
    body: list[str] = []
    for line in text.splitlines():
        matched = _HEADER.fullmatch(line) if not body else None
        if matched is None:
            body.append(line)
        elif matched[1]:
            head[matched[1]] = matched[2].strip()
        else:
            purpose.append(matched[2].strip())
    if head.get("makes") not in TABLES or not purpose:
        raise BadInput(
            f"step {name}: needs a sentence of purpose and `-- makes: TABLE` with a table of tables/"
        )
    sql = "\n".join(body).strip().rstrip(";")
    return Step(name, " ".join(purpose), TABLES[head["makes"]], _declared(name, head.get("params", "")), sql)


def _declared(name: str, text: str) -> dict[str, str]:
    # A comma inside brackets belongs to the type, as in DECIMAL(18,2).
    parts = [part.split(maxsplit=1) for part in re.split(r",(?![^(]*\))", text) if part.strip()]
    if any(len(part) < 2 for part in parts) or len({part[0] for part in parts}) < len(parts):
        raise BadInput(f"step {name}: `-- params: {text}` is not a list of different names, each with a type")
    return {parameter: kind.strip() for parameter, kind in parts}


def run(lake: Lake, name: str, **values: Value) -> Ran:
    """Run the step `name` on `lake` with its parameters; raises BadInput for a wrong set of them, StepFailed else."""
    step = load(name)
    if set(values) != set(step.parameters):
        raise BadInput(f"step {name} takes {sorted(step.parameters)}, was given {sorted(values)}")
    return run_select(lake, step, values)


def run_select(lake: Lake, step: Step, values: Mapping[str, Value]) -> Ran:
    """Run a step whose SELECT was written for the occasion, as of rules; raises StepFailed."""
    begun = time.perf_counter()
    try:
        rows = lake.make(step.makes, step.sql, values)
    except StepFailed as failed:
        raise StepFailed(step.name, failed.engine, failed.sql, failed.reason) from failed
    seconds = time.perf_counter() - begun
    return Ran(step.name, step.purpose, step.makes.name, rows, seconds, lake.explain(step.sql))


def names() -> list[str]:
    """Every step there is, as stage/file, in order."""
    root = Path(str(resources.files("sterna.engine")))
    return sorted(f"{path.parent.name}/{path.stem}" for path in root.glob("*/*.sql"))


def reads(step: Step) -> list[Table]:
    """The tables of tables/ that `step` reads, in the order of their names."""
    return [TABLES[name] for name in _read(sqlglot.parse_one(step.sql, read="duckdb")) if name in TABLES]


def _read(tree: exp.Expr) -> list[str]:
    own = {str(part.alias) for part in tree.find_all(exp.CTE)}
    return sorted({str(table.name) for table in tree.find_all(exp.Table)} - own)


def check_all() -> list[str]:
    """What is wrong with any step, one line each: head, columns, types, parameters, or what Spark cannot read."""
    return [problem for name in names() for problem in check(name)]


def check(name: str) -> list[str]:
    """What is wrong with the step `name`; an empty list when it keeps its contract."""
    try:
        step = load(name)
        tree = sqlglot.parse_one(step.sql, read="duckdb")
        if not isinstance(tree, exp.Query):
            return [f"{name}: is not one SELECT"]
        unknown = [table for table in _read(tree) if table not in TABLES]
        if unknown:
            return [f"{name}: reads {', '.join(unknown)}, which tables/ does not have"]
        schema: dict[str, object] = {table.name: dict(table.columns) for table in TABLES.values()}
        # The tree is typed first: a misspelt column or table is an error here, not at night.
        typed = annotate_types(
            qualify(tree.copy(), schema=schema, dialect="duckdb"), schema=schema, dialect="duckdb"
        )
    except (BadInput, SqlglotError) as error:
        return [f"{name}: {error}"]
    return [f"{name}: {problem}" for problem in _problems(step, tree, typed)]


def _problems(step: Step, tree: exp.Expr, typed: exp.Expr) -> Iterator[str]:
    found = _NOT_PORTABLE.search(step.sql)
    if found:
        yield f"{found[0]!r} gives another answer on another engine"
    used = {str(node.name) for node in tree.find_all(exp.Parameter, exp.Placeholder)}
    if used != set(step.parameters):
        yield f"declares parameters {sorted(step.parameters)} and uses {sorted(used)}"
    made = {select.alias_or_name: select.type for select in typed.selects}  # type: ignore[attr-defined]
    wanted = step.makes.columns
    if list(made) != list(wanted):
        yield f"makes columns {list(made)}, table {step.makes.name} has {list(wanted)}"
        return
    for column, kind in wanted.items():
        got = made[column].sql("duckdb") if made[column] is not None else "UNKNOWN"
        if got not in ("UNKNOWN", "NULL") and _group(got) != _group(kind):
            yield f"column {column} is {got}, table {step.makes.name} has {kind}"


def _group(kind: str) -> str:
    return _GROUPS.get(kind.split("(")[0], "number")
