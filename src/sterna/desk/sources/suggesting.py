"""Suggests how a file may be mapped, from the names of its columns and what was guessed of them."""

import re
from collections.abc import Mapping
from pathlib import PurePath

from sterna.desk.sources.guessing import Guess, Guesses, Written
from sterna.desk.sources.mapping import DATED, Column, ColumnOrName, Identify, Imported, Into
from sterna.desk.sources.targets import TARGETS

# What a column that becomes the target is often called; the first that fits is taken.
_CALLED = {
    "amount": r"amount|paid|sales|revenue|total|spend|price|value|betrag|umsatz",
    "discount": r"disc",
    "quantity": r"quantity|qty|pieces|units|count|menge",
    "product_id": r"product|sku|item|article|upc",
    "touchpoint": r"store|shop|channel|touchpoint|branch",
    "currency": r"currency|^cur$",
    "kind": r"^event$|kind|type|action",
    "direction": r"direction",
    "subject": r"campaign|coupon|subject|page|url",
    "department": r"department|dept",
    "category": r"category|group",
    "brand": r"brand",
    "campaign_id": r"campaign",
    "starts_on": r"start|opens|from",
    "ends_on": r"end|closes|until",
}
_WHO = r"customer|household|member|card|client|loyalty|user|account|person|kunde"
_EVENT = r"basket|receipt|order|transaction|invoice|ticket|till|event|message"
_ENTRY = r"entry|voucher|booking|invoice|event"
_COST = r"cost|expense|aufwand"
_NUMBERS = {"amount", "quantity"}


def suggest(file_name: str, written: Written, guesses: Guesses, into: Into | None = None) -> Imported:
    """An import of the file as `into`, or as what it looks like; what nothing points to is left out."""
    found = guesses.columns
    kind = into or _looks_like(found)
    who = _named(found, _WHO) or next((name for name, it in found.items() if it.kind == "identifier"), None)
    event = _named(found, _ENTRY if kind == "costs" else _EVENT)
    columns = _columns(found, kind)
    return Imported(
        name=PurePath(file_name).stem[:80],
        file=file_name,
        into=kind,
        columns=columns,
        identify=Identify(_kind_of(who), who) if who and kind not in ("products", "campaigns") else None,
        # Two costs of one customer are two: without a number of the entry nothing tells them apart.
        key=[name for name in (event, who if kind != "costs" else None) if name][:1] if kind in DATED else [],
        line_key=_line_key(columns) if kind == "lines" else [],
        addresses=_addresses(found) if kind == "addresses" else {},
        delimiter=written.delimiter,
        encoding=written.encoding,  # type: ignore[arg-type]
        header=written.header,
        decimal=guesses.decimal,  # type: ignore[arg-type]
        grouping=guesses.grouping,  # type: ignore[arg-type]
    )


def _looks_like(found: Mapping[str, Guess]) -> Into:
    kinds = {guess.kind for guess in found.values()}
    if kinds & {"day", "moment"}:
        money = {name: guess for name, guess in found.items() if guess.kind == "money"}
        if _named(money, _COST) and not _named(found, _CALLED["product_id"]):
            return "costs"
        return "lines" if "money" in kinds else "events"
    if "e-mail address" in kinds:
        return "addresses"
    return "products" if _named(found, _CALLED["product_id"]) else "facts"


def _named(found: Mapping[str, Guess], called: str) -> str | None:
    return next((name for name in found if re.search(called, name, re.I)), None)


def _kind_of(column: str | None) -> str:
    kind = re.sub(r"[^a-z0-9_]+", "_", (column or "").lower()).strip("_")[:40]
    return kind if re.match(r"[a-z]", kind) else "customer_id"


def _line_key(columns: Mapping[str, ColumnOrName]) -> list[str]:
    product = columns.get("product_id")
    name = product.column if isinstance(product, Column) else product
    return [name] if name else []


def _columns(found: Mapping[str, Guess], into: Into) -> dict[str, ColumnOrName]:
    made: dict[str, ColumnOrName] = {}
    if into in DATED:
        when = next((name for name, guess in found.items() if guess.kind in ("moment", "day")), None)
        if when is not None:
            made["occurred_at" if found[when].kind == "moment" else "occurred_on"] = _column(
                when, found[when]
            )
    for key, target in TARGETS[into].items():
        fits = {name: guess for name, guess in found.items() if _fits(guess, target.kind)}
        name = _named(fits, _CALLED[key]) if key in _CALLED else None
        if key == "amount" and name is None:
            name = next((name for name, guess in fits.items() if guess.kind == "money"), None)
        if key in ("observed_on", "said_on"):
            name = next(iter(fits), None)
        if name is not None:
            made[key] = _column(name, fits[name])
    return made


def _fits(guess: Guess, kind: str) -> bool:
    if kind in _NUMBERS:
        return guess.kind in ("money", "number")
    if kind == "day":
        return guess.kind in ("day", "moment")
    return guess.kind in ("text", "identifier", "number")


def _column(name: str, guess: Guess) -> ColumnOrName:
    if guess.format is None and guess.symbol is None:
        return name
    return Column(column=name, format=guess.format, symbol=guess.symbol)


def _addresses(found: Mapping[str, Guess]) -> dict[str, ColumnOrName]:
    email = next((name for name, guess in found.items() if guess.kind == "e-mail address"), None)
    others = {"phone": _named(found, r"phone|mobile|^tel"), "letter": _named(found, r"address|street")}
    others = {medium: name for medium, name in others.items() if name and name != email}
    return {medium: name for medium, name in {"email": email, **others}.items() if name}
