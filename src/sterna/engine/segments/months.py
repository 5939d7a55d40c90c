"""The calendar in whole months, in which windows and reviews are counted."""

from datetime import date, timedelta


def months_before(day: date, months: int) -> date:
    """The day `months` calendar months before `day`; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
