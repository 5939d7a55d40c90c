"""The raw side of each ratio: DuckDB alone copies or scans the same columns of the same files."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml

# The best of so many: the first may have to read the files from the disk, and the ratio is to be the harder one.
TIMES = 3
THREADS = 2  # as the lake engine and the import use


def main(what: str, *arguments: str) -> None:
    """Do `copy MAPPING FOLDER SCRATCH` or `scan LAKE`; prints JSON with rows, bytes and seconds."""
    verbs: dict[str, Callable[..., dict[str, Any]]] = {"copy": _copy, "scan": _scan}
    print(json.dumps(verbs[what](*arguments)))


def columns_named(spec: Mapping[str, Any]) -> set[str]:
    """The source columns that one import of a mapping file names, of its file and of the one it joins."""
    named = {*spec.get("key", ()), *spec.get("line_key", ())}
    if "identify" in spec:
        named.add(spec["identify"]["column"])
    for part in ("columns", "facts", "addresses"):
        named.update(column for said in spec.get(part, {}).values() for column in _of_target(said))
    return named | {said["column"] for said in spec.get("consents", ())}


def _of_target(said: Any) -> list[str]:
    """The source columns of one target: a name, or a mapping with `column` or `sum`; a constant has none."""
    if isinstance(said, str):
        return [said]
    return [said["column"]] if "column" in said else list(said.get("sum", ()))


def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": THREADS})


def _copy(mapping: str, folder: str, scratch: str) -> dict[str, Any]:
    """Copy, file by file, the columns that the mapping names to Parquet, compressed as the lake is."""
    named: dict[Path, set[str]] = {}
    for spec in yaml.safe_load(Path(mapping).read_text(encoding="utf-8"))["imports"]:
        for file in (spec["file"], spec.get("join", {}).get("file")):
            if file:
                named.setdefault(Path(folder) / file, set()).update(columns_named(spec))
    target = Path(scratch) / "raw-copy.parquet"

    def copy(connection: duckdb.DuckDBPyConnection) -> int:
        return sum(_copied(connection, path, columns, target) for path, columns in named.items())

    found = _best(copy, list(named))
    target.unlink()
    return found


def _copied(connection: duckdb.DuckDBPyConnection, path: Path, named: set[str], target: Path) -> int:
    source = f"read_parquet('{path}')"
    has = [row[0] for row in connection.execute(f"describe select * from {source}").fetchall()]
    chosen = ", ".join(column for column in has if column in named)
    statement = f"copy (select {chosen} from {source}) to '{target}' (format parquet, compression zstd)"
    return int(connection.execute(statement).fetchall()[0][0])


def _scan(lake: str) -> dict[str, Any]:
    """Sum or count every column of every segment: what any computation must at least read."""
    tables = {folder.name: sorted(folder.glob("*.parquet")) for folder in sorted(Path(lake).iterdir())}
    tables = {name: files for name, files in tables.items() if files}

    def scan(connection: duckdb.DuckDBPyConnection) -> int:
        return sum(_sums(connection, files) for files in tables.values())

    return _best(scan, [file for files in tables.values() for file in files])


def _sums(connection: duckdb.DuckDBPyConnection, files: list[Path]) -> int:
    listed = ", ".join(f"'{file}'" for file in files)
    source = f"read_parquet([{listed}], union_by_name = true)"
    described = connection.execute(f"describe select * from {source}").fetchall()
    sums = ", ".join(_sum(column, kind) for column, kind, *_ in described)
    return int(connection.execute(f"select count(*), {sums} from {source}").fetchall()[0][0])


def _sum(column: str, kind: str) -> str:
    """An aggregate that must look at every value: a minimum would be answered out of the file's statistics."""
    if kind == "VARCHAR":
        return f"sum(length({column}))"
    if kind in ("DATE", "TIMESTAMP"):
        return f"sum(epoch({column}))"
    return f"count({column})" if kind == "BOOLEAN" else f"sum({column})"


def _best(work: Callable[[duckdb.DuckDBPyConnection], int], files: list[Path]) -> dict[str, Any]:
    seconds, rows = [], 0
    with _connect() as connection:
        for _ in range(TIMES):
            begun = time.perf_counter()
            rows = work(connection)
            seconds.append(time.perf_counter() - begun)
    return {"rows": rows, "bytes": sum(file.stat().st_size for file in files), "seconds": min(seconds)}


if __name__ == "__main__":
    main(*sys.argv[1:])
