"""What a benchmark is told: where its data and homes are, and how large it is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """Sizes and places: `data` instead of the real files, `customers` of the large shop, `homes`.

    `records` are linked, `known` customers searched, `summaries` fitted and scored, `purchases` measured,
    `placed` customers placed.
    """

    data: Path | None = None
    customers: int = 100_000
    homes: Path | None = None
    keep: bool = False
    records: int = 200_000
    known: int = 1_000_000
    summaries: int = 1_000_000
    purchases: int = 50_000_000
    placed: int = 1_000_000
