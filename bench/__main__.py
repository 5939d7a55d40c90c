"""`python -m bench [NAME]...`: runs benchmarks by name, prints tables, writes JSON."""

import signal
import sys
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.benchmarks import BENCHMARKS
from bench.measuring import CommandFailed
from bench.options import Options
from bench.printing import show
from bench.results import Result, as_json, best, machine, save

RESULTS = Path(__file__).parent / "results"


class Name(StrEnum):
    """The names on the command line: those of `BENCHMARKS`."""

    IMPORT = "import"
    TURN = "turn"
    LARGE = "large"
    INGEST = "ingest"
    FACTS = "facts"
    LINK = "link"
    SEARCH = "search"
    SEND = "send"
    VALUE = "value"
    MEASURES = "measures"
    PLACE = "place"
    CHECK = "check"
    FORECAST = "forecast"


def run(
    names: Annotated[
        list[Name] | None, typer.Argument(help="Which benchmarks; all of them by default.")
    ] = None,
    customers: Annotated[int, typer.Option(min=50, help="Customers of the large, simulated shop.")] = 100_000,
    data: Annotated[
        Path | None, typer.Option(help="A folder with files like the real ones, for `import` and `turn`.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Attempts at each; the fastest one counts.")] = 1,
    homes: Annotated[Path | None, typer.Option(help="Where the homes are made and removed.")] = None,
    results: Annotated[Path, typer.Option(help="Where the JSON goes.")] = RESULTS,
    records: Annotated[int, typer.Option(min=1000, help="Records that `link` seeks doubles in.")] = 200_000,
    known: Annotated[int, typer.Option(min=1000, help="Customers that `search` looks among.")] = 1_000_000,
    summaries: Annotated[int, typer.Option(min=1000, help="Customers that `value` scores.")] = 1_000_000,
    purchases: Annotated[
        int, typer.Option(min=5000, help="Purchases in the log that `measures` reads.")
    ] = 50_000_000,
    placed: Annotated[int, typer.Option(min=1000, help="Customers that `place` places.")] = 1_000_000,
    keep: Annotated[bool, typer.Option(help="Leave the homes, to look into them.")] = False,
) -> None:
    """Time the import, the turn of the loop and sending, each beside a raw side in the same run."""
    # Ended by a supervisor, it must stop its database and remove its home, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    begun, facts = datetime.now(UTC), machine()
    options = Options(data, customers, homes, keep, records, known, summaries, purchases, placed)
    errors = Console(stderr=True, highlight=False)
    chosen = list(dict.fromkeys(name.value for name in names or Name))
    try:
        attempts = [_attempts(name, repeat, options, errors) for name in chosen]
    except (CommandFailed, FileNotFoundError) as error:
        errors.print(f"bench: {error}", soft_wrap=True, markup=False)
        raise typer.Exit(1) from error
    console = Console(highlight=False)
    for tries in attempts:
        show(best(tries), console)
    path = save(results, as_json(facts, begun, attempts), begun)
    errors.print(f"written: {path}", soft_wrap=True, markup=False)


def _attempts(name: str, repeat: int, options: Options, errors: Console) -> list[Result]:
    tries = []
    for attempt in range(1, repeat + 1):
        begun = time.monotonic()

        def tell(line: str, attempt: int = attempt, begun: float = begun) -> None:
            said = f"{name} {attempt}/{repeat} {time.monotonic() - begun:6.1f} s  {line}"
            errors.print(said, soft_wrap=True, markup=False)

        tries.append(BENCHMARKS[name](options, tell))
    return tries


if __name__ == "__main__":
    typer.run(run)
