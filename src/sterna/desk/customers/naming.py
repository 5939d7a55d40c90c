"""What an event tells of identity: the identifiers in it, by which key it came and what will stand as evidence."""

from typing import Any

from sterna.desk.customers.directory import Told
from sterna.desk.customers.rules import EMAIL, PHONE, Identifier, alike
from sterna.desk.sources.lake_rows import ANONYMOUS
from sterna.desk.sources.models import KeyKind
from sterna.desk.sources.queries import Arrived

LONGEST_KIND, LONGEST_VALUE = 40, 200


def told(event: Arrived) -> Told:
    """The identifiers of an event; it is filed under its user, else its device, as in the lake.

    Only a secret key may bring more than the two: the previous id of an alias, external ids, and an e-mail address or
    phone number among the traits of an identify call. Anybody could send them with a public one.
    """
    source, body = event.source, event.body
    user, device = body.get("userId"), body.get("anonymousId")
    trusted = event.key_kind == KeyKind.SECRET
    declared = body.get("type") == "alias" and trusted
    if device is None and declared:
        device = body.get("previousId")
    main: Identifier | None = (source.name, source.identifier_kind, user) if user else None
    mobile: Identifier | None = (source.name, ANONYMOUS, device) if device else None
    others: list[Identifier] = [mobile] if main and mobile else []
    if trusted:
        others += _external(source.name, body.get("context"))
        if body.get("type") == "identify":
            others += _traits(source.name, body)
    return Told(main or mobile, others, event.received_at, body["messageId"], not trusted, declared)


def _external(source: str, context: Any) -> list[Identifier]:
    listed = context.get("externalIds") if isinstance(context, dict) else None
    found = []
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get("type"), str):
            found += _identifier(source, each["type"], each.get("id"))
    return found


def _traits(source: str, body: dict[str, Any]) -> list[Identifier]:
    context = body.get("context")
    of_all = context.get("traits") if isinstance(context, dict) else None
    traits: dict[str, Any] = {}
    for each in (of_all, body.get("traits")):
        traits |= each if isinstance(each, dict) else {}
    return [each for kind in (EMAIL, PHONE) for each in _identifier(source, kind, traits.get(kind))]


def _identifier(source: str, kind: str, value: Any) -> list[Identifier]:
    text = alike(kind, str(value).strip()) if isinstance(value, str | int) and value is not True else ""
    fits = 0 < len(kind) <= LONGEST_KIND and 0 < len(text) <= LONGEST_VALUE
    return [(source, kind, text)] if fits else []
