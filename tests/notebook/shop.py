"""A small shop whose histories can be seen by eye, the CDNOW sample, and files of them."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

AS_OF = "2024-12-31"
Row = tuple[Any, ...]

# c1 buys once, c2 in two months, and so on; enough to fit on.
ROWS: list[Row] = [
    (f"c{number}", f"2024-{month:02d}-{1 + number:02d}", 10.5 + number)
    for number in range(1, 9)
    for month in range(1, 1 + number)
]


def log(*more: Row, rows: list[Row] = ROWS) -> dict[str, list[Any]]:
    """The rows as columns, `more` before them."""
    columns = zip(*more, *rows, strict=True)
    return dict(zip(("customer_id", "date", "amount"), map(list, columns), strict=True))


def cdnow() -> dict[str, list[Any]]:
    """The CDNOW sample, read as data out of the installed package `lifetimes` without importing it."""
    spec = find_spec("lifetimes")
    assert spec is not None and spec.submodule_search_locations is not None
    text = (Path(spec.submodule_search_locations[0]) / "datasets/CDNOW_sample.txt").read_text()
    lines = [line.split() for line in text.splitlines()]
    return log(rows=[(who, f"{day[:4]}-{day[4:6]}-{day[6:]}", float(paid)) for _, who, day, _, paid in lines])


def written(path: Path, columns: dict[str, list[Any]]) -> Path:
    """The columns as a CSV file."""
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
