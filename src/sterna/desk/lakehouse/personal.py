"""What the lake keeps of a person: purchases and events under the keys of their source records."""

from collections.abc import Iterator
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sterna.desk.config import options
from sterna.desk.config.personal import Erased, Impersonal, Keeper, Sheet, Subject
from sterna.desk.lakehouse import actions, queries


def export(subject: Subject) -> list[Sheet]:
    """Purchases and events, as the lake holds them."""
    return [
        Sheet(f"lake_{table}", f"Rows of the lake's table {table}.", list(_rows(files, subject)))
        for table, files in queries.manifest().items()
        if any("source_record" in pq.read_schema(path).names for path, _ in files)
    ]


def _rows(files: list[tuple[str, str]], subject: Subject) -> Iterator[dict[str, object]]:
    keys = pa.array(subject.keys, pa.string())
    for path, _ in files:
        held = pq.read_table(path, filters=pc.field("source_record").isin(keys))
        yield from held.to_pylist()


def erase(subject: Subject) -> list[Erased]:
    """Rewrite the segments that hold the person, and swap them in the manifest."""
    taken = actions.take_out(UUID(subject.id), subject.keys, subject.telling)
    return [Erased(path, "rewritten", rows) for path, rows in taken]


def erase_files(subject: Subject) -> list[Erased]:
    """Remove the files that were swapped out, also those that another erasure was killed before removing."""
    orphans = [str(path.relative_to(options.home())) for path in actions.sweep()]
    return [Erased(path, "removed", 1) for path in (*actions.remove_taken_out(), *orphans)]


KEEPERS = (
    Keeper("lake", files=("lake/*/*.parquet",), export=export, erase=erase),
    # A step of its own: the files go only when the manifest without them is committed.
    Keeper("lake files", files=("lake/*/.*",), erase=erase_files),
    Impersonal("lakehouse.Version", "numbers of the lake's versions"),
    Impersonal("lakehouse.Segment", "which files make up the lake"),
    Impersonal("lakehouse.Mark", "how far queues are sealed"),
    Impersonal("lakehouse.Fixed", "settings that the lake depends on"),
)
