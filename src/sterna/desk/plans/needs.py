"""Tells which facts the plans in force need: what assets want, and what their messages speak of."""

from collections.abc import Iterator, Mapping
from typing import Any

from sterna.desk.customers.queries.taxonomy import Use
from sterna.desk.plans.models import Plan

# Without the fact an asset is not offered at all; a message has something to say without it.
WANTED, SPOKEN_OF = 1.0, 0.5


def uses() -> Iterator[Use]:
    """The uses of every approved plan, each with the owner of the asset that it is for."""
    approved = Plan.objects.filter(state=Plan.State.APPROVED).select_related("definition").order_by("name")
    for plan in approved:
        yield from of_document(plan.definition.body)


def of_document(document: Mapping[str, Any]) -> Iterator[Use]:
    """The uses of one plan."""
    says: dict[str, Mapping[str, Any]] = {}
    for asset in document.get("assets") or ():
        says.setdefault(asset.get("message"), asset)
        wanted = (asset.get("wants") or {}).get("class")
        if wanted:
            yield Use(wanted, "asset", asset.get("title") or asset["id"], asset.get("owner") or "", WANTED)
    for message in document.get("messages") or ():
        owner = (says.get(message.get("id")) or {}).get("owner") or document.get("owner") or ""
        for use in message.get("uses") or ():
            for name in dict.fromkeys([use.get("class"), *(use.get("offers") or {})]):
                if name:
                    yield Use(name, "message", message.get("id") or "", owner, SPOKEN_OF)
