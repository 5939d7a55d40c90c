"""The desk's one clock: the present, or the moment a simulation pretends it is."""

from datetime import UTC, date, datetime

from sterna.desk.config import options


def now() -> datetime:
    """The present in UTC; STERNA_NOW overrides it."""
    return (options.pretended_now() or datetime.now(UTC)).astimezone(UTC)


def today() -> date:
    """The day it is in the program's time zone."""
    return now().astimezone(options.zone()).date()
