"""An importer in a process of its own, to be killed: `python -m tests.desk.sources.killing VERB`."""

import json
import sys
from pathlib import Path

import django


def main(verb: str, *arguments: str) -> None:
    """Do one of `import FILE`, `receive COUNT`, `seal`, `report` on the home that STERNA_HOME names."""
    django.setup()
    {"import": _import, "receive": _receive, "seal": _seal, "report": _report}[verb](*arguments)


def _import(file: str) -> None:
    from sterna.desk.sources import mapping
    from sterna.desk.sources.actions import import_files, imports
    from tests.desk.sources import shop

    imports.PART_ROWS = 5_000
    import_files(
        mapping.parse(shop.SOURCE + shop.LINES, "map"), Path(file), lambda *_: print("step", flush=True)
    )


def _receive(count: str) -> None:
    from sterna.desk.config import clock
    from sterna.desk.customers.actions import act_on_inbox
    from sterna.desk.sources.actions import add_source, receive
    from sterna.desk.sources.received import Envelope

    source, _ = add_source("web", "Web")
    events = [
        {
            "type": "track",
            "event": "Order Completed",
            "userId": f"u{i % 50}",
            "messageId": f"m{i}",
            "properties": {"total": 1},
        }
        for i in range(int(count))
    ]
    receive(source, events, Envelope(clock.now(), None, {}, {}))
    act_on_inbox()


def _seal() -> None:
    from sterna.desk.sources.actions import seal_inbox, sealing

    sealing.BATCH = 100
    print("step", flush=True)
    seal_inbox()


def _report() -> None:
    import duckdb

    from sterna.desk.config import options
    from sterna.desk.customers.models import Customer, SourceRecord
    from sterna.desk.lakehouse import actions, queries
    from sterna.desk.lakehouse.models import Mark, Segment, Version
    from sterna.desk.sources.models import Import

    swept = len(actions.sweep())
    files = [path for path, _ in queries.manifest()["lines"]]
    rows, unique, amount = duckdb.sql(
        f"select count(*), count(distinct (event_id, line_id)), sum(amount)::text from read_parquet({files})"
    ).fetchall()[0]
    on_disk = list((options.home() / "lake").glob("*/*"))
    imports = Import.objects.values_list("state", "rows_read", "rows_accepted", "amount")
    facts = {
        "rows": rows, "unique": unique, "amount": amount, "files": len(on_disk), "segments": Segment.objects.count(),
        "origins": Segment.objects.values("origin").distinct().count(), "versions": Version.objects.count(),
        "customers": Customer.objects.count(), "records": SourceRecord.objects.count(),
        "damaged": len(list(queries.damaged())), "imports": [[str(v) for v in row] for row in imports],
        "marks": list(Mark.objects.filter(name="inbox").values_list("position", flat=True)), "swept": swept,
    }  # fmt: skip
    print("report " + json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
