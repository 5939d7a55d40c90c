"""Holds a restored installation against the list of erasures: who was erased after the backup is erased again."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.db import transaction

from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions.erasing import REACHED, erase, finish_erasures, list_file
from sterna.desk.customers.models import Address, Customer, SourceRecord
from sterna.desk.sources import suppression
from sterna.desk.sources.actions.suppressing import check_key, suppress_hashes


def replay_list(path: Path) -> tuple[int, int]:
    """Erase whoever a list of erasures names by hashes; returns (erasures listed, people erased again).

    Raises Refused for a list that was made under another secret: it would name nobody.
    """
    lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    strange = [line["erasure"] for line in lines if line["key"] != suppression.fingerprint()]
    if strange:
        raise Refused(f"the list names erasure {strange[0]} under another STERNA_SECRET_KEY: set that one")
    finish_erasures()
    hashes = {bytes.fromhex(each) for line in lines for each in line["hashes"]}
    with transaction.atomic():
        check_key()
        for line in lines:
            suppress_hashes((bytes.fromhex(each) for each in line["hashes"]), UUID(line["erasure"]))
    _take_over(path)
    again = 0
    for pk in sorted(set(_named(hashes))):
        customer = Customer.objects.filter(pk=pk).first()
        if customer is not None:
            erase(customer, "erased before, and brought back by a restore", None)
            again += 1
    return len({line["erasure"] for line in lines}), again


def _take_over(path: Path) -> None:
    """Put the lines of a list into the installation's own, each once."""
    kept = list_file()
    kept.parent.mkdir(parents=True, exist_ok=True)
    known = set(kept.read_text(encoding="ascii").splitlines()) if kept.exists() else set()
    with kept.open("a", encoding="ascii") as file:
        for line in path.read_text(encoding="ascii").splitlines():
            if line.strip() and line not in known:
                file.write(f"{line}\n")


def _named(hashes: set[bytes]) -> Iterator[UUID]:
    """The customers of records and addresses whose hash is listed."""
    records = SourceRecord.objects.values_list("customer", "kind", "value")
    for customer, kind, value in records.iterator(chunk_size=10_000):
        if suppression.hashed(kind, value) in hashes:
            yield customer
    reached = Address.objects.filter(medium__in=REACHED).select_related("source_record", "customer")
    for each in reached.iterator(chunk_size=10_000):
        if suppression.hashed(each.medium, each.address) in hashes:
            own = each.source_record.customer_id if each.source_record else each.customer_id
            yield own
