"""The JSON Schema of a plan's document, so that an editor completes and checks it while it is written."""

from typing import Any

import msgspec

from sterna.engine.plans.document import Plan
from sterna.engine.plans.parts import Variant

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# In YAML an amount is a number or, to keep its cents, a text; a word such as 2017 is a number to YAML and a text to us.
_AMOUNT = {"type": ["number", "string"], "pattern": r"^-?\d+(\.\d+)?$"}
_TEXT = {"type": ["string", "number", "boolean"]}


def schema() -> dict[str, Any]:
    """The schema of a plan as it is read from YAML or JSON, each part with what it says; names that mean nothing fail.

    It knows the shape alone: what a plan needs, and how its parts fit, is said by the check. It is stricter than
    reading in one thing, a number must not stand in quotes.
    """
    made = _read(msgspec.json.schema(Plan))
    for part in made["$defs"].values():
        part["additionalProperties"] = False
    texts = made["$defs"][Variant.__name__]["properties"]
    for name in list(texts):
        texts[f"{name}_file"] = {
            "description": f"A file beside the plan whose text is the {name}.",
            "type": "string",
        }
    whole = made["$defs"].pop(Plan.__name__)
    return {"$schema": _DIALECT, **whole, "title": "A migration plan", "$defs": made["$defs"]}


def _read(made: Any) -> Any:
    """The schema with money and texts as YAML gives them, and without the default of whatever is not known."""
    if isinstance(made, list):
        return [_read(each) for each in made]
    if not isinstance(made, dict):
        return made
    if made.get("type") == "string" and made.get("format") == "decimal":
        return dict(_AMOUNT)
    if made == {"type": "string"}:
        return dict(_TEXT)
    return {
        # Below these two stand names of our own, of which one may be that of a word of the schema, as title is.
        name: {own: _read(one) for own, one in each.items()}
        if name in ("properties", "$defs")
        else _read(each)
        for name, each in made.items()
        if name not in ("default", "required", "title")
    }
