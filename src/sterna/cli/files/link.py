"""`sterna link`: finds which rows of one file, or of two, are one person."""

import csv
import json
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from sterna.cli.files.results import is_file, require_writable
from sterna.engine.errors import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

    from sterna.cli.files.profile_files import Read, RefusedRow
    from sterna.engine.identity.linking import Linked

SHOWN_REFUSALS = 20
_SIDES = ("left", "right")


def link_command(
    left: Annotated[Path, typer.Argument(help="A CSV or Parquet file of people.")],
    right: Annotated[
        Path | None, typer.Argument(help="A second one; without it, doubles in the first are sought.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="A folder for all results, or a .csv or .parquet file for the pairs.")
    ] = Path("linked"),
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="COLUMN=NAME, such as surname=family; may be repeated.")
    ] = None,
    date_format: Annotated[
        str | None,
        typer.Option(help="How birth dates are written, such as %d/%m/%Y; else 1980-12-31 or 19801231."),
    ] = None,
    same: Annotated[Path | None, typer.Option(help="CSV of pairs that are one person.")] = None,
    different: Annotated[Path | None, typer.Option(help="CSV of pairs that are two persons.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="A model.json to score with, instead of training.")
    ] = None,
    one_to_one: Annotated[
        bool, typer.Option("--one-to-one", help="No file has anybody twice: only the best link of each row.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Link people: which rows are one person, which to look at, which share a household."""
    from sterna.cli.files import profile_files

    errors = Console(stderr=True, highlight=False)
    if one_to_one and right is None:
        raise BadInput("--one-to-one needs two files")
    require_writable(out)
    mapping = profile_files.as_mapping(columns or [])
    files: dict[str, Read] = {}
    for side, path in zip(_SIDES, (left, right), strict=True):
        if path is not None:
            files[side] = profile_files.read(path, mapping, date_format)
    profile_files.require_used(mapping, list(files.values()))
    refused = [row for found in files.values() for row in found.refused]
    _tell_refused(refused, errors)
    linked = _link(files, same, different, model, one_to_one, errors)
    written = _write(linked, refused, out, left.suffix, two=right is not None)
    summary = _summary(linked, files, refused, written)
    print(json.dumps(summary, indent=2) if as_json else _sentences(summary))


def _tell_refused(refused: "list[RefusedRow]", errors: Console) -> None:
    for row in refused[:SHOWN_REFUSALS]:
        errors.print(f"refused {row.file}:{row.line}: {row.reason}", markup=False, soft_wrap=True)
    if len(refused) > SHOWN_REFUSALS:
        errors.print(f"and {len(refused) - SHOWN_REFUSALS:,} more refused rows")


def _link(
    files: "dict[str, Read]",
    same: Path | None,
    different: Path | None,
    model: Path | None,
    one_to_one: bool,
    errors: Console,
) -> "Linked":
    from sterna.engine.identity import linking
    from sterna.engine.lake.beside import text_of

    with tempfile.TemporaryDirectory(prefix="sterna-link-") as scratch:
        return linking.link(
            _profiles(files),
            _said(same, two="right" in files),
            _said(different, two="right" in files),
            None if model is None else linking.read_model(text_of(model)),
            across="right" in files,
            one_to_one=one_to_one,
            machine=linking.Machine(scratch=Path(scratch)),
            tell=lambda what: errors.print(what, markup=False),
        )


def _profiles(files: "dict[str, Read]") -> "pa.Table":
    """The profiles of all files as one table; with two, a record carries its side, as ids may meet by chance."""
    import pyarrow as pa

    tables = []
    for side, found in files.items():
        named = dict(found.columns)
        if len(files) > 1:
            named["record"] = [f"{side}:{record}" for record in named["record"]]
        columns = {column: pa.array(values, pa.string()) for column, values in named.items()}
        tables.append(pa.table(columns | {"source": pa.array([side] * found.rows)}))
    return pa.concat_tables(tables, promote_options="default")


def _said(path: Path | None, two: bool) -> list[tuple[str, str]]:
    """The pairs of a CSV file with a header and two columns: with two files, the left record and the right one."""
    from sterna.engine.lake.beside import text_of

    if path is None:
        return []
    pairs = []
    for line, row in enumerate(csv.reader(text_of(path).splitlines()), start=1):
        if line == 1 or not row:
            continue
        if len(row) != 2 or not all(cell.strip() for cell in row):
            raise BadInput(f"{path.name}:{line}: a pair is two records, {len(row)} field(s) stand here")
        one, other = (cell.strip() for cell in row)
        pairs.append((f"left:{one}", f"right:{other}") if two else (one, other))
    return pairs


def _write(linked: "Linked", refused: "list[RefusedRow]", out: Path, suffix: str, two: bool) -> list[str]:
    """Write the results; returns the names of the files."""
    from sterna.engine.lake import files

    pairs = _plain_pairs(linked.pairs) if two else linked.pairs
    if is_file(out):
        _write_table(pairs, out)
        return [str(out)]
    kind = ".parquet" if suffix == ".parquet" else ".csv"
    clusters = _plain_clusters(linked.clusters) if two else linked.clusters
    _write_table(pairs, out / f"linked_pairs{kind}")
    _write_table(clusters, out / f"clusters{kind}")
    files.write_text(out / "model.json", linked.model.text())
    names = [f"linked_pairs{kind}", f"clusters{kind}", "model.json"]
    if refused:
        import pyarrow as pa

        _write_table(pa.Table.from_pylist([asdict(row) for row in refused]), out / "refused.csv")
        names.append("refused.csv")
    return [str(out / name) for name in names]


def _write_table(rows: "pa.Table", path: Path) -> None:
    from pyarrow import csv as arrow_csv

    from sterna.engine.lake import arrow

    try:
        if path.suffix == ".parquet":
            arrow.write(rows, path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}.unfinished")
            arrow_csv.write_csv(rows, unfinished)
            arrow.settle(unfinished, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}") from error


def _plain_pairs(pairs: "pa.Table") -> "pa.Table":
    """The pairs without the sides before the records; "left:" sorts first, so that left is the left file's."""
    import pyarrow.compute as pc

    for position, (side, column) in enumerate(zip(_SIDES, ("left_record", "right_record"), strict=True)):
        plain = pc.utf8_slice_codeunits(pairs.column(column), len(side) + 1)
        pairs = pairs.set_column(position, column, plain)
    return pairs


def _plain_clusters(clusters: "pa.Table") -> "pa.Table":
    """The clusters with a column for the side, and records as they stand in their files; a cluster keeps its name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.split_pattern(clusters.column("record"), ":", max_splits=1).to_pylist()
    return pa.table(
        {
            "side": [side for side, _ in parts],
            "record": [record for _, record in parts],
            "cluster": clusters.column("cluster"),
        }
    )


def _summary(
    linked: "Linked", files: "dict[str, Read]", refused: "list[RefusedRow]", written: list[str]
) -> dict[str, Any]:
    outcomes = Counter(linked.pairs.column("outcome").to_pylist())
    unread = sum(found.strange_dates for found in files.values())
    dates = [f"birth_date: {unread} value(s) not in the format given are unknown"] if unread else []
    return {
        "records": {side: found.rows for side, found in files.items()},
        "pairs": {outcome: outcomes[outcome] for outcome in ("merge", "review", "household")},
        "persons": len(set(linked.clusters.column("cluster").to_pylist())),
        "compared": [each.column for each in linked.model.comparisons],
        "notes": [*dates, *linked.notes],
        "refused": [asdict(row) for row in refused],
        "model": linked.model.sha256,
        "written": written,
    }


def _sentences(summary: dict[str, Any]) -> str:
    counts = " and ".join(f"{rows:,} {side}" for side, rows in summary["records"].items())
    pairs = summary["pairs"]
    lines = [
        f"{counts} records: {summary['persons']:,} persons",
        f"{pairs['merge']:,} pairs merge, {pairs['review']:,} to review, {pairs['household']:,} share a household",
        f"compared: {', '.join(summary['compared'])}",
        *summary["notes"],
    ]
    if summary["refused"]:
        lines.append(f"{len(summary['refused']):,} rows refused")
    return "\n".join([*lines, f"written: {', '.join(summary['written'])}"])
