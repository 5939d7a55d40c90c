"""Money: an exact amount with its currency, and the rule by which amounts are rounded."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from sterna.engine.errors import BadInput

CENT = Decimal("0.01")
LARGEST = Decimal("9999999999999999.99")  # DECIMAL(18,2), the type of every amount in the lake


@dataclass(frozen=True, order=False)
class Money:
    """An amount in one currency; adding two currencies is refused, never guessed."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise BadInput(f"currency {self.currency!r} is not a three-letter code such as USD")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, factor: Decimal | int) -> "Money":
        return Money(cents(self.amount * factor), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise BadInput(f"{self.currency} and {other.currency} do not add up without a dated rate")
        return other.amount


def cents(amount: Decimal) -> Decimal:
    """`amount` rounded to two places, half to even, so that sums of many roundings do not drift."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def parse(text: str, where: str) -> Decimal:
    """An exact amount of at most two places from text; raises BadInput naming `where`."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise BadInput(f"{where}: {text!r} is not an amount") from None
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise BadInput(f"{where}: {text!r} is outside what an amount can be (±{LARGEST})")
    if amount != cents(amount):
        raise BadInput(f"{where}: {text!r} has more than two decimal places")
    return cents(amount)
