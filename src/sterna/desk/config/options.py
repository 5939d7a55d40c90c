"""Every setting of an installation: name, default, help; read from the environment by loud typed functions."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sterna.engine.errors import BadInput


@dataclass(frozen=True)
class Option:
    """One setting: its environment variable, its default as text, and what it does."""

    name: str
    default: str
    help: str


OPTIONS = (
    Option(
        "STERNA_HOME",
        "~/.sterna",
        "Folder of everything that is not in the database: lake, runs, letters, the "
        "embedded database itself.",
    ),
    Option(
        "STERNA_DATABASE_URL",
        "",
        "A PostgreSQL 16 or newer as postgresql://user:password@host:port/name. Empty: "
        "Sterna starts an embedded PostgreSQL under STERNA_HOME.",
    ),
    Option(
        "STERNA_SECRET_KEY", "", "Signs sessions and links. Empty: one is made and kept under STERNA_HOME."
    ),
    Option(
        "STERNA_HOSTS",
        "127.0.0.1,localhost",
        "Host names under which the desk is served, separated by commas.",
    ),
    Option("STERNA_ADDRESS", "127.0.0.1:8000", "Where `sterna serve` listens."),
    Option("STERNA_DEBUG", "no", "Error pages with details. Never on a machine that others reach."),
    Option(
        "STERNA_TIME_ZONE",
        "America/New_York",
        "The program's time zone: what a day is. Fixed by the first import.",
    ),
    Option("STERNA_CURRENCY", "USD", "The reporting currency, a three-letter code."),
    Option("STERNA_COMPANY", "Your company", "The name under which customers are written to."),
    Option(
        "STERNA_COMPANY_ADDRESS",
        "",
        "The lines of the company's postal address for letters, separated by ; signs.",
    ),
    Option(
        "STERNA_NOW",
        "",
        "A moment such as 2017-07-01T12:00:00+00:00 to take for the present: for simulations and "
        "tests. Every page says so.",
    ),
    Option(
        "STERNA_LAKE_ENGINE",
        "duckdb",
        "What computes: duckdb, or a Spark master such as spark://host:7077 or "
        "local[2] (needs the extra sterna[spark]).",
    ),
    Option("STERNA_LAKE_MEMORY", "4GB", "Memory the lake engine may use before it spills to disk."),
    Option(
        "STERNA_PURCHASE_MODEL",
        "bg-nbd",
        "The model that forecasts purchases: bg-nbd, mbg-nbd or pareto-nbd. The page of back-tests sets them side by "
        "side.",
    ),
    Option("STERNA_HORIZON_WEEKS", "26", "How many weeks ahead orders and spend are forecast."),
    Option("STERNA_LIFETIME_WEEKS", "156", "How many weeks ahead lifetime value looks."),
    Option(
        "STERNA_DISCOUNT_RATE",
        "0.10",
        "What a year takes off money to come, as a share of it, in lifetime value.",
    ),
    Option(
        "STERNA_PUBLISHED_RUNS",
        "8",
        "How many runs keep their rows per customer on the pages; older ones keep their summaries and files.",
    ),
    Option(
        "STERNA_FOLLOW_DAYS",
        "7",
        "How many days after the last day of a run segments and stages are kept up by what happens, without another "
        "run. With 0 they change with runs only.",
    ),
    Option(
        "STERNA_INBOX_DAYS",
        "30",
        "How many days events stay in the inbox after they are in the lake, for the live view of a source.",
    ),
    Option(
        "STERNA_INBOX_LIMIT",
        "500000",
        "How many events may wait to be acted on; beyond it senders are asked to try again later (503).",
    ),
    Option(
        "STERNA_UPLOAD_LIMIT",
        "2000",
        "The largest file, in megabytes, that a manager may bring in by a page; it waits under STERNA_HOME/uploads.",
    ),
    Option(
        "STERNA_UPLOAD_DAYS",
        "7",
        "How many days an uploaded file is kept to be imported again; its rows stay.",
    ),
    Option(
        "STERNA_AUTOMATIC_MERGES",
        "yes",
        "Whether profiles that are one person with a probability of at least 0.95 and without a veto become one "
        "customer by themselves. With no, they wait in the review queue.",
    ),
    Option(
        "STERNA_ERASE_LIST",
        "",
        "File of the list of erased people, hashes only, that a restored backup is held against. Empty: "
        "erased.jsonl in STERNA_HOME. Name one on another disk: a list that is lost with the home helps nobody.",
    ),
    Option(
        "STERNA_PUBLIC_URL",
        "",
        "The address that customers reach the desk by, such as https://shop.example, for links in messages. "
        "Empty: http:// and STERNA_ADDRESS.",
    ),
    Option("STERNA_LINK_DAYS", "90", "How many days the link to a customer's own page works."),
    Option(
        "STERNA_QUESTION_DAYS",
        "180",
        "How many days a customer is not asked again for what was asked before, whatever the answer.",
    ),
    Option("STERNA_SMTP_HOST", "127.0.0.1", "The mail server."),
    Option("STERNA_SMTP_PORT", "2525", "Its port."),
    Option("STERNA_SMTP_USER", "", "User name at the mail server, if it wants one."),
    Option("STERNA_SMTP_PASSWORD", "", "Password at the mail server."),
    Option("STERNA_SMTP_STARTTLS", "no", "Whether mail is sent after STARTTLS."),
    Option("STERNA_MAIL_FROM", "service@shop.example", "The address that mail comes from."),
    Option(
        "STERNA_WEBHOOK_PRIVATE",
        "no",
        "Whether webhooks may go to private, loopback and link-local addresses, and by plain http. With no, they go "
        "by https to public addresses alone.",
    ),
    Option(
        "STERNA_WEBHOOK_DAYS",
        "30",
        "How many days messages that were delivered, or failed for good, are kept to be looked at and sent again.",
    ),
    Option("STERNA_JOBS", "yes", "Whether `sterna serve` also runs the background worker."),
)
_BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}


def text(name: str) -> str:
    """The setting `name` as text. KeyError for a name that is not declared: a typing error, not a user's."""
    return os.environ.get(name, _BY_NAME[name].default).strip()


def share(name: str) -> Decimal:
    """The setting `name` as a share, at least 0 and below 1; raises BadInput naming it."""
    value = text(name)
    if not re.fullmatch(r"0?[.][0-9]{1,6}|0", value):
        raise BadInput(f"setting {name} is {value!r}, not a share such as 0.10")
    return Decimal(value)


def number(name: str) -> int:
    """The setting `name` as a whole number of at least 1; raises BadInput naming it."""
    value = text(name)
    if not value.isdigit() or int(value) < 1:
        raise BadInput(f"setting {name} is {value!r}, not a whole number of at least 1")
    return int(value)


def flag(name: str) -> bool:
    """The setting `name` as yes or no; raises BadInput naming it."""
    value = text(name).lower()
    if value in ("yes", "true", "1", "on"):
        return True
    if value in ("no", "false", "0", "off"):
        return False
    raise BadInput(f"setting {name} is {value!r}: write yes or no")


def home() -> Path:
    """The folder STERNA_HOME, absolute; not made here."""
    return Path(text("STERNA_HOME")).expanduser().resolve()


def zone() -> ZoneInfo:
    """The program's time zone; raises BadInput naming the setting."""
    try:
        return ZoneInfo(text("STERNA_TIME_ZONE"))
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(f"setting STERNA_TIME_ZONE: no time zone {text('STERNA_TIME_ZONE')!r}") from None


def currency() -> str:
    """The reporting currency; raises BadInput naming the setting."""
    value = text("STERNA_CURRENCY")
    if len(value) != 3 or not value.isalpha() or not value.isupper():
        raise BadInput(f"setting STERNA_CURRENCY is {value!r}, not a three-letter code such as USD")
    return value


def pretended_now() -> datetime | None:
    """The moment that STERNA_NOW sets, with its zone, or None; raises BadInput for a moment without one."""
    value = text("STERNA_NOW")
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadInput(
            f"setting STERNA_NOW is {value!r}, not a moment such as 2017-07-01T12:00:00+00:00"
        ) from None
    if moment.tzinfo is None:
        raise BadInput(f"setting STERNA_NOW is {value!r}: add the offset, such as +00:00")
    return moment


def as_markdown() -> str:
    """The page docs/settings.md."""
    rows = "\n".join(
        f"| `{o.name}` | {f'`{o.default}`' if o.default else 'empty'} | {o.help} |" for o in OPTIONS
    )
    return (
        "# Settings\n\nEvery setting is an environment variable. This page is made from "
        "`src/sterna/desk/config/options.py` by `make docs`.\n\n| setting | default | what it does |\n"
        f"| --- | --- | --- |\n{rows}\n"
    )
