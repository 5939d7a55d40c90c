"""Money: what an amount and a currency may be, and the rule by which amounts are rounded."""

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from sterna.engine.errors import BadInput

CENT = Decimal("0.01")
LARGEST = Decimal("9999999999999999.99")  # DECIMAL(18,2), the type of every amount in the lake


def require_currency(code: str) -> None:
    """Raise BadInput unless `code` is a currency's code of three letters."""
    if not re.fullmatch("[A-Z]{3}", code):
        raise BadInput(f"currency {code!r} is not a three-letter code such as USD")


def cents(amount: Decimal) -> Decimal:
    """`amount` rounded to two places, half to even, so that sums of many roundings do not drift."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def parse(text: str, where: str) -> Decimal:
    """An exact amount of at most two places from text; raises BadInput naming `where`."""
    try:
        # Python alone would also read 1_000 and digits of any script, whose sums nobody would check by eye.
        amount = Decimal(text.strip() if text.isascii() and "_" not in text else "")
    except InvalidOperation:
        raise BadInput(f"{where}: {text!r} is not an amount") from None
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise BadInput(f"{where}: {text!r} is outside what an amount can be (±{LARGEST})")
    if amount != cents(amount):
        raise BadInput(f"{where}: {text!r} has more than two decimal places")
    return cents(amount)
