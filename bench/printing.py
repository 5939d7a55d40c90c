"""The tables that a run of the benchmarks prints: ratios first, then targets, then where the time goes."""

from rich.console import Console
from rich.table import Table

from bench.results import Figure, Result

MB = 10**6
QUICK = 0.1  # seconds


def show(result: Result, console: Console) -> None:
    """Print one benchmark."""
    sizes = ", ".join(f"{value:,} {name}" for name, value in result.sizes.items())
    console.rule(f"{result.name}: {sizes}")
    console.print(_ratios(result))
    if result.targets:
        console.print(_targets(result))
    console.print(_figures(result))


def _table(*headings: str) -> Table:
    table = Table()
    for index, heading in enumerate(headings):
        # Cut off, a figure would read as another one; a narrow terminal wraps the names instead.
        table.add_column(heading, justify="right" if index else "left", no_wrap=index > 0)
    return table


def _ratios(result: Result) -> Table:
    table = _table("ratio", "times", "seconds", "raw seconds")
    for ratio in result.ratios:
        table.add_row(ratio.what, f"{ratio.times:.1f}", f"{ratio.seconds:.1f}", f"{ratio.raw_seconds:.2f}")
    return table


def _targets(result: Result) -> Table:
    table = _table("target", "measured", "limit", "")
    for target in result.targets:
        verdict = "met" if target.met else "missed"
        limit = f"< {target.limit:g} {target.unit}"
        table.add_row(target.what, f"{target.measured:.1f} {target.unit}", limit, verdict)
    return table


def _figures(result: Result) -> Table:
    table = _table("part", "seconds", "rows", "rows/s", "processor s", "peak MB")
    for figure in filter(_stands_out, result.figures):
        table.add_row(figure.what, f"{figure.seconds:.2f}", *_optional(figure))
    return table


def _stands_out(figure: Figure) -> bool:
    """Whether a part is worth a line: a quick step, which is set in by four, is left to the JSON."""
    return figure.seconds >= QUICK or not figure.what.startswith("    ")


def _optional(figure: Figure) -> tuple[str, str, str, str]:
    """What a part may lack; nothing stands where nothing was measured."""
    rate, used, peak = figure.rows_per_second, figure.processor_seconds, figure.peak_bytes
    return (
        "" if figure.rows is None else f"{figure.rows:,}",
        "" if rate is None else f"{rate:,.0f}",
        "" if used is None else f"{used:.1f}",
        "" if peak is None else f"{peak / MB:,.0f}",
    )
