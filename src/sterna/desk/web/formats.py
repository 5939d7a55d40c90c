"""How figures, ranges, days and instants are written for people, the same on every page."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

UNKNOWN = "unknown"
MINUS = "\N{MINUS SIGN}"

_STEPS = ((Decimal(1), ""), (Decimal(10) ** 3, "k"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 9, "B"))
_TENTH = Decimal("0.1")
_HUNDREDTH = Decimal("0.01")
_AGES = (
    (timedelta(minutes=1), timedelta(seconds=1), "second"),
    (timedelta(hours=1), timedelta(minutes=1), "minute"),
    (timedelta(days=1), timedelta(hours=1), "hour"),
    (timedelta(days=31), timedelta(days=1), "day"),
    (timedelta(days=365), timedelta(days=30), "month"),
    (timedelta.max, timedelta(days=365), "year"),
)
_JUST_NOW = timedelta(seconds=45)
_AMOUNT_IN_WORDS = re.compile(r"(?<![\w.,])\d{4,}\.\d{2}(?!\w|\.\w)")

Figure = Decimal | int | float


def money_short(amount: Figure | None, currency: str | None = None) -> str:
    """The short form for pictures, one decimal and a step letter: 1,234,567 is "1.2 M"; None is "unknown"."""
    return UNKNOWN if amount is None else _with_currency(short(amount), currency)


def money_exact(amount: Figure | None, currency: str | None = None) -> str:
    """The exact form for tables and hover, to the cent: "1,234,567.00 USD"; None is "unknown"."""
    return UNKNOWN if amount is None else _with_currency(decimal(amount, 2), currency)


def sentence(said: str) -> str:
    """A stored sentence with its amounts as everywhere else: "1234567.00 USD" is "1,234,567.00 USD".

    Only what has two decimals is taken for an amount, so that years, days and the numbers of customers stay.
    """
    return _AMOUNT_IN_WORDS.sub(lambda found: f"{Decimal(found.group()):,}", said)


def number_said(said: str) -> str:
    """A number as somebody wrote it, its thousands separated from ten thousand on: a year stays a year."""
    try:
        number = Decimal(said)
    except InvalidOperation:
        return said
    is_long = number.is_finite() and abs(number) >= 10_000
    return f"{number:,f}".replace("-", MINUS) if is_long else said


def short(amount: Figure) -> str:
    """One decimal with k, M or B from a thousand up; below that whole numbers, or cents if any."""
    exact = _decimal(amount)
    factor, letter = _step(abs(exact))
    if letter:
        return f"{decimal(exact / factor, 1)} {letter}"
    return decimal(exact, 0 if exact == exact.to_integral_value() else 2)


def range_short(low: Figure | None, high: Figure | None, currency: str | None = None) -> str:
    """A range with the step letter once: "1.1-1.4 M"; ends of different steps keep their own."""
    if low is None or high is None:
        return UNKNOWN
    first, last = short(low), short(high)
    first_figure, _, first_letter = first.partition(" ")
    _, _, last_letter = last.partition(" ")
    start = first_figure if first_letter == last_letter else first
    joiner = " to " if MINUS in first + last else "-"
    return _with_currency(f"{start}{joiner}{last}", currency)


def decimal(amount: Figure, places: int) -> str:
    """Thousands separated, half rounded away from zero, a real minus sign, never "-0"."""
    quantum = Decimal(1).scaleb(-places)
    rounded = _decimal(amount).quantize(quantum, rounding=ROUND_HALF_UP)
    written = f"{abs(rounded):,}"
    return f"{MINUS}{written}" if rounded < 0 else written


def count(number: int | None) -> str:
    """A whole number of people or things: "2,469"; None is "unknown"."""
    return UNKNOWN if number is None else decimal(number, 0)


def percent(share: Figure | None, places: int = 0) -> str:
    """A share of one as a percentage: 0.3 is "30 %"; None is "unknown"."""
    return UNKNOWN if share is None else f"{decimal(_decimal(share) * 100, places)} %"


def signed_percent(share: Figure | None, places: int = 1) -> str:
    """A difference of shares with its sign always written: 0.021 is "+2.1 %"."""
    written = percent(share, places)
    return f"+{written}" if share is not None and _decimal(share) > 0 else written


def day(value: date | None) -> str:
    """A day as 2026-03-01; None is "unknown"."""
    return UNKNOWN if value is None else f"{value:%Y-%m-%d}"


def instant(value: datetime | None) -> str:
    """An instant to the minute with its zone: "2026-03-01 14:05 UTC"; None is "unknown"."""
    return UNKNOWN if value is None else f"{value:%Y-%m-%d %H:%M} {value.tzname() or 'UTC'}"


def relative(value: datetime | None, now: datetime) -> str:
    """How long ago or how far ahead of `now`: "3 hours ago", "in 2 days"; both instants carry a zone."""
    if value is None:
        return UNKNOWN
    gap = now.astimezone(UTC) - value.astimezone(UTC)
    age = abs(gap)
    if age < _JUST_NOW:
        return "now"
    words = _age_in_words(age)
    return f"{words} ago" if gap > timedelta(0) else f"in {words}"


def duration(seconds: Figure | None) -> str:
    """A length of time in its two largest parts: 3725 is "1 h 2 min"; None is "unknown"."""
    if seconds is None:
        return UNKNOWN
    whole = int(_decimal(seconds).to_integral_value(rounding=ROUND_HALF_UP))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    written = [f"{part} {unit}" for part, unit in parts if part]
    return " ".join(written[:2]) or "0 s"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: "1 customer", "2,469 customers"."""
    return f"{count(number)} {singular if number == 1 else plural or singular + 's'}"


def _age_in_words(age: timedelta) -> str:
    unit, name = next((unit, name) for limit, unit, name in _AGES if age < limit)
    return counted(max(age // unit, 1), name)


def _step(size: Decimal) -> tuple[Decimal, str]:
    for index, (factor, letter) in enumerate(_STEPS):
        # 999,950 would print as "1,000.0 k": what rounds up to a thousand belongs to the next step.
        places = _TENTH if letter else _HUNDREDTH
        rounded = (size / factor).quantize(places, rounding=ROUND_HALF_UP)
        if rounded < 1000 or index == len(_STEPS) - 1:
            return factor, letter
    raise AssertionError("the last step always answers")


def _decimal(amount: Figure) -> Decimal:
    return amount if isinstance(amount, Decimal) else Decimal(str(amount))


def _with_currency(written: str, currency: str | None) -> str:
    return f"{written} {currency}" if currency else written
