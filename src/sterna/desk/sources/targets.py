"""What each kind of import may and must say of a row, and how the lake's columns are made of that."""

from collections.abc import Mapping
from dataclasses import dataclass

from sterna.desk.sources.conversion import Made, Place, Target, convert
from sterna.desk.sources.mapping import DATED, Column, ColumnOrName, Imported
from sterna.desk.sources.reading import literal
from sterna.engine.errors import BadInput

TEXT, AMOUNT, QUANTITY = Target("text"), Target("amount"), Target("quantity")
INSTANT, DAY, FLAG = Target("instant"), Target("day"), Target("flag")
NAMED, ON = Target("text", required=True), Target("day", required=True)
VALUE, ADDRESS = Target("text", length=300), Target("text", length=400)

# The tables of the lake that an import fills; the other kinds go to the records.
LAKE_TABLES = ("lines", "events", "costs", "products", "campaigns")

TARGETS: Mapping[str, Mapping[str, Target]] = {
    "lines": {
        "touchpoint": TEXT, "product_id": TEXT, "quantity": QUANTITY,
        "amount": Target("amount", required=True), "discount": AMOUNT, "currency": TEXT,
    },
    "events": {"kind": NAMED, "touchpoint": TEXT, "direction": TEXT, "subject": TEXT},
    # What a cost came to may be missing: then it is unknown, and with it the margin.
    "costs": {"kind": TEXT, "amount": AMOUNT, "currency": TEXT},
    "products": {"product_id": NAMED, "department": TEXT, "category": TEXT, "brand": TEXT},
    "campaigns": {"campaign_id": NAMED, "kind": TEXT, "starts_on": DAY, "ends_on": DAY},
    "facts": {"observed_on": ON, "purpose": Target("text", required=True, length=40)},
    "consents": {"said_on": ON},
    "addresses": {},
}  # fmt: skip
# What tells two rows of a file apart; a later row with the same is refused as a repetition.
UNIQUE: Mapping[str, tuple[str, ...]] = {
    "lines": ("event_id", "line_id"),
    "events": ("event_id",),
    "costs": ("entry_id",),
    "products": ("product_id",),
    "campaigns": ("campaign_id",),
}


@dataclass(frozen=True)
class Program:
    """What the whole installation agrees on: the source being read, its name in keys, days and money."""

    source: str
    zone: str
    currency: str


def made_columns(spec: Imported, place: Place, program: Program) -> dict[str, Made]:
    """Each staged column with its SQL, in order; raises BadInput for a mapping that cannot fit the file."""
    known = TARGETS[spec.into]
    dated = {"occurred_at": INSTANT, "occurred_on": DAY} if spec.into in DATED else {}
    strange = sorted(set(spec.columns) - set(known) - set(dated))
    if strange:
        raise BadInput(
            f"{place.where}: rows of {spec.into} have no {strange[0]!r}; they have {', '.join(known)}"
        )
    missing = sorted(key for key, target in known.items() if target.required and key not in spec.columns)
    if missing:
        raise BadInput(
            f"{place.where}: the mapping of {spec.name} does not say where {missing[0]!r} comes from"
        )
    made = {} if spec.identify is None else {"_identifier": _named(spec.identify.column, place)}
    made |= _keys(spec, place, program)
    if dated:
        made |= _occurrence(spec, place, program)
    for key, target in known.items():
        made[key] = convert(key, target, spec.columns.get(key, Column(constant="")), place)
    return _with_defaults(spec, made, program) | _said(spec, place)


def _named(column: str, place: Place) -> Made:
    return convert(column, NAMED, column, place)


def _keys(spec: Imported, place: Place, program: Program) -> dict[str, Made]:
    if not spec.key:
        return {}
    message = _joined(spec.key, place)
    # The same hash as for an event of the API, so that one event that came both ways is one.
    event = f"md5({literal(program.source)} || chr(31) || {message.value})"
    name = "entry_id" if spec.into == "costs" else "event_id"
    keys = {name: Made(event, message.reason, message.shown, message.column)}
    if spec.line_key:
        keys["line_id"] = _joined(spec.line_key, place)
    return keys


def _joined(columns: list[str], place: Place) -> Made:
    parts = [_named(column, place) for column in columns]
    return Made(
        " || '|' || ".join(f"({part.value})" for part in parts),
        f"coalesce({', '.join(part.reason for part in parts)})",
        f"concat_ws('|', {', '.join(part.shown for part in parts)})",
        ", ".join(columns),
    )


def _occurrence(spec: Imported, place: Place, program: Program) -> dict[str, Made]:
    """Instant and local day from whichever of the two the source has; a bare day begins at local midnight."""
    given = [key for key in ("occurred_at", "occurred_on") if key in spec.columns]
    if len(given) != 1:
        raise BadInput(f"{place.where}: {spec.name} needs exactly one of `occurred_at` and `occurred_on`")
    zone = literal(program.zone)
    kind = Target("instant" if given == ["occurred_at"] else "day", required=True)
    found = convert(given[0], kind, spec.columns[given[0]], place)
    if kind.kind == "instant":
        day = f"cast(timezone({zone}, timezone('UTC', {found.value})) as date)"
        return {"occurred_at": found, "occurred_on": _silent(day, found)}
    midnight = f"timezone('UTC', timezone({zone}, cast({found.value} as timestamp)))"
    return {"occurred_at": _silent(midnight, found), "occurred_on": found}


def _silent(value: str, of: Made) -> Made:
    return Made(value, "null", of.shown, of.column)


def _with_defaults(spec: Imported, made: dict[str, Made], program: Program) -> dict[str, Made]:
    if spec.into in ("lines", "costs"):
        given = made["currency"]
        only = literal(program.currency)
        wrong = literal(f"is not {program.currency}, the program's currency")
        reason = f"coalesce({given.reason}, case when {given.value} <> {only} then {wrong} end)"
        made["currency"] = Made(f"coalesce({given.value}, {only})", reason, given.shown, given.column)
    if spec.into == "events":
        given = made["direction"]
        wrong = f"case when {given.value} not in ('inbound', 'outbound') then 'is neither inbound nor outbound' end"
        reason = f"coalesce({given.reason}, {wrong})"
        made["direction"] = Made(f"coalesce({given.value}, 'inbound')", reason, given.shown, given.column)
    return made


def _said(spec: Imported, place: Place) -> dict[str, Made]:
    """The wide columns of facts, consents and addresses, named by the position in the mapping."""
    facts = _wide(spec.facts, VALUE, place)
    addresses = _wide(spec.addresses, ADDRESS, place)
    if "email" in spec.addresses:
        index = list(spec.addresses).index("email")
        given = addresses[f"_said{index}"]
        fits = rf"regexp_full_match({given.value}, '[^@\s]+@[^@\s]+')"
        wrong = f"case when not {fits} then 'is not an e-mail address' end"
        reason = f"coalesce({given.reason}, {wrong})"
        addresses[f"_said{index}"] = Made(given.value, reason, given.shown, given.column)
    words: dict[str, ColumnOrName] = {str(index): said.column for index, said in enumerate(spec.consents)}
    return {"facts": facts, "addresses": addresses, "consents": _wide(words, FLAG, place)}.get(spec.into, {})


def _wide(columns: Mapping[str, ColumnOrName], target: Target, place: Place) -> dict[str, Made]:
    return {
        f"_said{i}": convert(key, target, column, place) for i, (key, column) in enumerate(columns.items())
    }
