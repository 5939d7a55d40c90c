"""The one spelling of a value by what its class holds, so that equal facts are equal texts."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from sterna.engine.errors import BadInput
from sterna.engine.taxonomy.document import TaxonomyClass

_FLAGS = {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_LONGEST = 200  # characters of a text value


def canonical(one: TaxonomyClass, value: str) -> str:
    """`value` in the spelling of the class; raises BadInput that names the class and what it holds.

    Flags are yes or no, months 2024-06, days 2024-06-30, numbers without needless zeros; a money band takes
    its name or an amount that falls into it.
    """
    text = " ".join(value.split())
    if one.holds is None or not text or len(text) > _LONGEST or "\0" in text:
        raise BadInput(f"{one.id} holds {_held(one)}, not {value[:40]!r}")
    spelled = _SPELLINGS[one.holds](one, text)
    if spelled is None:
        raise BadInput(f"{one.id} holds {_held(one)}, not {value[:40]!r}")
    return spelled


def _held(one: TaxonomyClass) -> str:
    if one.holds is None:
        return "no values"
    names = [*one.choices, *(band.name for band in one.bands)]
    return f"a {one.holds}" + (f" ({', '.join(names)})" if names else "")


def _text(one: TaxonomyClass, text: str) -> str | None:
    return text


def _flag(one: TaxonomyClass, text: str) -> str | None:
    return _FLAGS.get(text.casefold())


def _choice(one: TaxonomyClass, text: str) -> str | None:
    return next((choice for choice in one.choices if choice.casefold() == text.casefold()), None)


def _band(one: TaxonomyClass, text: str) -> str | None:
    named = next((band.name for band in one.bands if band.name.casefold() == text.casefold()), None)
    amount = _amount(text)
    if named is not None or amount is None:
        return named
    return next((band.name for band in reversed(one.bands) if band.least <= amount), None)


def _number(one: TaxonomyClass, text: str) -> str | None:
    amount = _amount(text)
    if amount is None:
        return None
    return f"{amount.normalize():f}" if amount else "0"


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    # An exponent of a few characters would write out a number of any length.
    return amount if amount.is_finite() and abs(amount) < Decimal(10) ** 18 else None


def _date(one: TaxonomyClass, text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _month(one: TaxonomyClass, text: str) -> str | None:
    return text if _MONTH.fullmatch(text) else None


_SPELLINGS = {
    "text": _text,
    "flag": _flag,
    "choice": _choice,
    "money band": _band,
    "number": _number,
    "date": _date,
    "month": _month,
}
